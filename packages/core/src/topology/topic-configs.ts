/** Configurations of the topics that Millrace makes. Kafka Streams: `RepartitionTopicConfig`, `…ChangelogTopicConfig`. */
import type { SessionStoreSpec, StoreSpec, WindowStoreSpec } from '../stores/store-spec.ts';

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

/** Long enough for the store and for Kafka Streams, which looks at the windows even where the store has a retention of its own. */
function longerOf({ retentionMs, windowsRetentionMs = 0 }: WindowStoreSpec | SessionStoreSpec): number {
  return Math.max(retentionMs, windowsRetentionMs);
}

function defaults(spec: StoreSpec): TopicConfigs {
  switch (spec.kind) {
    case 'keyValue':
    case 'outerJoin':
    case 'suppressBuffer':
    case 'joinBuffer':
      return { 'cleanup.policy': 'compact' };
    case 'window':
      return { 'cleanup.policy': spec.retainDuplicates ? 'delete' : 'compact,delete', 'retention.ms': retention(longerOf(spec)) };
    case 'session':
      return { 'cleanup.policy': 'compact,delete', 'retention.ms': retention(longerOf(spec)) };
    case 'versioned':
      return { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': String(spec.historyRetentionMs + additionalRetentionMs) };
  }
}

/** Defaults for the store's kind under what the user configured. */
export function changelogConfigs(spec: StoreSpec): TopicConfigs {
  return { 'message.timestamp.type': 'CreateTime', ...defaults(spec), ...spec.logging };
}

/** The shortest retention that an existing changelog may have, where that is not the one it would be made with: Kafka Streams made it by the windows alone. */
export function acceptedRetentionMs(spec: StoreSpec): number | undefined {
  if ((spec.kind !== 'window' && spec.kind !== 'session') || spec.logging?.['retention.ms'] !== undefined) return undefined;
  const { retentionMs, windowsRetentionMs } = spec;
  return windowsRetentionMs === undefined || windowsRetentionMs >= retentionMs ? undefined : windowsRetentionMs + additionalRetentionMs;
}
