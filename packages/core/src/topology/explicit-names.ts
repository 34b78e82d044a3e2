/**
 * `requireNames`: what keeps state or is a topic must not hang on a generated number, since adding an operator upstream would rename it.
 * Kafka Streams: `ensure.explicit.internal.resource.naming`, KIP-1111.
 */
import { TopologyError } from '../errors.ts';
import type { GraphNode } from './graph.ts';
import type { TopologyBuilder } from './topology-builder.ts';

const generatedStore = /-STATE-STORE-[0-9]{10}$/;

/** @throws MR_TOPOLOGY_INVALID that lists every generated name. */
export function checkNamesGiven(nodes: readonly GraphNode[], builder: TopologyBuilder): void {
  const generated: string[] = [];
  for (const { description } of nodes) {
    if (description.kind === 'repartition' && description.isNameGenerated) generated.push(`repartition topic ${description.topic}`);
  }
  for (const spec of builder.stores.values()) {
    if (!generatedStore.test(spec.name)) continue;
    generated.push(spec.logging === undefined ? `store ${spec.name}` : `changelog topic ${spec.name}-changelog`);
  }
  if (generated.length === 0) return;
  throw new TopologyError(
    `these names are generated, and requireNames is set: ${generated.join(', ')}. Give a name in the operator's store, or to the grouping or repartition`,
  );
}
