/** Commits input offsets: patient with a coordinator that moves, and clear about topics that were deleted meanwhile. */
import { ClientError, StreamsError } from '../errors.ts';
import type { ClusterAdmin, CommittedOffset } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { TaskCoordinator } from './coordinator.ts';
import type { RuntimeOptions } from './options.ts';
import { retrying } from './retry.ts';

export interface OffsetCommitContext {
  readonly options: RuntimeOptions;
  readonly topics: ApplicationTopics;
  readonly admin: ClusterAdmin;
  readonly coordinator: TaskCoordinator;
}

/** Kafka's code for a topic or partition that does not exist. */
const unknownTopicOrPartition = 3;

/**
 * @throws MR_SOURCE_TOPIC_MISSING if an input that the topology names was deleted; deleted topics of a pattern have no offset to keep
 * @throws ClientError as of the coordinator
 */
export async function commitOffsets(offsets: ReadonlyMap<TopicPartition, CommittedOffset>, context: OffsetCommitContext): Promise<void> {
  const { options, coordinator } = context;
  const retry = { clock: options.clock, log: options.log, timeoutMs: options.taskTimeoutMs, onRetry: () => coordinator.noteProgress() };
  let rest = offsets;
  while (rest.size > 0) {
    const now = rest;
    try {
      await retrying('commit offsets', retry, async () => {
        if (coordinator.metadata() === undefined)
          throw new ClientError('fenced', 'the membership of the group was lost before the offsets were committed');
        await coordinator.commit(now);
      });
      return;
    } catch (error) {
      if (!(error instanceof ClientError) || error.kafkaCode !== unknownTopicOrPartition) throw error;
      rest = await withoutDeleted(now, error, context);
    }
  }
}

/** What is left without topics of patterns that are gone. Throws the failure if nothing is gone. */
async function withoutDeleted(
  offsets: ReadonlyMap<TopicPartition, CommittedOffset>,
  failure: ClientError,
  { admin, topics, options, coordinator }: OffsetCommitContext,
): Promise<ReadonlyMap<TopicPartition, CommittedOffset>> {
  const names = [...new Set(Array.from(offsets.keys(), (tp) => tp.topic))];
  const retry = { clock: options.clock, log: options.log, timeoutMs: options.taskTimeoutMs, onRetry: () => coordinator.noteProgress() };
  const described = await retrying('describe inputs', retry, () => admin.describeTopics(names));
  const gone = new Set(names.filter((name) => described.get(name) === undefined));
  if (gone.size === 0) throw failure;
  for (const topic of gone) {
    if (topics.external.includes(topic) || topics.isInternal(topic)) {
      throw new StreamsError(
        'MR_SOURCE_TOPIC_MISSING',
        `topic ${topic} was deleted while the application read it, so its offsets cannot be committed. Create it and start the application again`,
        {
          details: { topic },
          cause: failure,
        },
      );
    }
  }
  options.log.warn('topics of a pattern were deleted: their offsets are not committed', { topics: [...gone] });
  return new Map([...offsets].filter(([tp]) => !gone.has(tp.topic)));
}
