/**
 * The rows of a windowed store between its typed face and the engine: recent rows as sorted arrays per key, known to be complete from some time on, so that the engine is
 * read only below that. The same entries are record cache, overlay and read cache, as in the table of a key-value store. A row that expired before its commit goes to
 * the changelog only. The store's own time is kept with its rows, so that a restart refuses and hides what no restart would have.
 */
import type { EngineBatch, StateEngine } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import { entryBytes, type EntryOwner } from './entry.ts';
import { EntryIndex } from './entry-index.ts';
import { readTimestamp, writeTimestamp } from './key-bytes.ts';
import type { ReadCache } from './read-cache.ts';
import type { RecordContext } from './record-context.ts';
import { laterNumber, nextNumber } from './sequence-number.ts';
import type { StoreKeys } from './store-keys.ts';
import type { StoreTimes } from './store-times.ts';
import { KeyRows, TimedEntry } from './timed-entry.ts';
import type { TimedLayout } from './timed-layout.ts';
import { TimedRowCodec, type TimedRowCodecInit } from './timed-row-codec.ts';
import { TimeIndex } from './time-index.ts';

/** The largest time that an engine's key can hold. */
export const maxTime: number = Number.MAX_SAFE_INTEGER;

export interface TimedTableInit<K, V> extends TimedRowCodecInit<K, V> {
  /** Rows are also looked for by time alone. */
  readonly timeOrdered: boolean;
  /** A record without a value stands in the changelog and nowhere else: neither rows nor the store's time know of it. @default false */
  readonly ignoresNothing?: boolean | undefined;
}

export class TimedTable<K, V> implements EntryOwner {
  readonly times: StoreTimes;
  readonly codec: TimedRowCodec<K, V>;
  readonly keys: StoreKeys<K>;
  readonly layout: TimedLayout;
  readonly engine: StateEngine;
  readonly #store: string;
  readonly #readCache: ReadCache;
  readonly #context: RecordContext;
  readonly #index = new EntryIndex<KeyRows>();
  readonly #byTime: TimeIndex | null;
  readonly #ignoresNothing: boolean;
  /** Keys without rows here have none of this time or later. */
  #completeFrom = 0;
  /** The rows found last, since a row is mostly written right after it was read. */
  #lastKey: K | undefined;
  #last: KeyRows | undefined;
  #uncommitted: TimedEntry[] = [];
  #taken: TimedEntry[] = [];
  #epoch = 1;
  #uncommittedBytes = 0;
  #takenBytes = 0;
  /** False until the store's time was read from the engine. */
  #opened = false;
  /** What the engine knows of the store's time and sequence, and the first segment that it still has. */
  #writtenTime = -1;
  #writtenSequence = 0;
  #droppedBelow = 0;
  /** Number of the last row of a store that retains duplicates. */
  #sequence = 0;

  constructor(store: string, init: TimedTableInit<K, V>) {
    this.times = init.times;
    this.codec = new TimedRowCodec(init);
    this.keys = this.codec.keys;
    this.layout = this.codec.layout;
    this.engine = init.environment.engine;
    this.#store = store;
    this.#readCache = init.environment.readCache;
    this.#context = init.environment.context;
    this.#byTime = init.timeOrdered ? new TimeIndex() : null;
    this.#ignoresNothing = init.ignoresNothing === true;
  }

  get uncommittedBytes(): number {
    return this.#uncommittedBytes + this.#takenBytes;
  }

