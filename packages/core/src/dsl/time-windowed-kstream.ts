/** A grouped stream in time, sliding or unlimited windows, ready to be aggregated. Kafka Streams: `TimeWindowedKStream`. */
import { checkOptions } from '../option-checks.ts';
import { StreamsError } from '../errors.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import type { Aggregator, Initializer } from '../operators/functions.ts';
import { slidingAggregate } from '../operators/sliding-aggregate.ts';
import { windowAggregate } from '../operators/window-aggregate.ts';
import { aggregating, type Aggregation, counting, reducing, type WindowReducer } from '../operators/windowed-aggregation.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { aggregateStream, type SharedRepartition } from './stream-aggregation.ts';
import { windowedKeySerde } from './windowed-key-serde.ts';
import { WindowLineage } from './windowed-lineage.ts';
import {
  windowedStoreOptions,
  type WindowedStoreOptions,
  type WindowedTableOptions,
  windowedTableOptions,
  windowStore,
} from './windowed-store-options.ts';

export class TimeWindowedKStream<out K, out V> {
  readonly #windowing: Windowing<K, V>;

  /** @internal */
  constructor(
    place: GroupedStreamPlace<K, V>,
    shared: SharedRepartition,
    windows: TimeWindows | UnlimitedWindows | SlidingWindows,
    emit: EmitStrategy,
  ) {
    if (windows.kind === 'unlimited' && emit === 'onWindowClose')
      throw new StreamsError('MR_ARGUMENT_INVALID', 'an unlimited window never closes: leave out emit, or give windows that end');
    this.#windowing = { place, shared, windows, emit };
  }

  /** Counts the records of each window. */
  count(options: WindowedTableOptions<K, number> = {}): KTable<Windowed<K>, number> {
    checkOptions(options, windowedTableOptions, 'count');
    const store = windowedStoreOptions(options.store);
    // Kafka Streams once generated a name here, but for sliding windows, and numbers must stay as they are.
    if (store !== undefined && store.name === undefined && this.#windowing.windows.kind !== 'sliding')
      this.#windowing.place.context.names.skip();
    return aggregateWindows(this.#windowing, 'KSTREAM-AGGREGATE-', counting<K, V>(), options.name, store, longSerde);
  }

  /**
   * Combines the values of each window; the first value stands as it is.
   *
   * @param reducer gets the combined value so far and the record's; null removes the window.
   */
  reduce(reducer: WindowReducer<K, V>, options: WindowedTableOptions<K, NonNullable<V>> = {}): KTable<Windowed<K>, NonNullable<V>> {
    checkOptions(options, windowedTableOptions, 'reduce');
    // What serves V serves its values that are not null.
    const valueSerde = this.#windowing.place.valueSerde as Serde<NonNullable<V>> | undefined;
    return aggregateWindows(
      this.#windowing,
      'KSTREAM-REDUCE-',
      reducing(reducer),
      options.name,
      windowedStoreOptions(options.store),
      valueSerde,
    );
  }

  /**
   * Keeps an aggregate for each window.
   *
   * The aggregate's serde is `options.store.value`, else the builder's `value`.
   *
   * @param initializer gives the aggregate of a window that has none.
   * @param aggregator gets the aggregate, the value and the key; null removes the window. In sliding windows it must not change the aggregate in place: windows that
   *   begin with the same records start from the same object.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    options: WindowedTableOptions<K, NonNullable<A>> = {},
  ): KTable<Windowed<K>, NonNullable<A>> {
    checkOptions(options, windowedTableOptions, 'aggregate');
    // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
    const aggregation = aggregating(initializer, aggregator) as Aggregation<K, V, unknown> as Aggregation<K, V, NonNullable<A>>;
    return aggregateWindows(
      this.#windowing,
      'KSTREAM-AGGREGATE-',
      aggregation,
      options.name,
      windowedStoreOptions(options.store),
      undefined,
    );
  }
}

/** The stream with its windows. */
interface Windowing<K, V> {
  readonly place: GroupedStreamPlace<K, V>;
  readonly shared: SharedRepartition;
  readonly windows: TimeWindows | UnlimitedWindows | SlidingWindows;
  readonly emit: EmitStrategy;
}

function aggregateWindows<K, V, A>(
  { emit, place, shared, windows }: Windowing<K, V>,
  prefix: string,
  aggregation: Aggregation<K, V, A>,
  name: string | undefined,
  store: WindowedStoreOptions<K, A> | undefined,
  inheritedValueSerde: Serde<A> | undefined,
): KTable<Windowed<K>, A> {
  const { context } = place;
  const key = store?.key ?? place.keySerde;
  const value = store?.value ?? inheritedValueSerde;
  return aggregateStream(place, shared, {
    operator:
      windows.kind === 'sliding'
        ? slidingAggregate(prefix, windows, aggregation, emit)
        : windowAggregate(prefix, windows, aggregation, emit),
    name,
    storeName: store?.name,
    store: (storeName) => windowStore(storeName, { ...store, key, value }, windows, emit, context.persistence),
    lineage: (storeName) => new WindowLineage(storeName),
    keySerde: windowedKeySerde(key, windows, context),
    windowGraceMs: windows.graceMs,
    valueSerde: value,
  });
}
