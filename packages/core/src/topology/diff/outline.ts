/** A described topology by name: its stores with the topics that fill them, and its topics with the sub-topologies that use them. */
import type {
  InternalTopicDescription,
  NodeDescription,
  StoreDescription,
  SubtopologyDescription,
  TopologyDescription,
} from '../describe-json.ts';

export interface StoreOutline {
  readonly store: StoreDescription;
  readonly subtopology: SubtopologyDescription;
  /** Topics and patterns above the processors that use it, sorted: they decide in which partition a row lies. */
  readonly inputs: readonly string[];
}

export interface Outline {
  readonly description: TopologyDescription;
  readonly stores: ReadonlyMap<string, StoreOutline>;
  readonly internalTopics: ReadonlyMap<string, InternalTopicDescription>;
  /** Topics that the user made, and patterns, with the id of the sub-topology that reads them. */
  readonly sources: ReadonlyMap<string, number>;
  /** Topics that the user made and that sinks write. */
  readonly sinks: ReadonlySet<string>;
}

export function outlineOf(description: TopologyDescription): Outline {
  const stores = new Map<string, StoreOutline>();
  const sources = new Map<string, number>();
  const sinks = new Set<string>();
  for (const subtopology of description.subtopologies) {
    const { id, nodes } = subtopology;
    for (const store of subtopology.stores) stores.set(store.name, { store, subtopology, inputs: inputsOf(store.name, nodes) });
    for (const node of nodes) {
      for (const { internal, name } of node.topics ?? []) {
        if (internal) continue;
        if (node.kind === 'source') sources.set(name, id);
        else sinks.add(name);
      }
      if (node.pattern !== undefined) sources.set(shownPattern(node.pattern), id);
    }
  }
  const internalTopics = new Map(description.internalTopics.map((topic) => [topic.name, topic]));
  return { description, stores, internalTopics, sources, sinks };
}

/** What a sub-topology reads. */
export function readBy(nodes: readonly NodeDescription[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.kind === 'source' ? (node.topics ?? []).map(({ name }) => name) : []),
    ...(node.pattern === undefined ? [] : [shownPattern(node.pattern)]),
  ]);
}

function inputsOf(store: string, nodes: readonly NodeDescription[]): string[] {
  const above = new Set(nodes.filter((node) => node.stores?.includes(store) === true).map(({ name }) => name));
  // Children stand behind their parents.
  for (const node of nodes.toReversed()) if (node.to.some((child) => above.has(child))) above.add(node.name);
  return readBy(nodes.filter(({ name }) => above.has(name))).toSorted();
}

function shownPattern(pattern: string): string {
  return `/${pattern}/`;
}