  /** Reads what the engine has of the store's time; before anything else is asked. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const meta = this.engine.get(this.layout.metaKey);
    this.times.observed = this.#writtenTime = meta === undefined ? -1 : readTimestamp(meta);
    this.#sequence = this.#writtenSequence = meta === undefined ? 0 : readTimestamp(meta.subarray(8));
    this.#droppedBelow = 0;
    this.#completeFrom = this.times.observed + 1;
  }

  /** The number of the next row of a store that retains duplicates. */
  nextSequence(): number {
    this.open();
    return (this.#sequence = nextNumber(this.#sequence));
  }

  // ---- rows ----

  /** The row of a key and time, which may be one that is known to be absent; undefined if there is none or if it has expired. */
  find(key: K, time: number, minor: number): TimedEntry | undefined {
    this.open();
    const rows = this.#rowsOf(key);
    const entry = rows?.get(time, minor);
    if (time < this.times.readableFrom) return entry !== undefined && entry.cached !== null ? entry : undefined;
    if (entry !== undefined) {
      entry.referenced = true;
      return entry.known ? entry : this.#learn(entry);
    }
    return time >= (rows === undefined ? this.#completeFrom : rows.completeFrom) ? undefined : this.#load(key, rows, time, minor);
  }

  /** The rows of a key that can be seen, by time. A fresh array. */
  between(key: K, from: number, to: number): TimedEntry[] {
    this.open();
    let rows = this.#rowsOf(key);
    const start = Math.max(from, this.times.readableFrom, 0);
    const completeFrom = rows === undefined ? this.#completeFrom : rows.completeFrom;
    let loaded: TimedEntry[] | undefined;
    if (start < completeFrom && start <= to) {
      rows ??= this.#newRows(this.keys.indexKeyOf(key));
      loaded = this.#loadFrom(key, rows, start);
    }
    const found = rows === undefined ? [] : this.#visible(rows, from, to);
    if (loaded !== undefined) {
      for (const entry of loaded) this.#readCache.add(entry);
      if ((rows as KeyRows).size === 0) this.#forget(rows as KeyRows);
    }
    return found;
  }

  /** The rows of a key that are here. */
  rowsOf(key: K): KeyRows | undefined {
    this.open();
    return this.#rowsOf(key);
  }

  keyOf(entry: TimedEntry): K {
    return this.keys.keyOf(entry.rows.indexKey);
  }

  byteKeyOf(rows: KeyRows): string {
    return (rows.byteKey ??= this.keys.byteStringOf(rows.indexKey));
  }

  // ---- writing: encode, then target, assign, markUncommitted, log ----

  /** Bytes of key and value for an update of a row; throws before anything changed. */
  encode(key: K, time: number, minor: number, value: V | null): void {
    this.open();
    this.codec.encodeKey(key, time, minor);
    this.codec.encodeValue(value);
  }

  /** The entry that an update goes to, not read from the engine. `encode` came first. */
  target(key: K, time: number, minor: number): TimedEntry {
    let rows = this.#rowsOf(key);
    if (rows === undefined) {
      rows = this.#newRows(this.keys.indexKeyOf(key));
      this.#remember(key, rows);
    }
    const found = rows.get(time, minor);
    if (found !== undefined) return found;
    this.#trim(rows);
    return this.#newEntry(rows, time, minor, this.codec.keyLength, time >= rows.completeFrom);
  }

  /** Gives a row its new value, as encoded. Null deletes. */
  assign(entry: TimedEntry, value: V | null, timestamp: number): void {
    // Its size changes, and what is in the read cache is clean: the entry leaves it either way.
    this.#readCache.remove(entry);
    const counted = entry.epoch === this.#epoch;
    if (counted) this.#uncommittedBytes -= entryBytes(entry);
    entry.timestamp = timestamp;
    if (this.codec.keepsHeaders) entry.headers = value === null ? null : (this.#context.headers?.toArray() ?? null);
    if (value === null) {
      entry.value = null;
      entry.bytes = null;
      entry.valueLength = 0;
    } else {
      const { codec } = this;
      entry.valueLength = codec.valueLength;
      if (codec.immutable) entry.value = value;
      else entry.bytes = codec.valueBytes();
    }
    entry.known = true;
    if (counted) this.#uncommittedBytes += entryBytes(entry);
  }

  /** The row waits for the next commit. */
  markUncommitted(entry: TimedEntry): void {
    if (entry.epoch === this.#epoch) return;
    this.#readCache.remove(entry);
    entry.epoch = this.#epoch;
    this.#uncommitted.push(entry);
    this.#uncommittedBytes += entryBytes(entry);
  }

  /** The entry is in the record cache. */
  noteHeld(entry: TimedEntry): void {
    this.#readCache.remove(entry);
  }

  /** The entry may have become one that can be read again from the engine, or that is not needed any more. */
  release(entry: TimedEntry): void {
    if (!entry.disposable || !entry.indexed) return;
    // What is absent, or was written without being read, is known from completeness or is read again.
    if (!entry.known || entry.time < this.times.keptFrom || (!entry.present && entry.time >= entry.rows.completeFrom)) this.#drop(entry);
    else this.#readCache.add(entry);
  }

  /** The engine's row, for an entry whose forwarded value is not known. */
  readEngine(entry: TimedEntry): Uint8Array | undefined {
    this.codec.encodeKeyOf(entry);
    return this.engine.get(this.codec.engineKey);
  }

  // ---- listing ----

  /** Hands over every entry with `from <= time <= to`, tombstones too; by time if the store is time-ordered. */
  visit(from: number, to: number, visitor: (entry: TimedEntry) => void): void {
    this.open();
    if (this.#byTime !== null) {
      this.#byTime.visit(from, to, visitor);
      return;
    }
    for (const { entries, start } of this.#index) {
      for (let at = start; at < entries.length; at++) {
        const entry = entries[at] as TimedEntry;
        if (entry.time >= from && entry.time <= to) visitor(entry);
      }
    }
  }

  /** Rows of earlier times may be in the engine only. */
  get completeFrom(): number {
    return this.#completeFrom;
  }

  /** The entry of a row that the engine has, if it is here too. */
  entryOfEngineKey(engineKey: Uint8Array, time: number, minor: number): TimedEntry | undefined {
    const { keyStart, suffixBytes } = this.layout;
    const entry = this.#index.get(this.keys.indexKeyOfBytes(engineKey, keyStart, engineKey.length - suffixBytes))?.get(time, minor);
    return entry !== undefined && entry.known ? entry : undefined;
  }

  // ---- commit, restore ----

  take(batch: EngineBatch): void {
    this.open();
    const entries = this.#uncommitted;
    const { times, codec } = this;
    this.#dropSegments(batch);
    // What expired meanwhile nobody will read.
    const live = entries.filter(({ time }) => time >= times.keptFrom);
    if (live.length > 1) sortForEngine(live, times);
    for (const entry of live) {
      const node = entry.cached;
      // With updates that are not forwarded yet, the row that belongs to this commit is the one forwarded last.
      const held = node !== null && node.unsettled;
      const value = held ? node.baseValue : entry.value;
      const bytes = held ? node.baseBytes : entry.bytes;
      codec.encodeKeyOf(entry);
      if (value === null && bytes === null) {
        batch.delete(codec.engineKey);
        continue;
      }
      codec.encodeHeld(value, bytes);
      batch.put(codec.engineKey, codec.engineRow(held ? node.baseTimestamp : entry.timestamp, entry.headers));
    }
    if (times.observed !== this.#writtenTime || this.#sequence !== this.#writtenSequence) this.#writeMeta(batch);
    this.#taken = this.#taken.length === 0 ? entries : this.#taken.concat(entries);
    this.#takenBytes += this.#uncommittedBytes;
    this.#uncommitted = [];
    this.#uncommittedBytes = 0;
    this.#epoch++;
  }

  settle(): void {
    const taken = this.#taken;
    this.#taken = [];
    this.#takenBytes = 0;
    for (const entry of taken) {
      // Written again since: it waits for the next commit.
      if (entry.epoch === this.#epoch) continue;
      entry.epoch = 0;
      this.release(entry);
    }
  }

  reset(): void {
    for (const { entries, start } of this.#index)
      for (let at = start; at < entries.length; at++) this.#readCache.remove(entries[at] as TimedEntry);
    this.#index.clear();
    this.#byTime?.clear();
    this.#uncommitted = [];
    this.#taken = [];
    this.#uncommittedBytes = this.#takenBytes = 0;
    this.#last = undefined;
    this.#opened = false;
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    this.open();
    const { layout, times } = this;
    const keyStart = records.keyStart(index);
    const keyEnd = records.keyEnd(index);
    if (keyStart < 0 || keyEnd - keyStart < layout.suffixBytes) {
      throw new StreamsError(
        'MR_RECORD_CORRUPT',
        `the changelog of store ${this.#store} has a record without a time in its key; was its topic written by something else?`,
        { details: { store: this.#store, topic: records.tp.topic, partition: records.tp.partition, offset: records.offset(index) } },
      );
    }
    const time = layout.timeAt(records.buffer, keyEnd);
    const minor = layout.minorAt(records.buffer, keyEnd);
    if (layout.suffixBytes === 12) this.#sequence = laterNumber(this.#sequence, minor);
    if (this.#ignoresNothing && records.valueStart(index) < 0) return 0;
    times.observe(time);
    if (time >= this.#completeFrom) this.#completeFrom = time + 1;
    if (!times.accepts(time)) return 0;
    const { codec } = this;
    codec.copyKey(records.buffer, keyStart, keyEnd - layout.suffixBytes, time, minor);
    const key = codec.engineKey;
    const valueStart = records.valueStart(index);
    if (valueStart < 0) {
      batch.delete(key);
      return key.length;
    }
    codec.copyValue(records.buffer, valueStart, records.valueEnd(index));
    const row = codec.engineRow(records.timestamp(index), codec.keepsHeaders ? records.headers(index).toArray() : null);
    batch.put(key, row);
    return key.length + row.length;
  }

  finishRestore(batch: EngineBatch): void {
    this.open();
    this.#dropSegments(batch);
    this.#writeMeta(batch);
  }

  // ---- inside ----

  /** The read cache has no room for a clean entry. */
  evict(entry: TimedEntry): void {
    const { rows, time } = entry;
    if (entry.present && time >= this.times.keptFrom) {
      if (time >= rows.completeFrom) rows.completeFrom = time + 1;
      if (time >= this.#completeFrom) this.#completeFrom = time + 1;
    }
    this.#drop(entry);
  }

  #drop(entry: TimedEntry): void {
    const { rows } = entry;
    entry.indexed = false;
    rows.remove(entry);
    this.#byTime?.delete(entry);
    if (rows.size === 0) this.#forget(rows);
  }

  #rowsOf(key: K): KeyRows | undefined {
    if (this.#last !== undefined && key === this.#lastKey) return this.#last;
    const rows = this.#index.get(this.keys.indexKeyOf(key));
    if (rows !== undefined) this.#remember(key, rows);
    return rows;
  }

  #remember(key: K, rows: KeyRows): void {
    // Other keys may be changed in place and be found under what they were.
    if (!this.keys.comparable) return;
    this.#lastKey = key;
    this.#last = rows;
  }

  #newRows(indexKey: unknown): KeyRows {
    const rows = new KeyRows(indexKey, this.#completeFrom);
    this.#index.add(rows);
    return rows;
  }

  #forget(rows: KeyRows): void {
    if (this.#index.get(rows.indexKey) === rows) this.#index.delete(rows.indexKey);
    if (this.#last === rows) this.#last = undefined;
  }

  #newEntry(rows: KeyRows, time: number, minor: number, keyLength: number, known: boolean): TimedEntry {
    const entry = new TimedEntry(rows, time, minor, this, known);
    entry.keyLength = keyLength;
    rows.add(entry);
    this.#byTime?.add(entry);
    return entry;
  }

  /** Drops expired rows from the front of a key's list. */
  #trim(rows: KeyRows): void {
    const { keptFrom } = this.times;
    while (rows.size > 0) {
      const entry = rows.entries[rows.start] as TimedEntry;
      if (entry.time >= keptFrom || !entry.disposable) return;
      rows.removeAt(rows.start);
      this.#readCache.remove(entry);
      entry.indexed = false;
      this.#byTime?.delete(entry);
    }
  }

  #visible(rows: KeyRows, from: number, to: number): TimedEntry[] {
    const { entries } = rows;
    const { readableFrom } = this.times;
    const found: TimedEntry[] = [];
    for (let i = rows.lowerBound(from, 0); i < entries.length; i++) {
      const entry = entries[i] as TimedEntry;
      if (entry.time > to) break;
      if (entry.time < readableFrom && entry.cached === null) continue;
      if (!entry.known) this.#learn(entry);
      if (!entry.present) continue;
      entry.referenced = true;
      found.push(entry);
    }
    return found;
  }

  #load(key: K, rows: KeyRows | undefined, time: number, minor: number): TimedEntry {
    const { codec } = this;
    codec.encodeKey(key, time, minor);
    const row = this.engine.get(codec.engineKey);
    const entry = this.#newEntry(rows ?? this.#newRows(this.keys.indexKeyOf(key)), time, minor, codec.keyLength, true);
    codec.fill(entry, row);
    this.#readCache.add(entry);
    return entry;
  }

  /** Reads the rows of a key from `from` on that are not here; returns new entries, not yet in the read cache. */
  #loadFrom(key: K, rows: KeyRows, from: number): TimedEntry[] {
    const { layout, times } = this;
    const loaded: TimedEntry[] = [];
    const until = rows.completeFrom;
    const lower = layout.writer();
    this.keys.encodeInto(key, lower);
    const keyEnd = lower.position;
    for (let segment = Math.max(times.segmentOf(from), times.firstSegment); segment <= times.segmentOf(until - 1); segment++) {
      lower.position = keyEnd;
      layout.finish(lower, segment, from, 0);
      const gte = lower.toBytes();
      lower.position = keyEnd;
      layout.finish(lower, segment, until, 0);
      const iterator = this.engine.iterate({ gte, lt: lower.toBytes() });
      try {
        while (iterator.next()) {
          const found = iterator.key;
          // Longer ones are of other keys that begin with this one and what looks like a time.
          if (found.length !== gte.length) continue;
          const time = layout.timeAt(found, found.length);
          const minor = layout.minorAt(found, found.length);
          const present = rows.get(time, minor);
          if (present !== undefined) {
            if (!present.known) this.codec.fill(present, iterator.value);
            continue;
          }
          const entry = this.#newEntry(rows, time, minor, found.length - layout.keyStart, true);
          this.codec.fill(entry, iterator.value);
          loaded.push(entry);
        }
      } finally {
        iterator.close();
      }
    }
    rows.completeFrom = from;
    return loaded;
  }

  /** An entry that was made for a write which then did not happen. */
  #learn(entry: TimedEntry): TimedEntry {
    this.codec.fill(entry, this.readEngine(entry));
    return entry;
  }

  /** Expired segments go as one range each time the first live one has moved. */
  #dropSegments(batch: EngineBatch): void {
    const { firstSegment } = this.times;
    if (firstSegment <= this.#droppedBelow) return;
    batch.deleteRange(this.layout.segmentStart(0), this.layout.segmentStart(firstSegment));
    this.#droppedBelow = firstSegment;
  }

  #writeMeta(batch: EngineBatch): void {
    const meta = Buffer.alloc(16);
    writeTimestamp(meta, 0, this.times.observed);
    writeTimestamp(meta, 8, this.#sequence);
    batch.put(this.layout.metaKey, meta);
    this.#writtenTime = this.times.observed;
    this.#writtenSequence = this.#sequence;
  }
}

/** Engines write sorted batches faster. Any order is right, so keys are compared as JavaScript does. */
function sortForEngine(entries: TimedEntry[], times: StoreTimes): void {
  entries.sort((a, b) => {
    const segments = times.segmentOf(a.time) - times.segmentOf(b.time);
    if (segments !== 0) return segments;
    // Index keys of one store are of one primitive type.
    const left = a.rows.indexKey as string;
    const right = b.rows.indexKey as string;
    if (left !== right) return left < right ? -1 : 1;
    return a.time - b.time || a.minor - b.minor;
  });
}
