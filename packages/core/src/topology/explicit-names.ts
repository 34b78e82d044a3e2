/**
 * `requireNames`: what keeps state or is a topic must not hang on a generated number, since adding an operator upstream would rename it.
 * A table counts even where nothing below needs its store: the next operator may. Kafka Streams: `ensure.explicit.internal.resource.naming`, KIP-1111.
 */
import { TopologyError } from '../errors.ts';
import type { GraphNode } from './graph.ts';

const generatedStore = /-STATE-STORE-[0-9]{10}$/;

const ofRepartition = 'the option name to the grouping, join or repartition that needs the topic';
const ofForeignKeyJoin = 'the option name to the foreign-key join';
const ofGraceJoin = 'the option name to the join that has a grace';
const ofSuppress = 'the option name to suppress';
const ofStore = 'the option store, with a name, to the operator that keeps the store (count, aggregate, toTable, join of streams …)';

/** @throws MR_TOPOLOGY_INVALID that lists every generated name. */
export function checkNamesGiven(nodes: readonly GraphNode[]): void {
  const generated: string[] = [];
  const remedies = new Set<string>();
  const note = (what: string, remedy: string): void => {
    generated.push(what);
    remedies.add(remedy);
  };
  for (const { description } of nodes) {
    if (description.kind === 'repartition') {
      if (description.isNameGenerated) note(`repartition topic ${description.topic}`, ofRepartition);
    } else if (description.kind === 'internalSink') {
      if (description.isNameGenerated) note(`foreign-key join topic ${description.topic}`, ofForeignKeyJoin);
    } else if (description.kind === 'join') {
      for (const { store, isNameGenerated } of description.stores) {
        if (!isNameGenerated) continue;
        note(store.logging === undefined ? `store ${store.name}` : `changelog topic ${store.name}-changelog`, ofStore);
      }
    } else if (description.kind === 'globalStore') {
      if (generatedStore.test(description.store.name)) note(`store ${description.store.name}`, ofStore);
    } else if (description.kind === 'store') {
      if (description.isNameGenerated === true) {
        note(`changelog topic ${description.name}-changelog`, description.store.kind === 'joinBuffer' ? ofGraceJoin : ofForeignKeyJoin);
      }
    } else if (description.kind === 'tableSource' || description.kind === 'tableProcessor') {
      const ownStores = description.kind === 'tableProcessor' ? (description.ownStores ?? []) : [];
      for (const own of ownStores) {
        if (own.logging !== undefined && generatedStore.test(own.name)) note(`changelog topic ${own.name}-changelog`, ofSuppress);
      }
      const { store } = description;
      if (store === undefined || !generatedStore.test(store.name)) continue;
      note(store.logging === undefined ? `store ${store.name}` : `changelog topic ${store.name}-changelog`, ofStore);
    }
  }
  if (generated.length === 0) return;
  throw new TopologyError(`these names are generated, and requireNames is set: ${generated.join(', ')}. Give ${[...remedies].join('; ')}`);
}
