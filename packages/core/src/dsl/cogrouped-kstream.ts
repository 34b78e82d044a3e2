/** Grouped streams that fill one aggregate together. Kafka Streams: `CogroupedKStream`. */
import { checkOptions } from '../option-checks.ts';
import { aggregate } from '../operators/aggregate.ts';
import { requireFunction, type Initializer } from '../operators/functions.ts';
import { AggregateLineage } from '../topology/table-lineage.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { BuildContext } from './build-context.ts';
import { aggregateGroups, type CogroupAggregator, type Cogrouping, type CogroupMember } from './cogroup-aggregation.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { requiredGroup } from './required-place.ts';
import { requireWindows } from './required-windows.ts';
import { storeOptions, type TableOptions, tableOptions, tableStore } from './store-options.ts';
import { SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream } from './windowed-cogrouped-kstream.ts';

export type { CogroupAggregator } from './cogroup-aggregation.ts';

export class CogroupedKStream<out K, out A> {
  readonly #cogrouping: Cogrouping;

  /** @internal */
  constructor(context: BuildContext, members: readonly CogroupMember[] = [], repartitions: Cogrouping['repartitions'] = new Map()) {
    this.#cogrouping = { context, members, repartitions };
  }

  /** Adds a grouped stream. One that is there already gets another aggregator. */
  cogroup<V>(grouped: KGroupedStream<K, V>, aggregator: CogroupAggregator<K, V, A>): CogroupedKStream<K, A> {
    requireFunction(aggregator, 'the aggregator');
    const { context, members, repartitions } = this.#cogrouping;
    requiredGroup(grouped, 'cogroup', context);
    // Aggregator and place are of the same stream, which is all that the node made of them needs.
    const member = { grouped, place: grouped.place, aggregator } as unknown as CogroupMember;
    const at = members.findIndex((other) => other.grouped === grouped);
    return new CogroupedKStream<K, A>(context, at === -1 ? [...members, member] : members.with(at, member), repartitions);
  }

  /**
   * Keeps an aggregate for each key. Records without key or value are dropped and counted.
   *
   * Serdes are those of `options.store`, else the builder's, as in Kafka Streams.
   */
  aggregate(initializer: Initializer<A>, options: TableOptions<K, NonNullable<A>> = {}): KTable<K, NonNullable<A>> {
    checkOptions(options, tableOptions, 'aggregate');
    const store = storeOptions(options.store);
    const { persistence } = this.#cogrouping.context;
    return aggregateGroups<K, NonNullable<A>>(this.#cogrouping, {
      name: options.name,
      storeName: store?.name,
      store: (storeName) => tableStore(storeName, { ...store }, persistence),
      lineage: (storeName) => new AggregateLineage(storeName),
      create: ({ aggregator }) => aggregate<unknown, unknown, unknown>(initializer, aggregator).create,
      keySerde: store?.key,
      valueSerde: store?.value,
    });
  }

  /** Divides the records of each key into windows; updates are emitted as they come. */
  windowedBy(windows: SessionWindows): SessionWindowedCogroupedKStream<K, A>;
  windowedBy(windows: TimeWindows | UnlimitedWindows | SlidingWindows): TimeWindowedCogroupedKStream<K, A>;
  windowedBy(
    windows: TimeWindows | UnlimitedWindows | SlidingWindows | SessionWindows,
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    requireWindows(windows);
    return windows.kind === 'session'
      ? new SessionWindowedCogroupedKStream(this.#cogrouping, windows)
      : new TimeWindowedCogroupedKStream(this.#cogrouping, windows);
  }
}
