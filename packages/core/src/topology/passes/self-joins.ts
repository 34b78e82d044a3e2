/**
 * `single.store.self.join`: which joins of streams are joins of one stream with itself, and so need one store only. Found by the graph: both sides hang below one node.
 * Kafka Streams: `InternalStreamsBuilder.rewriteSingleStoreSelfJoin`.
 */
import type { Graph, GraphNode } from '../graph.ts';

/** Takes the node that fills the second store out of the graph, and returns the joins, which are to be written in their other form. */
export function rewriteSelfJoins(graph: Graph): ReadonlySet<GraphNode> {
  const joins = new Set<GraphNode>();
  for (const node of graph.nodes()) {
    const { description } = node;
    if (description.kind !== 'join' || description.selfJoin === undefined || node.parents.size !== 1) continue;
    const { otherWindow } = description.selfJoin;
    for (const parent of node.parents) {
      for (const child of parent.children) if (child.name === otherWindow) parent.removeChild(child);
    }
    joins.add(node);
  }
  return joins;
}
