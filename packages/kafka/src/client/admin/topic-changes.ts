/** Creating and deleting topics, by way of the controller. */
import { ClientError, type TopicSpec } from '@millrace/core/kafka';
import { pauseAfter } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { brokerFailure, textOf } from '../failure.ts';
import { retrying } from '../retrying.ts';
import * as spoken from '../spoken-versions.ts';
import { missingTopicGraceMs, noTopicId } from '../topic-table.ts';

const unknownTopic = 3;
const topicAlreadyExists = 36;
const firstVersionById = 6;

export type CreateResult = 'created' | 'exists' | ClientError;

/**
 * One result a topic. What was created has leaders before this settles; its leaders may still refuse requests for moments, which reader, producer and
 * admin try again.
 * @throws ClientError if nothing can be said of the topics
 */
export async function createTopics(cluster: Cluster, topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, CreateResult>> {
  const results = new Map<string, CreateResult>();
  await retrying(cluster.context, 'Creating topics', { closing: cluster.closing }, async () => {
    const open = topics.filter(({ name }) => !results.has(name));
    if (open.length === 0) return;
    const { response } = await cluster.requester.call(
      cluster.controller,
      'admin',
      spoken.createTopics,
      {
        topics: open.map(({ name, partitions, replicationFactor, configs }) => ({
          name,
          numPartitions: partitions,
          replicationFactor,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        })),
        timeoutMs: cluster.context.requestTimeoutMs,
      },
      { signal: cluster.closing },
    );
    let failure: ClientError | undefined;
    for (const { name, errorCode, errorMessage } of response.topics) {
      if (errorCode === 0) {
        results.set(name, 'created');
        continue;
      }
      if (errorCode === topicAlreadyExists) {
        results.set(name, 'exists');
        continue;
      }
      const error = brokerFailure(errorCode, `Creating topic ${name}${errorMessage === null ? '' : ` (${errorMessage})`}`, { topic: name });
      if (error.kind === 'retriable') failure = error;
      else results.set(name, error);
    }
    if (failure === undefined) return;
    await cluster.fetchMetadata([]);
    throw failure;
  });
  await awaitLeaders(
    cluster,
    topics.map(({ name }) => name).filter((name) => results.get(name) === 'created'),
  );
  return results;
}

/**
 * A topic that does not exist counts as deleted. Brokers forget a topic one after the other: this waits for moments until one of them has.
 * @throws ClientError
 */
export async function deleteTopics(cluster: Cluster, names: readonly string[]): Promise<void> {
  const open = new Set(names);
  await retrying(cluster.context, 'Deleting topics', { closing: cluster.closing }, async () => {
    if (open.size === 0) return;
    const { response } = await cluster.requester.call(
      cluster.controller,
      'admin',
      spoken.deleteTopics,
      (version) => ({
        ...(version >= firstVersionById
          ? { topics: [...open].map((name) => ({ name, topicId: noTopicId })), topicNames: [] }
          : { topics: [], topicNames: [...open] }),
        timeoutMs: cluster.context.requestTimeoutMs,
      }),
      { signal: cluster.closing },
    );
    let failure: ClientError | undefined;
    for (const { name, errorCode } of response.responses) {
      if (name === null) continue;
      if (errorCode === 0 || errorCode === unknownTopic) {
        open.delete(name);
        continue;
      }
      const error = brokerFailure(errorCode, `Deleting topic ${name}`, { topic: name });
      if (failure === undefined || failure.kind === 'retriable') failure = error;
    }
    if (failure === undefined) return;
    if (failure.kind === 'retriable') await cluster.fetchMetadata([]);
    throw failure;
  });
  await awaitGone(cluster, names);
}

/** Best effort: the name may have been taken by a new topic already. */
async function awaitGone(cluster: Cluster, names: readonly string[]): Promise<void> {
  const { clock } = cluster;
  const deadlineMs = clock.monotonic() + missingTopicGraceMs;
  for (let failures = 1; names.length > 0 && clock.monotonic() < deadlineMs; failures++) {
    try {
      const topics = await cluster.fetchMetadata(names);
      if (topics.every(({ errorCode }) => errorCode === unknownTopic)) return;
    } catch (error) {
      // They are deleted all the same.
      cluster.context.log.debug('Nobody says whether deleted topics are gone', { error: textOf(error) });
    }
    await pauseAfter(cluster.context, failures, cluster.closing);
  }
}

async function awaitLeaders(cluster: Cluster, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await retrying(cluster.context, 'Waiting for the leaders of new topics', { closing: cluster.closing }, async () => {
    for (const { name, errorCode, partitions } of await cluster.fetchMetadata(names)) {
      // It was made: a broker that is behind has not heard of it, which is no sign that it does not exist.
      if (errorCode === unknownTopic) throw new ClientError('retriable', `Topic ${name} is not known to the broker yet`);
      if (errorCode !== 0) throw brokerFailure(errorCode, `Asking for topic ${name}`, { topic: name });
      if (partitions.some(({ leader }) => leader < 0))
        throw new ClientError('retriable', `Topic ${name} has partitions without a leader yet`);
    }
  });
}
