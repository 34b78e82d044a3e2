/** Waits until topics are known: brokers learn of a new topic one after the other. */
import { ClientError } from '@millrace/core/kafka';
import { brokerErrorByCode } from '../../protocol/errors.ts';
import type { Cluster } from '../cluster.ts';
import { settlesWithin } from '../deadline.ts';
import { asClientError, brokerFailure, closedError } from '../failure.ts';

/**
 * Settles when the partitions of all these topics are known.
 * @throws ClientError `fatal` naming the topics that do not exist after `timeoutMs`, or that may not be used; `retriable` if no broker answers
 */
export async function lookUpTopics(cluster: Cluster, topics: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = cluster.clock.monotonic() + timeoutMs;
  cluster.watch(topics);
  let unanswered: ClientError | undefined = new ClientError('retriable', `No broker answered in ${timeoutMs} ms`);
  while (true) {
    const missing = topics.filter((topic) => !isUsable(cluster, topic));
    if (missing.length === 0) return;
    const leftMs = deadlineMs - cluster.clock.monotonic();
    if (leftMs <= 0) throw unanswered ?? missingTopics(missing, timeoutMs);
    const outcome = cluster.refresh().then(
      () => undefined,
      (error: unknown) => asClientError(error, 'Asking for metadata'),
    );
    // A last refresh that is cut off says nothing new.
    const isSettled = await settlesWithin(cluster.clock, outcome, leftMs);
    if (signal.aborted) throw closedError('The producer');
    if (isSettled) unanswered = await outcome;
    if (unanswered !== undefined && unanswered.kind !== 'retriable') throw unanswered;
  }
}

/** @throws ClientError if it never will be */
function isUsable(cluster: Cluster, name: string): boolean {
  const topic = cluster.topic(name);
  if (topic === undefined) return false;
  if (topic.errorCode === 0) return topic.partitions.length > 0;
  if (brokerErrorByCode(topic.errorCode).kind !== 'retriable')
    throw brokerFailure(topic.errorCode, `Looking up topic ${name}`, { topic: name });
  return false;
}

function missingTopics(missing: readonly string[], timeoutMs: number): ClientError {
  return new ClientError(
    'fatal',
    `After ${timeoutMs} ms the cluster still has no such topics: ${missing.join(', ')}. Create them; a topic is never created by writing to it`,
    { details: { topics: missing.join(',') } },
  );
}
