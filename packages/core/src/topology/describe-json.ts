/** A topology as data for tools: what `describe()` prints, and what that leaves out (kinds of stores, changelogs, internal topics). Serialises as it is. */
import type { Serde } from '../serde/serde.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { GlobalStorePlan, NodePlan, StorePlan, SubtopologyPlan, TopicRef, TopologyPlan } from './plan.ts';

/** A topic; internal ones get the application id in front of their name at run time. */
export interface TopicDescription {
  readonly name: string;
  readonly internal: boolean;
}

export interface NodeDescription {
  readonly kind: 'source' | 'processor' | 'sink';
  readonly name: string;
  /** Names of the children, in the order in which records are forwarded to them. */
  readonly to: readonly string[];
  /** Of a source, and of a sink that has one topic. */
  readonly topics?: readonly TopicDescription[] | undefined;
  /** Of a source that reads whatever matches. */
  readonly pattern?: string | undefined;
  /** Of a sink that chooses the topic per record: the name of the function. */
  readonly topicExtractor?: string | undefined;
  /** Of a processor: names of its stores. */
  readonly stores?: readonly string[] | undefined;
}

export interface StoreDescription {
  readonly name: string;
  readonly kind: string;
  readonly persistence: 'persistent' | 'inMemory';
  readonly caching: boolean;
  /** Null: not logged. A topic that is not internal is the one that the rows are read from. */
  readonly changelog: TopicDescription | null;
  /** What decides how rows lie and how long they stay, by the kind: `timestamped`, `retentionMs`, `windowSizeMs` and so on; null for no limit. */
  readonly layout?: Readonly<Record<string, boolean | number | null>> | undefined;
  /** The byte formats of the serdes; null where they do not name them. */
  readonly keyFormat?: string | null | undefined;
  readonly valueFormat?: string | null | undefined;
}

export interface SubtopologyDescription {
  readonly id: number;
  /** A global store belongs to the instance and has no tasks. */
  readonly isGlobal: boolean;
  /** Parents before children. */
  readonly nodes: readonly NodeDescription[];
  readonly stores: readonly StoreDescription[];
  /** Groups of topics that must have as many partitions. */
  readonly copartitioned?: readonly (readonly string[])[] | undefined;
}

/** A topic that Millrace makes. */
export interface InternalTopicDescription {
  /** Without the application id. */
  readonly name: string;
  readonly kind: 'repartition' | 'changelog';
  /** Null: follows the topics upstream. */
  readonly partitions: number | null;
  readonly configs: Readonly<Record<string, string>>;
}

export interface TopologyDescription {
  /** By id. */
  readonly subtopologies: readonly SubtopologyDescription[];
  readonly internalTopics: readonly InternalTopicDescription[];
}

function describeTopic({ internal, name }: TopicRef): TopicDescription {
  return { name, internal };
}

function describeNode(node: NodePlan): NodeDescription {
  const base = { name: node.name, to: [...node.children] };
  switch (node.kind) {
    case 'source':
      return node.pattern === undefined
        ? { kind: 'source', ...base, topics: node.topics.map(describeTopic) }
        : { kind: 'source', ...base, pattern: node.pattern.source };
    case 'processor':
      return { kind: 'processor', ...base, stores: [...node.stores] };
    case 'sink':
      return typeof node.topic === 'function'
        ? { kind: 'sink', ...base, topicExtractor: node.topic.name === '' ? 'anonymous' : node.topic.name }
        : { kind: 'sink', ...base, topics: [describeTopic(node.topic)] };
  }
}

function describeStore({ changelog, spec }: StorePlan): StoreDescription {
  const { caching, kind, keySerde, name, persistence, valueSerde } = spec;
  return {
    name,
    kind,
    persistence,
    caching,
    changelog: changelog === undefined ? null : describeTopic(changelog),
    layout: layoutOf(spec),
    keyFormat: formatOf(keySerde),
    valueFormat: formatOf(valueSerde),
  };
}

function formatOf(serde: Serde<unknown> | undefined): string | null {
  return serde?.format ?? null;
}

function layoutOf(spec: StoreSpec): Readonly<Record<string, boolean | number | null>> {
  switch (spec.kind) {
    case 'keyValue':
      return {
        timestamped: spec.timestamped,
        ...(spec.forgetsTimestamps === true ? { forgetsTimestamps: true } : {}),
        ...(spec.maxEntries === undefined ? {} : { maxEntries: spec.maxEntries }),
      };
    case 'window':
      return {
        timestamped: spec.timestamped,
        retentionMs: finite(spec.retentionMs),
        windowSizeMs: finite(spec.windowSizeMs),
        retainDuplicates: spec.retainDuplicates,
        timeOrdered: spec.timeOrdered,
        keyIndexed: spec.keyIndexed === true,
      };
    case 'session':
      return { retentionMs: finite(spec.retentionMs), timeOrdered: spec.timeOrdered };
    case 'versioned':
      return { historyRetentionMs: finite(spec.historyRetentionMs), segmentIntervalMs: finite(spec.segmentIntervalMs) };
    case 'joinBuffer':
      return { graceMs: finite(spec.graceMs) };
    case 'outerJoin':
    case 'suppressBuffer':
      return {};
  }
}

/** JSON has no infinity. */
function finite(measure: number): number | null {
  return Number.isFinite(measure) ? measure : null;
}

function describeSubtopology({ copartitionGroups, id, nodes, stores }: SubtopologyPlan): SubtopologyDescription {
  const copartitioned = copartitionGroups.map((group) => group.map(({ name }) => name));
  return { id, isGlobal: false, nodes: nodes.map(describeNode), stores: stores.map(describeStore), copartitioned };
}

function describeGlobalStore({ id, processor, source, store }: GlobalStorePlan): SubtopologyDescription {
  return { id, isGlobal: true, nodes: [source, processor].map(describeNode), stores: [describeStore(store)] };
}

export function describeAsData({ globalStores, internalTopics, subtopologies }: TopologyPlan): TopologyDescription {
  return {
    subtopologies: [...subtopologies.map(describeSubtopology), ...globalStores.map(describeGlobalStore)].sort((a, b) => a.id - b.id),
    internalTopics: internalTopics.map(({ configs, kind, partitions, topic }) => {
      return { name: topic.name, kind, partitions: partitions ?? null, configs: { ...configs } };
    }),
  };
}
