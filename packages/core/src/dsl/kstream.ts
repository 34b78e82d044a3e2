/** A stream of records: every record is a fact of its own. Kafka Streams: `KStream`. */
import { StreamsError } from '../errors.ts';
import { checkedElsewhere, checkOptions } from '../option-checks.ts';
import { filter } from '../operators/filter.ts';
import { flatMap } from '../operators/flat-map.ts';
import { flatMapValues } from '../operators/flat-map-values.ts';
import type { Action, Guard, KeyValuePair, Mapper, Predicate } from '../operators/functions.ts';
import { map } from '../operators/map.ts';
import { mapValues } from '../operators/map-values.ts';
import type { Operator } from '../operators/operator.ts';
import { foreach, peek } from '../operators/peek.ts';
import { print } from '../operators/print.ts';
import { selectKey } from '../operators/select-key.ts';
import { type StreamTableJoiner, streamGlobalJoin } from '../operators/stream-global-join.ts';
import type { TopicExtractor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { StreamPlace } from './build-context.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import {
  type Grouped,
  groupedOptions,
  type NodeOptions,
  nodeOptions,
  type Printed,
  printedOptions,
  type ProcessOptions,
  type Produced,
  producedOptions,
  type Repartitioned,
  repartitionedOptions,
} from './options.ts';
import { requireTopic } from './source-node.ts';
import { describeMerge, describeOperator } from './processor-node.ts';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from './processor-supplier.ts';
import { repartitionStream } from './repartition-stream.ts';
import { requiredStream, requireGlobalTable } from './required-place.ts';
import {
  type Branch,
  type BranchResults,
  checkBranchNames,
  type DefaultBranch,
  type NamedBranches,
  type NamedBranchResults,
  requireBranches,
  splitStream,
} from './split.ts';
import { type TableOptions, tableOptions } from './store-options.ts';
import { joinStreams } from './stream-join.ts';
import { isGlobalCall, joinStream, type StreamJoinCall } from './stream-join-call.ts';
import type { StreamJoined } from './stream-join-options.ts';
import { processStream } from './stream-process.ts';
import type { Joined } from './stream-table-join.ts';
import { streamToTable } from './stream-to-table.ts';

/** What is inherited behind an operator: the serdes of what it leaves as it is. */
interface Inherited<K, V> {
  readonly keySerde?: Serde<K> | undefined;
  readonly valueSerde?: Serde<V> | undefined;
}

export class KStream<out K, out V> {
  /** @internal */
  readonly place: StreamPlace<K, V>;

  /** @internal */
  constructor(place: StreamPlace<K, V>) {
    this.place = place;
  }

  /** Keeps the records that `predicate` accepts. A type guard, written or inferred, narrows the stream. */
  filter<V2 extends V>(predicate: Guard<K, V, V2>, options?: NodeOptions): KStream<K, V2>;
  filter(predicate: Predicate<K, V>, options?: NodeOptions): KStream<K, V>;
  filter(predicate: Predicate<K, V>, options: NodeOptions = {}): KStream<K, V> {
    return this.#then('filter', filter(predicate, true), options, this.place);
  }

  /** Drops the records that `predicate` accepts. */
  filterNot(predicate: Predicate<K, V>, options: NodeOptions = {}): KStream<K, V> {
    return this.#then('filterNot', filter(predicate, false), options, this.place);
  }

  /** A new key and value for every record. Prefer `mapValues` where the key stays: it needs no repartition. */
  map<K2, V2>(mapper: Mapper<K, V, KeyValuePair<K2, V2>>, options: NodeOptions = {}): KStream<K2, V2> {
    return this.#then('map', map(mapper), options, {});
  }

  /** A new value for every record. */
  mapValues<V2>(mapper: Mapper<K, V, V2>, options: NodeOptions = {}): KStream<K, V2> {
    return this.#then('mapValues', mapValues(mapper), options, { keySerde: this.place.keySerde });
  }

  /** A new key for every record. */
  selectKey<K2>(selector: Mapper<K, V, K2>, options: NodeOptions = {}): KStream<K2, V> {
    return this.#then('selectKey', selectKey(selector), options, { valueSerde: this.place.valueSerde });
  }

  /** Any number of records, with new keys and values, for every record. */
  flatMap<K2, V2>(mapper: Mapper<K, V, Iterable<KeyValuePair<K2, V2>>>, options: NodeOptions = {}): KStream<K2, V2> {
    return this.#then('flatMap', flatMap(mapper), options, {});
  }

