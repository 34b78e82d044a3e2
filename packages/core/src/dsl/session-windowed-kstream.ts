/** A grouped stream in sessions, ready to be aggregated. Kafka Streams: `SessionWindowedKStream`. */
import { checkOptions } from '../option-checks.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import { requireFunction, type Aggregator, type Initializer } from '../operators/functions.ts';
import { aggregating, type Merger, type WindowReducer } from '../operators/windowed-aggregation.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import type { SharedRepartition } from './stream-aggregation.ts';
import { type WindowedTableOptions, windowedTableOptions } from './windowed-store-options.ts';
import { aggregateWindows, countWindows, reduceWindows, type Windowing } from './windowed-stream-aggregation.ts';

export class SessionWindowedKStream<out K, out V> {
  readonly #windowing: Windowing<K, V>;

  /** @internal */
  constructor(place: GroupedStreamPlace<K, V>, shared: SharedRepartition, windows: SessionWindows, emit: EmitStrategy) {
    this.#windowing = { place, shared, windows, emit };
  }

  /** Counts the records of each session. */
  count(options: WindowedTableOptions<K, number> = {}): KTable<Windowed<K>, number> {
    return countWindows(this.#windowing, options);
  }

  /**
   * Combines the values of each session; the first value stands as it is. Sessions that become one are combined by the same function, the earlier one first.
   *
   * @param reducer gets the combined value so far and the record's; null removes the session.
   */
  reduce(reducer: WindowReducer<K, V>, options: WindowedTableOptions<K, NonNullable<V>> = {}): KTable<Windowed<K>, NonNullable<V>> {
    return reduceWindows(this.#windowing, reducer, options);
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
    return aggregateWindows(this.#windowing, aggregating(initializer, aggregator, merger), options);
  }
}
