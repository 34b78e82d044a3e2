/** First and last offset of a partition's log, from its leader. */
import { ClientError, formatTopicPartition, type TopicPartition } from '@millrace/core/kafka';
import type { Cluster } from '../cluster.ts';
import { partitionFailure } from '../failure.ts';
import * as spoken from '../spoken-versions.ts';

const latest = -1;
const earliest = -2;
/** Reads to the high watermark, whatever transactions are open. */
const uncommitted = 0;

/** @throws ClientError `retriable` while the leader cannot say */
export async function logBounds(
  cluster: Cluster,
  tp: TopicPartition,
  signal: AbortSignal,
): Promise<{ readonly logStart: number; readonly logEnd: number }> {
  const node = cluster.leader(tp.topic, tp.partition);
  if (node < 0) throw new ClientError('retriable', `No leader of ${formatTopicPartition(tp)} is known`, { details: { ...tp } });
  const [logStart, logEnd] = await Promise.all([
    offsetAt(cluster, node, tp, earliest, signal),
    offsetAt(cluster, node, tp, latest, signal),
  ]);
  return { logStart, logEnd };
}

async function offsetAt(cluster: Cluster, node: number, tp: TopicPartition, timestamp: number, signal: AbortSignal): Promise<number> {
  const { response } = await cluster.requester.call(
    node,
    'admin',
    spoken.listOffsets,
    {
      replicaId: -1,
      isolationLevel: uncommitted,
      topics: [{ name: tp.topic, partitions: [{ partitionIndex: tp.partition, timestamp }] }],
    },
    { signal },
  );
  const answer = response.topics[0]?.partitions[0];
  if (answer === undefined)
    throw new ClientError('retriable', `Node ${node} said nothing of ${formatTopicPartition(tp)}`, { details: { ...tp } });
  if (answer.errorCode !== 0) throw partitionFailure(answer.errorCode, 'Asking for the bounds of', tp);
  return answer.offset;
}
