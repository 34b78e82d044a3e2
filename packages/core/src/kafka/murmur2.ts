/**
 * Kafka's default partitioner for keyed records: murmur2 with Kafka's seed, positive, modulo the number of partitions.
 * The same answer as `org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey`.
 */

const seed = 0x9747b28c;
const m = 0x5bd1e995;

/** 32-bit murmur2 of `buffer[start, end)`, signed. */
export function murmur2(buffer: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let h = (seed ^ length) | 0;
  let at = start;
  for (const last = start + (length & ~3); at < last; at += 4) {
    let k =
      (buffer[at] as number) | ((buffer[at + 1] as number) << 8) | ((buffer[at + 2] as number) << 16) | ((buffer[at + 3] as number) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const tail = length & 3;
  if (tail > 2) h ^= (buffer[at + 2] as number) << 16;
  if (tail > 1) h ^= (buffer[at + 1] as number) << 8;
  if (tail > 0) h = Math.imul(h ^ (buffer[at] as number), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

/** Partition of a key among `partitions`. */
export function partitionForKey(buffer: Uint8Array, start: number, end: number, partitions: number): number {
  return (murmur2(buffer, start, end) & 0x7fffffff) % partitions;
}
