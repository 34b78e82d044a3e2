/**
 * Several streams of the same topics (or the same pattern) read them through one source. Kafka Streams: `InternalStreamsBuilder.mergeDuplicateSourceNodes`.
 */
import { TopologyError } from '../../errors.ts';
import type { Graph, GraphNode, SourceDescription } from '../graph.ts';
import type { OffsetReset } from '../plan.ts';

function sameReset(a: OffsetReset | undefined, b: OffsetReset | undefined): boolean {
  if (typeof a === 'object' && typeof b === 'object') return a.byDurationMs === b.byDurationMs;
  return a === b;
}

function merge(graph: Graph, main: GraphNode, other: GraphNode, merged: Map<string, string>): void {
  const kept = main.description as SourceDescription;
  const dropped = other.description as SourceDescription;
  if (!sameReset(kept.offsetReset, dropped.offsetReset)) {
    throw new TopologyError(`"${kept.name}" and "${dropped.name}" read the same topics with different offset resets`, {
      details: { node: dropped.name },
    });
  }
  for (const child of other.children) {
    other.removeChild(child);
    main.addChild(child);
  }
  graph.root.removeChild(other);
  merged.set(other.name, main.name);
}

/** Returns the names of the sources that are gone, each with that of the one that reads its topics now. */
export function mergeDuplicateSources(graph: Graph): ReadonlyMap<string, string> {
  const merged = new Map<string, string>();
  const byTopic = new Map<string, GraphNode>();
  const byPattern = new Map<string, GraphNode>();
  for (const node of graph.root.children) {
    const source = node.description;
    if (source.kind !== 'source') continue;
    if (source.pattern !== undefined) {
      const key = `${source.pattern.flags}/${source.pattern.source}`;
      const main = byPattern.get(key);
      if (main === undefined) byPattern.set(key, node);
      else merge(graph, main, node, merged);
      continue;
    }
    for (const topic of source.topics) {
      const main = byTopic.get(topic);
      if (main === undefined) {
        byTopic.set(topic, node);
        continue;
      }
      if (main === node) continue;
      // Only sources are put into the map.
      const { topics } = main.description as SourceDescription;
      if (topics.length !== source.topics.length || !topics.every((other) => source.topics.includes(other))) {
        throw new TopologyError(
          `"${main.name}" and "${source.name}" read topics that overlap but are not the same: ${topics.join(', ')} and ${source.topics.join(', ')}`,
          {
            details: { topic, node: source.name },
          },
        );
      }
      if (graph.root.children.has(node)) merge(graph, main, node, merged);
    }
  }
  return merged;
}
