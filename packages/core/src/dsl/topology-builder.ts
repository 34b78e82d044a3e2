/**
 * Topologies built node by node, for what the operators of streams and tables do not say. Kafka Streams: `Topology`.
 *
 * Names are given, not generated; every call checks at once what Kafka Streams refuses with a `TopologyException`.
 */
import { checkedElsewhere, checkOptions, isFunction, isSerde, isText, type OptionChecks } from '../option-checks.ts';
import { TopologyError } from '../errors.ts';
import type { StreamPartitioner, TopicExtractor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import { describeTopology } from '../topology/describe.ts';
import { makePlan } from '../topology/make-plan.ts';
import type { TopologySettings } from '../topology/plan.ts';
import type { DefaultSerdes } from '../topology/serde-resolution.ts';
import { CheckedNodes } from '../topology/checked-nodes.ts';
import { Topology } from '../topology/topology.ts';
import { type Consumed, consumedOptions } from './options.ts';
import { openCopySupplier, openSupplier, type ProcessorSupplier } from './processor-supplier.ts';
import { wrapping } from './processor-wrapper.ts';
import { describeSource } from './source-node.ts';
import { type ConnectedStore, connectedStores, type CopyStoreOptions, DescribedStores, type StateStoreOptions } from './state-store.ts';
import { checkTopologyOptions, type TopologyOptions, topologySettings } from './topology-options.ts';

/** Names of the nodes whose records a node gets; at least one. */
type Parents = string | readonly string[];

/** How a source reads its topics. */
export type SourceOptions<K, V> = Omit<Consumed<K, V>, 'name'>;

/** Where a processor stands and what it uses. */
export interface ProcessorNodeOptions {
  /** Sources or processors that were added before. */
  readonly parents: Parents;
  /** Stores that it uses; it brings those that are described. */
  readonly stores?: readonly ConnectedStore[] | undefined;
}

/** The topic that fills a store, and the two nodes that do it. */
export interface CopySourceOptions<K, V> extends Omit<SourceOptions<K, V>, 'offsetReset'> {
  readonly topic: string;
  /** Name of the node that reads the topic. */
  readonly source: string;
  /** Name of the node that runs the processor. */
  readonly processor: string;
}

/** Where a sink stands and how it writes. */
export interface SinkOptions<K, V> {
  /** Sources or processors that were added before. */
  readonly parents: Parents;
  /** @default the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** @default the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /** @default murmur2 of the key, as every Kafka client partitions */
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
}

const { name: _nodeName, ...sourceOptions } = consumedOptions;
const processorNodeOptions: OptionChecks<ProcessorNodeOptions> = { parents: checkedElsewhere, stores: checkedElsewhere };
const sinkOptions: OptionChecks<SinkOptions<never, never>> = {
  key: isSerde,
  value: isSerde,
  partitioner: isFunction,
  parents: checkedElsewhere,
};
const copySourceOptions: OptionChecks<CopySourceOptions<never, never>> = {
  key: isSerde,
  value: isSerde,
  timestampExtractor: isFunction,
  topic: isText,
  source: isText,
  processor: isText,
};

/** `DK` and `DV` are the types of the default serdes. */
export class TopologyBuilder<DK = unknown, DV = unknown> {
  readonly #nodes: CheckedNodes;
  readonly #settings: TopologySettings;
  readonly #defaults: DefaultSerdes;
  readonly #stores: DescribedStores;

  /** @throws MR_ARGUMENT_INVALID for options out of their range. */
  constructor(options: TopologyOptions<DK, DV> = {}) {
    checkTopologyOptions(options, {}, 'TopologyBuilder');
    this.#settings = topologySettings(options);
    this.#defaults = { keySerde: options.key, valueSerde: options.value };
    this.#stores = new DescribedStores(options.persistence ?? 'persistent');
    this.#nodes = new CheckedNodes(undefined, wrapping(options.processorWrapper, this.#stores));
  }

  /**
   * Adds a node that reads topics: one, several (in no promised order between them), or all whose whole name matches a pattern.
   *
   * @throws MR_TOPOLOGY_INVALID if the name is taken, there is no topic, or another source reads one of them.
   */
  addSource<K = DK, V = DV>(name: string, topics: string | readonly string[] | RegExp, options: SourceOptions<K, V> = {}): this {
    checkOptions(options, sourceOptions, `the source "${name}"`);
    if (Array.isArray(topics) && new Set(topics).size < topics.length) {
      throw new TopologyError(`the source "${name}" names a topic twice: ${topics.join(', ')}`, { details: { node: name } });
    }
    this.#nodes.addSource({ ...describeSource(name, topics, options), wrapValueSerde: undefined });
    return this;
  }

  /**
   * Adds a node that runs a processor of your own.
   *
   * @throws MR_TOPOLOGY_INVALID if the name is taken, a parent was not added yet or is a sink, or a store was not added.
   * @throws MR_ARGUMENT_INVALID if a new processor is not made each time: tasks must not share one.
   */
  addProcessor<KIn, VIn, KOut, VOut>(
    name: string,
    processor: ProcessorSupplier<KIn, VIn, KOut, VOut>,
    options: ProcessorNodeOptions,
  ): this {
    checkOptions(options, processorNodeOptions, `the processor "${name}"`);
    const { parents, stores } = options;
    const opened = openSupplier(processor, stores, `the processor "${name}"`);
    const { create } = opened;
    const { names, own } = connectedStores(opened.stores, this.#stores);
    this.#nodes.addProcessor(name, create, listOf(parents));
    this.#connect(name, own, names);
    return this;
  }

  /**
   * Adds a node that writes its parents' records to a topic, or to the topic that a function names for each. Topics must exist: they are never created for you.
   *
   * @throws MR_TOPOLOGY_INVALID if the name is taken, or a parent was not added yet or is a sink.
   */
  addSink<K = DK, V = DV>(name: string, topic: string | TopicExtractor<K, V>, options: SinkOptions<K, V>): this {
    checkOptions(options, sinkOptions, `the sink "${name}"`);
    const { key, parents, partitioner, value } = options;
    this.#nodes.addSink({
      name,
      predecessors: listOf(parents),
      // An extractor of the parents' types only ever sees the parents' records.
      topic: topic as string | TopicExtractor<unknown, unknown>,
      keySerde: key,
      valueSerde: value,
      wrapValueSerde: undefined,
      partitioner,
    });
    return this;
  }

  /**
   * Adds a store and connects it to processors that were added before. A store that no processor uses is not made; the same options object may be added again.
   *
   * @throws MR_TOPOLOGY_INVALID if another store has the name, or a processor was not added.
   */
  addStateStore<K = DK, V = DV>(options: StateStoreOptions<K, V>, ...processors: readonly string[]): this {
    this.#nodes.addStateStore(this.#stores.specOf(options), ...processors);
    return this;
  }

  /**
   * Adds a store that every instance keeps whole, ready before the first record is processed, and the processor that fills it from a topic. Every processor of the
   * topology may read it, unconnected; this one alone writes. The topic takes the place of a changelog: to restore the store the processor runs over it again,
   * without the records that have no key. The processor forwards nothing, schedules nothing, and there is no stream time.
   *
   * @throws MR_TOPOLOGY_INVALID if a name is taken, another source reads the topic, or the store shall have a changelog.
   * @throws MR_ARGUMENT_INVALID if a new processor is not made each time.
   */
  addGlobalStore<K = DK, V = DV>(
    store: CopyStoreOptions,
    processor: ProcessorSupplier<K, V, never, never>,
    options: CopySourceOptions<K, V>,
  ): this {
    checkOptions(options, copySourceOptions, 'addGlobalStore');
    const create = openCopySupplier(processor, `the processor "${options.processor}"`);
    const source = { ...describeSource(options.source, options.topic, options), wrapValueSerde: undefined };
    this.#nodes.addGlobalStore(source, options.processor, create, this.#stores.copySpecOf(store));
    return this;
  }

  /**
   * Adds a store that is a topic's copy, partition by partition, and the processor that keeps it; other processors connect to it by its name and
   * can only read it. The topic
   * takes the place of a changelog. To restore the store the topic's rows are put into it as they are, so the processor must do just that. KIP-813.
   *
   * @throws MR_TOPOLOGY_INVALID if a name is taken, another source reads the topic, or the store shall have a changelog.
   * @throws MR_ARGUMENT_INVALID if a new processor is not made each time.
   */
  addReadOnlyStateStore<K = DK, V = DV>(
    store: CopyStoreOptions,
    processor: ProcessorSupplier<K, V, never, never>,
    options: CopySourceOptions<K, V>,
  ): this {
    checkOptions(options, copySourceOptions, 'addReadOnlyStateStore');
    const create = openCopySupplier(processor, `the processor "${options.processor}"`);
    const source = describeSource(options.source, options.topic, { ...options, offsetReset: 'earliest' });
    this.#nodes.addSource({ ...source, wrapValueSerde: undefined });
    this.#nodes.addProcessor(options.processor, create, [options.source]);
    this.#nodes.addStateStore(this.#stores.copySpecOf(store), options.processor);
    this.#nodes.connectSourceStoreAndTopic(store.name, options.topic, options.processor);
    return this;
  }

  /**
   * Connects a processor to stores: processors that share a store run in one task.
   *
   * @throws MR_TOPOLOGY_INVALID if the processor or a store was not added, or the node is no processor.
   */
  connectProcessorAndStateStores(processor: string, ...stores: readonly string[]): this {
    if (stores.length === 0) throw new TopologyError(`no store is named that "${processor}" shall use`, { details: { node: processor } });
    this.#nodes.connectProcessorAndStateStores(processor, stores);
    return this;
  }

  /**
   * Compiles what was added so far.
   *
   * @throws MR_SERDE_MISSING if a topic or store has no serde.
   */
  build(): Topology {
    const description = describeTopology(this.#nodes);
    return new Topology(makePlan(this.#nodes, { settings: this.#settings, defaults: this.#defaults, description }), description);
  }

  #connect(processor: string, own: readonly StoreSpec[], names: readonly string[]): void {
    for (const store of own) this.#nodes.addStateStore(store, processor);
    this.#nodes.connectProcessorAndStateStores(processor, names);
  }
}

/** None where JavaScript forgot them, which is refused as such. */
function listOf(parents: Parents | undefined): readonly string[] {
  return typeof parents === 'string' ? [parents] : [...(parents ?? [])];
}
