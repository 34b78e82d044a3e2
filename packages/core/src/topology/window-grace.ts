/** How long the windows above a node stay open behind their end. Kafka Streams: `GraphGraceSearchUtil`. */
import { TopologyError } from '../errors.ts';
import type { GraphNode } from './graph.ts';

/**
 * The longest grace of the nearest windowed aggregations above, in ms.
 *
 * @throws MR_TOPOLOGY_INVALID if a way up meets none.
 */
export function windowGraceAbove(node: GraphNode, below: readonly string[] = []): number {
  const { description } = node;
  if (description.kind === 'tableProcessor' && description.windowGraceMs !== undefined) return description.windowGraceMs;
  const path = [node.name, ...below];
  if (node.parents.size === 0) {
    throw new TopologyError(`only windows close: there is no windowed aggregation on the way ${path.join(' -> ')}`, {
      details: { node: path.at(-1) },
    });
  }
  return Math.max(...[...node.parents].map((parent) => windowGraceAbove(parent, path)));
}
