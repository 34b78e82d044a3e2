/** The input: the lines of a book, spread over the partitions of the input topic. Loading goes on where an earlier run stopped. */
import { readFile } from 'node:fs/promises';
import { type StreamsClient, topicPartition } from 'millrace';
import { linesTopic } from './topology.ts';

export const bookFile: URL = new URL('../data/opticks.txt', import.meta.url);

export async function readLines(): Promise<readonly string[]> {
  return (await readFile(bookFile, 'utf8')).split('\n');
}

/**
 * Writes the lines that are not in the topic yet: line i belongs to partition i modulo their number, so the end of a partition tells how many of its lines are
 * there. Returns how many lines were written.
 */
export async function loadBook(client: StreamsClient, lines: readonly string[], partitions: number): Promise<number> {
  const tps = Array.from({ length: partitions }, (_, partition) => topicPartition(linesTopic, partition));
  const ends = await client.admin().listOffsets(new Map(tps.map((tp) => [tp, 'latest'])), { isolation: 'uncommitted' });
  const producer = client.producer({
    lingerMs: 5,
    compression: 'none',
    maxBatchBytes: 64 * 1024,
    maxBufferedBytes: 8 * 1024 * 1024,
    deliveryTimeoutMs: 60_000,
  });
  const nothing = new Uint8Array(0);
  let written = 0;
  try {
    await producer.lookUp([linesTopic]);
    for (const tp of tps) {
      const output = producer.partition(tp.topic, tp.partition);
      for (let i = tp.partition + (ends.get(tp) ?? 0) * partitions; i < lines.length; i += partitions) {
        const value = Buffer.from(lines[i] ?? '');
        output.append(Date.now(), nothing, -1, -1, value, 0, value.length, null);
        written++;
        if (producer.full) await producer.drained();
      }
    }
    await producer.flush();
  } finally {
    await producer.close();
  }
  return written;
}
