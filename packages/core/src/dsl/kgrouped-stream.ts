/** Records of a stream grouped by key, ready to be aggregated. Kafka Streams: `KGroupedStream`. */
import { checkOptions, oneOf, type OptionChecks } from '../option-checks.ts';
import { aggregate, count } from '../operators/aggregate.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import type { Aggregator, Initializer, Reducer } from '../operators/functions.ts';
import type { TableOperator } from '../operators/operator.ts';
import { reduce } from '../operators/reduce.ts';
import type { Change } from '../processor/change.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import { AggregateLineage } from '../topology/table-lineage.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import { type CogroupAggregator, CogroupedKStream } from './cogrouped-kstream.ts';
import type { KTable } from './ktable.ts';
import { SessionWindowedKStream } from './session-windowed-kstream.ts';
import { requireWindows } from './required-windows.ts';
import { storeOptions, type StoreOptions, type TableOptions, tableOptions, tableStore } from './store-options.ts';
import { aggregateStream, type SharedRepartition } from './stream-aggregation.ts';
import { TimeWindowedKStream } from './time-windowed-kstream.ts';

/** How a windowed aggregation says what it has. */
export interface WindowedByOptions {
  /**
   * `onWindowUpdate`: every update of a window, or, where its store caches, those that are left at a commit. `onWindowClose`: once, when stream time has passed end and
   * grace. Kafka Streams: `EmitStrategy`.
   *
   * @default 'onWindowUpdate'
   */
  readonly emit?: EmitStrategy | undefined;
}

const windowedByOptions: OptionChecks<WindowedByOptions> = { emit: oneOf('onWindowUpdate', 'onWindowClose') };

export class KGroupedStream<out K, out V> {
  /** @internal */
  readonly place: GroupedStreamPlace<K, V>;
  readonly #shared: SharedRepartition = { current: undefined };

  /** @internal */
  constructor(place: GroupedStreamPlace<K, V>) {
    this.place = place;
  }

  /** Counts the records of each key. Records without key or value are dropped and counted. */
  count(options: TableOptions<K, number> = {}): KTable<K, number> {
    checkOptions(options, tableOptions, 'count');
    const store = storeOptions(options.store);
    // Kafka Streams once generated a name here, and numbers must stay as they are.
    if (store !== undefined && store.name === undefined) this.place.context.names.skip();
    return aggregateGroup(this.place, this.#shared, count<K, NonNullable<V>>(), options.name, store, longSerde);
  }

  /**
   * Combines the values of each key; the first value stands as it is. Records without key or value are dropped and counted.
   *
   * @param reducer gets the combined value so far and the record's; null removes the key.
   */
  reduce(reducer: Reducer<K, NonNullable<V>>, options: TableOptions<K, NonNullable<V>> = {}): KTable<K, NonNullable<V>> {
    checkOptions(options, tableOptions, 'reduce');
    // What serves V serves its values that are not null.
    const valueSerde = this.place.valueSerde as Serde<NonNullable<V>> | undefined;
    return aggregateGroup(
      this.place,
      this.#shared,
      reduce<K, NonNullable<V>>(reducer),
      options.name,
      storeOptions(options.store),
      valueSerde,
    );
  }

  /**
   * Keeps an aggregate for each key. Records without key or value are dropped and counted.
   *
   * The aggregate's serde is `options.store.value`, else the builder's `value`.
   *
   * @param initializer gives the aggregate of a key that has none.
   * @param aggregator gets the aggregate, the value and the key; null removes the key.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, NonNullable<V>, A>,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<K, NonNullable<A>> {
    checkOptions(options, tableOptions, 'aggregate');
    // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
    const operator = aggregate<K, NonNullable<V>, A>(initializer, aggregator) as TableOperator<
      K,
      NonNullable<V> | null,
      K,
      Change<NonNullable<A>>
    >;
    return aggregateGroup(this.place, this.#shared, operator, options.name, storeOptions(options.store), undefined);
  }

  /**
   * Divides the records of each key into windows: `timeWindows`, `slidingWindows`, `sessionWindows`, `unlimitedWindows`.
   *
   * Records without key are dropped, those without value only by sliding windows; a record whose window has closed is dropped. All are counted.
   *
   * @throws MR_ARGUMENT_INVALID for emission on close of an unlimited window, which never closes.
   */
  windowedBy(windows: SessionWindows, options?: WindowedByOptions): SessionWindowedKStream<K, V>;
  windowedBy(windows: SlidingWindows, options?: WindowedByOptions): TimeWindowedKStream<K, NonNullable<V>>;
  windowedBy(windows: TimeWindows | UnlimitedWindows, options?: WindowedByOptions): TimeWindowedKStream<K, V>;
  windowedBy(
    windows: TimeWindows | UnlimitedWindows | SlidingWindows | SessionWindows,
    options: WindowedByOptions = {},
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    requireWindows(windows);
    checkOptions(options, windowedByOptions, 'windowedBy');
    const emit = options.emit ?? 'onWindowUpdate';
    return windows.kind === 'session'
      ? new SessionWindowedKStream(this.place, this.#shared, windows, emit)
      : new TimeWindowedKStream(this.place, this.#shared, windows, emit);
  }

  /**
   * Begins an aggregate that several grouped streams of the same key type fill, each by an aggregator of its own. Records without value reach the aggregator only where
   * time windows or sessions follow.
   */
  cogroup<A>(aggregator: CogroupAggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.place.context).cogroup(this, aggregator);
  }
}

function aggregateGroup<K, V, A>(
  place: GroupedStreamPlace<K, V>,
  shared: SharedRepartition,
  operator: TableOperator<K, NonNullable<V> | null, K, Change<A>>,
  name: string | undefined,
  store: StoreOptions<K, A> | undefined,
  inheritedValueSerde: Serde<A> | undefined,
): KTable<K, A> {
  const keySerde = store?.key ?? place.keySerde;
  const valueSerde = store?.value ?? inheritedValueSerde;
  return aggregateStream(place, shared, {
    operator,
    name,
    storeName: store?.name,
    store: (storeName) => tableStore(storeName, { ...store, key: keySerde, value: valueSerde }, place.context.persistence),
    lineage: (storeName) => new AggregateLineage(storeName),
    keySerde,
    valueSerde,
  });
}
