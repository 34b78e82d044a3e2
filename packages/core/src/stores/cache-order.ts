/**
 * The order in which a record cache has the rows of a windowed store, and which of them a read goes through: those between two keys of the cache, whether or not they belong
 * to what is read. A key of the cache is the row's segment, then its key, time and number. In memory a segment is one millisecond wide, so the rows of all keys lie by time
 * there, and a read of one key passes those of others; so they do in a time-ordered store. Kafka Streams: `SegmentedCacheFunction`, `CachingWindowStore`, `CachingSessionStore`,
 * `TimeOrderedCachingWindowStore`.
 */
import { type ByteString, int32String, int64String, maxSequence } from './key-bytes.ts';
import type { TimedEntry } from './timed-entry.ts';
import { TimeIndex } from './time-index.ts';
import { compareKeys } from './timed-listing.ts';
import type { TimedTable } from './timed-table.ts';

/** What is read of one key: `from` and `to` are of the rows' times, starts of windows or ends of sessions. */
export interface KeyRead<K> {
  readonly key: K;
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
  /** Asked for as a range of keys that begins and ends with this one. In memory the cache is then gone through from the beginning, whatever `from` says. */
  readonly asRange: boolean;
}

/** What a listing asks the record cache for; undefined keys are open. */
export interface ListRead {
  readonly keyFrom: ByteString | undefined;
  readonly keyTo: ByteString | undefined;
  readonly from: number;
  readonly to: number;
  /** By time alone: Kafka Streams then goes through the whole cache. */
  readonly everything: boolean;
  readonly reverse: boolean;
}

export interface CacheOrderInit<K, V> {
  readonly table: TimedTable<K, V>;
  readonly persistent: boolean;
  readonly timeOrdered: boolean;
  /** Rows are sessions: `time` is their end, `minor` their start. */
  readonly sessions: boolean;
}

export class CacheOrder<K, V> {
  readonly #table: TimedTable<K, V>;
  readonly #sessions: boolean;
  /** A store on disk whose keys begin with the time. */
  readonly #timeFirst: boolean;
  readonly #segmentMs: number;
  /** The cached rows by time, where that is their order. */
  readonly #byTime: TimeIndex | null;
  /** The largest time that was put. */
  #maxTime = -1;

  constructor({ table, persistent, sessions, timeOrdered }: CacheOrderInit<K, V>) {
    this.#table = table;
    this.#sessions = sessions;
    this.#segmentMs = persistent ? table.times.segmentMs : 1;
    this.#timeFirst = persistent && timeOrdered;
    this.#byTime = persistent && !timeOrdered ? null : new TimeIndex();
  }

  /** A row is put into the cache. */
  add(entry: TimedEntry): void {
    if (entry.time > this.#maxTime) this.#maxTime = entry.time;
    if (entry.cached === null) this.#byTime?.add(entry);
  }

  delete(entry: TimedEntry): void {
    this.#byTime?.delete(entry);
  }

  clear(): void {
    this.#byTime?.clear();
    this.#maxTime = -1;
  }

  /** The rows that a read of a key passes, in its order. */
  ofKey(read: KeyRead<K>): TimedEntry[] {
    const byTime = this.#byTime;
    if (byTime !== null && this.#timeFirst) {
      const keyFrom = this.#table.keys.byteString(read.key);
      return this.#timeFirstRows({ ...read, keyFrom, keyTo: keyFrom }, byTime);
    }
    const passed = byTime === null ? this.#inSegments(read) : this.#inMemory(read, byTime);
    return read.reverse ? passed.reverse() : passed;
  }

  /** The rows that a listing passes, in its order. */
  ofListing(read: ListRead): TimedEntry[] {
    if (this.#byTime !== null && this.#timeFirst) return this.#timeFirstRows(read, this.#byTime);
    const passes = this.#bounds(read);
    const passed: { readonly cacheKey: ByteString; readonly entry: TimedEntry }[] = [];
    this.#table.visit(0, Number.POSITIVE_INFINITY, (entry) => {
      if (entry.cached === null) return;
      const storeKey = this.#table.byteKeyOf(entry.rows) + this.#suffix(entry.time, entry.minor);
      const segment = this.#segmentOf(entry.time);
      if (passes(segment, storeKey)) passed.push({ cacheKey: int64String(segment) + storeKey, entry });
    });
    passed.sort((a, b) => (a.cacheKey < b.cacheKey ? -1 : 1));
    if (read.reverse) passed.reverse();
    return passed.map(({ entry }) => entry);
  }

