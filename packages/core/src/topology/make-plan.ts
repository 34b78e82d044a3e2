/** Turns the nodes, stores and topics of a checked topology into the frozen plan that engine and runtime read. */
import type { StoreSpec } from '../stores/store-spec.ts';
import type { InternalTopicPlan, NodePlan, StorePlan, SubtopologyPlan, TopicRef, TopologyPlan, TopologySettings } from './plan.ts';
import { type DefaultSerdes, SerdeResolution } from './serde-resolution.ts';
import { changelogConfigs, repartitionConfigs } from './topic-configs.ts';
import type { NodeEntry, TopologyBuilder } from './topology-builder.ts';

export interface PlanInit {
  readonly settings: TopologySettings;
  readonly defaults: DefaultSerdes;
  /** Shown where a serde is missing. */
  readonly description: string;
}

/** @throws MR_SERDE_MISSING if a source, sink or store has no serde and there is no default. */
export function makePlan(builder: TopologyBuilder, { settings, defaults, description }: PlanInit): TopologyPlan {
  const resolution = new SerdeResolution(defaults);
  const context: PlanContext = { builder, resolution, children: childrenOf(builder), nodes: new Map() };
  const subtopologies = builder.nodeGroups().map((names, id) => planSubtopology(id, names, context));
  resolution.check(description);
  return Object.freeze({
    subtopologies: Object.freeze(subtopologies),
    internalTopics: Object.freeze(internalTopics(builder, subtopologies)),
    settings: Object.freeze({ ...settings }),
  });
}

interface PlanContext {
  readonly builder: TopologyBuilder;
  readonly resolution: SerdeResolution;
  readonly children: ReadonlyMap<string, readonly string[]>;
  readonly nodes: Map<string, NodePlan>;
}

/** Children of each node in the order in which they were added: the order in which records are forwarded. */
function childrenOf(builder: TopologyBuilder): ReadonlyMap<string, string[]> {
  const children = new Map<string, string[]>();
  for (const node of builder.nodes.values()) {
    children.set(node.name, []);
    for (const predecessor of node.predecessors) children.get(predecessor)?.push(node.name);
  }
  return children;
}

function topicRef(builder: TopologyBuilder, name: string): TopicRef {
  return Object.freeze({ name, internal: builder.internalTopics.has(name) });
}

function planSubtopology(id: number, names: readonly string[], context: PlanContext): SubtopologyPlan {
  const { builder } = context;
  const nodes = names.map((name) => planNode(builder.nodes.get(name) as NodeEntry, context));
  const sourceTopics = uniqueTopics(nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])));
  const repartitionSinks = uniqueTopics(
    nodes.flatMap((node) => (node.kind === 'sink' && typeof node.topic !== 'function' && node.topic.internal ? [node.topic] : [])),
  );
  const own = new Set(names);
  const copartitionGroups = builder.copartitionGroups
    .filter((group) => [...group].some((name) => own.has(name)))
    .map((group) => uniqueTopics(nodes.flatMap((node) => (node.kind === 'source' && group.has(node.name) ? node.topics : []))));
  return Object.freeze({ id, nodes, stores: planStores(names, context), sourceTopics, repartitionSinks, copartitionGroups });
}

function uniqueTopics(topics: readonly TopicRef[]): TopicRef[] {
  return [...new Map(topics.map((topic) => [topic.name, topic])).values()];
}

function planNode(entry: NodeEntry, context: PlanContext): NodePlan {
  const { builder, resolution } = context;
  const { name } = entry;
  const children = context.children.get(name) ?? [];
  switch (entry.kind) {
    case 'processor':
      return Object.freeze({ kind: 'processor', name, children, create: entry.create, stores: builder.storesOf(entry) });
    case 'source': {
      const shown = entry.pattern === undefined ? `topic "${entry.topics.join('", "')}"` : `pattern ${entry.pattern.source}`;
      const where = `source "${name}" (${shown})`;
      const keySerde = resolution.resolve('key', entry.keySerde, where, name);
      const valueSerde = resolution.resolve('value', entry.valueSerde, where, name);
      return Object.freeze({
        kind: 'source',
        name,
        children,
        topics: entry.topics.map((topic) => topicRef(builder, topic)),
        pattern: entry.pattern,
        keySerde,
        valueSerde: entry.wrapValueSerde === undefined ? valueSerde : entry.wrapValueSerde(valueSerde),
        timestampExtractor: entry.timestampExtractor,
        offsetReset: entry.offsetReset,
      });
    }
    case 'sink': {
      const where = typeof entry.topic === 'string' ? `sink "${name}" (topic "${entry.topic}")` : `sink "${name}"`;
      const keySerde = resolution.resolve('key', entry.keySerde, where, name);
      const valueSerde = resolution.resolve('value', entry.valueSerde, where, name);
      return Object.freeze({
        kind: 'sink',
        name,
        children,
        topic: typeof entry.topic === 'string' ? topicRef(builder, entry.topic) : entry.topic,
        keySerde,
        valueSerde: entry.wrapValueSerde === undefined ? valueSerde : entry.wrapValueSerde(valueSerde),
        partitioner: entry.partitioner,
      });
    }
  }
}

/** Stores of a sub-topology in the order of the nodes that use them: the order in which they are opened and flushed. */
function planStores(names: readonly string[], { builder, resolution }: PlanContext): StorePlan[] {
  const plans = new Map<string, StorePlan>();
  for (const name of names) {
    const node = builder.nodes.get(name);
    if (node?.kind !== 'processor') continue;
    for (const store of builder.storesOf(node)) {
      if (plans.has(store)) continue;
      const spec = builder.stores.get(store) as StoreSpec;
      const where = `store "${store}" of "${name}"`;
      const keySerde = resolution.resolve('key', spec.keySerde, where, name, store);
      const valueSerde = resolution.resolve('value', spec.valueSerde, where, name, store);
      plans.set(
        store,
        Object.freeze({
          spec: Object.freeze({ ...spec, keySerde, valueSerde }),
          changelog: spec.logging === undefined ? undefined : Object.freeze({ name: `${store}-changelog`, internal: true }),
          changelogIsSource: false,
        }),
      );
    }
  }
  return [...plans.values()];
}

function internalTopics(builder: TopologyBuilder, subtopologies: readonly SubtopologyPlan[]): InternalTopicPlan[] {
  const repartitions = [...builder.internalTopics].map(([name, partitions]): InternalTopicPlan => {
    return { topic: topicRef(builder, name), kind: 'repartition', partitions, configs: repartitionConfigs };
  });
  const changelogs = subtopologies.flatMap((subtopology) =>
    subtopology.stores.flatMap(({ changelog, changelogIsSource, spec }): InternalTopicPlan[] =>
      changelog === undefined || changelogIsSource
        ? []
        : [{ topic: changelog, kind: 'changelog', partitions: undefined, configs: changelogConfigs(spec) }],
    ),
  );
  return [...repartitions, ...changelogs].map((topic) => Object.freeze(topic));
}
