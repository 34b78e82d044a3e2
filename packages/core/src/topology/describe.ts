/**
 * The text of `Topology.describe()`, byte for byte as Kafka Streams prints it, so that two topologies can be compared as text.
 *
 * Nodes stand in the order of how many nodes hang below them, then by name. In Java the lists behind the arrows are sorted sets into which neighbours go while these
 * numbers still grow; the order of insertion (Java's hash order) and the shape of the tree therefore show, and are followed here.
 */
import { copiedHashOrder, grownHashOrder } from './java-hash-order.ts';
import { SortedTree } from './sorted-tree.ts';
import type { CheckedNodes, NodeEntry } from './checked-nodes.ts';

class DescribedNode {
  readonly entry: NodeEntry;
  /** The node and everything below it, counted once for every way down. */
  size = 1;
  readonly predecessors: SortedTree<DescribedNode> = new SortedTree(compareNodes);
  readonly successors: SortedTree<DescribedNode> = new SortedTree(compareNodes);

  constructor(entry: NodeEntry) {
    this.entry = entry;
  }

  grow(by: number): void {
    this.size += by;
    for (const predecessor of this.predecessors) predecessor.grow(by);
  }
}

function compareNodes(a: DescribedNode, b: DescribedNode): number {
  if (a === b) return 0;
  if (a.size !== b.size) return b.size - a.size;
  return a.entry.name < b.entry.name ? -1 : 1;
}

function namesOf(nodes: SortedTree<DescribedNode>): string {
  const names = [...nodes].map((node) => node.entry.name);
  return names.length === 0 ? 'none' : names.join(', ');
}

function describeNode(node: DescribedNode, builder: CheckedNodes): string {
  const { entry } = node;
  const to = `      --> ${namesOf(node.successors)}`;
  const from = `      <-- ${namesOf(node.predecessors)}`;
  switch (entry.kind) {
    case 'source': {
      const topics = entry.pattern === undefined ? `[${copiedHashOrder(entry.topics).join(', ')}]` : entry.pattern.source;
      return `Source: ${entry.name} (topics: ${topics})\n${to}`;
    }
    case 'processor':
      return `Processor: ${entry.name} (stores: [${copiedHashOrder(builder.storesOf(entry)).join(', ')}])\n${to}\n${from}`;
    case 'sink': {
      const where =
        typeof entry.topic === 'string'
          ? `topic: ${entry.topic}`
          : `extractor class: ${entry.topic.name === '' ? 'anonymous' : entry.topic.name}`;
      return `Sink: ${entry.name} (${where})\n${from}`;
    }
  }
}

function describeSubtopology(id: number, names: readonly string[], builder: CheckedNodes): string {
  const isGlobal = builder.globalStoreOf(names) !== undefined;
  const nodes = new Map<string, DescribedNode>();
  for (const name of grownHashOrder(names)) nodes.set(name, new DescribedNode(builder.nodes.get(name) as NodeEntry));
  for (const node of nodes.values()) {
    for (const name of node.entry.predecessors) {
      // Edges never leave a sub-topology, by construction.
      const predecessor = nodes.get(name) as DescribedNode;
      node.predecessors.add(predecessor);
      predecessor.successors.add(node);
      predecessor.grow(node.size);
    }
  }
  const lines = [...nodes.values()].sort(compareNodes).map((node) => `    ${describeNode(node, builder)}\n`);
  const nodesText = lines.join('');
  return isGlobal ? `Sub-topology: ${id} for global store (will not generate tasks)\n${nodesText}` : `Sub-topology: ${id}\n${nodesText}\n`;
}

export function describeTopology(builder: CheckedNodes): string {
  const blocks = builder.nodeGroups().map((names, id) => `  ${describeSubtopology(id, names, builder)}`);
  return `Topologies:\n ${blocks.join('')}`;
}
