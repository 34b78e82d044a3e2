/** Topology plans for tests of the runtime that need their shape only: topics, stores, co-partitioning. */
import type { Serde } from '../../../src/serde/serde.ts';
import type {
  InternalTopicPlan,
  NodePlan,
  OffsetReset,
  StorePlan,
  SubtopologyPlan,
  TopicRef,
  TopologyPlan,
} from '../../../src/topology/plan.ts';

export const bytesSerde: Serde<unknown> = {
  decode: (buffer, start, end) => buffer.slice(start, end),
  encodeInto: (value, writer) => writer.writeBytes(value as Uint8Array),
  immutable: false,
  primitive: false,
  format: 'bytes',
};

export interface SubtopologyShape {
  readonly sources?: readonly string[];
  /** Repartition topics that it reads, without the application id. */
  readonly repartitionSources?: readonly string[];
  readonly pattern?: RegExp;
  readonly offsetReset?: OffsetReset;
  readonly repartitionSinks?: readonly string[];
  readonly stores?: readonly string[];
  readonly copartition?: readonly (readonly string[])[];
  readonly sinks?: readonly string[];
}

const user = (name: string): TopicRef => ({ name, internal: false });
const own = (name: string): TopicRef => ({ name, internal: true });

/** `pinned`: partitions that the user fixed, by repartition topic. */
export function planOf(shapes: readonly SubtopologyShape[], pinned: Readonly<Record<string, number>> = {}): TopologyPlan {
  const repartition = new Set(shapes.flatMap((shape) => [...(shape.repartitionSinks ?? []), ...(shape.repartitionSources ?? [])]));
  const ref = (name: string): TopicRef => (repartition.has(name) ? own(name) : user(name));
  const subtopologies = shapes.map((shape, id): SubtopologyPlan => {
    const sources = [...(shape.sources ?? []).map(user), ...(shape.repartitionSources ?? []).map(own)];
    const nodes: NodePlan[] = sources.map((topic, index): NodePlan => ({
      kind: 'source',
      name: `source-${id}-${index}`,
      children: [],
      topics: [topic],
      pattern: undefined,
      keySerde: bytesSerde,
      valueSerde: bytesSerde,
      timestampExtractor: undefined,
      offsetReset: shape.offsetReset,
    }));
    if (shape.pattern !== undefined) {
      nodes.push({
        kind: 'source',
        name: `pattern-${id}`,
        children: [],
        topics: [],
        pattern: shape.pattern,
        keySerde: bytesSerde,
        valueSerde: bytesSerde,
        timestampExtractor: undefined,
        offsetReset: shape.offsetReset,
      });
    }
    for (const sink of shape.sinks ?? []) {
      nodes.push({
        kind: 'sink',
        name: `sink-${id}-${sink}`,
        children: [],
        topic: user(sink),
        keySerde: bytesSerde,
        valueSerde: bytesSerde,
        partitioner: undefined,
      });
    }
    const stores = (shape.stores ?? []).map((name): StorePlan => ({
      spec: {
        kind: 'keyValue',
        name,
        persistence: 'persistent',
        timestamped: true,
        caching: false,
        logging: {},
        keySerde: bytesSerde,
        valueSerde: bytesSerde,
      },
      changelog: own(`${name}-changelog`),
      changelogIsSource: false,
    }));
    return {
      id,
      nodes,
      stores,
      sourceTopics: sources,
      repartitionSinks: (shape.repartitionSinks ?? []).map(own),
      copartitionGroups: (shape.copartition ?? []).map((group) => group.map(ref)),
    };
  });
  const internalTopics: InternalTopicPlan[] = [...repartition].map((name) => ({
    topic: own(name),
    kind: 'repartition',
    partitions: pinned[name],
    configs: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'segment.bytes': '52428800', 'message.timestamp.type': 'CreateTime' },
  }));
  for (const shape of shapes) {
    for (const store of shape.stores ?? []) {
      internalTopics.push({
        topic: own(`${store}-changelog`),
        kind: 'changelog',
        partitions: undefined,
        configs: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
      });
    }
  }
  return {
    subtopologies,
    globalStores: [],
    internalTopics,
    settings: { cacheBytes: 0, storeFormat: 'default', timestampExtractor: (record) => record.timestamp },
  };
}
