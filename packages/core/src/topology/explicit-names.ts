/**
 * `requireNames`: what keeps state or is a topic must not hang on a generated number, since adding an operator upstream would rename it.
 * A table counts even where nothing below needs its store: the next operator may. Kafka Streams: `ensure.explicit.internal.resource.naming`, KIP-1111.
 */
import { TopologyError } from '../errors.ts';
import type { GraphNode } from './graph.ts';

const generatedStore = /-STATE-STORE-[0-9]{10}$/;

/** @throws MR_TOPOLOGY_INVALID that lists every generated name. */
export function checkNamesGiven(nodes: readonly GraphNode[]): void {
  const generated: string[] = [];
  for (const { description } of nodes) {
    if (description.kind === 'repartition') {
      if (description.isNameGenerated) generated.push(`repartition topic ${description.topic}`);
    } else if (description.kind === 'internalSink') {
      if (description.isNameGenerated) generated.push(`foreign-key join topic ${description.topic}`);
    } else if (description.kind === 'join') {
      for (const { store, isNameGenerated } of description.stores) {
        if (!isNameGenerated) continue;
        generated.push(store.logging === undefined ? `store ${store.name}` : `changelog topic ${store.name}-changelog`);
      }
    } else if (description.kind === 'globalStore') {
      if (generatedStore.test(description.store.name)) generated.push(`store ${description.store.name}`);
    } else if (description.kind === 'store') {
      if (description.isNameGenerated === true) generated.push(`changelog topic ${description.name}-changelog`);
    } else if (description.kind === 'tableSource' || description.kind === 'tableProcessor') {
      const ownStores = description.kind === 'tableProcessor' ? (description.ownStores ?? []) : [];
      for (const own of ownStores) {
        if (own.logging !== undefined && generatedStore.test(own.name)) generated.push(`changelog topic ${own.name}-changelog`);
      }
      const { store } = description;
      if (store === undefined || !generatedStore.test(store.name)) continue;
      generated.push(store.logging === undefined ? `store ${store.name}` : `changelog topic ${store.name}-changelog`);
    }
  }
  if (generated.length === 0) return;
  throw new TopologyError(
    `these names are generated, and requireNames is set: ${generated.join(', ')}. Give a name in the operator's store, or to the grouping or repartition`,
  );
}
