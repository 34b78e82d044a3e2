/**
 * Which repartitions may leave out records without a key: those with nobody below that has a use for them.
 * Kafka Streams: `NodesWithRelaxedNullKeyJoinDownstream`.
 */
import type { Graph, GraphNode } from '../graph.ts';

export function findNullKeyFilters(graph: Graph): ReadonlySet<GraphNode> {
  const visited = new Set<GraphNode>();
  const kept = new Set<GraphNode>();
  const visit = (node: GraphNode): void => {
    if (visited.has(node)) return;
    visited.add(node);
    for (const child of node.children) {
      visit(child);
      if (usesNullKeys(child) || kept.has(child)) kept.add(node);
    }
  };
  visit(graph.root);
  return new Set([...visited].filter((node) => node.description.kind === 'repartition' && !kept.has(node)));
}

function usesNullKeys({ description }: GraphNode): boolean {
  return (description.kind === 'processor' || description.kind === 'join') && description.usesNullKeys;
}
