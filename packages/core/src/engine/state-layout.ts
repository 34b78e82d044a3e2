/**
 * How a task's keys lie in its one engine: entries about the task below a zero byte, then each store below two bytes of its own that stay the same whatever stores come and
 * go (design §5: one keyspace, one atomic batch).
 */

/** What an entry about the task says; the second byte of its key. */
export const metaKinds = {
  /** Store name → its two-byte prefix. */
  store: 1,
  /** Changelog topic → offset behind what the engine holds of it. */
  changelog: 2,
  /** Input topic → offset and partition time that the committed data include. */
  input: 3,
  /** The same for what is written before the offset commit: stores without a changelog. */
  unloggedInput: 4,
  /** Name → a time that a processor keeps over a restart. */
  time: 5,
  /** Changelog, or input of stores without one → id of the topic that the data came from, noted by the runtime. */
  topicId: 6,
  /** Use of a serde, a zero byte, a name → what the serde keeps under it, noted by the runtime. */
  serde: 7,
  /** Name of a store that is written without a changelog. */
  unloggedStore: 8,
  /** Store name → how its rows lie. Directories of earlier versions do not say. */
  rowFormat: 9,
} as const;

export type MetaKind = (typeof metaKinds)[keyof typeof metaKinds];

/** Prefixes of stores start here, so that their first byte is never that of the entries about the task. */
export const firstStorePrefix = 0x0100;
export const lastStorePrefix = 0xfffe;

export function metaKey(kind: MetaKind, name: string): Uint8Array {
  return Buffer.concat([Buffer.from([0, kind]), Buffer.from(name)]);
}

export const metaStart: Uint8Array = Buffer.from([0]);
export const metaEnd: Uint8Array = Buffer.from([1]);

/** Kind and name of a key between {@link metaStart} and {@link metaEnd}. */
export function parseMetaKey(key: Uint8Array): { readonly kind: number; readonly name: string } {
  const buffer = Buffer.from(key.buffer, key.byteOffset, key.length);
  return { kind: buffer[1] ?? 0, name: buffer.toString('utf8', 2) };
}

export function storePrefix(id: number): Uint8Array {
  return Buffer.from([id >>> 8, id & 0xff]);
}

/** Numbers of a meta entry, 8 bytes each. */
export function encodeNumbers(...values: readonly number[]): Uint8Array {
  const buffer = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => buffer.writeBigInt64BE(BigInt(value), i * 8));
  return buffer;
}

export function decodeNumber(value: Uint8Array, index: number): number {
  return Number(Buffer.from(value.buffer, value.byteOffset, value.length).readBigInt64BE(index * 8));
}
