/**
 * The settings that a topic can have: names, types and defaults of a 4.3 broker. Those without effect here are accepted and told back, since clients set them;
 * the README lists them.
 *
 * Three defaults differ from Kafka's, so that records with old or odd timestamps stay where they are: nothing expires, no segment is rolled by age, any timestamp
 * is accepted.
 */
import type { BatchRules } from '../log/batch-check.ts';
import type { LogSettings } from '../log/log-settings.ts';

/** Numbers of DescribeConfigs. */
export const configTypes = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const;

export type ConfigType = keyof typeof configTypes;

export interface ConfigDefinition {
  readonly type: ConfigType;
  readonly default: string;
  /** Bounds of a number. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** What a text, or each element of a list, may be. */
  readonly oneOf?: readonly string[] | undefined;
  /** Follows what is set; the others are only kept. */
  readonly hasEffect?: true | undefined;
}

const maxLong = '9223372036854775807';

export const topicConfigDefinitions: Readonly<Record<string, ConfigDefinition>> = {
  'cleanup.policy': { type: 'list', default: 'delete', oneOf: ['compact', 'delete'], hasEffect: true },
  'compression.gzip.level': { type: 'int', default: '-1', min: -1, max: 9 },
  'compression.lz4.level': { type: 'int', default: '9', min: 1, max: 17 },
  'compression.type': { type: 'string', default: 'producer', oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] },
  'compression.zstd.level': { type: 'int', default: '3', min: -131072, max: 22 },
  'delete.retention.ms': { type: 'long', default: '86400000', min: 0, hasEffect: true },
  'file.delete.delay.ms': { type: 'long', default: '60000', min: 0 },
  'flush.messages': { type: 'long', default: maxLong, min: 1 },
  'flush.ms': { type: 'long', default: maxLong, min: 0 },
  'follower.replication.throttled.replicas': { type: 'list', default: '' },
  'index.interval.bytes': { type: 'int', default: '4096', min: 0 },
  'leader.replication.throttled.replicas': { type: 'list', default: '' },
  'local.retention.bytes': { type: 'long', default: '-2', min: -2 },
  'local.retention.ms': { type: 'long', default: '-2', min: -2 },
  'max.compaction.lag.ms': { type: 'long', default: maxLong, min: 1 },
  'max.message.bytes': { type: 'int', default: '1048588', min: 0, hasEffect: true },
  'message.timestamp.after.max.ms': { type: 'long', default: maxLong, min: 0, hasEffect: true },
  'message.timestamp.before.max.ms': { type: 'long', default: maxLong, min: 0, hasEffect: true },
  'message.timestamp.type': { type: 'string', default: 'CreateTime', oneOf: ['CreateTime', 'LogAppendTime'], hasEffect: true },
  'min.cleanable.dirty.ratio': { type: 'double', default: '0.5', min: 0, max: 1, hasEffect: true },
  'min.compaction.lag.ms': { type: 'long', default: '0', min: 0, hasEffect: true },
  'min.insync.replicas': { type: 'int', default: '1', min: 1, hasEffect: true },
  preallocate: { type: 'boolean', default: 'false' },
  'remote.log.copy.disable': { type: 'boolean', default: 'false' },
  'remote.log.delete.on.disable': { type: 'boolean', default: 'false' },
  'remote.storage.enable': { type: 'boolean', default: 'false' },
  'retention.bytes': { type: 'long', default: '-1', min: -1, hasEffect: true },
  'retention.ms': { type: 'long', default: '-1', min: -1, hasEffect: true },
  'segment.bytes': { type: 'int', default: '1073741824', min: 14, hasEffect: true },
  'segment.index.bytes': { type: 'int', default: '10485760', min: 4 },
  'segment.jitter.ms': { type: 'long', default: '0', min: 0 },
  'segment.ms': { type: 'long', default: maxLong, min: 1, hasEffect: true },
  'unclean.leader.election.enable': { type: 'boolean', default: 'false' },
};

