/**
 * A cursor over a store: the engine's snapshot merged with a copy of the rows that the engine does not have as they are. Later writes do not show.
 * Kafka Streams: `MergedSortedCacheKeyValueBytesStoreIterator`.
 */
import type { EngineIterator } from '@millrace/state';
import type { Entry } from './entry.ts';
import { type ByteString, toByteString } from './key-bytes.ts';

/** A row of the table as it was when the range read began. */
export interface PendingRow {
  readonly key: ByteString;
  readonly entry: Entry;
  readonly value: unknown;
  readonly bytes: Uint8Array | null;
  readonly timestamp: number;
  /** It was in the record cache, whatever is below that. */
  readonly isCached: boolean;
}

export interface RowCursorInit {
  /** Null if all rows are pending. */
  readonly iterator: EngineIterator | null;
  /** In key order. */
  readonly pending: readonly PendingRow[];
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
  /** The next row of the record cache. */
  #cachedAt: number;
  #touchedAt: number | undefined;
  #open = true;

  constructor(init: RowCursorInit) {
    this.#init = init;
    this.#at = this.#cachedAt = init.reverse ? init.pending.length - 1 : 0;
  }

  next(): boolean {
    if (!this.#open) return false;
    const { iterator, pending, reverse } = this.#init;
    for (;;) {
      this.#readAhead();
      const engineKey = this.#engineKey;
      const row = pending[this.#at];
      if (row === undefined && engineKey === undefined) {
        this.close();
        return false;
      }
      const order = row === undefined ? 1 : engineKey === undefined ? -1 : compare(row.key, engineKey) * (reverse ? -1 : 1);
      if (iterator !== null && order > 0) {
        this.#engineReady = false;
        this.key = iterator.key;
        this.row = iterator.value;
        this.entry = undefined;
        return true;
      }
      // The table's row hides the engine's.
      if (order === 0) this.#engineReady = false;
      this.#at += reverse ? -1 : 1;
      const { entry, value, bytes, timestamp } = row as PendingRow; // only with one is `order` not positive
      this.value = value;
      this.bytes = bytes;
      if (value === null && bytes === null) continue;
      this.key = undefined;
      this.row = undefined;
      this.entry = entry;
      this.timestamp = timestamp;
      return true;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#init.iterator?.close();
    this.#init.closed(this);
  }

  /** Looks at the next row of both sides; the record cache counts that as a use of its row, as in Java. */
  #readAhead(): void {
    const { iterator, pending, prefixLength, reverse, touched } = this.#init;
    if (!this.#engineReady) {
      this.#engineReady = true;
      this.#engineKey = iterator?.next() === true ? toByteString(iterator.key, prefixLength) : undefined;
    }
    if (touched === undefined) return;
    const step = reverse ? -1 : 1;
    if ((this.#at - this.#cachedAt) * step > 0) this.#cachedAt = this.#at;
    while (pending[this.#cachedAt]?.isCached === false) this.#cachedAt += step;
    if (this.#touchedAt === this.#cachedAt) return;
    this.#touchedAt = this.#cachedAt;
    const row = pending[this.#cachedAt];
    if (row !== undefined) touched(row.entry);
  }
}

function compare(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
