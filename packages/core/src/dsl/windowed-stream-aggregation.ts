/** Aggregations of a grouped stream in windows, whatever windows they are: options, names and serdes of `count`, `reduce` and `aggregate`. */
import { checkOptions } from '../option-checks.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import { sessionAggregate } from '../operators/session-aggregate.ts';
import { slidingAggregate } from '../operators/sliding-aggregate.ts';
import { windowAggregate } from '../operators/window-aggregate.ts';
import { type Aggregation, counting, reducing, type WindowReducer } from '../operators/windowed-aggregation.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { aggregateStream, type SharedRepartition, type StreamAggregation } from './stream-aggregation.ts';
import { windowedKeySerde } from './windowed-key-serde.ts';
import { SessionLineage, WindowLineage } from './windowed-lineage.ts';
import {
  sessionStore,
  windowedStoreOptions,
  type WindowedStoreOptions,
  type WindowedTableOptions,
  windowedTableOptions,
  windowStore,
} from './windowed-store-options.ts';

/** The stream with its windows. */
export interface Windowing<K, V> {
  readonly place: GroupedStreamPlace<K, V>;
  readonly shared: SharedRepartition;
  readonly windows: TimeWindows | UnlimitedWindows | SlidingWindows | SessionWindows;
  readonly emit: EmitStrategy;
}

export function countWindows<K, V>(windowing: Windowing<K, V>, options: WindowedTableOptions<K, number>): KTable<Windowed<K>, number> {
  checkOptions(options, windowedTableOptions, 'count');
  const store = windowedStoreOptions(options.store);
  // Kafka Streams once generated a name here, but for sliding windows, and numbers must stay as they are.
  if (store !== undefined && store.name === undefined && windowing.windows.kind !== 'sliding') windowing.place.context.names.skip();
  return aggregateInto(windowing, 'KSTREAM-AGGREGATE-', counting<K, V>(), options.name, store, longSerde);
}

export function reduceWindows<K, V>(
  windowing: Windowing<K, V>,
  reducer: WindowReducer<K, V>,
  options: WindowedTableOptions<K, NonNullable<V>>,
): KTable<Windowed<K>, NonNullable<V>> {
  checkOptions(options, windowedTableOptions, 'reduce');
  // What serves V serves its values that are not null.
  const valueSerde = windowing.place.valueSerde as Serde<NonNullable<V>> | undefined;
  return aggregateInto(windowing, 'KSTREAM-REDUCE-', reducing(reducer), options.name, windowedStoreOptions(options.store), valueSerde);
}

/** `options` are checked already. */
export function aggregateWindows<K, V, A>(
  windowing: Windowing<K, V>,
  aggregation: Aggregation<K, V, A>,
  options: WindowedTableOptions<K, NonNullable<A>>,
): KTable<Windowed<K>, NonNullable<A>> {
  // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
  const rows = aggregation as Aggregation<K, V, unknown> as Aggregation<K, V, NonNullable<A>>;
  return aggregateInto(windowing, 'KSTREAM-AGGREGATE-', rows, options.name, windowedStoreOptions(options.store), undefined);
}

function aggregateInto<K, V, A>(
  windowing: Windowing<K, V>,
  prefix: string,
  aggregation: Aggregation<K, V, A>,
  name: string | undefined,
  store: WindowedStoreOptions<K, A> | undefined,
  inheritedValueSerde: Serde<A> | undefined,
): KTable<Windowed<K>, A> {
  const { place, shared, windows } = windowing;
  const key = store?.key ?? place.keySerde;
  const value = store?.value ?? inheritedValueSerde;
  return aggregateStream(place, shared, {
    ...partsOf(windowing, prefix, aggregation, { ...store, key, value }),
    name,
    storeName: store?.name,
    keySerde: windowedKeySerde(key, windows, place.context),
    valueSerde: value,
  });
}

/** What the kind of the windows decides. */
function partsOf<K, V, A>(
  { emit, place, windows }: Windowing<K, V>,
  prefix: string,
  aggregation: Aggregation<K, V, A>,
  options: WindowedStoreOptions<K, A>,
): Pick<StreamAggregation<K, V, Windowed<K>, A>, 'operator' | 'store' | 'lineage' | 'windowGraceMs'> {
  const { persistence } = place.context;
  if (windows.kind === 'session') {
    return {
      operator: sessionAggregate(prefix, windows, aggregation, emit),
      store: (name) => sessionStore(name, options, windows, emit, persistence),
      lineage: (store) => new SessionLineage(store),
      windowGraceMs: windows.gapMs + windows.graceMs,
    };
  }
  return {
    operator:
      windows.kind === 'sliding'
        ? slidingAggregate(prefix, windows, aggregation, emit)
        : windowAggregate(prefix, windows, aggregation, emit),
    store: (name) => windowStore(name, options, windows, emit, persistence),
    lineage: (store) => new WindowLineage(store),
    windowGraceMs: windows.graceMs,
  };
}
