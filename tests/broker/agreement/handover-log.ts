/** Reads what topics hold, byte for byte, and tells where two runs differ. */
import { type StreamsClient, type TopicPartition, topicPartition } from '@millrace/core/kafka';

/** A record as text that shows every byte of it. */
export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string;
  /** Undefined for a deletion. */
  readonly value: string | undefined;
  readonly headers: string;
}

/**
 * Everything in these topics, each partition's records in their order, the partitions one after the other.
 *
 * @param runName what tells the runs apart; some rows hold the name of the topic that they came from. All runs must have names of one length.
 */
export async function readTopics(
  client: StreamsClient,
  tps: readonly TopicPartition[],
  runName: string,
): Promise<ReadonlyMap<string, readonly LogRecord[]>> {
  const show = (bytes: Uint8Array | null): string => textOfBytes(bytes).replaceAll(runName, 'run');
  const admin = client.admin();
  const query = (at: 'earliest' | 'latest'): Promise<ReadonlyMap<TopicPartition, number>> =>
    admin.listOffsets(new Map(tps.map((tp) => [tp, at])), { isolation: 'committed' });
  const [starts, ends] = [await query('earliest'), await query('latest')];
  const positions = new Map(starts);
  const logs = new Map(tps.map((tp) => [tp, [] as LogRecord[]]));
  const reader = client.reader({ isolation: 'committed', role: 'restore', maxBufferedBytes: 64 * 1024 * 1024 });
  try {
    reader.assign(starts);
    while ([...ends].some(([tp, end]) => (positions.get(tp) ?? 0) < end)) {
      const { batches, issues, progress } = await reader.poll({ maxWaitMs: 500 });
      if (issues[0] !== undefined) throw new Error(`reading ${issues[0].tp.topic}: ${issues[0].kind}`);
      for (const batch of batches) {
        for (let i = 0; i < batch.count; i++) {
          const value = batch.value(i);
          logs.get(batch.tp)?.push({
            partition: batch.tp.partition,
            offset: batch.offset(i),
            timestamp: batch.timestamp(i),
            key: show(batch.key(i)),
            value: value === null ? undefined : show(value),
            headers: batch
              .headers(i)
              .toArray()
              .map((header) => ` ${header.key}=${show(header.value)}`)
              .join(''),
          });
        }
      }
      for (const { position, tp } of progress) positions.set(tp, Math.max(positions.get(tp) ?? 0, position));
    }
  } finally {
    await reader.close();
  }
  const topics = new Map<string, LogRecord[]>();
  for (const tp of tps) {
    const name = tp.topic.replaceAll(runName, 'run');
    const log = topics.get(name) ?? [];
    log.push(...(logs.get(tp) ?? []));
    topics.set(name, log);
  }
  return topics;
}

/** Partitions of all topics with this prefix, without those of others. */
export async function partitionsWithPrefix(client: StreamsClient, prefix: string): Promise<readonly TopicPartition[]> {
  const names = (await client.admin().listTopics()).filter((name) => name.startsWith(prefix)).sort();
  const topics = await client.admin().describeTopics(names);
  return names.flatMap((name) =>
    Array.from({ length: topics.get(name)?.partitions ?? 0 }, (_, partition) => topicPartition(name, partition)),
  );
}

function textOfBytes(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : JSON.stringify(Buffer.from(bytes).toString('latin1'));
}

/**
 * What must agree of a topic that two runs wrote.
 *
 * - `order`: every record, in the order of its partition.
 * - `orderOfKeys`: every record, in the order of its key: two tasks write to one partition.
 * - `records`: every record: two tasks write records of one key.
 */
export type Sameness = 'order' | 'orderOfKeys' | 'records';

/** The first difference of two logs, as text; none if they are the same. */
export function differences(
  what: string,
  expected: readonly LogRecord[],
  actual: readonly LogRecord[],
  sameness: Sameness,
): readonly string[] {
  return firstDifference(what, lines(expected, sameness), lines(actual, sameness));
}

/** Compares texts one by one. */
export function firstDifference(what: string, expected: readonly string[], actual: readonly string[]): readonly string[] {
  const unequal = expected.findIndex((line, index) => line !== actual[index]);
  if (unequal === -1 && expected.length === actual.length) return [];
  const at = unequal === -1 ? expected.length : unequal;
  return [
    `${what}: ${expected.length} against ${actual.length}, at ${at}\n  Java alone  ${expected[at] ?? 'nothing'}\n  handed over ${actual[at] ?? 'nothing'}`,
  ];
}

function lines(log: readonly LogRecord[], sameness: Sameness): readonly string[] {
  const records = [...log];
  // A stable sort leaves the records of a key in their order.
  if (sameness === 'orderOfKeys') records.sort((a, b) => a.partition - b.partition || compare(a.key, b.key));
  const texts = records.map(textOf);
  return sameness === 'records' ? texts.sort(compare) : texts;
}

/** What a log comes to before these offsets: the last record of every key without the deleted ones, and without the time at which it was written. */
export function foldUpTo(log: readonly LogRecord[], ends: readonly number[]): readonly string[] {
  const rows = new Map<string, string>();
  for (const { headers, key, offset, partition, value } of log) {
    if (offset >= (ends[partition] ?? 0)) continue;
    if (value === undefined) rows.delete(`${partition} ${key}`);
    else rows.set(`${partition} ${key}`, `${value}${headers}`);
  }
  return [...rows].map(([key, value]) => `${key}: ${value}`).sort(compare);
}

function textOf({ headers, key, partition, timestamp, value }: LogRecord): string {
  // Java's producer sends what has no key to any partition.
  return `${key === 'null' ? '?' : partition} @${timestamp} ${key}: ${value ?? 'deleted'}${headers}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
