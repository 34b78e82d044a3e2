/**
 * What instances of one group must agree on to hand tasks to each other: sources, stores and internal topics. Operators are left out on purpose, so that a rolling
 * upgrade that changes one mapper goes through.
 */
import { createHash } from 'node:crypto';
import type { ApplicationTopics } from './application-topics.ts';

/** Length of a fingerprint, bytes. */
export const fingerprintBytes = 16;

/** The same for equal sources, stores and internal topics, whatever the operators between them are. */
export function topologyFingerprint(topics: ApplicationTopics): Uint8Array {
  const subtopologies = topics.subtopologies.map((subtopology) => ({
    id: subtopology.id,
    sources: subtopology.sources,
    patterns: subtopology.patterns.map(String).sort(),
    repartitionSinks: [...subtopology.repartitionSinks].sort(),
    stores: inOrder(subtopology.plan.stores.map((store) => [store.spec.name, store.spec.kind, store.changelog?.name ?? null])),
    copartition: inOrder(subtopology.copartitionGroups.map((group) => [...group].sort())),
  }));
  const internal = inOrder([...topics.internal].map(([name, plan]) => [name, plan.kind, plan.partitions ?? null]));
  const text = JSON.stringify({ subtopologies, internal });
  return new Uint8Array(createHash('sha256').update(text).digest().subarray(0, fingerprintBytes));
}

/** As JSON, in an order that does not depend on the builder's. */
function inOrder(items: readonly unknown[]): readonly string[] {
  return items.map((item) => JSON.stringify(item)).sort();
}
