/** Requests that only the leaders of partitions answer: partitions are grouped by leader, and what was refused by a node that leads no more is asked of the next. */
import { ClientError, formatTopicPartition, topicPartition, type TopicPartition } from '@millrace/core/kafka';
import type { Cluster } from '../cluster.ts';
import { asClientError, partitionFailure } from '../failure.ts';
import { retrying } from '../retrying.ts';

/** Says of one partition of an answer whether it failed. */
export type Settle = (topic: string, partition: number, judge: (tp: TopicPartition) => ClientError | undefined) => void;

/**
 * Asks until every partition has its answer.
 * @param ask sends one request to one node and settles the partitions of its answer
 * @throws ClientError
 */
export async function askLeaders(
  cluster: Cluster,
  doing: string,
  partitions: Iterable<TopicPartition>,
  ask: (node: number, tps: readonly TopicPartition[], settle: Settle) => Promise<void>,
): Promise<void> {
  const open = new Set(partitions);
  cluster.watch(new Set([...open].map(({ topic }) => topic)));
  await retrying(cluster.context, doing, { closing: cluster.closing }, async () => {
    const byLeader = new Map<number, TopicPartition[]>();
    let failure: ClientError | undefined;
    for (const tp of open) {
      const node = cluster.leader(tp.topic, tp.partition);
      const known = byLeader.get(node);
      if (known === undefined) byLeader.set(node, [tp]);
      else known.push(tp);
    }
    await Promise.all(
      Array.from(byLeader, async ([node, tps]) => {
        if (node < 0) {
          for (const tp of tps) failure ??= leaderless(cluster, doing, tp);
          return;
        }
        try {
          await ask(node, tps, (topic, partition, judge) => {
            const tp = topicPartition(topic, partition);
            const refusal = judge(tp);
            if (refusal === undefined) open.delete(tp);
            else if (failure === undefined || failure.kind === 'retriable') failure = refusal;
          });
        } catch (error) {
          const thrown = asClientError(error, doing);
          if (failure === undefined || failure.kind === 'retriable') failure = thrown;
        }
      }),
    );
    if (failure === undefined && open.size > 0) failure = new ClientError('retriable', `${doing}: the answer leaves partitions out`);
    if (failure === undefined) return;
    if (failure.kind === 'retriable') await cluster.refresh();
    throw failure;
  });
}

function leaderless(cluster: Cluster, doing: string, tp: TopicPartition): ClientError {
  const topicError = cluster.topic(tp.topic)?.errorCode ?? 0;
  if (topicError !== 0) return partitionFailure(topicError, `${doing} of`, tp);
  return new ClientError('retriable', `${doing}: no leader of ${formatTopicPartition(tp)} is known`, { details: { ...tp } });
}
