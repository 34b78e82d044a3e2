/** One produce request: batches of several partitions to one node, and which part of the answer belongs to which batch. */
import type { produceApi } from '../../protocol/messages/produce.ts';
import type { RequestInputOf, ResponseOf } from '../../protocol/schema.ts';
import * as spoken from '../spoken-versions.ts';
import type { SpokenApi } from '../spoken-versions.ts';
import { noTopicId } from '../topic-table.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProduceBatch } from './produce-batch.ts';

export interface Sent {
  readonly queue: PartitionQueue;
  readonly batch: ProduceBatch;
}

type ProduceResponse = ResponseOf<typeof produceApi>;
export type BatchAnswer = ProduceResponse['responses'][number]['partitionResponses'][number];

/** From this version on topics are named by id. */
const firstVersionById = 13;
const byName: SpokenApi<typeof produceApi> = { ...spoken.produce, max: firstVersionById - 1 };

/** What a request, and each partition in it, takes beside names and batches, at most. */
const overheadBytes = 64;

/** All replicas in sync have the batch. */
const acksAll = -1;

/** By id where every id is known, so that nothing is written into a topic that was made again. */
export function produceVersions(sent: readonly Sent[]): SpokenApi<typeof produceApi> {
  return sent.every(({ queue }) => queue.topicId !== undefined) ? spoken.produce : byName;
}

export function produceRequest(sent: readonly Sent[], timeoutMs: number): RequestInputOf<typeof produceApi> {
  const topics = new Map<string, Sent[]>();
  for (const one of sent) {
    const key = one.queue.topicId ?? one.queue.tp.topic;
    const known = topics.get(key);
    if (known === undefined) topics.set(key, [one]);
    else known.push(one);
  }
  return {
    transactionalId: null,
    acks: acksAll,
    timeoutMs,
    topicData: Array.from(topics.values(), (ofTopic) => ({
      name: ofTopic[0]?.queue.tp.topic ?? '',
      topicId: ofTopic[0]?.queue.topicId ?? noTopicId,
      partitionData: ofTopic.map(({ queue, batch }) => ({ index: queue.tp.partition, records: batch.bytes })),
    })),
  };
}

/** About how large the request is: room for it is taken once, since most of the work of a large request is copying. */
export function produceRequestBytes(sent: readonly Sent[]): number {
  let bytes = overheadBytes;
  for (const { queue, batch } of sent) bytes += batch.bytes.length + queue.tp.topic.length + overheadBytes;
  return bytes;
}

/** Brings each part of the answer to its batch; undefined where the answer says nothing of it. */
export function matchAnswers(sent: readonly Sent[], version: number, response: ProduceResponse): readonly (BatchAnswer | undefined)[] {
  const byId = version >= firstVersionById;
  const byTopic = new Map<string, Map<number, BatchAnswer>>();
  for (const { name, topicId, partitionResponses } of response.responses) {
    byTopic.set(byId ? topicId : name, new Map(partitionResponses.map((answer) => [answer.index, answer])));
  }
  return sent.map(({ queue: { topicId, tp } }) => byTopic.get(byId ? (topicId ?? noTopicId) : tp.topic)?.get(tp.partition));
}
