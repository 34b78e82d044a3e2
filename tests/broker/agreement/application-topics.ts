/** Records as tests of agreement write them to topics and read them back: whole, in text where they are text. */
import { type Header, type StreamsClient, Headers, partitionForKey } from '@millrace/core/kafka';
import { ends, partitionsOf } from '../support/topics.ts';

export interface Written {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers?: readonly Header[] | undefined;
}

/** Writes to the partitions of the keys, in the order given, and waits until the broker has everything. */
export async function write(client: StreamsClient, prefix: string, input: Readonly<Record<string, readonly Written[]>>): Promise<void> {
  const producer = client.producer({
    lingerMs: 5,
    compression: 'none',
    maxBatchBytes: 64 * 1024,
    maxBufferedBytes: 8 * 1024 * 1024,
    deliveryTimeoutMs: 60_000,
  });
  const none = new Uint8Array(0);
  try {
    const topics = Object.keys(input).filter((topic) => (input[topic] ?? []).length > 0);
    await producer.lookUp(topics.map((topic) => prefix + topic));
    for (const topic of topics) {
      const count = producer.partitionCount(prefix + topic) ?? 0;
      for (const { headers, key, timestamp, value } of input[topic] ?? []) {
        producer
          .partition(prefix + topic, partitionForKey(key, 0, key.length, count))
          .append(
            timestamp,
            key,
            0,
            key.length,
            value ?? none,
            value === null ? -1 : 0,
            value?.length ?? -1,
            headers === undefined ? null : new Headers(headers),
          );
      }
    }
    await producer.flush();
  } finally {
    await producer.close();
  }
}

/** A record of a topic. Bytes are text where all of them can be printed, else `0x` and hexadecimal digits. */
export interface Kept {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [key: string, value: string | null])[];
}

export function shown(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  const latin = Buffer.from(bytes).toString('latin1');
  return /^[\x20-\x7e]*$/.test(latin) ? latin : `0x${Buffer.from(bytes).toString('hex')}`;
}

/** All records of these topics, by topic; the log's order within each partition. */
export async function readTopics(
  client: StreamsClient,
  topics: readonly string[],
  partitions: number,
): Promise<ReadonlyMap<string, readonly Kept[]>> {
  const tps = topics.flatMap((topic) => partitionsOf(topic, partitions));
  const starts = await client.admin().listOffsets(new Map(tps.map((tp) => [tp, 'earliest'])), { isolation: 'committed' });
  const targets = await ends(client, tps);
  const positions = new Map(starts);
  const kept = new Map<string, Kept[]>(topics.map((topic) => [topic, []]));
  const reader = client.reader({ isolation: 'committed', role: 'restore', maxBufferedBytes: 16 * 1024 * 1024 });
  try {
    reader.assign(starts);
    while ([...targets].some(([tp, end]) => (positions.get(tp) ?? 0) < end)) {
      const { batches, progress, issues } = await reader.poll({ maxWaitMs: 500 });
      if (issues[0] !== undefined) throw new Error(`reading ${issues[0].tp.topic}: ${issues[0].kind}`);
      for (const batch of batches) {
        for (let i = 0; i < batch.count; i++) {
          kept.get(batch.tp.topic)?.push({
            partition: batch.tp.partition,
            offset: batch.offset(i),
            key: shown(batch.key(i)),
            value: shown(batch.value(i)),
            timestamp: batch.timestamp(i),
            headers: [...batch.headers(i)].map(({ key, value }) => [key, shown(value)]),
          });
        }
      }
      for (const { tp, position } of progress) positions.set(tp, Math.max(positions.get(tp) ?? 0, position));
    }
  } finally {
    await reader.close();
  }
  return kept;
}
