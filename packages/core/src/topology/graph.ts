/**
 * What the DSL calls leave behind: a graph of frozen descriptions, linked in the order of the calls. Passes rewrite a copy of it, the compiler turns that into nodes,
 * stores and topics. Kafka Streams: `kstream.internals.graph`.
 */
import type { TableTraits } from '../operators/operator.ts';
import type { AnyProcessor, StreamPartitioner, TimestampExtractor, TopicExtractor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { OffsetReset } from './plan.ts';
import type { TableLineage } from './table-lineage.ts';

/** Undefined: inherited from nobody, the builder's default serde takes its place. */
export type MaybeSerde = Serde<unknown> | undefined;

export interface SourceDescription {
  readonly kind: 'source';
  readonly name: string;
  /** Without repeats, in Java's set order. Empty for a pattern. */
  readonly topics: readonly string[];
  readonly pattern: RegExp | undefined;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  readonly timestampExtractor: TimestampExtractor | undefined;
  readonly offsetReset: OffsetReset | undefined;
}

/** A source together with the node that makes a table of its records. */
export interface TableSourceDescription {
  readonly kind: 'tableSource';
  readonly name: string;
  readonly source: SourceDescription;
  readonly lineage: TableLineage;
  readonly create: (traits: TableTraits) => AnyProcessor;
  /** Added if the table is materialised. */
  readonly store: StoreSpec;
}

export interface ProcessorDescription {
  readonly kind: 'processor';
  readonly name: string;
  readonly create: () => AnyProcessor;
  /** Names of stores that were added elsewhere. */
  readonly stores: readonly string[];
  /** Added with the node, unless another brought them before. */
  readonly ownStores: readonly StoreSpec[];
  readonly changesKey: boolean;
  readonly changesValue: boolean;
  readonly isMerge: boolean;
  /** Has a use for records without a key, so that no repartition above may leave them out (outer and left joins of streams, KIP-962). */
  readonly usesNullKeys: boolean;
  /** What comes out are changes of a table that keeps the history of its rows: cogrouped streams come together here. */
  readonly keepsHistory?: boolean | undefined;
}

/** A node whose output is a table. */
export interface TableProcessorDescription {
  readonly kind: 'tableProcessor';
  readonly name: string;
  readonly lineage: TableLineage;
  readonly create: (traits: TableTraits) => AnyProcessor;
  /** Added if the table is materialised; undefined if it never is. */
  readonly store: StoreSpec | undefined;
  /** Store options were given, even if no store comes of them: then they alone say whether the table keeps history. */
  readonly hasStoreOptions?: boolean | undefined;
  /** Names of stores that were added elsewhere. */
  readonly stores: readonly string[];
  /** As for processors; undefined for none. */
  readonly ownStores?: readonly StoreSpec[] | undefined;
  /** Where the node makes windows: for how many ms behind their end, by stream time, they take records. */
  readonly windowGraceMs?: number | undefined;
}

/** A topic of our own between two sub-topologies: filter, sink, source. The graph node is called like the source. */
export interface RepartitionDescription {
  readonly kind: 'repartition';
  readonly name: string;
  readonly topic: string;
  readonly sink: string;
  /** Undefined behind a table's `groupBy`, whose selector has already left out null keys. */
  readonly filter: { readonly name: string; readonly create: (dropNullKeys: boolean) => AnyProcessor } | undefined;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  /** Wraps the value serde once it is known: a table's `groupBy` sends changes. */
  readonly wrapValueSerde: ((inner: Serde<unknown>) => Serde<unknown>) | undefined;
  readonly partitioner: StreamPartitioner<unknown, unknown> | undefined;
  readonly partitions: number | undefined;
  /** False for `repartition()`, which the user asked for and no optimisation takes away. */
  readonly isOptimizable: boolean;
  /** The name was generated, which `requireNames` refuses. */
  readonly isNameGenerated: boolean;
}

export interface SinkDescription {
  readonly kind: 'sink';
  readonly name: string;
  readonly topic: string | TopicExtractor<unknown, unknown>;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  readonly partitioner: StreamPartitioner<unknown, unknown> | undefined;
}

/** A sink to a topic of our own that is no repartition by the record's key: what the two sides of a foreign-key join tell each other. */
export interface InternalSinkDescription {
  readonly kind: 'internalSink';
  readonly name: string;
  readonly topic: string;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  readonly partitioner: StreamPartitioner<unknown, unknown> | undefined;
  /** The topic's name was generated, which `requireNames` refuses. */
  readonly isNameGenerated: boolean;
}

/** The source behind an internal sink. */
export interface InternalSourceDescription {
  readonly kind: 'internalSource';
  readonly name: string;
  readonly topic: string;
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
  /** Names of the sources whose topics must have as many partitions. */
  readonly copartitionedWith: ReadonlySet<string>;
}

/** A source and the node that keeps its records in a store of every instance. */
export interface GlobalStoreDescription {
  readonly kind: 'globalStore';
  readonly name: string;
  readonly source: SourceDescription;
  readonly create: () => AnyProcessor;
  readonly store: StoreSpec;
}

/** One of the processors that a join consists of. */
export interface JoinProcessor {
  readonly name: string;
  /** Undefined: the parents of the graph node. */
  readonly parents: readonly string[] | undefined;
  /** `traits` are those of the join's result. */
  readonly create: (traits: TableTraits) => AnyProcessor;
  /** Names of stores that were added elsewhere. */
  readonly stores: readonly string[];
}

/** A store of a join's own. */
export interface JoinStore {
  readonly store: StoreSpec;
  /** Names of the processors that use it. */
  readonly users: readonly string[];
  /** The name was generated, which `requireNames` refuses. */
  readonly isNameGenerated: boolean;
}

/** A join: processors and stores that are written together, once both sides are there. */
export interface JoinDescription {
  readonly kind: 'join';
  /** That of the node whose records are the result. */
  readonly name: string;
  /** Of the result, if it is a table. */
  readonly lineage: TableLineage | undefined;
  readonly processors: readonly JoinProcessor[];
  readonly stores: readonly JoinStore[];
  /** Names of the sources whose topics must have as many partitions. */
  readonly copartitioned: ReadonlySet<string>;
  /** Stores of a table that must keep a history, and for how long at least. */
  readonly history?: { readonly stores: readonly string[]; readonly leastMs: number } | undefined;
  /** As for processors. */
  readonly usesNullKeys: boolean;
  /** Of a join of streams: what is written instead if both sides are one stream and the optimisation is on. */
  readonly selfJoin?: SelfJoinDescription | undefined;
}

/** A join of a stream with itself on the left side's store alone. */
export interface SelfJoinDescription extends Pick<JoinDescription, 'processors' | 'stores'> {
  /** The node that fills the right side's store, which is left out. */
  readonly otherWindow: string;
}

/** A store that processors name. */
export interface StoreDescription {
  readonly kind: 'store';
  readonly name: string;
  readonly store: StoreSpec;
  /** The store is an operator's, and its name was generated, which `requireNames` refuses. */
  readonly isNameGenerated?: boolean | undefined;
}

export interface RootDescription {
  readonly kind: 'root';
  readonly name: 'root';
}

export type Description =
  | RootDescription
  | SourceDescription
  | TableSourceDescription
  | ProcessorDescription
  | TableProcessorDescription
  | JoinDescription
  | RepartitionDescription
  | SinkDescription
  | InternalSinkDescription
  | InternalSourceDescription
  | GlobalStoreDescription
  | StoreDescription;

/** A description's place in the graph. Parents and children keep the order in which they were linked. */
export class GraphNode {
  readonly description: Description;
  readonly parents: Set<GraphNode> = new Set<GraphNode>();
  readonly children: Set<GraphNode> = new Set<GraphNode>();
  /** Lower ones are compiled first. Set anew each time the node is linked. */
  priority = -1;

  constructor(description: Description) {
    this.description = description;
  }

  get name(): string {
    return this.description.name;
  }

  addChild(child: GraphNode): void {
    this.children.add(child);
    child.parents.add(this);
  }

  removeChild(child: GraphNode): void {
    this.children.delete(child);
    child.parents.delete(this);
  }
}

export class Graph {
  readonly root: GraphNode;
  #nextPriority = 0;
  readonly #copartitioned: ReadonlySet<string>[] = [];

  constructor(root: GraphNode = new GraphNode({ kind: 'root', name: 'root' })) {
    this.root = root;
  }

  /** Makes a node below `parents`; no parents means the root. */
  add(description: Description, ...parents: readonly GraphNode[]): GraphNode {
    const node = new GraphNode(Object.freeze(description));
    for (const parent of parents.length === 0 ? [this.root] : parents) this.link(parent, node);
    return node;
  }

  /** Puts a node below one more parent. Linking again moves it behind what was added meanwhile, as in Kafka Streams. */
  link(parent: GraphNode, child: GraphNode): void {
    parent.addChild(child);
    child.priority = this.#nextPriority++;
  }

  /** Says that the topics of these sources must have equal partition counts. */
  copartition(sources: Iterable<string>): void {
    this.#copartitioned.push(new Set(sources));
  }

  /** Names of sources, by group. */
  get copartitioned(): readonly ReadonlySet<string>[] {
    return this.#copartitioned;
  }

  /** A copy that passes may rewrite, with the same descriptions. */
  copy(): Graph {
    const copies = new Map<GraphNode, GraphNode>();
    const copyOf = (node: GraphNode): GraphNode => {
      let copy = copies.get(node);
      if (copy === undefined) {
        copy = new GraphNode(node.description);
        copy.priority = node.priority;
        copies.set(node, copy);
      }
      return copy;
    };
    for (const node of this.nodes()) {
      const copy = copyOf(node);
      for (const child of node.children) copy.children.add(copyOf(child));
      for (const parent of node.parents) copy.parents.add(copyOf(parent));
    }
    const graph = new Graph(copyOf(this.root));
    graph.#nextPriority = this.#nextPriority;
    graph.#copartitioned.push(...this.#copartitioned);
    return graph;
  }

  /** Every node once, from the root on. */
  nodes(): GraphNode[] {
    const seen = new Set<GraphNode>([this.root]);
    // Children are appended while the set is walked, which a Set's iterator follows.
    for (const node of seen) for (const child of node.children) seen.add(child);
    return [...seen];
  }

  /** Every node once, in the order of the calls: a node stands behind its parents. */
  inCallOrder(): GraphNode[] {
    return this.nodes().sort((a, b) => a.priority - b.priority);
  }
}
