/** An example as data: a topology, the records that go in, and the topics to look at afterwards. Bytes from here on, so that plays of any types are one type. */
import { ByteWriter, type Serde, type Topology } from 'millrace';

export interface Play {
  /** Also the prefix of internal topics and the name of the consumer group. */
  readonly applicationId: string;
  /** A sentence for who runs it. */
  readonly about: string;
  readonly topology: Topology;
  readonly inputs: readonly Script[];
  readonly outputs: readonly Listing[];
}

/** Records of one input topic, in the order in which they are written. */
export interface Script {
  readonly topic: string;
  readonly records: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null; readonly timestamp: number }[];
}

export interface ScriptRecord<K, V> {
  readonly key: K;
  readonly value: V | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** What a topic says, readable. */
export interface Row {
  readonly key: string;
  readonly value: unknown;
}

/** An output topic and how its records are read. */
export interface Listing {
  readonly topic: string;
  /** `table`: the last value of each key, without those that were deleted. `stream`: every record. */
  readonly as: 'table' | 'stream';
  read(key: Uint8Array, value: Uint8Array | null): Row;
}

/** What came out, by topic. */
export type Story = ReadonlyMap<string, readonly Row[]>;

/** Records for an input topic. */
export function script<K, V>(topic: string, key: Serde<K>, value: Serde<V>, records: readonly ScriptRecord<K, V>[]): Script {
  return {
    topic,
    records: records.map((record) => ({
      key: bytesOf(key, record.key),
      value: record.value === null ? null : bytesOf(value, record.value),
      timestamp: record.timestamp,
    })),
  };
}

/** An output topic to look at. Keys are shown as text: what is an object as JSON, or as it prints itself. */
export function rows<K, V>(topic: string, key: Serde<K>, value: Serde<V>, as: Listing['as'] = 'table'): Listing {
  return {
    topic,
    as,
    read: (keyBytes, valueBytes) => ({
      key: textOf(key.decode(keyBytes, 0, keyBytes.length)),
      value: valueBytes === null ? null : value.decode(valueBytes, 0, valueBytes.length),
    }),
  };
}

/** What a listing says of a topic's records. Sorted by key: between keys no order is promised where a topic has several partitions. */
export function tell(listing: Listing, records: readonly Row[]): readonly Row[] {
  const told = listing.as === 'stream' ? records : lastOfEach(records);
  return told.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function lastOfEach(records: readonly Row[]): readonly Row[] {
  const last = new Map(records.map((row) => [row.key, row]));
  return [...last.values()].filter(({ value }) => value !== null);
}

function bytesOf<T>(serde: Serde<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  serde.encodeInto(value, writer);
  return Uint8Array.from(writer.buffer.subarray(0, writer.position));
}

function textOf(key: unknown): string {
  if (typeof key === 'string') return key;
  const isPlain = typeof key === 'object' && key !== null && Object.getPrototypeOf(key) === Object.prototype;
  return isPlain ? JSON.stringify(key) : String(key);
}
