/** A grouped stream in sessions, ready to be aggregated. Kafka Streams: `SessionWindowedKStream`. */
import { checkOptions } from '../option-checks.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import { requireFunction, type Aggregator, type Initializer } from '../operators/functions.ts';
import { sessionAggregate } from '../operators/session-aggregate.ts';
import { aggregating, type Aggregation, counting, type Merger, reducing, type WindowReducer } from '../operators/windowed-aggregation.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { aggregateStream, type SharedRepartition } from './stream-aggregation.ts';
import { windowedKeySerde } from './windowed-key-serde.ts';
import { SessionLineage } from './windowed-lineage.ts';
import {
  sessionStore,
  windowedStoreOptions,
  type WindowedStoreOptions,
  type WindowedTableOptions,
  windowedTableOptions,
} from './windowed-store-options.ts';

export class SessionWindowedKStream<out K, out V> {
  readonly #windowing: Windowing<K, V>;

  /** @internal */
  constructor(place: GroupedStreamPlace<K, V>, shared: SharedRepartition, windows: SessionWindows, emit: EmitStrategy) {
    this.#windowing = { place, shared, windows, emit };
  }

  /** Counts the records of each session. */
  count(options: WindowedTableOptions<K, number> = {}): KTable<Windowed<K>, number> {
    checkOptions(options, windowedTableOptions, 'count');
    const store = windowedStoreOptions(options.store);
    // Kafka Streams once generated a name here, and numbers must stay as they are.
    if (store !== undefined && store.name === undefined) this.#windowing.place.context.names.skip();
    return aggregateWindows(this.#windowing, 'KSTREAM-AGGREGATE-', counting<K, V>(), options.name, store, longSerde);
  }

  /**
   * Combines the values of each session; the first value stands as it is. Sessions that become one are combined by the same function, the earlier one first.
   *
   * @param reducer gets the combined value so far and the record's; null removes the session.
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
   * Keeps an aggregate for each session. A record's session begins with the initializer's aggregate; those that it joins are merged into it; then the record is added.
   *
   * The aggregate's serde is `options.store.value`, else the builder's `value`.
   *
   * @param merger makes one aggregate of two, the earlier session's first.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    merger: Merger<K, A>,
    options: WindowedTableOptions<K, NonNullable<A>> = {},
  ): KTable<Windowed<K>, NonNullable<A>> {
    checkOptions(options, windowedTableOptions, 'aggregate');
    requireFunction(merger, 'the merger of aggregate');
    // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
    const aggregation = aggregating(initializer, aggregator, merger) as Aggregation<K, V, unknown> as Aggregation<K, V, NonNullable<A>>;
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
  readonly windows: SessionWindows;
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
    operator: sessionAggregate(prefix, windows, aggregation, emit),
    name,
    storeName: store?.name,
    store: (storeName) => sessionStore(storeName, { ...store, key, value }, windows, emit, context.persistence),
    lineage: (storeName) => new SessionLineage(storeName),
    keySerde: windowedKeySerde(key, windows, context),
    windowGraceMs: windows.gapMs + windows.graceMs,
    valueSerde: value,
  });
}