  /** Any number of values for every record. */
  flatMapValues<V2>(mapper: Mapper<K, V, Iterable<V2>>, options: NodeOptions = {}): KStream<K, V2> {
    return this.#then('flatMapValues', flatMapValues(mapper), options, { keySerde: this.place.keySerde });
  }

  /** Shows every record to `action` and passes it on. `action` runs again when records are processed again. */
  peek(action: Action<K, V>, options: NodeOptions = {}): KStream<K, V> {
    return this.#then('peek', peek(action), options, this.place);
  }

  /** Shows every record to `action`; the stream ends here. `action` runs again when records are processed again. */
  foreach(action: Action<K, V>, options: NodeOptions = {}): void {
    this.#then('foreach', foreach(action), options, {});
  }

  /**
   * Gives every record as a line, `[label]: key, value`, to `write`, e.g. `console.log`; the stream ends here.
   *
   * @throws MR_ARGUMENT_INVALID for an empty label.
   */
  print(write: (line: string) => void, options: Printed<K, V> = {}): void {
    checkOptions(options, printedOptions, 'print');
    const { label, mapper, name } = options;
    if (label === '') throw new StreamsError('MR_ARGUMENT_INVALID', 'the label of print must not be empty');
    this.#then('print', print(write, label ?? this.place.name, mapper), { name }, {});
  }

  /** The records of both streams, in no promised order between them. Forgets both serdes. */
  merge(other: KStream<K, V>, options: NodeOptions = {}): KStream<K, V> {
    checkOptions(options, nodeOptions, 'merge');
    const { context, graphNode, repartitionRequired, sources } = this.place;
    const right = requiredStream(other, 'merge', context);
    const name = context.names.named(options.name, 'KSTREAM-MERGE-');
    const merged = context.graph.add(describeMerge<K, V>(name), graphNode, right.graphNode);
    return context.stream({
      context,
      name,
      graphNode: merged,
      keySerde: undefined,
      valueSerde: undefined,
      sources: new Set([...sources, ...right.sources]),
      repartitionRequired: repartitionRequired || right.repartitionRequired,
    });
  }

  /**
   * Sends every record to the first branch that accepts it. What no branch accepts goes to the default branch, or nowhere if there is none.
   *
   * With an object the branches are its properties; `default` names one more property. With an array everything can be said about a branch, and results stand by
   * position, the default's last.
   *
   * @example
   * const { large, small } = orders.split({ large: (order) => order.total > 100 }, { default: 'small' });
   */
  split<const B extends NamedBranches<K, V>, const D extends string | undefined = undefined>(
    branches: B,
    options?: NodeOptions & { readonly default?: D },
  ): NamedBranchResults<K, V, B, D>;
  split<const B extends readonly Branch<K, V>[], const D extends DefaultBranch<K, V> | undefined = undefined>(
    branches: B,
    options?: NodeOptions & { readonly default?: D },
  ): BranchResults<K, V, B, D>;
  split(
    branches: NamedBranches<K, V> | readonly Branch<K, V>[],
    options: NodeOptions & { readonly default?: string | DefaultBranch<K, V> | undefined } = {},
  ): unknown {
    checkOptions(options, { ...nodeOptions, default: checkedElsewhere }, 'split');
    const { default: fallback, name } = options;
    requireBranches(branches);
    const defaultBranch = typeof fallback === 'string' ? { name: fallback } : fallback;
    if (isBranchList(branches)) return splitStream(this.place, branches, defaultBranch, name);
    const names = Object.keys(branches);
    checkBranchNames(names);
    const list = Object.entries(branches).map(([branchName, when]) => ({ name: branchName, when }));
    const streams = splitStream(this.place, list, defaultBranch, name);
    const allNames = typeof fallback === 'string' ? [...names, fallback] : names;
    return Object.fromEntries(allNames.map((branchName, index) => [branchName, streams[index]]));
  }

