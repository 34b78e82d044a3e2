/**
 * `merge.repartition.topics`: all repartitions below one key-changing node become a single one, right behind it, if no value was changed on the way. Streams that were merged
 * are repartitioned behind the merge. Kafka Streams: `InternalStreamsBuilder.mergeRepartitionTopics`; also where its choice is not the best one, since topics are named by it.
 */
import { StreamsError } from '../../errors.ts';
import { NullKeyFilter } from '../../operators/null-key-filter.ts';
import { type Graph, GraphNode, type ProcessorDescription, type RepartitionDescription } from '../graph.ts';

/** Where repartitions may be moved to. */
export interface RepartitionSites {
  /** Key-changing nodes with the repartitions that they cause, in the order of the calls. */
  readonly byKeyChanger: ReadonlyMap<GraphNode, ReadonlySet<GraphNode>>;
  /** Nodes where streams come together, in the order of the calls. */
  readonly merges: readonly GraphNode[];
}

/** To be called before any pass has changed the graph: where several ways lead up, the order of a node's parents decides. */
export function findRepartitionSites(graph: Graph): RepartitionSites {
  const byKeyChanger = new Map<GraphNode, Set<GraphNode>>();
  const merges: GraphNode[] = [];
  for (const node of graph.inCallOrder()) {
    const { description } = node;
    if (description.kind === 'processor' && description.changesKey) byKeyChanger.set(node, new Set());
    else if (description.kind === 'processor' && description.isMerge) merges.push(node);
    else if (description.kind === 'repartition' && description.isOptimizable) {
      const changer = keyChangerOf(node);
      if (changer !== undefined) byKeyChanger.get(changer)?.add(node);
    }
  }
  return { byKeyChanger, merges };
}

/**
 * Returns the names of the repartitions that are gone, each with that of the one in its place.
 *
 * @throws MR_OPTIMIZATION_IMPOSSIBLE where Kafka Streams' optimiser fails too
 */
export function mergeRepartitions(sites: RepartitionSites): ReadonlyMap<string, string> {
  const replaced = new Map<string, string>();
  for (const [changer, repartitions] of belowMerges(sites)) {
    const [first] = repartitions;
    if (first !== undefined) replaceAll(changer, [...repartitions], singleRepartition(first, repartitions), replaced);
  }
  return replaced;
}

/** Repartitions of streams that were merged belong to the merge, if all that the key-changing node causes stand below it. */
function belowMerges({ byKeyChanger, merges }: RepartitionSites): ReadonlyMap<GraphNode, ReadonlySet<GraphNode>> {
  const result = new Map(byKeyChanger);
  const moved = new Set<GraphNode>();
  for (const merge of merges) {
    const collected = new Set<GraphNode>();
    for (const [changer, repartitions] of byKeyChanger) {
      if (![...repartitions].every((node) => childOnTheWayUp(node, merge) !== undefined)) continue;
      if (childOnTheWayUp(merge, changer) === undefined) continue;
      for (const node of repartitions) collected.add(node);
      moved.add(changer);
    }
    result.set(merge, collected);
  }
  for (const changer of moved) result.delete(changer);
  return result;
}

function replaceAll(changer: GraphNode, repartitions: readonly GraphNode[], single: GraphNode, replaced: Map<string, string>): void {
  // Compiled before everything that comes to stand below it.
  single.priority = changer.priority;
  for (const node of repartitions) {
    const child = childOnTheWayUp(node, changer);
    if (child === undefined) throw impossible(node, changer);
    single.addChild(child);
    changer.removeChild(child);
    const parents = [...node.parents];
    for (const below of node.children) {
      for (const parent of parents) parent.addChild(below);
      node.removeChild(below);
    }
    for (const parent of parents) parent.removeChild(node);
    replaced.set(node.name, single.name);
  }
  changer.addChild(single);
}

/** Called like the first of those in whose place it comes; each serde is the first that one of them has. */
function singleRepartition(first: GraphNode, all: Iterable<GraphNode>): GraphNode {
  const descriptions = [...all].map(repartitionOf);
  const { topic } = repartitionOf(first);
  return new GraphNode(
    Object.freeze<RepartitionDescription>({
      kind: 'repartition',
      name: `${topic}-source`,
      topic,
      sink: `${topic}-sink`,
      filter: { name: `${topic}-filter`, create: (dropNullKeys) => new NullKeyFilter(dropNullKeys) },
      keySerde: descriptions.find(({ keySerde }) => keySerde !== undefined)?.keySerde,
      valueSerde: descriptions.find(({ valueSerde }) => valueSerde !== undefined)?.valueSerde,
      wrapValueSerde: undefined,
      partitioner: undefined,
      partitions: undefined,
      isOptimizable: true,
      isNameGenerated: repartitionOf(first).isNameGenerated,
    }),
  );
}

function repartitionOf(node: GraphNode): RepartitionDescription {
  // Only repartitions are among the sites.
  return node.description as RepartitionDescription;
}

/** The nearest key-changing node above, if no value is changed below it. */
function keyChangerOf(node: GraphNode): GraphNode | undefined {
  const nearest = findUpwards(node, ({ changesKey, changesValue }) => changesKey || changesValue);
  const changer = findUpwards(node, ({ changesKey }) => changesKey);
  return nearest === changer ? changer : undefined;
}

function findUpwards(node: GraphNode, accepts: (processor: ProcessorDescription) => boolean): GraphNode | undefined {
  return searchUpwards(node, ({ description }) => description.kind === 'processor' && accepts(description));
}

/** The node on a way from `node` up to `ancestor` that stands right below it; `node` itself may. */
function childOnTheWayUp(node: GraphNode, ancestor: GraphNode): GraphNode | undefined {
  return searchUpwards(node, ({ parents }) => parents.has(ancestor));
}

/** The first that is accepted of the node, its first parent and all above that, its second parent and so on. */
function searchUpwards(
  node: GraphNode,
  accepts: (node: GraphNode) => boolean,
  rejected: Set<GraphNode> = new Set<GraphNode>(),
): GraphNode | undefined {
  if (accepts(node)) return node;
  rejected.add(node);
  for (const parent of node.parents) {
    const found = rejected.has(parent) ? undefined : searchUpwards(parent, accepts, rejected);
    if (found !== undefined) return found;
  }
  return undefined;
}

function impossible(node: GraphNode, changer: GraphNode): StreamsError {
  const { topic } = repartitionOf(node);
  return new StreamsError(
    'MR_OPTIMIZATION_IMPOSSIBLE',
    `merge.repartition.topics cannot move the repartition topic "${topic}" up behind "${changer.name}": another one was moved on the same way. ` +
      `Group right behind "${changer.name}", put one repartition() there, or build without this optimisation`,
    { details: { node: changer.name, topic } },
  );
}
