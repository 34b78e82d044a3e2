/**
 * The compiled topology: frozen data that the engine instantiates, the runtime assigns, and `describe` prints. Contract between building and running;
 * nothing in it knows of a task, a partition or Kafka.
 */
import type { AnyProcessor, StreamPartitioner, TimestampExtractor, TopicExtractor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreFormat, StoreSpec } from '../stores/store-spec.ts';

/** A topic as the topology names it. Internal topics get the application id in front at run time: see {@link topicName}. */
export interface TopicRef {
  readonly name: string;
  readonly internal: boolean;
}

/** The topic's name on the cluster. */
export function topicName(applicationId: string, topic: TopicRef): string {
  return topic.internal ? `${applicationId}-${topic.name}` : topic.name;
}

/** Where a source starts without a committed offset. KIP-1106. */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDurationMs: number };

interface NodePlanBase {
  readonly name: string;
  /** Names of the children in the order in which records are forwarded to them. */
  readonly children: readonly string[];
}

export interface SourcePlan extends NodePlanBase {
  readonly kind: 'source';
  /** Empty for a pattern. */
  readonly topics: readonly TopicRef[];
  readonly pattern: RegExp | undefined;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** Undefined: the application's default extractor. Repartition sources have their own (the record's timestamp). */
  readonly timestampExtractor: TimestampExtractor | undefined;
  readonly offsetReset: OffsetReset | undefined;
}

export interface ProcessorPlan extends NodePlanBase {
  readonly kind: 'processor';
  readonly create: () => AnyProcessor;
  /** Names of the connected stores. */
  readonly stores: readonly string[];
}

export interface SinkPlan extends NodePlanBase {
  readonly kind: 'sink';
  readonly topic: TopicRef | TopicExtractor<unknown, unknown>;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly partitioner: StreamPartitioner<unknown, unknown> | undefined;
}

export type NodePlan = SourcePlan | ProcessorPlan | SinkPlan;

export interface StorePlan {
  readonly spec: StoreSpec;
  /** Undefined: not logged. A source topic that doubles as changelog (optimisation) is not internal. */
  readonly changelog: TopicRef | undefined;
  /** Converts a source topic's record where it doubles as changelog: its bytes are the source's. */
  readonly changelogIsSource: boolean;
  /** The one node that may write it, where the store must stay a copy of its topic; undefined: every node that uses it. */
  readonly writer?: string | undefined;
}

/** A topic that Millrace makes. */
export interface InternalTopicPlan {
  readonly topic: TopicRef;
  readonly kind: 'repartition' | 'changelog';
  /** Fixed by the user (`repartition({ partitions })`); otherwise computed from what is upstream (repartition) or the number of tasks (changelog). */
  readonly partitions: number | undefined;
  /** Defaults and the user's settings, merged. */
  readonly configs: Readonly<Record<string, string>>;
  /** How briefly an existing topic may keep its records, ms. @default the configs' `retention.ms` */
  readonly acceptedRetentionMs?: number | undefined;
}

export interface SubtopologyPlan {
  readonly id: number;
  /** Parents before children; sources in the order in which they were added. */
  readonly nodes: readonly NodePlan[];
  /** In registration order: the order in which they are flushed at a commit. */
  readonly stores: readonly StorePlan[];
  /** Topics (internal ones too) that its sources read; patterns are resolved at run time. */
  readonly sourceTopics: readonly TopicRef[];
  /** Internal topics that its sinks write. */
  readonly repartitionSinks: readonly TopicRef[];
  /** Topics whose partition counts must be equal. Kafka Streams: copartition groups. */
  readonly copartitionGroups: readonly (readonly TopicRef[])[];
}

/** What shapes results and belongs to the topology, not to a run. */
export interface TopologySettings {
  /** Record cache over all stores of a thread, bytes; 0 = off. Kafka Streams: `statestore.cache.max.bytes`. */
  readonly cacheBytes: number;
  readonly storeFormat: StoreFormat;
  readonly timestampExtractor: TimestampExtractor;
}

/** A store that every instance keeps whole, from every partition of its topic. It has no tasks and no changelog: the topic is both. */
export interface GlobalStorePlan {
  /** In the sequence of the sub-topologies' ids. */
  readonly id: number;
  readonly source: SourcePlan;
  /** The only child of the source. */
  readonly processor: ProcessorPlan;
  readonly store: StorePlan;
}

export interface TopologyPlan {
  readonly subtopologies: readonly SubtopologyPlan[];
  readonly globalStores: readonly GlobalStorePlan[];
  readonly internalTopics: readonly InternalTopicPlan[];
  readonly settings: TopologySettings;
}
