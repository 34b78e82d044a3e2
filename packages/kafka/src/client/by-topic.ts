/** Requests name partitions by topic. */
import type { TopicPartition } from '@millrace/core/kafka';

export interface PartitionsOfTopic {
  readonly topic: string;
  readonly partitions: readonly TopicPartition[];
}

/** Groups partitions, topics in order of first appearance. */
export function byTopic(tps: Iterable<TopicPartition>): readonly PartitionsOfTopic[] {
  const topics = new Map<string, TopicPartition[]>();
  for (const tp of tps) {
    const known = topics.get(tp.topic);
    if (known === undefined) topics.set(tp.topic, [tp]);
    else known.push(tp);
  }
  return Array.from(topics, ([topic, partitions]) => ({ topic, partitions }));
}
