/** Rows of one key in a windowed store: a sorted array of entries, and from which time on it has all there are. */
import type { Header } from '../headers.ts';
import { Entry, type EntryOwner } from './entry.ts';
import { FrontList } from './front-list.ts';
import type { ByteString } from './key-bytes.ts';

/** One row: a window or a session of a key. `time` is the window's start or the session's end; `minor` the sequence number or the session's start. */
export class TimedEntry extends Entry {
  readonly rows: KeyRows;
  readonly time: number;
  readonly minor: number;
  /** In a store that keeps them; null if there are none. */
  headers: readonly Header[] | null = null;

  constructor(rows: KeyRows, time: number, minor: number, owner: EntryOwner, known: boolean) {
    super(rows.indexKey, owner, known);
    this.rows = rows;
    this.time = time;
    this.minor = minor;
  }

  /** A row of a window store is read as it is where it never changes. */
  get start(): number {
    return this.time;
  }
}

/** By time, then minor. */
export class KeyRows extends FrontList<TimedEntry | undefined> {
  readonly indexKey: unknown;
  /** Rows of this time and later are all here. */
  completeFrom: number;
  /** The key's bytes, once somebody asked for them. */
  byteKey: ByteString | undefined;

  constructor(indexKey: unknown, completeFrom: number) {
    super(undefined);
    this.indexKey = indexKey;
    this.completeFrom = completeFrom;
  }

  /** Place in `entries` of the first that is not before (time, minor). Mostly it is the last one that is asked for. */
  lowerBound(time: number, minor: number): number {
    const { entries, start } = this;
    let high = entries.length;
    if (high === start) return high;
    const last = entries[high - 1] as TimedEntry;
    if (last.time < time || (last.time === time && last.minor < minor)) return high;
    let low = start;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = entries[middle] as TimedEntry;
      if (entry.time < time || (entry.time === time && entry.minor < minor)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(time: number, minor: number): TimedEntry | undefined {
    const entries = this.entries;
    const last = entries[entries.length - 1];
    if (last !== undefined && last.time === time && last.minor === minor) return last;
    const entry = entries[this.lowerBound(time, minor)];
    return entry !== undefined && entry.time === time && entry.minor === minor ? entry : undefined;
  }

  add(entry: TimedEntry): void {
    this.insert(this.lowerBound(entry.time, entry.minor), entry);
  }

  remove(entry: TimedEntry): void {
    const at = this.lowerBound(entry.time, entry.minor);
    if (this.entries[at] === entry) this.removeAt(at);
  }
}
