/**
 * Nodes, stores and topics as they are added one by one, with every check that an invalid topology fails; the DSL's compiler writes into it.
 *
 * Finds the sub-topologies: nodes joined by an edge or by a store. Kafka Streams: `InternalTopologyBuilder`; ids, orders and checks are its.
 */
import { StreamsError, TopologyError } from '../errors.ts';
import type { AnyProcessor, StreamPartitioner, TimestampExtractor, TopicExtractor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { MaybeSerde } from './graph.ts';
import { grownHashOrder } from './java-hash-order.ts';
import type { OffsetReset } from './plan.ts';
import { UnionFind } from './union-find.ts';

export interface SourceEntry {
  readonly kind: 'source';
  readonly name: string;
  readonly predecessors: readonly string[];
  readonly topics: readonly string[];
  readonly pattern: RegExp | undefined;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  /** Wraps the value serde once it is known. */
  readonly wrapValueSerde: ((inner: Serde<unknown>) => Serde<unknown>) | undefined;
  readonly timestampExtractor: TimestampExtractor | undefined;
  readonly offsetReset: OffsetReset | undefined;
}

export interface ProcessorEntry {
  readonly kind: 'processor';
  readonly name: string;
  readonly predecessors: readonly string[];
  readonly create: () => AnyProcessor;
  /** In the order in which they were connected. */
  readonly stores: Set<string>;
}

export interface SinkEntry {
  readonly kind: 'sink';
  readonly name: string;
  readonly predecessors: readonly string[];
  readonly topic: string | TopicExtractor<unknown, unknown>;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  /** Wraps the value serde once it is known. */
  readonly wrapValueSerde: ((inner: Serde<unknown>) => Serde<unknown>) | undefined;
  readonly partitioner: StreamPartitioner<unknown, unknown> | undefined;
}

/** A source, the processor below it, and the store of every instance that it keeps. */
export interface GlobalStoreEntry {
  readonly source: string;
  readonly processor: string;
  readonly store: StoreSpec;
}

export type NodeEntry = SourceEntry | ProcessorEntry | SinkEntry;

/** Puts another processor in the place of a node's, with the stores that it needs beside the node's own. */
export type WrapProcessor = (
  name: string,
  create: () => AnyProcessor,
) => { readonly create: () => AnyProcessor; readonly ownStores: readonly StoreSpec[]; readonly stores: readonly string[] };

/** The pattern as Kafka Streams applies it: to the whole name. */
export function matchesWhole(pattern: RegExp, topic: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(topic);
}

export class CheckedNodes {
  readonly #nodes = new Map<string, NodeEntry>();
  readonly #stores = new Map<string, StoreSpec>();
  /** By the name of the store. */
  readonly #globalStores = new Map<string, GlobalStoreEntry>();
  /** The first node that uses a store: whoever uses it later joins that node's sub-topology. */
  readonly #storeUsers = new Map<string, string>();
  readonly #sourceTopics = new Set<string>();
  readonly #patterns: RegExp[] = [];
  readonly #internalTopics = new Map<string, number | undefined>();
  readonly #copartitionGroups: Set<string>[] = [];
  readonly #groups = new UnionFind();
  readonly #mergedSources: ReadonlyMap<string, string>;
  readonly #wrap: WrapProcessor | undefined;
  /** Stores that are a source topic's copy, and that topic: it is their changelog. */
  readonly #sourceChangelogs = new Map<string, string>();
  /** Stores that one processor alone may write, and that processor. */
  readonly #storeWriters = new Map<string, string>();

  /** `mergedSources`: names of sources that are not added, and of those that read their topics. `wrap` is asked for every processor. */
  constructor(mergedSources: ReadonlyMap<string, string> = new Map(), wrap?: WrapProcessor) {
    this.#mergedSources = mergedSources;
    this.#wrap = wrap;
  }

  get nodes(): ReadonlyMap<string, NodeEntry> {
    return this.#nodes;
  }

  get stores(): ReadonlyMap<string, StoreSpec> {
    return this.#stores;
  }

  get globalStores(): ReadonlyMap<string, GlobalStoreEntry> {
    return this.#globalStores;
  }

  /** The source topic that is the changelog of a store, by the store's name. */
  get sourceChangelogs(): ReadonlyMap<string, string> {
    return this.#sourceChangelogs;
  }

  /** The one processor that may write a store, by the store's name; absent where every connected one may. */
  get storeWriters(): ReadonlyMap<string, string> {
    return this.#storeWriters;
  }

  /** Partition counts that the user fixed, by topic. */
  get internalTopics(): ReadonlyMap<string, number | undefined> {
    return this.#internalTopics;
  }

  /** Names of sources whose topics must have equal partition counts. */
  get copartitionGroups(): readonly ReadonlySet<string>[] {
    return this.#copartitionGroups;
  }

  addSource(source: Omit<SourceEntry, 'kind' | 'predecessors'>): void {
    if (source.topics.length === 0 && source.pattern === undefined) {
      throw new TopologyError(`the source "${source.name}" reads no topic`, { details: { node: source.name } });
    }
    this.#checkNew(source.name);
    for (const topic of source.topics) this.#checkTopicIsFree(topic);
    if (source.pattern !== undefined) {
      for (const topic of this.#sourceTopics) {
        if (matchesWhole(source.pattern, topic)) {
          throw new TopologyError(`the pattern ${source.pattern.source} matches the topic "${topic}", which another source reads`, {
            details: { node: source.name, topic },
          });
        }
      }
      this.#patterns.push(source.pattern);
    }
    for (const topic of source.topics) this.#sourceTopics.add(topic);
    this.#add({ kind: 'source', predecessors: [], ...source });
  }

  addProcessor(name: string, create: () => AnyProcessor, predecessors: readonly string[]): void {
    this.#checkNew(name);
    this.#checkPredecessors('processor', name, predecessors);
    const wrapped = this.#wrap?.(name, create);
    this.#add({ kind: 'processor', name, predecessors, create: wrapped?.create ?? create, stores: new Set() });
    if (wrapped === undefined) return;
    for (const store of wrapped.ownStores) this.addStateStore(store, name);
    this.connectProcessorAndStateStores(name, wrapped.stores);
  }

  addSink(sink: Omit<SinkEntry, 'kind'>): void {
    this.#checkNew(sink.name);
    // JavaScript may pass anything.
    const topic: unknown = sink.topic;
    if (typeof topic !== 'string' && typeof topic !== 'function') {
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        `the sink "${sink.name}" needs the name of a topic or a function that names one, got ${topic === null ? 'null' : typeof topic}`,
        {
          details: { node: sink.name },
        },
      );
    }
    this.#checkPredecessors('sink', sink.name, sink.predecessors);
    this.#add({ kind: 'sink', ...sink });
  }

  /** Adds a store that every instance keeps whole: its source, and the processor that fills it. No other node may stand below either. */
  addGlobalStore(
    source: Omit<SourceEntry, 'kind' | 'predecessors'>,
    processor: string,
    create: () => AnyProcessor,
    store: StoreSpec,
  ): void {
    if (this.#stores.has(store.name) || this.#globalStores.has(store.name)) {
      throw new TopologyError(`another store is called "${store.name}" already: store names must be unique`, {
        details: { store: store.name },
      });
    }
    this.addSource(source);
    this.#checkNew(processor);
    const wrapped = this.#wrap?.(processor, create);
    if (wrapped !== undefined && wrapped.ownStores.length + wrapped.stores.length > 0) {
      throw new TopologyError(
        `the processor "${processor}" of the global store "${store.name}" cannot be wrapped by one that brings stores`,
        {
          details: { node: processor, store: store.name },
        },
      );
    }
    const { name } = store;
    this.#add({
      kind: 'processor',
      name: processor,
      predecessors: [source.name],
      create: wrapped?.create ?? create,
      stores: new Set([name]),
    });
    this.#globalStores.set(store.name, { source: source.name, processor, store });
  }

  /** Adds a store, which may be added again by the same specification, and connects it. */
  addStateStore(spec: StoreSpec, ...processors: readonly string[]): void {
    const existing = this.#stores.get(spec.name) ?? this.#globalStores.get(spec.name);
    if (existing !== undefined && existing !== spec) {
      throw new TopologyError(`another store is called "${spec.name}" already: store names must be unique`, {
        details: { store: spec.name },
      });
    }
    this.#stores.set(spec.name, spec);
    for (const processor of processors) this.#connect(processor, spec.name);
  }

  connectProcessorAndStateStores(processor: string, stores: readonly string[]): void {
    for (const store of stores) this.#connect(processor, store);
  }

  /** Says that a store is a source topic's copy: it is restored from the topic and has no changelog of its own. `writer`: the processor that alone may write it. */
  connectSourceStoreAndTopic(store: string, topic: string, writer?: string): void {
    if (this.#sourceChangelogs.has(store)) {
      throw new TopologyError(`the store "${store}" is a copy of the topic "${this.#sourceChangelogs.get(store)}" already`, {
        details: { store, topic },
      });
    }
    this.#sourceChangelogs.set(store, topic);
    if (writer !== undefined) this.#storeWriters.set(store, writer);
  }

  /** `partitions` undefined: computed when the topic is made. */
  addInternalTopic(topic: string, partitions: number | undefined): void {
    this.#internalTopics.set(topic, partitions);
  }

  copartitionSources(sources: Iterable<string>): void {
    this.#copartitionGroups.push(new Set([...sources].map((name) => this.#mergedSources.get(name) ?? name)));
  }

  /** Checks groups that consist of our own topics with fixed partition counts; all others are checked when the counts are known. */
  validateCopartition(): void {
    for (const group of this.#copartitionGroups) {
      const topics = [...group].flatMap((name) => {
        const node = this.#nodes.get(name);
        return node?.kind === 'source' ? node.topics : [];
      });
      const counts = topics.map((topic) => this.#internalTopics.get(topic));
      if (counts.some((count) => count === undefined) || new Set(counts).size <= 1) continue;
      const shown = topics.map((topic, at) => `"${topic}" (${counts[at]})`).join(', ');
      throw new TopologyError(`topics that are joined must have equal numbers of partitions: ${shown}`, {
        details: { topics: topics.join(',') },
      });
    }
  }

  /** The global store of a sub-topology that consists of one; undefined for all others. */
  globalStoreOf(group: readonly string[]): GlobalStoreEntry | undefined {
    if (this.#globalStores.size === 0) return undefined;
    for (const entry of this.#globalStores.values()) if (group.includes(entry.source)) return entry;
    return undefined;
  }

  /** Names of the nodes of each sub-topology, in the order in which they were added. The position is the id. */
  nodeGroups(): string[][] {
    const groups = new Map<string, string[]>();
    for (const name of this.#nodes.keys()) {
      const root = this.#groups.root(name);
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [name]);
      else group.push(name);
    }
    return [...groups.values()];
  }

  /** Stores of a node in the order in which Kafka Streams opens and prints them. */
  storesOf(node: ProcessorEntry): string[] {
    return grownHashOrder(node.stores);
  }

  #add(node: NodeEntry): void {
    this.#nodes.set(node.name, node);
    this.#groups.add(node.name);
    for (const predecessor of node.predecessors) this.#groups.unite(node.name, predecessor);
  }

  #connect(processor: string, store: string): void {
    if (this.#globalStores.has(store)) {
      throw new TopologyError(
        `the global store "${store}" can be used by every processor without naming it: leave it out of the stores of "${processor}"`,
        {
          details: { node: processor, store },
        },
      );
    }
    if (!this.#stores.has(store)) {
      throw new TopologyError(`the store "${store}" that "${processor}" uses was not added: call addStateStore first`, {
        details: { node: processor, store },
      });
    }
    const node = this.#nodes.get(processor);
    if (node === undefined) {
      throw new TopologyError(`the processor "${processor}" that shall use the store "${store}" was not added`, {
        details: { node: processor, store },
      });
    }
    if (node.kind !== 'processor') {
      throw new TopologyError(`the store "${store}" cannot be connected to the ${node.kind} "${processor}"`, {
        details: { node: processor, store },
      });
    }
    const user = this.#storeUsers.get(store);
    if (user === undefined) this.#storeUsers.set(store, processor);
    else this.#groups.unite(user, processor);
    node.stores.add(store);
  }

  #checkNew(name: string): void {
    // As above.
    if (typeof (name as unknown) !== 'string') throw new StreamsError('MR_ARGUMENT_INVALID', `a node needs a name, got ${typeof name}`);
    if (this.#nodes.has(name)) {
      const remedy = name.endsWith('-repartition-filter')
        ? '. Two repartitions have one name: give every grouping that is cogrouped a name of its own, and group the stream once more, under another name, for whatever else is made of it'
        : '';
      throw new TopologyError(`another node is called "${name}" already: names must be unique in a topology${remedy}`, {
        details: { node: name },
      });
    }
  }

  #checkPredecessors(kind: string, name: string, predecessors: readonly string[]): void {
    if (predecessors.length === 0) throw new TopologyError(`the ${kind} "${name}" has no parent`, { details: { node: name } });
    for (const predecessor of predecessors) {
      if (predecessor === name) throw new TopologyError(`the ${kind} "${name}" cannot be its own parent`, { details: { node: name } });
      const node = this.#nodes.get(predecessor);
      if (node === undefined) {
        throw new TopologyError(`the parent "${predecessor}" of the ${kind} "${name}" was not added yet`, {
          details: { node: name, parent: predecessor },
        });
      }
      if (node.kind === 'sink') {
        throw new TopologyError(`the sink "${predecessor}" cannot be a parent (of "${name}")`, {
          details: { node: name, parent: predecessor },
        });
      }
    }
  }

  #checkTopicIsFree(topic: string): void {
    if (this.#sourceTopics.has(topic)) {
      throw new TopologyError(`another source reads the topic "${topic}" already: use the stream or table that it gave`, {
        details: { topic },
      });
    }
    const pattern = this.#patterns.find((candidate) => matchesWhole(candidate, topic));
    if (pattern !== undefined) {
      throw new TopologyError(`the topic "${topic}" matches the pattern ${pattern.source} of another source`, { details: { topic } });
    }
  }
}