  /**
   * Joins records of the same key that lie within the windows of each other, whichever comes first; the result has the larger timestamp. Both topics must be partitioned
   * alike. Records without key or value are dropped.
   *
   * @throws MR_STORE_UNAVAILABLE for supplied stores that do not fit the windows.
   */
  join<VO, R>(
    other: KStream<K, VO>,
    joiner: (left: NonNullable<V>, right: NonNullable<VO>, key: NonNullable<K>) => R,
    options: StreamJoined<K, NonNullable<V>, NonNullable<VO>>,
  ): KStream<K, R>;
  /**
   * Joins every record with the row of its key as it is then; changes of the table make no results. The topics must be partitioned alike. Records without key or value are
   * dropped, and those for which there is no row.
   */
  join<VT, R>(
    table: KTable<NonNullable<K>, VT>,
    joiner: (left: NonNullable<V>, right: VT, key: NonNullable<K>) => R,
    options?: Joined<K, NonNullable<V>>,
  ): KStream<K, R>;
  /**
   * Joins every record with the row of a global table that `selector` names, and drops those for which there is none. Needs no repartition.
   * Records without a value are dropped.
   */
  join<KG, VG, R>(
    table: GlobalKTable<KG, VG>,
    selector: Mapper<K, V, NoInfer<KG> | null | undefined>,
    joiner: (left: V, right: VG, key: K) => R,
    options?: NodeOptions,
  ): KStream<K, R>;
  join<KO, VO, R>(...call: StreamJoinCall<K, V, KO, VO, R>): KStream<K, R> {
    if (!isGlobalCall(call)) return joinStream('inner', this.place, call);
    const [table, selector, joiner, options = {}] = call;
    // An inner join never calls the joiner without a row.
    return this.#joinGlobal(table, selector, joiner as StreamTableJoiner<K, V, VO, R>, options, false);
  }

  /**
   * As {@link join}, but a record of this stream without a partner is joined with null, once its window has closed; one without key at once.
   *
   * @throws MR_STORE_UNAVAILABLE for supplied stores that do not fit the windows.
   */
  leftJoin<VO, R>(
    other: KStream<K, VO>,
    joiner: (left: NonNullable<V>, right: NonNullable<VO> | null, key: K) => R,
    options: StreamJoined<K, NonNullable<V>, NonNullable<VO>>,
  ): KStream<K, R>;
  /** As {@link join}, but records for which there is no row are joined with null, those without key too. */
  leftJoin<VT, R>(
    table: KTable<NonNullable<K>, VT>,
    joiner: (left: NonNullable<V>, right: VT | null, key: K) => R,
    options?: Joined<K, NonNullable<V>>,
  ): KStream<K, R>;
  /** As {@link join}, but records for which there is no row are joined with null. */
  leftJoin<KG, VG, R>(
    table: GlobalKTable<KG, VG>,
    selector: Mapper<K, V, NoInfer<KG> | null | undefined>,
    joiner: (left: V, right: VG | null, key: K) => R,
    options?: NodeOptions,
  ): KStream<K, R>;
  leftJoin<KO, VO, R>(...call: StreamJoinCall<K, V, KO, VO, R>): KStream<K, R> {
    if (!isGlobalCall(call)) return joinStream('left', this.place, call);
    const [table, selector, joiner, options = {}] = call;
    // The joiner's type is that of the overload, which takes null.
    return this.#joinGlobal(table, selector, joiner as StreamTableJoiner<K, V, VO, R>, options, true);
  }

  /**
   * As {@link join}, but records of either stream without a partner are joined with null, once their window has closed; those without key at once.
   *
   * @throws MR_STORE_UNAVAILABLE for supplied stores that do not fit the windows.
   */
  outerJoin<VO, R>(
    other: KStream<K, VO>,
    joiner: (left: NonNullable<V> | null, right: NonNullable<VO> | null, key: K) => R,
    options: StreamJoined<K, NonNullable<V>, NonNullable<VO>>,
  ): KStream<K, R> {
    return joinStreams('outer', this.place, requiredStream(other, 'outerJoin', this.place.context), joiner, options);
  }

  /** Writes the stream to a topic of its own and reads it back, partitioned by key: whether the key changed or not. Never optimised away. */
  repartition(options: Repartitioned<K, V> = {}): KStream<K, V> {
    checkOptions(options, repartitionedOptions, 'repartition');
    return repartitionStream(this.place, options);
  }

  /** Writes every record to a topic, or to the topic that a function names for it. Topics must exist: they are never created for you. */
  to(topic: string | TopicExtractor<K, V>, options: Produced<K, V> = {}): void {
    requireTopic(topic, 'to');
    checkOptions(options, producedOptions, 'to');
    const { context, graphNode, keySerde, valueSerde } = this.place;
    context.graph.add(
      {
        kind: 'sink',
        name: context.names.named(options.name, 'KSTREAM-SINK-'),
        // An extractor of the stream's types only ever sees the stream's records.
        topic: topic as string | TopicExtractor<unknown, unknown>,
        keySerde: options.key ?? keySerde,
        valueSerde: options.value ?? valueSerde,
        partitioner: options.partitioner,
      },
      graphNode,
    );
  }

