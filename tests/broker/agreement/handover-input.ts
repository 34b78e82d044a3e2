/**
 * What the hand-over reads, in four parts of two waves. Whoever processes it, and wherever it stops between parts, the results are determined:
 *
 * - Within a wave a sub-topology gets records of one topic only, and a wave is written when the one before is processed, so that nothing depends on which topic is fetched first.
 * - The first record of a wave is the latest that its topic has had: late ones come behind it. Java forgets some of its times in a restart, and learns them from that record.
 * - Where two tasks write to one partition downstream, they write different keys.
 */
import { partitionForKey } from '@millrace/core/kafka';
import { random } from '../support/lines.ts';

export const parts = 4;
export const wavesPerPart = 2;

export interface InputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
  readonly header: string | undefined;
}

interface InputTopic {
  readonly name: string;
  readonly partitions: number;
  /** Which wave it is in; tasks that read two topics have one in each. */
  readonly turn: 0 | 1;
  readonly keys: readonly string[];
  /** Each key at most once in a wave: what its record sets off in other tasks is over before its next one. */
  readonly keysOnce?: boolean;
  /** Deletions among the values. */
  readonly deletes?: boolean;
  /** Parts without records. */
  readonly silentIn?: number;
}

const fewKeys = ['k0', 'k1', 'k2', 'k3', 'k4'];
const customers = ['a', 'b', 'c', 'd', 'e', 'f'];
const orders = Array.from({ length: 12 }, (_, index) => `o${index}`);

const single = (...names: string[]): InputTopic[] => names.map((name) => ({ name, partitions: 1, turn: 0, keys: fewKeys }));
const deleting = (...names: string[]): InputTopic[] => single(...names).map((topic) => ({ ...topic, deletes: true }));
const pair = (name: string): InputTopic[] => [...single(`${name}-this`), ...second(`${name}-other`)];
const second = (name: string): InputTopic[] => single(name).map((topic) => ({ ...topic, turn: 1 }));

export const inputTopics: readonly InputTopic[] = [
  ...deleting('kv', 'kv-memory', 'kv-lru', 'kv-timed', 'kv-timed-memory', 'versions', 'window', 'window-memory', 'window-timed'),
  ...deleting('window-duplicates', 'session', 'session-memory', 'rows-plain', 'rows-lru', 'table', 'history', 'regrouped'),
  ...single('delayed', 'tumbling', 'tumbling-memory', 'hopping', 'sliding', 'sessions', 'sessions-memory'),
  ...single('tumbling-close', 'sliding-close', 'sessions-close', 'closed', 'sessions-closed'),
  { name: 'grouped', partitions: 2, turn: 0, keys: fewKeys },
  ...['inner', 'left', 'outer', 'outer-memory'].flatMap(pair),
  // Java that goes on with a join's buffer reads times from the wrong bytes of its keys, and takes all records for late: none come.
  ...single('sales').map((topic) => ({ ...topic, silentIn: 2 })),
  ...second('prices').map((topic) => ({ ...topic, deletes: true })),
  ...pair('rows').map((topic) => ({ ...topic, deletes: true })),
  { name: 'orders', partitions: 2, turn: 0, keys: orders, keysOnce: true, deletes: true },
  { name: 'customers', partitions: 2, turn: 1, keys: customers, keysOnce: true, deletes: true },
  ...single('visits').map((topic) => ({ ...topic, keys: ['p0', 'p1', 'p2', 'p3'] })),
];

/** The global table's topic, which no group reads. */
export const placesTopic = 'places';

/** Rows of the global table that are there before this part; the last one tells the epoch, so that it can be seen when they are read. */
export function placesBefore(part: number, baseMs: number): readonly InputRecord[] {
  const row = (key: string, value: string): InputRecord => ({
    topic: placesTopic,
    partition: 0,
    key,
    value,
    timestamp: baseMs + part,
    header: undefined,
  });
  if (part === 0) return [row('p0', 'Oslo'), row('p1', 'Rome'), row('p2', 'Lima'), row('epoch', '1')];
  if (part === 2) return [row('p1', 'Cairo'), row('p3', 'Kyoto'), row('epoch', '2')];
  return [];
}

const stepMs = 120_000;
const spreadMs = 90_000;
const recordsPerWave = 20;

/** Near to now, since brokers delete what is older than the retention of a windowed changelog; on the hour, since windows and segments of stores are cut there. */
export function baseTime(nowMs: number): number {
  const hour = 3_600_000;
  return Math.floor(nowMs / hour) * hour - hour;
}

export function waveOf(part: number, wave: number, baseMs: number): readonly InputRecord[] {
  const start = baseMs + part * stepMs;
  return inputTopics
    .filter((topic) => topic.turn === wave && topic.silentIn !== part)
    .flatMap((topic, index) => recordsOf(topic, start, random((part * wavesPerPart + wave) * 100 + index)));
}

function recordsOf(topic: InputTopic, start: number, next: () => number): readonly InputRecord[] {
  const { keys, name, partitions } = topic;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const count = topic.keysOnce === true ? keys.length : recordsPerWave;
  return Array.from({ length: count }, (_, index) => {
    const key = topic.keysOnce === true ? (keys[index] as string) : pick(keys);
    const bytes = Buffer.from(key);
    const partition = partitionForKey(bytes, 0, bytes.length, partitions);
    // Groups are named by the value's first letter. Those of two partitions meet in no group, since it would depend on the order in which they arrive.
    const letter = pick(name === 'grouped' ? (partition === 0 ? ['a', 'b'] : ['c', 'd']) : customers);
    const isDeletion = topic.deletes === true && next() < 0.2;
    return {
      topic: name,
      partition,
      key,
      value: isDeletion ? null : `${letter}${Math.floor(next() * 1000)}`,
      // Most are a little late, few too late for their windows.
      timestamp: start + spreadMs - (index === 0 ? 0 : Math.floor(next() ** 2 * spreadMs)),
      header: next() < 0.3 ? `h${index}` : undefined,
    };
  });
}
