/** One fetch: what is asked of which partition, and which part of the answer belongs to it. */
import type { Isolation } from '@millrace/core/kafka';
import type { fetchApi } from '../../protocol/messages/fetch.ts';
import type { RequestInputOf, ResponseOf } from '../../protocol/schema.ts';
import type { Cluster } from '../cluster.ts';
import * as spoken from '../spoken-versions.ts';
import type { SpokenApi } from '../spoken-versions.ts';
import { noTopicId } from '../topic-table.ts';
import type { FetchPartition } from './fetch-partition.ts';

/** A partition as it was when the fetch was sent. */
export interface Asked {
  readonly partition: FetchPartition;
  /** An answer counts only while the partition still has this epoch. */
  readonly epoch: number;
  readonly position: number;
  readonly maxBytes: number;
}

type FetchResponse = ResponseOf<typeof fetchApi>;
export type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number];

/** From this version on topics are named by id. */
const firstVersionById = 13;
const byName: SpokenApi<typeof fetchApi> = { ...spoken.fetch, max: firstVersionById - 1 };

/** By id where every id is known, so that a topic that was made again is noticed. */
export function fetchVersions(asked: readonly Asked[]): SpokenApi<typeof fetchApi> {
  return asked.every(({ partition }) => partition.topicId !== undefined) ? spoken.fetch : byName;
}

export function fetchRequest(
  cluster: Cluster,
  asked: readonly Asked[],
  options: { readonly isolation: Isolation; readonly maxWaitMs: number },
): RequestInputOf<typeof fetchApi> {
  const topics = new Map<string, Asked[]>();
  let maxBytes = 0;
  for (const one of asked) {
    // Partitions assigned before and after a topic was made again have different ids under one name.
    const key = one.partition.topicId ?? one.partition.tp.topic;
    const known = topics.get(key);
    if (known === undefined) topics.set(key, [one]);
    else known.push(one);
    maxBytes += one.maxBytes;
  }
  return {
    maxWaitMs: options.maxWaitMs,
    minBytes: 1,
    maxBytes: Math.min(maxBytes, 0x7fffffff),
    isolationLevel: options.isolation === 'committed' ? 1 : 0,
    topics: Array.from(topics.values(), (ofTopic) => ({
      topic: ofTopic[0]?.partition.tp.topic ?? '',
      topicId: ofTopic[0]?.partition.topicId ?? noTopicId,
      partitions: ofTopic.map(({ partition: { tp }, position, maxBytes: partitionMaxBytes }) => ({
        partition: tp.partition,
        currentLeaderEpoch: cluster.leaderEpoch(tp.topic, tp.partition),
        fetchOffset: position,
        partitionMaxBytes,
      })),
    })),
    forgottenTopicsData: [],
  };
}

/** Brings each part of the answer to what was asked; undefined where the answer says nothing of it. */
export function matchAnswers(asked: readonly Asked[], version: number, response: FetchResponse): readonly (PartitionAnswer | undefined)[] {
  const byId = version >= firstVersionById;
  const byTopic = new Map<string, Map<number, PartitionAnswer>>();
  for (const { topic, topicId, partitions } of response.responses) {
    byTopic.set(byId ? topicId : topic, new Map(partitions.map((answer) => [answer.partitionIndex, answer])));
  }
  return asked.map(({ partition: { topicId, tp } }) => byTopic.get(byId ? (topicId ?? noTopicId) : tp.topic)?.get(tp.partition));
}
