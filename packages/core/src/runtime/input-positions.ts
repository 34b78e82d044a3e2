/**
 * Where new tasks start to read: the committed offsets, and where there are none the reset policy of the source.
 *
 * A position that comes from a reset is committed before the first record is read. So "nothing committed" means that nobody ever started here, even after a crash before
 * the first commit, and a source that starts at `latest` does not jump forward over records that arrived before it.
 */
import { StreamsError } from '../errors.ts';
import type { ClusterAdmin, CommittedOffset } from '../kafka/port.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { OffsetReset } from '../topology/plan.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { TaskCoordinator } from './coordinator.ts';
import type { OwnedTask } from './owned-task.ts';
import { type RetryContext, retrying } from './retry.ts';

export interface PositionsContext extends RetryContext {
  readonly coordinator: TaskCoordinator;
  readonly admin: ClusterAdmin;
  readonly topics: ApplicationTopics;
  readonly log: Logger;
}

/**
 * Fills in `committed` of every task. One request for all.
 *
 * @throws MR_OFFSET_MISSING if a task has state on disk but no committed offset, or its source allows no reset
 */
export async function takeCommittedOffsets(tasks: readonly OwnedTask[], context: PositionsContext): Promise<void> {
  const inputs = tasks.flatMap((owned) => owned.task.inputs);
  if (inputs.length === 0) return;
  const committed = await retrying('fetch committed offsets', context, () => context.coordinator.committed(inputs));
  const resets = new Map<TopicPartition, 'earliest' | 'latest' | number>();
  for (const owned of tasks) {
    owned.committed.clear();
    const missing: TopicPartition[] = [];
    for (const tp of owned.task.inputs) {
      const offset = committed.get(tp) ?? null;
      if (offset === null) missing.push(tp);
      else owned.committed.set(tp, offset);
    }
    if (missing.length > 0) refuseStateWithoutOffsets(owned, missing);
    for (const tp of missing) resets.set(tp, resetQuery(tp, context));
  }
  if (resets.size === 0) return;

  const positions = await retrying('look up where to start', context, () =>
    context.admin.listOffsets(resets, { isolation: 'uncommitted' }),
  );
  const initial = new Map<TopicPartition, CommittedOffset>();
  for (const owned of tasks) {
    for (const tp of owned.task.inputs) {
      const offset = positions.get(tp);
      if (!resets.has(tp) || offset === undefined) continue;
      initial.set(tp, { offset });
      owned.committed.set(tp, { offset });
    }
  }
  context.log.info('inputs without a committed offset start by their reset policy', {
    positions: [...initial].map(([tp, { offset }]) => `${formatTopicPartition(tp)}@${offset}`),
  });
  await retrying('commit where to start', context, () => context.coordinator.commit(initial));
}

/** What to ask the broker for, when a partition has no usable position. */
function resetQuery(tp: TopicPartition, context: PositionsContext): 'earliest' | 'latest' | number {
  const declared = context.topics.declaredReset(tp.topic);
  if (declared === 'none') {
    throw new StreamsError(
      'MR_OFFSET_MISSING',
      `there is no committed offset for ${formatTopicPartition(tp)} and its source says offsetReset 'none'. Set the offset of the group with kafka-consumer-groups --reset-offsets, or choose a policy`,
      { details: { topic: tp.topic, partition: tp.partition } },
    );
  }
  // A repartition topic holds nothing that was processed already.
  return queryOf(context.topics.isInternal(tp.topic) ? 'earliest' : (declared ?? 'earliest'), context.clock.now());
}

/** The broker's query for a policy that is not `none`. */
export function queryOf(reset: Exclude<OffsetReset, 'none'>, nowMs: number): 'earliest' | 'latest' | number {
  return typeof reset === 'object' ? Math.max(0, nowMs - reset.byDurationMs) : reset;
}

/** State includes records whose offsets are gone: starting over would count them twice, in silence. */
function refuseStateWithoutOffsets(owned: OwnedTask, missing: readonly TopicPartition[]): void {
  if (!owned.task.hasState || missing.length < owned.task.inputs.length) return;
  const first = missing[0] as TopicPartition;
  throw new StreamsError(
    'MR_OFFSET_MISSING',
    `task ${owned.id} has state on disk, but the group has no committed offset for ${missing.map(formatTopicPartition).join(', ')} (deleted, or expired while the application was ` +
      'stopped). Starting over would count records twice. Set the offsets with kafka-consumer-groups --reset-offsets, or reset the application: delete its local state and its changelogs',
    { details: { taskId: owned.id, topic: first.topic, partition: first.partition } },
  );
}