/** Why a value cannot be set; undefined if it can. */
export function configFault(name: string, value: string): string | undefined {
  const definition = Object.hasOwn(topicConfigDefinitions, name) ? topicConfigDefinitions[name] : undefined;
  if (definition === undefined) return `Unknown topic config name: ${name}`;
  const invalid = (why: string): string => `Invalid value ${value} for configuration ${name}: ${why}`;
  switch (definition.type) {
    case 'boolean':
      return /^(true|false)$/i.test(value.trim()) ? undefined : invalid('Expected value to be either true or false');
    case 'int':
    case 'long':
      return /^[+-]?\d+$/.test(value.trim())
        ? rangeFault(definition, Number(value), invalid)
        : invalid(`Not a number of type ${definition.type.toUpperCase()}`);
    case 'double':
      return Number.isFinite(Number.parseFloat(value))
        ? rangeFault(definition, Number(value), invalid)
        : invalid('Not a number of type DOUBLE');
    case 'string':
      return definition.oneOf?.includes(value) === false ? invalid(`String must be one of: ${definition.oneOf.join(', ')}`) : undefined;
    case 'list': {
      const { oneOf } = definition;
      if (oneOf === undefined) return undefined;
      const elements = listElements(value);
      return elements.length > 0 && elements.every((element) => oneOf.includes(element))
        ? undefined
        : invalid(`each must be one of: ${oneOf.join(', ')}`);
    }
  }
}

function rangeFault(definition: ConfigDefinition, value: number, invalid: (why: string) => string): string | undefined {
  const typeMax = definition.type === 'int' ? 2147483647 : 2 ** 63;
  if (value < (definition.min ?? -typeMax)) return invalid(`Value must be at least ${definition.min ?? -typeMax}`);
  if (value > (definition.max ?? typeMax)) return invalid(`Value must be no more than ${definition.max ?? typeMax}`);
  return undefined;
}

export function listElements(value: string): string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** The settings of one topic over the cluster's defaults. */
export class TopicConfigs {
  /** Set on the topic itself. */
  readonly own: ReadonlyMap<string, string>;
  /** Defaults that the cluster was started with. */
  readonly #clusterDefaults: ReadonlyMap<string, string>;

  constructor(own: ReadonlyMap<string, string>, clusterDefaults: ReadonlyMap<string, string>) {
    this.own = own;
    this.#clusterDefaults = clusterDefaults;
  }

  default(name: string): string {
    return this.#clusterDefaults.get(name) ?? topicConfigDefinitions[name]?.default ?? '';
  }

  get(name: string): string {
    return this.own.get(name) ?? this.default(name);
  }

  #number(name: string): number {
    return Number(this.get(name));
  }

  get cleanupPolicy(): readonly string[] {
    return listElements(this.get('cleanup.policy'));
  }

  get minInSyncReplicas(): number {
    return this.#number('min.insync.replicas');
  }

  logSettings(): LogSettings {
    const policy = this.cleanupPolicy;
    return {
      isCompacted: policy.includes('compact'),
      isDeleted: policy.includes('delete'),
      segmentBytes: this.#number('segment.bytes'),
      segmentMs: this.#number('segment.ms'),
      retentionMs: this.#number('retention.ms'),
      retentionBytes: this.#number('retention.bytes'),
      minCompactionLagMs: this.#number('min.compaction.lag.ms'),
      deleteRetentionMs: this.#number('delete.retention.ms'),
      minCleanableDirtyRatio: this.#number('min.cleanable.dirty.ratio'),
      isAppendTime: this.get('message.timestamp.type') === 'LogAppendTime',
    };
  }

  batchRules(): Omit<BatchRules, 'allowsZstd'> {
    const { isCompacted, isAppendTime, segmentBytes } = this.logSettings();
    return {
      isCompacted,
      isAppendTime,
      segmentBytes,
      maxMessageBytes: this.#number('max.message.bytes'),
      timestampBeforeMaxMs: this.#number('message.timestamp.before.max.ms'),
      timestampAfterMaxMs: this.#number('message.timestamp.after.max.ms'),
    };
  }
}
