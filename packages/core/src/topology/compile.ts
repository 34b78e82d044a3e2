/**
 * From the graph of DSL calls to the topology that runs: passes over a copy of the graph, then every node written in the order of the calls, then the plan.
 * Kafka Streams: `InternalStreamsBuilder.buildAndOptimizeTopology`.
 */
import { StreamsError, TopologyError } from '../errors.ts';
import type { TableTraits } from '../operators/operator.ts';
import { failOnInvalid } from '../processor/timestamp-extractors.ts';
import { describeTopology } from './describe.ts';
import { checkNamesGiven } from './explicit-names.ts';
import type { Graph, GraphNode } from './graph.ts';
import { makePlan } from './make-plan.ts';
import type { Optimization } from './optimizations.ts';
import { findNullKeyFilters } from './passes/drop-null-keys.ts';
import { mergeDuplicateSources } from './passes/merge-duplicate-sources.ts';
import { findRepartitionSites, mergeRepartitions } from './passes/merge-repartitions.ts';
import { rewriteSelfJoins } from './passes/self-joins.ts';
import type { TopologySettings } from './plan.ts';
import type { DefaultSerdes } from './serde-resolution.ts';
import { CheckedNodes, type WrapProcessor } from './checked-nodes.ts';
import { Topology } from './topology.ts';
import { isVersioned } from './versioned-tables.ts';

/** Traits where streams are joined. */
const noTable: TableTraits = Object.freeze({ store: undefined, sendOldValues: false });

export interface CompileOptions {
  readonly settings: TopologySettings;
  readonly defaults: DefaultSerdes;
  /** Refuse names of stores and internal topics that were generated (KIP-1111). */
  readonly requireNames: boolean;
  readonly optimizations: ReadonlySet<Optimization>;
  /** Asked for every processor. */
  readonly wrap: WrapProcessor | undefined;
}

/** What the passes found out that a node's writing depends on. */
interface Rewriting {
  /** Repartitions that leave out records without a key. */
  readonly nullKeyFilters: ReadonlySet<GraphNode>;
  readonly selfJoins: ReadonlySet<GraphNode>;
  /** Tables have their source topics as changelogs. */
  readonly reusesSourceTopics: boolean;
}

/**
 * @throws MR_TOPOLOGY_INVALID for whatever Kafka Streams refuses with a `TopologyException`.
 * @throws MR_SERDE_MISSING if a source, sink or store has no serde and there is no default.
 * @throws MR_OPTIMIZATION_IMPOSSIBLE if repartition topics cannot be merged.
 */
export function compile(source: Graph, options: CompileOptions): Topology {
  const { optimizations } = options;
  const graph = source.copy();
  const repartitionSites = findRepartitionSites(graph);
  const mergedSources = mergeDuplicateSources(graph);
  const mergedRepartitions = optimizations.has('merge.repartition.topics') ? mergeRepartitions(repartitionSites) : [];
  const selfJoins = optimizations.has('single.store.self.join') ? rewriteSelfJoins(graph) : new Set<GraphNode>();
  const reusesSourceTopics = optimizations.has('reuse.ktable.source.topics');
  const rewriting: Rewriting = { nullKeyFilters: findNullKeyFilters(graph), selfJoins, reusesSourceTopics };

  const builder = new CheckedNodes(new Map([...mergedSources, ...mergedRepartitions]), options.wrap);
  writeAll(graph, (node) => writeNode(node, builder, rewriting));
  for (const sources of graph.copartitioned) builder.copartitionSources(sources);
  builder.validateCopartition();
  // All of them, whatever the optimisation leaves out: it may find less to do after the next change.
  if (options.requireNames) checkNamesGiven(source.inCallOrder());

  const description = describeTopology(builder);
  return new Topology(makePlan(builder, { ...options, description }), description);
}

/**
 * Writes every node once, after its parents, lowest priority first. A node whose turn comes too early is met again below its last parent.
 */
function writeAll(graph: Graph, write: (node: GraphNode) => void): void {
  const written = new Set<GraphNode>();
  const queue: GraphNode[] = [graph.root];
  while (queue.length > 0) {
    let lowest = 0;
    for (let at = 1; at < queue.length; at++) {
      if ((queue[at] as GraphNode).priority < (queue[lowest] as GraphNode).priority) lowest = at;
    }
    const node = queue.splice(lowest, 1)[0] as GraphNode;
    if (written.has(node)) continue;
    if (![...node.parents].every((parent) => written.has(parent))) continue;
    write(node);
    written.add(node);
    queue.push(...node.children);
  }
}

