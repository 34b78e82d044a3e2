/** Cogrouped streams in windows. Kafka Streams: `TimeWindowedCogroupedKStream`, `SessionWindowedCogroupedKStream`. */
import { checkOptions } from '../option-checks.ts';
import { requireFunction, type Initializer } from '../operators/functions.ts';
import type { TableTraits } from '../operators/operator.ts';
import { sessionAggregate } from '../operators/session-aggregate.ts';
import { slidingAggregate } from '../operators/sliding-aggregate.ts';
import { windowAggregate } from '../operators/window-aggregate.ts';
import { aggregating, type Aggregation, cogrouping as cogroupedAggregation, type Merger } from '../operators/windowed-aggregation.ts';
import type { AnyProcessor } from '../processor/processor.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import { aggregateGroups, type Cogrouping } from './cogroup-aggregation.ts';
import type { KTable } from './ktable.ts';
import { windowedKeySerde } from './windowed-key-serde.ts';
import { SessionLineage, WindowLineage } from './windowed-lineage.ts';
import {
  sessionStore,
  windowedStoreOptions,
  type WindowedTableOptions,
  windowedTableOptions,
  windowStore,
} from './windowed-store-options.ts';

const prefix = 'COGROUPKSTREAM-AGGREGATE-';
const emit = 'onWindowUpdate';

/** Aggregates of any types: initializer, aggregators and store were made for each other, which the builder's types have checked. */
type AnyAggregation = Aggregation<unknown, unknown, unknown>;

export class TimeWindowedCogroupedKStream<out K, out A> {
  readonly #cogrouping: Cogrouping;
  readonly #windows: TimeWindows | UnlimitedWindows | SlidingWindows;

  /** @internal */
  constructor(cogrouping: Cogrouping, windows: TimeWindows | UnlimitedWindows | SlidingWindows) {
    this.#cogrouping = cogrouping;
    this.#windows = windows;
  }

  /** Keeps an aggregate for each key and window. Serdes are those of `options.store`, else the builder's, as in Kafka Streams. */
  aggregate(initializer: Initializer<A>, options: WindowedTableOptions<K, NonNullable<A>> = {}): KTable<Windowed<K>, NonNullable<A>> {
    checkOptions(options, windowedTableOptions, 'aggregate');
    const store = windowedStoreOptions(options.store);
    const windows = this.#windows;
    const { context } = this.#cogrouping;
    const operatorOf = (aggregation: AnyAggregation): ((traits: TableTraits) => AnyProcessor) =>
      windows.kind === 'sliding'
        ? slidingAggregate(prefix, windows, aggregation, emit).create
        : windowAggregate(prefix, windows, aggregation, emit).create;
    return aggregateGroups<Windowed<K>, NonNullable<A>>(this.#cogrouping, {
      name: options.name,
      storeName: store?.name,
      store: (storeName) => windowStore(storeName, { ...store }, windows, emit, context.persistence),
      lineage: (storeName) => new WindowLineage(storeName),
      create: ({ aggregator }, position) =>
        operatorOf(cogroupedAggregation(aggregating<unknown, unknown, unknown>(initializer, aggregator), position)),
      keySerde: windowedKeySerde(store?.key, windows, context),
      windowGraceMs: windows.graceMs,
      valueSerde: store?.value,
    });
  }
}

export class SessionWindowedCogroupedKStream<out K, out A> {
  readonly #cogrouping: Cogrouping;
  readonly #windows: SessionWindows;

  /** @internal */
  constructor(cogrouping: Cogrouping, windows: SessionWindows) {
    this.#cogrouping = cogrouping;
    this.#windows = windows;
  }

  /**
   * Keeps an aggregate for each key and session. Serdes are those of `options.store`, else the builder's, as in Kafka Streams.
   *
   * @param merger makes one aggregate of two, the earlier session's first.
   */
  aggregate(
    initializer: Initializer<A>,
    merger: Merger<K, A>,
    options: WindowedTableOptions<K, NonNullable<A>> = {},
  ): KTable<Windowed<K>, NonNullable<A>> {
    checkOptions(options, windowedTableOptions, 'aggregate');
    requireFunction(merger, 'the merger of aggregate');
    const store = windowedStoreOptions(options.store);
    const windows = this.#windows;
    const { context } = this.#cogrouping;
    // As for the aggregators.
    const anyMerger = merger as Merger<unknown, unknown>;
    return aggregateGroups<Windowed<K>, NonNullable<A>>(this.#cogrouping, {
      name: options.name,
      storeName: store?.name,
      store: (storeName) => sessionStore(storeName, { ...store }, windows, emit, context.persistence),
      lineage: (storeName) => new SessionLineage(storeName),
      create: ({ aggregator }, position) =>
        sessionAggregate(
          prefix,
          windows,
          cogroupedAggregation(aggregating<unknown, unknown, unknown>(initializer, aggregator, anyMerger), position),
          emit,
        ).create,
      keySerde: windowedKeySerde(store?.key, windows, context),
      windowGraceMs: windows.gapMs + windows.graceMs,
      valueSerde: store?.value,
    });
  }
}
