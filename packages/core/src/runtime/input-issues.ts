/** What the run loop does about a partition that cannot be read: go on by a declared policy, or stop with an error that says where and what to do. */
import { StreamsError } from '../errors.ts';
import type { ReadIssue } from '../kafka/port.ts';
import { formatTopicPartition } from '../kafka/topic-partition.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { queryOf } from './input-positions.ts';

export type IssueDecision =
  /** Look up the offset and read on from it: the source declared what to do. */
  | { readonly kind: 'seek'; readonly query: 'earliest' | 'latest' | number }
  /** A topic of a pattern is gone: ask for an assignment without it. */
  | { readonly kind: 'rejoin'; readonly reason: string }
  | { readonly kind: 'fail'; readonly error: Error };

export function decideIssue(issue: ReadIssue, taskId: string | undefined, topics: ApplicationTopics, nowMs: number): IssueDecision {
  const place = formatTopicPartition(issue.tp);
  const { topic, partition } = issue.tp;
  const details = { topic, partition, taskId };
  switch (issue.kind) {
    case 'outOfRange': {
      const { position, logStart, logEnd } = issue;
      const declared = topics.isInternal(topic) ? undefined : topics.declaredReset(topic);
      if (declared !== undefined && declared !== 'none') return { kind: 'seek', query: queryOf(declared, nowMs) };
      const gap =
        position < logStart
          ? `records ${position} to ${logStart - 1} are gone: they were deleted before the application read them`
          : `the log ends at ${logEnd}, ${position - logEnd} records before it: the topic was truncated or made again`;
      return fail(
        new StreamsError(
          'MR_OFFSET_OUT_OF_RANGE',
          `${place} has no offset ${position}; ${gap}. Set the offset of the group with kafka-consumer-groups --reset-offsets, or declare offsetReset at the source to go on over such gaps`,
          { details: { ...details, offset: position, logStart, logEnd } },
        ),
      );
    }
    case 'recreated':
      return fail(
        new StreamsError(
          'MR_TOPIC_RECREATED',
          `topic ${topic} was deleted and made again while the application read it: its committed offsets are of the old one. Reset the application's offsets, and its state if that came from the old topic`,
          { details, cause: issue.error },
        ),
      );
    case 'missingTopic':
      if (!topics.external.includes(topic) && !topics.isInternal(topic)) return { kind: 'rejoin', reason: `topic ${topic} is gone` };
      if (topics.isInternal(topic)) {
        return fail(
          new StreamsError(
            'MR_INTERNAL_TOPIC_INVALID',
            `repartition topic ${topic} was deleted while the application runs: records in it that were not processed are lost. Start the application again to have it made`,
            {
              details,
              cause: issue.error,
            },
          ),
        );
      }
      return fail(
        new StreamsError(
          'MR_SOURCE_TOPIC_MISSING',
          `source topic ${topic} was deleted while the application read it. Create it and start the application again`,
          { details, cause: issue.error },
        ),
      );
    case 'corrupt':
      return fail(
        new StreamsError(
          'MR_RECORD_CORRUPT',
          `${place} has a batch at offset ${issue.position} that cannot be read. Nothing behind it was skipped. To go on without it set the group's offset behind the batch`,
          { details: { ...details, offset: issue.position }, cause: issue.error },
        ),
      );
    case 'unauthorised':
      return fail(issue.error);
  }
}

function fail(error: Error): IssueDecision {
  return { kind: 'fail', error };
}