function writeNode(node: GraphNode, builder: CheckedNodes, { nullKeyFilters, reusesSourceTopics, selfJoins }: Rewriting): void {
  const description = node.description;
  const parents = [...node.parents].map((parent) => parent.name);
  switch (description.kind) {
    case 'root':
      return;
    case 'source':
      builder.addSource({ ...description, wrapValueSerde: undefined });
      return;
    case 'tableSource': {
      const traits = description.lineage.traits();
      builder.addSource({ ...description.source, wrapValueSerde: undefined });
      builder.addProcessor(description.name, () => description.create(traits), [description.source.name]);
      if (traits.store === undefined) return;
      builder.addStateStore(description.store, description.name);
      // A table reads one topic.
      if (reusesSourceTopics) builder.connectSourceStoreAndTopic(traits.store, description.source.topics[0] as string);
      return;
    }
    case 'processor':
      builder.addProcessor(description.name, description.create, parents);
      for (const store of description.ownStores) builder.addStateStore(store, description.name);
      builder.connectProcessorAndStateStores(description.name, description.stores);
      return;
    case 'tableProcessor': {
      const isInputVersioned = [...node.parents].some(isVersioned);
      const traits = { ...description.lineage.traits(), isInputVersioned, isOutputVersioned: isVersioned(node) };
      if (isInputVersioned && description.ownStores?.some(({ kind }) => kind === 'suppressBuffer') === true) {
        throw new TopologyError(`"${description.name}" cannot hold back changes of a table that keeps history`, {
          details: { node: description.name },
        });
      }
      builder.addProcessor(description.name, () => description.create(traits), parents);
      for (const store of description.ownStores ?? []) builder.addStateStore(store, description.name);
      builder.connectProcessorAndStateStores(description.name, description.stores);
      if (traits.store !== undefined && description.store !== undefined) builder.addStateStore(description.store, description.name);
      return;
    }
    case 'join': {
      const { copartitioned, lineage } = description;
      const { processors, stores } = selfJoins.has(node) ? (description.selfJoin ?? description) : description;
      const traits = lineage?.traits() ?? noTable;
      builder.copartitionSources(copartitioned);
      for (const { create, name, parents: named } of processors) builder.addProcessor(name, () => create(traits), named ?? parents);
      for (const { name, stores: used } of processors) builder.connectProcessorAndStateStores(name, used);
      for (const { store, users } of stores) builder.addStateStore(store, ...users);
      if (description.history !== undefined) checkHistory(description.name, description.history, builder);
      return;
    }
    case 'repartition': {
      builder.addInternalTopic(description.topic, description.partitions);
      const { filter } = description;
      if (filter !== undefined) {
        const dropNullKeys = nullKeyFilters.has(node);
        builder.addProcessor(filter.name, () => filter.create(dropNullKeys), parents);
      }
      const { keySerde, valueSerde, topic, partitioner } = description;
      const predecessors = filter === undefined ? parents : [filter.name];
      const wrap = description.wrapValueSerde;
      builder.addSink({ name: description.sink, predecessors, topic, keySerde, valueSerde, wrapValueSerde: wrap, partitioner });
      builder.addSource({
        name: description.name,
        topics: [topic],
        pattern: undefined,
        keySerde,
        valueSerde,
        wrapValueSerde: wrap,
        // Records of our own carry a timestamp: an extractor of the user's never sees them.
        timestampExtractor: failOnInvalid,
        offsetReset: undefined,
      });
      return;
    }
    case 'sink':
      builder.addSink({ ...description, wrapValueSerde: undefined, predecessors: parents });
      return;
    case 'internalSink': {
      const { keySerde, name, partitioner, topic, valueSerde } = description;
      builder.addInternalTopic(topic, undefined);
      builder.addSink({ name, predecessors: parents, topic, keySerde, valueSerde, wrapValueSerde: undefined, partitioner });
      return;
    }
    case 'internalSource': {
      const { copartitionedWith, keySerde, name, topic, valueSerde } = description;
      builder.addSource({
        name,
        topics: [topic],
        pattern: undefined,
        keySerde,
        valueSerde,
        wrapValueSerde: undefined,
        timestampExtractor: undefined,
        offsetReset: undefined,
      });
      builder.copartitionSources([...copartitionedWith, name]);
      return;
    }
    case 'globalStore':
      builder.addGlobalStore({ ...description.source, wrapValueSerde: undefined }, description.name, description.create, description.store);
      return;
    case 'store':
      builder.addStateStore(description.store);
  }
}

/** @throws MR_ARGUMENT_INVALID for a table that keeps no history, or a shorter one than the grace of the join. */
function checkHistory(
  join: string,
  { leastMs, stores }: { readonly leastMs: number; readonly stores: readonly string[] },
  builder: CheckedNodes,
): void {
  for (const name of stores) {
    const store = builder.stores.get(name);
    if (store?.kind === 'versioned' && store.historyRetentionMs >= leastMs) continue;
    const found = store?.kind === 'versioned' ? `keeps ${store.historyRetentionMs} ms of it` : 'keeps none';
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `the join "${join}" has a grace of ${leastMs} ms, so its table needs a history of as much, but the store "${name}" ${found}: set historyRetention`,
      { details: { node: join, store: name } },
    );
  }
}
