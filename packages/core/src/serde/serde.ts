/**
 * How values become bytes and back. A serde reads a range of a buffer and writes into a target, so that the record path neither slices nor allocates.
 * It never sees null: a null key, and a null value (a tombstone), are nulls on every level.
 */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { ByteWriter } from './byte-writer.ts';

/** What a serde is used for; `bind` gets it once, when the node is created. */
export interface SerdeTarget {
  /** Topic of the record, of the changelog for a store. */
  readonly topic: string;
  readonly role: 'key' | 'value';
}

/** What a serde is opened for, and what it knew before. */
export interface SerdeOpening {
  readonly purpose: 'source' | 'sink' | 'store';
  /** What was kept by earlier openings in the state of this task; nothing where the task has no state. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
  /** Keeps something with the state of the task, so that the next opening, perhaps after a restart, knows it. Good until `open` has ended. */
  readonly keep: (name: string, bytes: Uint8Array) => void;
}

export interface Serde<T> {
  /**
   * Reads `buffer[start, end)`. Throws on bytes that it cannot read. The result must not share memory with the buffer.
   */
  decode(buffer: Uint8Array, start: number, end: number): T;

  /** Appends the bytes of `value`. Throws on a value that it cannot write; what was appended by then is discarded. */
  encodeInto(value: T, writer: ByteWriter): void;

  /**
   * True if decoded values cannot be changed in place (text, numbers, frozen objects). Stores share such a value with their readers; of others they hand out a
   * fresh copy each time, since users change aggregates in place.
   */
  readonly immutable: boolean;

  /**
   * True if values are JavaScript primitives for which `===` is equality of bytes, so that a value can be a `Map` key. Text counts although a lone
   * surrogate does not survive: stores normalise it.
   */
  readonly primitive: boolean;

  /** Names the byte format, e.g. `utf8`. Serdes of one format read and write the same bytes for the same values. Undefined: equal only to itself. */
  readonly format: string | undefined;

  /**
   * How many bytes at the end of a key say nothing about its partition: the times of a windowed key. Sinks choose the partition by what stands before.
   *
   * @default 0
   */
  readonly unpartitionedBytes?: number | undefined;

  /**
   * True if `buffer[start, end)` decodes without error and encodes to the same bytes again. With it, what nobody reads is never decoded and what nobody changed is
   * copied. Without it, every record is decoded at its source.
   */
  isCanonical?(buffer: Uint8Array, start: number, end: number): boolean;

  /**
   * `decode` and `isCanonical` in one: undefined where the bytes are not canonical. For serdes whose decoded values tell, so that nobody looks at the bytes of what is read anyway.
   */
  decodeCanonical?(buffer: Uint8Array, start: number, end: number): T | undefined;

  /** A serde for one topic and role, where these matter (a schema registry's subjects). */
  bind?(target: SerdeTarget): Serde<T>;

  /**
   * Gets ready for its target (registers schemas, learns those that were kept). Called on the bound serde before a task that uses it opens, and for every such task.
   * A failure whose `retriable` is true is tried again for as long as a task may stall; any other ends the start.
   */
  open?(opening: SerdeOpening): Promise<void> | void;

  /**
   * Fetches what decoding this batch will need (schemas). Called on the bound serde before the batch is processed. While it runs, the partition waits and others go on. If it
   * fails with an error whose `retriable` is true it is called again later; what else goes wrong with a record `decode` says, to which the handlers listen.
   */
  prepare?(batch: FetchedRecords, role: 'key' | 'value'): Promise<void> | void;
}

/** The type a serde stands for. */
export type Serialized<S> = S extends Serde<infer T> ? T : never;
