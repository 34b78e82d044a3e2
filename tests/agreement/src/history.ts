/** What a run left behind: every record of every topic by partition, internal topics included, and the contents of the stores; and where two runs differ. */
import type { JsonObject } from '#cases/json';

/** Records in the order of their partition, each as text. */
export type Partitions = ReadonlyMap<string, readonly string[]>;

export interface History {
  /** By `topic-partition`. */
  readonly topics: Partitions;
  /** By `store-partition`. */
  readonly stores: JsonObject;
  /** The topology has stores, be they listed or not. */
  readonly hasStores: boolean;
}

/** A record as it is compared. */
export interface RecordParts {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** Changelogs of buffers, in which something besides the time is not the same after a restart, though nothing rests on it. */
export interface LooseChangelogs {
  /** Records of one key only are in an order that lasts. */
  readonly unordered: ReadonlySet<string>;
  /** The last four bytes of a key are a number that only keeps rows apart. */
  readonly numbered: ReadonlySet<string>;
}

/** The records of topics by partition; of those without an order, by partition and key. */
export function byPlace(
  applicationId: string,
  records: Iterable<RecordParts & { readonly name: string; readonly partition: number }>,
  { numbered, unordered }: LooseChangelogs,
): Partitions {
  const places = new Map<string, string[]>();
  for (const record of records) {
    const { name, partition } = record;
    const key = numbered.has(name) && record.key !== null ? record.key.subarray(0, -4) : record.key;
    const place = `${name.startsWith(`${applicationId}-`) ? '~' : ''}${name}-${partition}${unordered.has(name) ? ` ${bytesText(key)}` : ''}`;
    // Buffers log without a time, which the producer then puts in.
    const untimed = numbered.has(name) || unordered.has(name);
    const text = recordText({ ...record, key, timestamp: untimed ? -1 : record.timestamp });
    const there = places.get(place);
    if (there === undefined) places.set(place, [text]);
    else there.push(text);
  }
  return places;
}

/** Text that is the same for the same bytes, and that a person can read. */
export function recordText({ headers, key, timestamp, value }: RecordParts): string {
  const named = headers.map((header) => `${header.key}=${bytesText(header.value)}`).join(' ');
  return `${bytesText(key)} → ${bytesText(value)} @${timestamp}${named === '' ? '' : ` [${named}]`}`;
}

/** Printable ASCII as it is, the rest in hexadecimal. */
function bytesText(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  const text = Array.from(bytes, (byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x5c ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`,
  );
  return `"${text.join('')}"`;
}

/** The first thing of each kind that is different, as text; empty where nothing is. */
export function differences(expected: History, actual: History): readonly string[] {
  const found: string[] = [];
  for (const place of union(expected.topics.keys(), actual.topics.keys())) {
    const difference = listDifference(expected.topics.get(place) ?? [], actual.topics.get(place) ?? []);
    if (difference !== undefined) found.push(`${place}: ${difference}`);
  }
  for (const place of union(Object.keys(expected.stores), Object.keys(actual.stores))) {
    const [wanted, got] = [JSON.stringify(expected.stores[place]), JSON.stringify(actual.stores[place])];
    if (wanted !== got) found.push(`store ${place}: expected ${wanted}\n    got ${got}`);
  }
  return found;
}

function listDifference(expected: readonly string[], actual: readonly string[]): string | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let index = 0; index < length; index++) {
    const [wanted = 'nothing', got = 'nothing'] = [expected[index], actual[index]];
    if (wanted !== got) return `record ${index} of ${expected.length} and ${actual.length}: expected ${wanted}\n    got ${got}`;
  }
  return undefined;
}

function union(one: Iterable<string>, other: Iterable<string>): readonly string[] {
  return [...new Set([...one, ...other])].sort();
}
