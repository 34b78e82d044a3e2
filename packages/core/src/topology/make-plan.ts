/** Turns the nodes, stores and topics of a checked topology into the frozen plan that engine and runtime read. */
import type { Serde } from '../serde/serde.ts';
import type { StoreFormat, StoreSpec } from '../stores/store-spec.ts';
import type { MaybeSerde } from './graph.ts';
import type {
  GlobalStorePlan,
  InternalTopicPlan,
  NodePlan,
  ProcessorPlan,
  SourcePlan,
  StorePlan,
  SubtopologyPlan,
  TopicRef,
  TopologyPlan,
  TopologySettings,
} from './plan.ts';
import { type DefaultSerdes, SerdeResolution } from './serde-resolution.ts';
import { acceptedRetentionMs, changelogConfigs, repartitionConfigs } from './topic-configs.ts';
import type { CheckedNodes, GlobalStoreEntry, NodeEntry } from './checked-nodes.ts';

export interface PlanInit {
  readonly settings: TopologySettings;
  readonly defaults: DefaultSerdes;
  /** Shown where a serde is missing. */
  readonly description: string;
}

/** @throws MR_SERDE_MISSING if a source, sink or store has no serde and there is no default. */
export function makePlan(builder: CheckedNodes, { settings, defaults, description }: PlanInit): TopologyPlan {
  const resolution = new SerdeResolution(defaults);
  const context: PlanContext = { builder, resolution, storeFormat: settings.storeFormat, children: childrenOf(builder), nodes: new Map() };
  const subtopologies: SubtopologyPlan[] = [];
  const globalStores: GlobalStorePlan[] = [];
  for (const [id, names] of builder.nodeGroups().entries()) {
    const globalStore = builder.globalStoreOf(names);
    if (globalStore === undefined) subtopologies.push(planSubtopology(id, names, context));
    else globalStores.push(planGlobalStore(id, globalStore, context));
  }
  resolution.check(description);
  return Object.freeze({
    subtopologies: Object.freeze(subtopologies),
    globalStores: Object.freeze(globalStores),
    internalTopics: Object.freeze(internalTopics(builder, subtopologies)),
    settings: Object.freeze({ ...settings }),
  });
}

interface PlanContext {
  readonly builder: CheckedNodes;
  readonly resolution: SerdeResolution;
  readonly storeFormat: StoreFormat;
  readonly children: ReadonlyMap<string, readonly string[]>;
  readonly nodes: Map<string, NodePlan>;
}

/** Children of each node in the order in which they were added: the order in which records are forwarded. */
function childrenOf(builder: CheckedNodes): ReadonlyMap<string, string[]> {
  const children = new Map<string, string[]>();
  for (const node of builder.nodes.values()) {
    children.set(node.name, []);
    for (const predecessor of node.predecessors) children.get(predecessor)?.push(node.name);
  }
  return children;
}

function topicRef(builder: CheckedNodes, name: string): TopicRef {
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

function planGlobalStore(id: number, entry: GlobalStoreEntry, context: PlanContext): GlobalStorePlan {
  const { builder } = context;
  // The entry names a source and a processor that were added with it.
  const source = planNode(builder.nodes.get(entry.source) as NodeEntry, context) as SourcePlan;
  const processor = planNode(builder.nodes.get(entry.processor) as NodeEntry, context) as ProcessorPlan;
  return Object.freeze({ id, source, processor, store: planStore(entry.store, entry.processor, context) });
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
function planStores(names: readonly string[], context: PlanContext): StorePlan[] {
  const { builder } = context;
  const plans = new Map<string, StorePlan>();
  for (const name of names) {
    const node = builder.nodes.get(name);
    if (node?.kind !== 'processor') continue;
    for (const store of builder.storesOf(node)) {
      if (plans.has(store)) continue;
      plans.set(store, planStore(builder.stores.get(store) as StoreSpec, name, context));
    }
  }
  return [...plans.values()];
}

/** `node`: one that uses it, for the error where a serde is missing. */
function planStore(spec: StoreSpec, node: string, { builder, resolution, storeFormat }: PlanContext): StorePlan {
  const where = `store "${spec.name}" of "${node}"`;
  const keySerde = resolution.resolve('key', spec.keySerde, where, node, spec.name);
  const valueSerde = resolution.resolve('value', spec.valueSerde, where, node, spec.name);
  const sourceTopic = builder.sourceChangelogs.get(spec.name);
  return Object.freeze({
    spec: Object.freeze(
      withSerdes({ ...spec, keySerde, valueSerde, format: spec.format === 'builder' ? storeFormat : spec.format }, (serde) =>
        resolution.resolve('value', serde, where, node, spec.name),
      ),
    ),
    changelog: sourceTopic === undefined ? changelogOf(spec) : topicRef(builder, sourceTopic),
    changelogIsSource: sourceTopic !== undefined,
    writer: builder.storeWriters.get(spec.name),
  });
}

function changelogOf({ logging, name }: StoreSpec): TopicRef | undefined {
  return logging === undefined ? undefined : Object.freeze({ name: `${name}-changelog`, internal: true });
}

/** The store of a stream-stream join has values of two types. */
function withSerdes(spec: StoreSpec, resolve: (serde: MaybeSerde) => Serde<unknown>): StoreSpec {
  return spec.kind === 'outerJoin' ? { ...spec, rightValueSerde: resolve(spec.rightValueSerde) } : spec;
}

function internalTopics(builder: CheckedNodes, subtopologies: readonly SubtopologyPlan[]): InternalTopicPlan[] {
  const repartitions = [...builder.internalTopics].map(([name, partitions]): InternalTopicPlan => {
    return { topic: topicRef(builder, name), kind: 'repartition', partitions, configs: repartitionConfigs };
  });
  const changelogs = subtopologies.flatMap((subtopology) =>
    subtopology.stores.flatMap(({ changelog, changelogIsSource, spec }): InternalTopicPlan[] =>
      changelog === undefined || changelogIsSource
        ? []
        : [
            {
              topic: changelog,
              kind: 'changelog',
              partitions: undefined,
              configs: changelogConfigs(spec),
              acceptedRetentionMs: acceptedRetentionMs(spec),
            },
          ],
    ),
  );
  return [...repartitions, ...changelogs].map((topic) => Object.freeze(topic));
}
