/**
 * The order in which Kafka Streams asks its input partitions whether to wait for them: that of a `java.util.HashMap`. It asks one after the other, and the first to be waited
 * for keeps those behind it from being waited for, so the order is seen in when a task with `maxTaskIdleMs` goes on.
 */
import type { TopicPartition } from '../kafka/topic-partition.ts';
import { grownOrder, javaHashCode } from '../topology/java-hash-order.ts';

/** Input partitions as a task of Kafka Streams keeps them: taken from a map by their topics' names, which decides within a bucket. */
export function hashOrder<T extends { readonly tp: TopicPartition }>(items: readonly T[]): T[] {
  const byTopic = grownOrder(items, ({ tp }) => javaHashCode(tp.topic));
  return grownOrder(byTopic, ({ tp }) => (Math.imul(31 + tp.partition, 31) + javaHashCode(tp.topic)) | 0);
}
