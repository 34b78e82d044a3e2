/**
 * How the range worker and its clients talk: a few words and a window of bytes in shared memory, and a message port for what does not fit there.
 *
 * One request at a time. The client writes it and sets the state to `requested`; the worker answers and sets `answered`, or `idle` for requests without an
 * answer. Both sides sleep on the state word.
 */

/** Both sides check it: from source, the worker comes from the last build. */
export const protocolVersion = 2;

export const windowBytes: number = 256 * 1024;

/** Index of each word in the control block. */
export const word = {
  state: 0,
  operation: 1,
  database: 2,
  iterator: 3,
  flags: 4,
  /** Request: length of the lower bound. Answer: bytes of rows. */
  firstLength: 5,
  /** Request: length of the upper bound. */
  secondLength: 6,
  /** Request: rows wanted. Answer: rows there. */
  rows: 7,
  /** Request: an iterator to close behind the answer, and its database. 0: none. */
  closingIterator: 8,
  closingDatabase: 9,
} as const;

const words = 10;
const controlBytes = words * Int32Array.BYTES_PER_ELEMENT;

export const state = { idle: 0, requested: 1, answered: 2 } as const;

export const operation = {
  /** By port: {@link OpenRequest}. */
  openDatabase: 1,
  closeDatabase: 2,
  openIterator: 3,
  /** More rows of an iterator. */
  next: 4,
  /** Only closes what `closingIterator` names. Has no answer. */
  close: 5,
} as const;

export const flag = {
  /** Request: from the last key to the first. */
  reverse: 1,
  hasLower: 2,
  hasUpper: 4,
  /** Request: the bounds, answer: the rows, come by port. */
  byPort: 8,
  /** Answer: there are no more rows, and the iterator is closed. */
  finished: 16,
  /** Answer: failed; {@link Failure} comes by port. */
  failed: 32,
} as const;

export interface OpenRequest {
  readonly version: number;
  readonly location: string;
}

/** Bounds that do not fit the window. */
export interface Bounds {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

export interface Failure {
  readonly code: string | undefined;
  readonly message: string;
}

export interface SharedWindow {
  readonly memory: SharedArrayBuffer;
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

export function createWindow(): SharedWindow {
  return openWindow(new SharedArrayBuffer(controlBytes + windowBytes));
}

export function openWindow(memory: SharedArrayBuffer): SharedWindow {
  return { memory, control: new Int32Array(memory, 0, words), bytes: new Uint8Array(memory, controlBytes, windowBytes) };
}

/** Each row: length of the key, length of the value (32 bits each, little-endian), key, value. */
export const rowHeaderBytes = 8;

export function rowsLength(rows: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): number {
  return rows.reduce((sum, [key, value]) => sum + rowHeaderBytes + key.length + value.length, 0);
}

/** `into` has room for {@link rowsLength}. */
export function writeRows(rows: readonly (readonly [key: Uint8Array, value: Uint8Array])[], into: Uint8Array): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  let at = 0;
  for (const [key, value] of rows) {
    view.setUint32(at, key.length, true);
    view.setUint32(at + 4, value.length, true);
    into.set(key, at + rowHeaderBytes);
    into.set(value, at + rowHeaderBytes + key.length);
    at += rowHeaderBytes + key.length + value.length;
  }
}
