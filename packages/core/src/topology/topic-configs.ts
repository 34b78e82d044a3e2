/** Configurations of the topics that Millrace makes. Kafka Streams: `RepartitionTopicConfig`, `…ChangelogTopicConfig`. */
import type { StoreSpec } from '../stores/store-spec.ts';

type TopicConfigs = Readonly<Record<string, string>>;

/** Kept longer than the store needs, since brokers look at wall-clock time. `windowstore.changelog.additional.retention.ms`. */
const additionalRetentionMs = 86_400_000;

/** Never deleted by time: records are purged behind the committed offsets. */
export const repartitionConfigs: TopicConfigs = {
  'cleanup.policy': 'delete',
  'segment.bytes': '52428800',
  'retention.ms': '-1',
  'message.timestamp.type': 'CreateTime',
};

/** The largest that a topic can have; what unlimited windows ask for. */
const endless = '9223372036854775807';

function retention(storeRetentionMs: number): string {
  return Number.isFinite(storeRetentionMs) ? String(storeRetentionMs + additionalRetentionMs) : endless;
}

function defaults(spec: StoreSpec): TopicConfigs {
  switch (spec.kind) {
    case 'keyValue':
    case 'outerJoin':
    case 'suppressBuffer':
    case 'joinBuffer':
      return { 'cleanup.policy': 'compact' };
    case 'window':
      return {
        'cleanup.policy': spec.retainDuplicates ? 'delete' : 'compact,delete',
        'retention.ms': retention(spec.retentionMs),
      };
    case 'session':
      return { 'cleanup.policy': 'compact,delete', 'retention.ms': retention(spec.retentionMs) };
    case 'versioned':
      return { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': String(spec.historyRetentionMs + additionalRetentionMs) };
  }
}

/** Defaults for the store's kind under what the user configured. */
export function changelogConfigs(spec: StoreSpec): TopicConfigs {
  return { 'message.timestamp.type': 'CreateTime', ...defaults(spec), ...spec.logging };
}
