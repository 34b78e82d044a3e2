/** First and last offsets, and offsets by time. */
import type { Isolation, TopicPartition } from '@millrace/core/kafka';
import { byTopic } from '../by-topic.ts';
import type { Cluster } from '../cluster.ts';
import { partitionFailure } from '../failure.ts';
import * as spoken from '../spoken-versions.ts';
import { askLeaders } from './ask-leaders.ts';

const latest = -1;
const earliest = -2;

/** A time that no record has reached gives the end. @throws ClientError */
export async function listOffsets(
  cluster: Cluster,
  queries: ReadonlyMap<TopicPartition, 'earliest' | 'latest' | number>,
  isolation: Isolation,
): Promise<ReadonlyMap<TopicPartition, number>> {
  const found = await ask(cluster, new Map(Array.from(queries, ([tp, query]) => [tp, timestampOf(query)])), isolation);
  const beyond = [...found].filter(([, offset]) => offset < 0).map(([tp]) => tp);
  if (beyond.length === 0) return found;
  const ends = await ask(cluster, new Map(beyond.map((tp) => [tp, latest])), isolation);
  for (const [tp, offset] of ends) found.set(tp, offset);
  return found;
}

function timestampOf(query: 'earliest' | 'latest' | number): number {
  if (query === 'earliest') return earliest;
  return query === 'latest' ? latest : query;
}

async function ask(
  cluster: Cluster,
  timestamps: ReadonlyMap<TopicPartition, number>,
  isolation: Isolation,
): Promise<Map<TopicPartition, number>> {
  const found = new Map<TopicPartition, number>();
  await askLeaders(cluster, 'Listing offsets', timestamps.keys(), async (node, tps, settle) => {
    const { response } = await cluster.requester.call(
      node,
      'admin',
      spoken.listOffsets,
      {
        replicaId: -1,
        isolationLevel: isolation === 'committed' ? 1 : 0,
        topics: byTopic(tps).map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map((tp) => ({ partitionIndex: tp.partition, timestamp: timestamps.get(tp) ?? latest })),
        })),
      },
      { signal: cluster.closing },
    );
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, offset } of partitions) {
        settle(name, partitionIndex, (tp) => {
          if (errorCode !== 0) return partitionFailure(errorCode, 'Listing offsets of', tp);
          found.set(tp, offset);
          return undefined;
        });
      }
    }
  });
  return found;
}
