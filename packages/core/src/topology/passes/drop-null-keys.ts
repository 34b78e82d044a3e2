/**
 * Which repartitions may leave out records without a key: those with no join below that has a use for them (outer and left joins of streams, KIP-962).
 * Kafka Streams: `NodesWithRelaxedNullKeyJoinDownstream`.
 */
import type { Graph, GraphNode } from '../graph.ts';

export function findNullKeyFilters(graph: Graph, keepsNullKeys: (node: GraphNode) => boolean): ReadonlySet<GraphNode> {
  const visited = new Set<GraphNode>();
  const kept = new Set<GraphNode>();
  const visit = (node: GraphNode): void => {
    if (visited.has(node)) return;
    visited.add(node);
    for (const child of node.children) {
      visit(child);
      if (keepsNullKeys(child) || kept.has(child)) kept.add(node);
    }
  };
  visit(graph.root);
  return new Set([...visited].filter((node) => node.description.kind === 'repartition' && !kept.has(node)));
}