  #segmentOf(time: number): number {
    return Math.trunc(time / this.#segmentMs);
  }

  /** A store on disk is asked segment by segment, for the rows of the key alone; backwards it begins where the last segment begins. */
  #inSegments({ from, key, reverse, to }: KeyRead<K>): TimedEntry[] {
    const rows = this.#table.rowsOf(key);
    if (rows === undefined) return [];
    let lower = Math.max(0, from);
    let upper = to;
    if (reverse) {
      upper = Math.min(to, this.#maxTime);
      lower = Math.min(this.#segmentOf(lower), this.#segmentOf(upper)) * this.#segmentMs;
    }
    const { entries } = rows;
    const passed: TimedEntry[] = [];
    for (let at = rows.lowerBound(lower, 0); at < entries.length; at++) {
      const entry = entries[at] as TimedEntry;
      if (entry.time > upper) break;
      if (entry.cached !== null) passed.push(entry);
    }
    return passed;
  }

  /** Of sessions everything is passed that ends later. */
  #inMemory({ asRange, from, key, to }: KeyRead<K>, byTime: TimeIndex): TimedEntry[] {
    const table = this.#table;
    const byteKey = table.keys.byteString(key);
    const lower = { byteKey, time: asRange ? 0 : Math.max(0, from) };
    const upper = { byteKey, time: to };
    const passed: { readonly byteKey: ByteString; readonly time: number; readonly entry: TimedEntry }[] = [];
    byTime.visit(lower.time, this.#sessions ? Number.POSITIVE_INFINITY : to, (entry) => {
      const place = { byteKey: table.byteKeyOf(entry.rows), time: entry.time, entry };
      if (entry.time === lower.time && compareKeys(place, lower) < 0) return;
      if (!this.#sessions && entry.time === to && compareKeys(place, upper) > 0) return;
      passed.push(place);
    });
    passed.sort((a, b) => a.time - b.time || compareKeys(a, b) || a.entry.minor - b.entry.minor);
    return passed.map(({ entry }) => entry);
  }

