/** Where the changelogs of tasks begin and end, and what else decides whether their local state may be kept: one round of requests for all of them. */
import { StreamsError } from '../errors.ts';
import type { ClusterAdmin } from '../kafka/port.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { OwnedTask } from './owned-task.ts';
import type { ChangelogBounds } from './restore-task.ts';
import { type RetryContext, retrying } from './retry.ts';
import { noteOfTopicId } from './state-identity.ts';

/** @throws MR_INTERNAL_TOPIC_INVALID if a changelog does not exist any more */
export async function changelogBounds(
  tasks: readonly OwnedTask[],
  admin: ClusterAdmin,
  retry: RetryContext,
): Promise<ReadonlyMap<TopicPartition, ChangelogBounds>> {
  const bounds = new Map<TopicPartition, ChangelogBounds>();
  const changelogs = tasks.flatMap((owned) => owned.task.changelogs.map((changelog) => ({ owned, changelog })));
  if (changelogs.length === 0) return bounds;
  const tps = changelogs.map(({ changelog }) => changelog.tp);
  const topics = [...new Set(tps.map((tp) => tp.topic))];
  // Under the uncommitted isolation, so that the end lies behind whatever a predecessor has written.
  const query = (what: 'earliest' | 'latest'): Promise<ReadonlyMap<TopicPartition, number>> =>
    retrying(`look up ${what} changelog offsets`, retry, () =>
      admin.listOffsets(new Map(tps.map((tp) => [tp, what])), { isolation: 'uncommitted' }),
    );
  const [starts, ends, descriptions, configs] = await Promise.all([
    query('earliest'),
    query('latest'),
    retrying('describe changelogs', retry, () => admin.describeTopics(topics)),
    // Only state that was there before can be too old.
    tasks.some((owned) => owned.state.existed)
      ? retrying('read settings of changelogs', retry, () => admin.topicConfigs(topics))
      : undefined,
  ]);
  for (const { owned, changelog } of changelogs) {
    const { tp, isSource } = changelog;
    const description = descriptions.get(tp.topic);
    const logStart = starts.get(tp);
    const logEnd = ends.get(tp);
    if (description === undefined || logStart === undefined || logEnd === undefined) throw changelogMissing(tp);
    bounds.set(tp, {
      logStart,
      logEnd,
      topicId: description.id,
      notedId: noteOfTopicId(owned.state.engine, tp.topic),
      committed: isSource ? owned.committed.get(tp)?.offset : undefined,
      deleteRetentionMs: deleteRetention(configs?.get(tp.topic)),
    });
  }
  return bounds;
}

export function changelogMissing(tp: TopicPartition, cause?: unknown): StreamsError {
  return new StreamsError(
    'MR_INTERNAL_TOPIC_INVALID',
    `changelog ${formatTopicPartition(tp)} was deleted while the application runs. Stop all instances and start them again to have it made anew`,
    { details: { topic: tp.topic, partition: tp.partition }, cause },
  );
}

/** How long deletions stay in a compacted topic; undefined where nothing is compacted. */
export function deleteRetention(config: ReadonlyMap<string, string> | undefined): number | undefined {
  if (config === undefined || !(config.get('cleanup.policy') ?? '').includes('compact')) return undefined;
  const value = config.get('delete.retention.ms');
  return value === undefined ? undefined : Number(value);
}