  /** Groups by a new key. Without options the value's serde is inherited; see {@link Grouped}. */
  groupBy<K2>(selector: Mapper<K, V, K2>, options?: Grouped<NonNullable<K2>, V>): KGroupedStream<NonNullable<K2>, V> {
    if (options !== undefined) checkOptions(options, groupedOptions, 'groupBy');
    const { context, graphNode, sources, valueSerde } = this.place;
    const operator = selectKey(selector);
    const name = context.names.named(options?.name, operator.prefix);
    return context.groupedStream({
      context,
      name,
      graphNode: context.graph.add(describeOperator(name, operator), graphNode),
      keySerde: options?.key,
      valueSerde: options === undefined ? valueSerde : options.value,
      sources,
      repartitionRequired: true,
      groupName: options?.name,
    });
  }

  /** Groups by the key as it is. Without options both serdes are inherited; see {@link Grouped}. */
  groupByKey(options?: Grouped<K, V>): KGroupedStream<NonNullable<K>, V> {
    if (options !== undefined) checkOptions(options, groupedOptions, 'groupByKey');
    // Records without a key are dropped by whatever aggregates the group, so the same serde serves the keys that are left.
    const place = this.place as StreamPlace<NonNullable<K>, V>;
    return place.context.groupedStream({
      ...place,
      keySerde: options === undefined ? place.keySerde : (options.key as Serde<NonNullable<K>> | undefined),
      valueSerde: options === undefined ? place.valueSerde : options.value,
      groupName: options?.name,
    });
  }

  /** Reads the stream as a table: every record replaces its key's row, null deletes it, records without key are dropped. */
  toTable(options: TableOptions<K, NonNullable<V>> = {}): KTable<K, NonNullable<V>> {
    checkOptions(options, tableOptions, 'toTable');
    return streamToTable(this.place, options);
  }

  /**
   * Runs a processor of your own over the records. Key and value may change: a repartition follows where the key is used. Forgets both serdes.
   *
   * @throws MR_ARGUMENT_INVALID if a new processor is not made each time: tasks must not share one.
   */
  process<K2, V2>(processor: ProcessorSupplier<K, V, K2, V2>, options: ProcessOptions = {}): KStream<K2, V2> {
    return processStream(this.place, processor, options, 'KSTREAM-PROCESSOR-', { repartitionRequired: true });
  }

  /**
   * As `process`, for processors that leave the key alone: no repartition follows, and the key's serde is inherited.
   *
   * @throws MR_ARGUMENT_INVALID if a new processor is not made each time: tasks must not share one.
   */
  processValues<V2>(processor: FixedKeyProcessorSupplier<K, V, V2>, options: ProcessOptions = {}): KStream<K, V2> {
    const { keySerde, repartitionRequired } = this.place;
    // A fixed-key record is a record whose key the types do not let anybody change.
    const supplier = processor as unknown as ProcessorSupplier<K, V, K, V2>;
    return processStream(this.place, supplier, options, 'KSTREAM-PROCESSVALUES-', { keySerde, repartitionRequired, copies: true });
  }

  #joinGlobal<KG, VG, R>(
    table: GlobalKTable<KG, VG>,
    selector: Mapper<K, V, NoInfer<KG> | null | undefined>,
    joiner: StreamTableJoiner<K, V, VG, R>,
    options: NodeOptions,
    isLeft: boolean,
  ): KStream<K, R> {
    const { context, graphNode, keySerde, repartitionRequired, sources } = this.place;
    checkOptions(options, nodeOptions, 'join');
    requireGlobalTable(table, context);
    const operator = streamGlobalJoin(table.openReader, selector, joiner, isLeft);
    const name = context.names.named(options.name, operator.prefix);
    const node = context.graph.add({ ...describeOperator(name, operator), usesNullKeys: isLeft }, graphNode);
    return context.stream({ context, name, graphNode: node, keySerde, valueSerde: undefined, sources, repartitionRequired });
  }

  #then<K2, V2>(what: string, operator: Operator<K, V, K2, V2>, options: NodeOptions, inherited: Inherited<K2, V2>): KStream<K2, V2> {
    checkOptions(options, nodeOptions, what);
    const { context, graphNode, repartitionRequired, sources } = this.place;
    const name = context.names.named(options.name, operator.prefix);
    return context.stream({
      context,
      name,
      graphNode: context.graph.add(describeOperator(name, operator), graphNode),
      keySerde: inherited.keySerde,
      valueSerde: inherited.valueSerde,
      sources,
      repartitionRequired: repartitionRequired || operator.changesKey,
    });
  }
}

function isBranchList<K, V>(branches: NamedBranches<K, V> | readonly Branch<K, V>[]): branches is readonly Branch<K, V>[] {
  return Array.isArray(branches);
}
