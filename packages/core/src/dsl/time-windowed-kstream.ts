/** A grouped stream in time, sliding or unlimited windows, ready to be aggregated. Kafka Streams: `TimeWindowedKStream`. */
import { checkOptions } from '../option-checks.ts';
import { StreamsError } from '../errors.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import type { Aggregator, Initializer } from '../operators/functions.ts';
import { aggregating, type WindowReducer } from '../operators/windowed-aggregation.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import type { SharedRepartition } from './stream-aggregation.ts';
import { type WindowedTableOptions, windowedTableOptions } from './windowed-store-options.ts';
import { aggregateWindows, countWindows, reduceWindows, type Windowing } from './windowed-stream-aggregation.ts';

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
    return countWindows(this.#windowing, options);
  }

  /**
   * Combines the values of each window; the first value stands as it is.
   *
   * @param reducer gets the combined value so far and the record's; null removes the window.
   */
  reduce(reducer: WindowReducer<K, V>, options: WindowedTableOptions<K, NonNullable<V>> = {}): KTable<Windowed<K>, NonNullable<V>> {
    return reduceWindows(this.#windowing, reducer, options);
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
    return aggregateWindows(this.#windowing, aggregating(initializer, aggregator), options);
  }
}
