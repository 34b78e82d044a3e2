/**
 * What a record cache holds beside the rows of a window store that finds its rows by time and by key: a mark by key for each of them. It has no value and counts like a row
 * without one; it comes in behind its row, is flushed and evicted like any other, and brings its row with it where that was not flushed before. Reads by key go through the
 * marks, and see of the cached rows those that still have one. Kafka Streams: the index of `TimeOrderedCachingWindowStore`.
 */
import type { KeyRead, ListRead } from './cache-order.ts';
import { Entry, type EntryOwner } from './entry.ts';
import { type ByteString, int32String, int64String, maxSequence } from './key-bytes.ts';
import { OrderedEntries } from './ordered-entries.ts';
import { type FlushItem, flushItemOf, type RecordCache } from './record-cache.ts';
import type { TimedEntry } from './timed-entry.ts';
import type { TimedTable } from './timed-table.ts';

const nothing = new Uint8Array(0);

/** A mark in the record cache; it stays when its row is evicted. */
class MarkEntry extends Entry {
  /** The row as it was put last. */
  row: TimedEntry;
  readonly storeKey: ByteString;

  constructor(storeKey: ByteString, row: TimedEntry, owner: EntryOwner) {
    super(storeKey, owner, true);
    this.storeKey = storeKey;
    this.row = row;
    // Not a deletion: those leave the cache once they are flushed.
    this.bytes = nothing;
  }
}

export class CacheMarks<K, V> implements EntryOwner {
  readonly #table: TimedTable<K, V>;
  readonly #cache: RecordCache;
  /** By the row's key in the store. */
  readonly #marks = new Map<ByteString, MarkEntry>();
  /** The same by segment, in the order of these keys, so that a read costs what it passes. */
  readonly #segments = new Map<number, OrderedEntries>();
  /** The largest time that was put. */
  #maxTime = -1;

  constructor(table: TimedTable<K, V>, cache: RecordCache) {
    this.#table = table;
    this.#cache = cache;
  }

  /** Behind the update of a row. May evict. `keyLength` is that of the row in the cache. */
  put(row: TimedEntry, keyLength: number): void {
    if (row.time > this.#maxTime) this.#maxTime = row.time;
    const storeKey = this.#storeKey(row);
    const mark = this.#marks.get(storeKey) ?? this.#add(new MarkEntry(storeKey, row, this));
    mark.row = row;
    this.#cache.putMark(this.#cache.prepare(mark), keyLength);
  }

  /** Whether there is a mark of this row. */
  has(byteKey: ByteString, time: number, minor: number): boolean {
    return this.#marks.has(byteKey + suffix(time, minor));
  }

  /** A read by key passes the row's mark, and the row if that is still there; false if one of them is not. */
  readonly pass = (row: TimedEntry): boolean => {
    const mark = this.#marks.get(this.#storeKey(row));
    if (mark === undefined) return false;
    this.#cache.touch(mark, 0);
    if (row.cached === null) return false;
    this.#cache.touch(row, 0);
    return true;
  };

  /** True if the entry was a mark, which left the cache. */
  released(entry: Entry): boolean {
    if (!(entry instanceof MarkEntry)) return false;
    if (this.#marks.get(entry.storeKey) !== entry) return true;
    this.#marks.delete(entry.storeKey);
    const segment = this.#segmentOf(entry.row.time);
    const marks = this.#segments.get(segment);
    marks?.delete(entry.storeKey, entry);
    if (marks?.size === 0) this.#segments.delete(segment);
    return true;
  }

  clear(): void {
    this.#marks.clear();
    this.#segments.clear();
    this.#maxTime = -1;
  }

  /** Hands over the rows of a flush: each once, be it for its own sake or for its mark's; one that was flushed before and is still in the cache comes again for a mark. */
  flushed(items: readonly FlushItem[], forward: (item: FlushItem) => void): void {
    const forwarded = new Set<TimedEntry>();
    for (const item of items) {
      const { entry } = item.node;
      const row = entry instanceof MarkEntry ? entry.row : (entry as TimedEntry);
      if (forwarded.has(row)) continue;
      if (row === entry) {
        forward(item);
      } else {
        const node = row.cached;
        // Evicted, and so flushed before.
        if (node === null) continue;
        this.#cache.touch(row, 0);
        forward(flushItemOf(node));
      }
      forwarded.add(row);
    }
  }

  /** The rows whose marks a read of a key passes, in its order. */
  ofKey({ from, key, reverse, to }: KeyRead<K>): TimedEntry[] {
    const byteKey = this.#table.keys.byteString(key);
    return this.ofListing({ keyFrom: byteKey, keyTo: byteKey, from, to, reverse });
  }

  /** Those that a read of a range of keys passes: from segment to segment, in each by key and time. */
  ofListing({ from, keyFrom, keyTo, reverse, to }: Omit<ListRead, 'everything'>): TimedEntry[] {
    const { segmentMs } = this.#table.times;
    const start = Math.max(0, from);
    const end = Math.min(to, this.#maxTime);
    // One that begins behind the last row looks at one segment.
    const first = reverse ? Math.min(this.#segmentOf(start), this.#segmentOf(end)) : this.#segmentOf(start);
    const last = reverse ? this.#segmentOf(end) : Math.max(this.#segmentOf(start), this.#segmentOf(end));
    const oneKey = keyFrom !== undefined && keyFrom === keyTo;
    const passed: TimedEntry[] = [];
    const pass = (_key: string, mark: Entry): void => {
      // Nothing else is put there.
      passed.push((mark as MarkEntry).row);
    };
    for (const segment of [...this.#segments.keys()].sort((a, b) => a - b)) {
      if (segment < first || segment > last) continue;
      const segmentStart = segment * segmentMs;
      // One key is asked for from its first time on, but backwards from where the segment begins.
      const lowest = oneKey ? (reverse ? segmentStart : Math.max(start, segmentStart)) : 0;
      const highest = oneKey ? Math.min(reverse ? end : to, segmentStart + segmentMs - 1) : to;
      const lower = keyFrom === undefined ? undefined : keyFrom + suffix(lowest, 0);
      // It is passed itself: the first key behind it has a zero more.
      const upper = keyTo === undefined ? undefined : `${keyTo + suffix(highest, maxSequence)}\0`;
      this.#segments.get(segment)?.visit(lower, upper, pass);
    }
    return reverse ? passed.reverse() : passed;
  }

  // Marks are in no read cache.
  evict(): void {}

  #add(mark: MarkEntry): MarkEntry {
    this.#marks.set(mark.storeKey, mark);
    const segment = this.#segmentOf(mark.row.time);
    let marks = this.#segments.get(segment);
    if (marks === undefined) this.#segments.set(segment, (marks = new OrderedEntries()));
    marks.set(mark.storeKey, mark);
    return mark;
  }

  #segmentOf(time: number): number {
    return Math.trunc(time / this.#table.times.segmentMs);
  }

  #storeKey({ minor, rows, time }: TimedEntry): ByteString {
    return this.#table.byteKeyOf(rows) + suffix(time, minor);
  }
}

/** What stands behind a key's own bytes. */
function suffix(time: number, minor: number): ByteString {
  return int64String(time) + int32String(minor);
}
