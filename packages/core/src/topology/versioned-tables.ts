/**
 * Which tables keep the history of their rows: those in a store that does, and those that are computed from such a table row by row without store options of their own.
 * Kafka Streams: `GraphNode.isOutputVersioned`.
 */
import type { GraphNode } from './graph.ts';

export function isVersioned({ description, parents }: GraphNode): boolean {
  switch (description.kind) {
    case 'tableSource':
      return description.store.kind === 'versioned';
    case 'tableProcessor':
      if (description.hasStoreOptions === true || description.lineage.store !== undefined) return description.store?.kind === 'versioned';
      return [...parents].some(isVersioned);
    case 'processor':
      return description.keepsHistory === true;
    case 'join':
      return description.lineage !== undefined && description.stores[0]?.store.kind === 'versioned';
    default:
      return false;
  }
}
