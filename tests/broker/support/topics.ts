/** What tests do with the topics of a real cluster: make them, fill them, fold them, wait until a group has read them. */
import { setTimeout as delay } from 'node:timers/promises';
import { type StreamsClient, type TopicPartition, topicPartition } from '@millrace/core/kafka';

export function partitionsOf(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => topicPartition(topic, partition));
}

export async function createTopics(client: StreamsClient, names: readonly string[], partitions: number): Promise<void> {
  const results = await client.admin().createTopics(names.map((name) => ({ name, partitions, replicationFactor: 1, configs: {} })));
  for (const result of results.values()) if (result !== 'created' && result !== 'exists') throw result;
}

/** Writes text lines, line i to partition i modulo their number, without keys. */
export async function loadLines(client: StreamsClient, topic: string, partitions: number, lines: Iterable<string>): Promise<void> {
  const producer = client.producer({
    lingerMs: 5,
    compression: 'none',
    maxBatchBytes: 64 * 1024,
    maxBufferedBytes: 8 * 1024 * 1024,
    deliveryTimeoutMs: 60_000,
  });
  const none = new Uint8Array(0);
  try {
    await producer.lookUp([topic]);
    const outputs = partitionsOf(topic, partitions).map((tp) => producer.partition(tp.topic, tp.partition));
    let i = 0;
    for (const line of lines) {
      const value = Buffer.from(line);
      outputs[i++ % partitions]?.append(Date.now(), none, -1, -1, value, 0, value.length, null);
      if (producer.full) await producer.drained();
    }
    await producer.flush();
  } finally {
    await producer.close();
  }
}

export async function ends(client: StreamsClient, tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, number>> {
  return client.admin().listOffsets(new Map(tps.map((tp) => [tp, 'latest'])), { isolation: 'committed' });
}

/** The last value of every key, by the key's text; tombstones delete. What a compacted topic means. */
export async function fold(client: StreamsClient, topic: string, partitions: number): Promise<Map<string, number>> {
  const tps = partitionsOf(topic, partitions);
  const starts = await client.admin().listOffsets(new Map(tps.map((tp) => [tp, 'earliest'])), { isolation: 'committed' });
  const targets = await ends(client, tps);
  const positions = new Map(starts);
  const table = new Map<string, number>();
  const reader = client.reader({ isolation: 'committed', role: 'restore', maxBufferedBytes: 16 * 1024 * 1024 });
  try {
    reader.assign(starts);
    while ([...targets].some(([tp, end]) => (positions.get(tp) ?? 0) < end)) {
      const { batches, progress, issues } = await reader.poll({ maxWaitMs: 500 });
      if (issues[0] !== undefined) throw new Error(`reading ${topic}: ${issues[0].kind}`);
      for (const batch of batches) {
        for (let i = 0; i < batch.count; i++) {
          const [key, value] = [batch.key(i), batch.value(i)];
          if (key === null) continue;
          const text = Buffer.from(key).toString();
          if (value === null) table.delete(text);
          else table.set(text, Number(Buffer.from(value).readBigInt64BE()));
        }
      }
      for (const { tp, position } of progress) positions.set(tp, Math.max(positions.get(tp) ?? 0, position));
    }
  } finally {
    await reader.close();
  }
  return table;
}

/** Waits until the group has committed the end of every partition of these topics, in the order given: upstream first. */
export async function caughtUp(
  client: StreamsClient,
  groupId: string,
  topics: readonly string[],
  partitions: number,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const tps = topics.flatMap((topic) => partitionsOf(topic, partitions));
  for (;;) {
    const committed = await client.admin().groupOffsets(groupId, tps);
    const targets = await ends(client, tps);
    const behind = tps.filter((tp) => (committed.get(tp)?.offset ?? 0) < (targets.get(tp) ?? 0));
    if (behind.length === 0) return;
    if (Date.now() > deadline) {
      const state = behind.map((tp) => `${tp.topic}-${tp.partition} at ${committed.get(tp)?.offset ?? 'nothing'} of ${targets.get(tp)}`);
      throw new Error(`${groupId} did not catch up within ${timeoutMs} ms: ${state.join(', ')}`);
    }
    await delay(100);
  }
}

/** How often each word occurs: what the word count must come to. Splits as the programs do. */
export function countWords(lines: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) for (const word of line.toLowerCase().split(/\W+/)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
