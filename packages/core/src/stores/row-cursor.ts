/**
 * A cursor over a store: the engine's snapshot merged with a copy of the rows that the engine does not have as they are. Later writes do not show.
 * Kafka Streams: `MergedSortedCacheKeyValueBytesStoreIterator`.
 */
import type { EngineIterator } from '@millrace/state';
import type { Entry } from './entry.ts';
import { type ByteString, toByteString } from './key-bytes.ts';

/** Rows by column, in key order. */
export interface PendingRows {
  readonly keys: ByteString[];
  readonly entries: Entry[];
  readonly values: unknown[];
  readonly bytes: (Uint8Array | null)[];
  readonly timestamps: number[];
}

export interface RowCursorInit {
  readonly iterator: EngineIterator;
  readonly pending: PendingRows;
  readonly reverse: boolean;
  readonly prefixLength: number;
  readonly touched: ((entry: Entry) => void) | undefined;
  readonly closed: (cursor: RowCursor) => void;
}

/** `next()` first. Then the row is either the engine's (`row`), or one of the table: its `entry` with the value it had (`value` or `bytes`). */
export class RowCursor {
  /** The engine's key, prefix in front, and row; undefined if the table had a newer one. */
  key: Uint8Array | undefined;
  row: Uint8Array | undefined;
  entry: Entry | undefined;
  value: unknown = null;
  bytes: Uint8Array | null = null;
  timestamp = -1;
  readonly #init: RowCursorInit;
  #engineReady = false;
  #engineKey: ByteString | undefined;
  #at: number;
  #touchedAt: number | undefined;
  #open = true;

  constructor(init: RowCursorInit) {
    this.#init = init;
    this.#at = init.reverse ? init.pending.keys.length - 1 : 0;
  }

  next(): boolean {
    if (!this.#open) return false;
    const { iterator, pending, reverse } = this.#init;
    for (;;) {
      this.#readAhead();
      const engineKey = this.#engineKey;
      const key = pending.keys[this.#at];
      if (key === undefined && engineKey === undefined) {
        this.close();
        return false;
      }
      const order = key === undefined ? 1 : engineKey === undefined ? -1 : compare(key, engineKey) * (reverse ? -1 : 1);
      if (order > 0) {
        this.#engineReady = false;
        this.key = iterator.key;
        this.row = iterator.value;
        this.entry = undefined;
        return true;
      }
      // The table's row hides the engine's.
      if (order === 0) this.#engineReady = false;
      const at = this.#at;
      this.#at += reverse ? -1 : 1;
      this.value = pending.values[at];
      this.bytes = pending.bytes[at] as Uint8Array | null;
      if (this.value === null && this.bytes === null) continue;
      this.key = undefined;
      this.row = undefined;
      this.entry = pending.entries[at] as Entry;
      this.timestamp = pending.timestamps[at] as number;
      return true;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#init.iterator.close();
    this.#init.closed(this);
  }

  /** Looks at the next row of both sides; the record cache counts that as a use of its row, as in Java. */
  #readAhead(): void {
    const { iterator, pending, prefixLength, touched } = this.#init;
    if (!this.#engineReady) {
      this.#engineReady = true;
      this.#engineKey = iterator.next() ? toByteString(iterator.key, prefixLength) : undefined;
    }
    if (touched === undefined || this.#touchedAt === this.#at) return;
    this.#touchedAt = this.#at;
    const entry = pending.entries[this.#at];
    if (entry !== undefined) touched(entry);
  }
}

function compare(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function openRows(init: RowCursorInit): RowCursor {
  return new RowCursor(init);
}