  /** From segment to segment; the first row outside the times that are asked for is looked at, and ends it. */
  #timeFirstRows({ from, keyFrom, keyTo, reverse, to }: Omit<ListRead, 'everything'>, byTime: TimeIndex): TimedEntry[] {
    const segmentMs = this.#segmentMs;
    const start = Math.max(0, from);
    const end = Math.min(to, this.#maxTime);
    const first = this.#segmentOf(start);
    const last = Math.max(first, this.#segmentOf(end));
    const oneKey = keyFrom !== undefined && keyFrom === keyTo;
    // A key in the store begins with its time: only at the time of a bound does more of it count.
    const lowest = (keyFrom ?? '') + (oneKey ? int32String(0) : '');
    const highest = keyTo === undefined ? undefined : (oneKey ? keyTo : '\xff'.repeat(keyTo.length)) + int32String(maxSequence);
    // As bytes a negative time is behind all others.
    const latest = to < 0 ? Number.POSITIVE_INFINITY : to;
    const passes = (entry: TimedEntry): boolean => {
      const { time } = entry;
      const segmentStart = this.#segmentOf(time) * segmentMs;
      const lower = reverse ? segmentStart : Math.max(start, segmentStart);
      if (time < lower || (time === lower && this.#afterTime(entry) < lowest)) return false;
      if (highest === undefined) return true;
      const upper = oneKey && to >= 0 ? Math.min(to, segmentStart + segmentMs - 1) : latest;
      return time < upper || (time === upper && this.#afterTime(entry) <= highest);
    };
    const found: TimedEntry[] = [];
    const find = (entry: TimedEntry): void => {
      if (entry.cached !== null && passes(entry)) found.push(entry);
    };
    const endOfLast = (last + 1) * segmentMs - 1;
    if (reverse) byTime.visit(Math.min(first, this.#segmentOf(end)) * segmentMs, endOfLast, find);
    else {
      byTime.visit(start, Math.min(to, endOfLast), find);
      const next = byTime.timeAfter(to);
      if (next !== undefined && next <= endOfLast) byTime.visit(next, next, find);
    }
    found.sort(reverse ? (a, b) => this.#compareTimeFirst(b, a) : (a, b) => this.#compareTimeFirst(a, b));
    const stop = found.findIndex(({ time }) => (reverse ? time < from : time > to));
    return stop < 0 ? found : found.slice(0, stop + 1);
  }

  #compareTimeFirst(a: TimedEntry, b: TimedEntry): number {
    if (a.time !== b.time) return a.time - b.time;
    const table = this.#table;
    // Zeros behind both keys do not change their order, so nothing is put together for rows without numbers.
    const plain = a.minor === 0 && b.minor === 0;
    const left = plain ? table.byteKeyOf(a.rows) : this.#afterTime(a);
    const right = plain ? table.byteKeyOf(b.rows) : this.#afterTime(b);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** What stands behind the time in a store whose keys begin with it. */
  #afterTime({ minor, rows }: TimedEntry): ByteString {
    return this.#table.byteKeyOf(rows) + int32String(minor);
  }

  /** Says whether a listing passes a row, by its segment and its key in the store. */
  #bounds({ everything, from, keyFrom, keyTo, reverse, to }: ListRead): (segment: number, storeKey: ByteString) => boolean {
    if (everything || (keyFrom === undefined && keyTo === undefined)) return () => true;
    const lower = keyFrom === undefined ? '' : keyFrom + this.#suffix(0, 0);
    // The upper bound has the latest end that there can be: it is behind all sessions.
    if (this.#sessions) return (segment, storeKey) => segment > 0 || storeKey >= lower;
    const upper = keyTo === undefined ? undefined : keyTo + this.#suffix(to, maxSequence);
    if (this.#byTime !== null) {
      // The lower bound's time is 0, whatever is asked for.
      return (segment, storeKey) =>
        (segment > 0 || storeKey >= lower) && (upper === undefined || segment < to || (segment === to && storeKey <= upper));
    }
    const first = this.#segmentOf(from);
    const last = Math.max(first, this.#segmentOf(Math.min(to, this.#maxTime)));
    // Without a bound it goes on to the ends of the cache.
    if (keyFrom === undefined) return (segment, storeKey) => segment < last || (segment === last && storeKey <= (upper as string));
    if (upper === undefined) return (segment, storeKey) => segment > first || (segment === first && storeKey >= lower);
    if (keyFrom !== keyTo) return (segment, storeKey) => segment >= first && segment <= last && storeKey >= lower && storeKey <= upper;
    // One key is asked for from its first time on, but backwards from where the segment begins.
    return (segment, storeKey) => {
      const start = segment * this.#segmentMs;
      return (
        segment >= first &&
        segment <= last &&
        storeKey >= keyFrom + this.#suffix(reverse ? start : Math.max(0, from, start), 0) &&
        storeKey <= keyFrom + this.#suffix(Math.min(reverse ? Math.min(to, this.#maxTime) : to, start + this.#segmentMs - 1), maxSequence)
      );
    };
  }

  /** What stands behind the key's own bytes. */
  #suffix(time: number, minor: number): ByteString {
    return int64String(time) + (this.#sessions ? int64String(minor) : int32String(minor));
  }
}
