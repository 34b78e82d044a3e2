/**
 * Listings of windowed stores over many keys: a snapshot of the rows here and in the engine, in the order that the kind of store has in Kafka Streams. Reads by key, which
 * operators make for each record, do not come here; emission on window close does, with the rows that it is about to emit.
 */
import type { Header } from '../headers.ts';
import type { StoreIterator } from './faces.ts';
import type { ByteString } from './key-bytes.ts';
import { toByteString } from './key-bytes.ts';
import type { TimedTable } from './timed-table.ts';

/** Where a row stands in a listing. */
export interface RowPlace {
  readonly byteKey: ByteString;
  readonly time: number;
  readonly minor: number;
}

/** A row as it was when the listing began. */
export interface ListedRow extends RowPlace {
  readonly value: unknown;
  readonly bytes: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly Header[] | null;
}

export interface ListedRange {
  /** Included; undefined is open. */
  readonly keyFrom: ByteString | undefined;
  readonly keyTo: ByteString | undefined;
  readonly from: number;
  readonly to: number;
  /** Rows of earlier times are hidden unless the record cache has them. */
  readonly readableFrom: number;
  readonly reverse: boolean;
}

export type RowOrder = (a: RowPlace, b: RowPlace) => number;

/** Listed in persistent stores: by segment, then by the bytes of key, time and number. */
export function bySegment(segmentOf: (time: number) => number): RowOrder {
  return (a, b) => segmentOf(a.time) - segmentOf(b.time) || compareKeys(a, b) || a.time - b.time || a.minor - b.minor;
}

/** Listed in window stores that are in memory or time-ordered. */
export const byTimeThenKey: RowOrder = (a, b) => a.time - b.time || comparePlain(a.byteKey, b.byteKey) || a.minor - b.minor;

/** Listed in session stores in memory: of one end and key the latest start comes first. */
export const byEndKeyLatestStart: RowOrder = (a, b) => a.time - b.time || comparePlain(a.byteKey, b.byteKey) || b.minor - a.minor;

/** Listed for emission in time-ordered session stores. */
export const byEndStartKey: RowOrder = (a, b) => a.time - b.time || a.minor - b.minor || comparePlain(a.byteKey, b.byteKey);

/** Keys with their times behind them, as bytes. Where one key begins with the other, its bytes are compared with the other's time. */
export function compareKeys(a: Pick<RowPlace, 'byteKey' | 'time'>, b: Pick<RowPlace, 'byteKey' | 'time'>): number {
  const { byteKey: left } = a;
  const { byteKey: right } = b;
  if (left === right) return 0;
  if (left.startsWith(right) || right.startsWith(left)) return comparePlain(left + timeString(a.time), right + timeString(b.time));
  return comparePlain(left, right);
}

function comparePlain(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function timeString(time: number): ByteString {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(time));
  return bytes.toString('latin1');
}

/** The rows of a range, sorted, the last first if it is reversed. */
export function listRows<K, V>(table: TimedTable<K, V>, range: ListedRange, order: RowOrder): ListedRow[] {
  const { keyFrom, keyTo, from, to, readableFrom } = range;
  table.open();
  const rows: ListedRow[] = [];
  if (keyFrom !== undefined && keyTo !== undefined && keyFrom > keyTo) return rows;
  table.visit(from, to, (entry) => {
    if (!entry.known || !entry.present) return;
    if (entry.time < readableFrom && entry.cached === null) return;
    const byteKey = table.byteKeyOf(entry.rows);
    if ((keyFrom !== undefined && byteKey < keyFrom) || (keyTo !== undefined && byteKey > keyTo)) return;
    const { bytes, headers, minor, time, timestamp, value } = entry;
    rows.push({ byteKey, time, minor, value, bytes, timestamp, headers });
  });
  const start = Math.max(from, readableFrom, 0);
  if (start < table.completeFrom && start <= to) listEngine(table, { ...range, from: start }, rows);
  rows.sort(order);
  return range.reverse ? rows.reverse() : rows;
}

/** Adds the rows that only the engine has. */
function listEngine<K, V>(table: TimedTable<K, V>, range: ListedRange, rows: ListedRow[]): void {
  const { layout, times } = table;
  const { keyFrom, keyTo, from } = range;
  const to = Math.min(range.to, table.completeFrom - 1);
  const iterator = table.engine.iterate({
    gte: layout.segmentStart(times.segmentOf(from)),
    lt: layout.segmentStart(times.segmentOf(to) + 1),
  });
  try {
    while (iterator.next()) {
      const key = iterator.key;
      const time = layout.timeAt(key, key.length);
      if (time < from || time > to) continue;
      const byteKey = toByteString(key, layout.keyStart, key.length - layout.suffixBytes);
      if ((keyFrom !== undefined && byteKey < keyFrom) || (keyTo !== undefined && byteKey > keyTo)) continue;
      const minor = layout.minorAt(key, key.length);
      // Already there, or deleted.
      if (table.entryOfEngineKey(key, time, minor) !== undefined) continue;
      const row = iterator.value;
      const { codec } = table;
      const bytes = codec.valueBytesOf(row);
      rows.push({ byteKey, time, minor, value: null, bytes, timestamp: codec.timestampOf(row), headers: codec.headersOf(row) });
    }
  } finally {
    iterator.close();
  }
}

/** What a list iterator reads from: rows that are there, or those of a read through the record cache. */
export interface RowReader<R> {
  /** Undefined at the end. */
  next(): R | undefined;
}

/** Everything that is left. */
export function drain<R>(reader: RowReader<R>): R[] {
  const rows: R[] = [];
  for (let row = reader.next(); row !== undefined; row = reader.next()) rows.push(row);
  return rows;
}

export class ListedRows<R> implements RowReader<R> {
  readonly #rows: readonly R[];
  #at = 0;

  constructor(rows: readonly R[]) {
    this.#rows = rows;
  }

  next(): R | undefined {
    return this.#rows[this.#at++];
  }
}

export class ListIterator<R, T> implements StoreIterator<T> {
  #rows: RowReader<R> | null;
  readonly #map: (row: R) => T;

  constructor(rows: RowReader<R>, map: (row: R) => T) {
    this.#rows = rows;
    this.#map = map;
  }

  next(): IteratorResult<T, undefined> {
    const row = this.#rows?.next();
    return row === undefined ? this.return() : { done: false, value: this.#map(row) };
  }

  return(): IteratorResult<T, undefined> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    this.#rows = null;
  }

  [Symbol.iterator](): this {
    return this;
  }
}
