/** What a cluster can be started with, and what it is without being told. */
import type { Clock } from '@millrace/core/kafka';
import { EmbeddedKafkaError } from '../errors.ts';
import type { Random } from '../random.ts';
import { configFault } from './topic-configs.ts';

export interface ClusterOptions {
  /** Number of brokers; their ids are 1, 2, … Default 1. */
  readonly brokers?: number | undefined;
  /** Time for everything the cluster does: long polls, sessions, retention, compaction. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Seed of everything random: ids of cluster, topics and members. Default: none, so that each start gives other ids. */
  readonly seed?: number | undefined;
  /** Random source in place of one made of `seed`. */
  readonly random?: Random | undefined;
  /** Whether a Metadata request may create topics, as `auto.create.topics.enable`. Default false. */
  readonly autoCreateTopics?: boolean | undefined;
  /** `num.partitions`. Default 1. */
  readonly defaultPartitions?: number | undefined;
  /** `default.replication.factor`. Default: as many as there are brokers, at most 3, so that a broker can be stopped. */
  readonly defaultReplicationFactor?: number | undefined;
  /** Topic settings that hold where a topic has none of its own. */
  readonly topicDefaults?: Readonly<Record<string, string>> | undefined;
  /** Bytes over all logs; what would go beyond is refused with POLICY_VIOLATION. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** For how long a new partition answers NOT_LEADER_OR_FOLLOWER before it serves, as real ones do for 100 ms or so. Default 0. */
  readonly newPartitionDelayMs?: number | undefined;
  /** `group.initial.rebalance.delay.ms`. Default 0. */
  readonly groupInitialRebalanceDelayMs?: number | undefined;
  /** `group.min.session.timeout.ms`. Default 100. */
  readonly groupMinSessionTimeoutMs?: number | undefined;
  /** `group.max.session.timeout.ms`. Default 30 minutes. */
  readonly groupMaxSessionTimeoutMs?: number | undefined;
  /** `group.max.size`. Default 2147483647. */
  readonly groupMaxSize?: number | undefined;
  /** `offset.metadata.max.bytes`. Default 4096. */
  readonly offsetMetadataMaxBytes?: number | undefined;
  /** `log.retention.check.interval.ms`. Default 5 minutes. */
  readonly retentionCheckIntervalMs?: number | undefined;
  /** `log.cleaner.backoff.ms`: how often logs are looked at for compaction. Default 15 s. */
  readonly compactionIntervalMs?: number | undefined;
  /** `producer.id.expiration.ms`: the age of a producer's last timestamp at which it is forgotten. Default one day. */
  readonly producerIdExpirationMs?: number | undefined;
}

export type ClusterSettings = {
  readonly [Name in keyof Omit<ClusterOptions, 'clock' | 'seed' | 'random' | 'topicDefaults'>]-?: NonNullable<ClusterOptions[Name]>;
} & { readonly topicDefaults: ReadonlyMap<string, string> };

/** @throws EmbeddedKafkaError MR_EMBEDDED_ARGUMENT_INVALID */
export function clusterSettings(options: ClusterOptions): ClusterSettings {
  const brokers = count('brokers', options.brokers ?? 1, 1, 1000);
  const topicDefaults = new Map(Object.entries(options.topicDefaults ?? {}));
  for (const [name, value] of topicDefaults) {
    const fault = configFault(name, value);
    if (fault !== undefined) throw new EmbeddedKafkaError('MR_EMBEDDED_ARGUMENT_INVALID', `topicDefaults: ${fault}`);
  }
  const number = (name: keyof ClusterOptions, value: number | undefined, fallback: number): number =>
    count(name, value ?? fallback, 0, Number.MAX_SAFE_INTEGER);
  return {
    brokers,
    topicDefaults,
    autoCreateTopics: options.autoCreateTopics ?? false,
    defaultPartitions: count('defaultPartitions', options.defaultPartitions ?? 1, 1, 100_000),
    defaultReplicationFactor: count('defaultReplicationFactor', options.defaultReplicationFactor ?? Math.min(3, brokers), 1, brokers),
    maxBytes: number('maxBytes', options.maxBytes, 1_073_741_824),
    newPartitionDelayMs: number('newPartitionDelayMs', options.newPartitionDelayMs, 0),
    groupInitialRebalanceDelayMs: number('groupInitialRebalanceDelayMs', options.groupInitialRebalanceDelayMs, 0),
    groupMinSessionTimeoutMs: number('groupMinSessionTimeoutMs', options.groupMinSessionTimeoutMs, 100),
    groupMaxSessionTimeoutMs: number('groupMaxSessionTimeoutMs', options.groupMaxSessionTimeoutMs, 1_800_000),
    groupMaxSize: number('groupMaxSize', options.groupMaxSize, 2_147_483_647),
    offsetMetadataMaxBytes: number('offsetMetadataMaxBytes', options.offsetMetadataMaxBytes, 4096),
    retentionCheckIntervalMs: count('retentionCheckIntervalMs', options.retentionCheckIntervalMs ?? 300_000, 1, Number.MAX_SAFE_INTEGER),
    compactionIntervalMs: count('compactionIntervalMs', options.compactionIntervalMs ?? 15_000, 1, Number.MAX_SAFE_INTEGER),
    producerIdExpirationMs: number('producerIdExpirationMs', options.producerIdExpirationMs, 86_400_000),
  };
}

function count(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new EmbeddedKafkaError('MR_EMBEDDED_ARGUMENT_INVALID', `${name} is ${value}: it must be a whole number from ${min} to ${max}`, {
    details: { [name]: value },
  });
}
