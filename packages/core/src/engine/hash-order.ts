/**
 * The order of a `java.util.HashMap`. Kafka Streams asks its input partitions in that order whether to wait for them, one after the other, and the first to be waited for
 * keeps those behind it from being waited for: the order is seen in when a task with `maxTaskIdleMs` goes on.
 */
import type { TopicPartition } from '../kafka/topic-partition.ts';

/** Input partitions as a task of Kafka Streams keeps them: by their topics' names first, which decides within a bucket. */
export function hashOrder<T extends { readonly tp: TopicPartition }>(items: readonly T[]): T[] {
  const byTopic = inBuckets(items, ({ tp }) => stringHash(tp.topic));
  return inBuckets(byTopic, ({ tp }) => (Math.imul(31 + tp.partition, 31) + stringHash(tp.topic)) | 0);
}

/** Stable within a bucket, as a map that grew keeps the order of insertion there. */
function inBuckets<T>(items: readonly T[], hash: (item: T) => number): T[] {
  let buckets = 16;
  while (items.length > buckets * 0.75) buckets *= 2;
  const bucketOf = (item: T): number => {
    const code = hash(item);
    return (code ^ (code >>> 16)) & (buckets - 1);
  };
  return items.slice().sort((a, b) => bucketOf(a) - bucketOf(b));
}

/** `String.hashCode`. */
function stringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}
