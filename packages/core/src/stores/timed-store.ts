/** What window and session stores share: rows with their record cache, forwarded and logged as Java's store layers do (SF-01). Kafka Streams: `CachingWindowStore`, `CachingSessionStore`. */
import type { EngineBatch } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import { Change } from '../processor/change.ts';
import { StreamRecord } from '../record.ts';
import type { Window } from '../windows/windowed.ts';
import { Windowed } from '../windows/windowed.ts';
import type { FlushListener } from './faces.ts';
import { type ByteString, timestampBytes } from './key-bytes.ts';
import type { ManagedStore } from './managed-store.ts';
import { CacheMarks } from './cache-marks.ts';
import { CacheOrder, type KeyRead, type ListRead } from './cache-order.ts';
import { CachedWalk, passesOf } from './cached-walk.ts';
import { type CacheNode, type FlushItem, RecordCache, type RecordCacheListener } from './record-cache.ts';
import { writtenOutside } from './outside-store.ts';
import type { RecordContext } from './record-context.ts';
import type { Persistence } from './store-spec.ts';
import type { TimedEntry } from './timed-entry.ts';
import { ListedRows, type RowOrder, type RowPlace, type RowReader } from './timed-listing.ts';
import { TimedTable, type TimedTableInit } from './timed-table.ts';

export interface TimedStoreInit<K, V> extends TimedTableInit<K, V> {
  readonly name: string;
  readonly persistence: Persistence;
  readonly caching: boolean;
  /** Bytes that Java's cache adds to a key: the segment in front, the suffix behind. */
  readonly cacheKeyBytes: number;
  /** A time-ordered window store on disk that finds its rows by key too. @default false */
  readonly keyIndexed?: boolean | undefined;
}

/** What a refused row is counted as. */
export const expiredReason = 'expired window';

export abstract class TimedStore<K, V> implements ManagedStore, RecordCacheListener {
  readonly name: string;
  readonly volatile: boolean = false;
  readonly table: TimedTable<K, V>;
  protected readonly context: RecordContext;
  readonly #cache: RecordCache | null;
  readonly #cacheOrder: CacheOrder<K, V> | null;
  readonly #marks: CacheMarks<K, V> | null;
  readonly #cacheKeyBytes: number;
  /** The changelog may carry the headers of an update that leaves the record cache. */
  readonly #logsHeaders: boolean;
  /** Sessions whose rows have room for headers are forwarded with those, of which there are none. */
  readonly #forwardsHeaders: boolean;
  /** What the record cache counts beside a value. */
  readonly #rowOverheadBytes: number;
  readonly #dropped: (reason: string) => void;
  #listener: FlushListener<Windowed<K>, V> | null = null;
  #sendOldValues = false;

  constructor(init: TimedStoreInit<K, V>) {
    const { environment } = init;
    this.name = init.name;
    this.table = new TimedTable(init.name, init);
    this.context = environment.context;
    this.#cacheKeyBytes = init.cacheKeyBytes;
    this.#logsHeaders = environment.headersBytes !== undefined;
    this.#forwardsHeaders = !this.#logsHeaders || init.minorBytes !== 8;
    this.#rowOverheadBytes = (init.timestamped ? timestampBytes : 0) + (environment.headersBytes ?? 0);
    this.#dropped = environment.dropped;
    const cache = init.caching && environment.cacheBudget !== null ? new RecordCache(environment.cacheBudget, this) : null;
    this.#cache = cache;
    const persistent = init.persistence === 'persistent';
    this.#cacheOrder =
      cache === null
        ? null
        : new CacheOrder({ table: this.table, persistent, timeOrdered: init.timeOrdered, sessions: init.minorBytes === 8 });
    this.#marks = cache !== null && init.keyIndexed === true ? new CacheMarks(this.table, cache) : null;
  }

  /** The window that a row stands for. */
  protected abstract windowOf(entry: TimedEntry): Window;
  /** The timestamp of a forwarded row. */
  protected abstract forwardedTimestamp(item: FlushItem, entry: TimedEntry): number;

  /** There is a record cache. */
  protected get caches(): boolean {
    return this.#cache !== null;
  }

  // ---- rows ----

  /** The row if it is there and can be seen. */
  protected read(key: K, time: number, minor: number): TimedEntry | undefined {
    this.checkKey(key);
    const entry = this.table.find(key, time, minor);
    if (entry === undefined) return undefined;
    this.#touch(entry);
    return entry.present ? entry : undefined;
  }

  /** The rows of a key that can be seen, by time. To be read through {@link throughCache}. */
  protected between(key: K, from: number, to: number): TimedEntry[] {
    this.checkKey(key);
    const entries = this.table.between(key, from, to);
    const marks = this.#marks;
    return marks === null ? entries : entries.filter((entry) => this.#isSeen(marks, this.table.byteKeyOf(entry.rows), entry));
  }

  /** Reads `rows`, those of `entries`, which are in the order of the read, as far as they belong to it. */
  protected throughCache<R>(
    rows: readonly R[],
    entries: readonly TimedEntry[],
    read: KeyRead<K>,
    belongs: (entry: TimedEntry) => boolean = (): boolean => true,
  ): RowReader<R> {
    const order = this.#cacheOrder;
    if (order === null) return new ListedRows(rows);
    const { key, from, to, reverse } = read;
    const keyRows = this.table.rowsOf(key);
    const direction = reverse ? -1 : 1;
    const marks = this.#marks;
    const passes = passesOf(
      marks === null ? order.ofKey(read) : marks.ofKey(read),
      entries,
      (entry) => entry.rows === keyRows && entry.time >= from && entry.time <= to && belongs(entry),
      (row, entry) => direction * (row.time - entry.time || row.minor - entry.minor),
    );
    return new CachedWalk(rows, passes, marks === null ? this.#touch : marks.pass);
  }

  /** Reads a listing, whose order is `order`. */
  protected listThroughCache<R extends RowPlace>(
    rows: readonly R[],
    read: ListRead,
    order: RowOrder,
    belongs: (entry: TimedEntry) => boolean = (): boolean => true,
  ): RowReader<R> {
    const cacheOrder = this.#cacheOrder;
    if (cacheOrder === null) return new ListedRows(rows);
    const { keyFrom, keyTo, from, to, reverse } = read;
    const { table } = this;
    const marks = read.everything ? null : this.#marks;
    const seen = marks === null ? rows : rows.filter((row) => this.#isSeen(marks, row.byteKey, row));
    const passes = passesOf(
      marks === null ? cacheOrder.ofListing(read) : marks.ofListing(read),
      seen,
      (entry) => {
        const byteKey = table.byteKeyOf(entry.rows);
        return (
          entry.time >= from &&
          entry.time <= to &&
          (keyFrom === undefined || byteKey >= keyFrom) &&
          (keyTo === undefined || byteKey <= keyTo) &&
          belongs(entry)
        );
      },
      (row, { minor, rows: keyRows, time }) => (reverse ? -1 : 1) * order(row, { byteKey: table.byteKeyOf(keyRows), time, minor }),
    );
    return new CachedWalk(seen, passes, marks === null ? this.#touch : marks.pass);
  }

  /** `timestamp` is the row's; that of plain stores is in the changelog only, and always the context's. Null deletes. */
  protected writeRow(key: K, time: number, minor: number, value: V | null, timestamp: number): void {
    if (!this.context.open) throw writtenOutside(this.name);
    this.checkKey(key);
    this.#checkTime(time);
    const { table } = this;
    table.encode(key, time, minor, value);
    const cache = this.#cache;
    if (cache === null) {
      this.#put(key, time, minor, value, timestamp);
      table.codec.log(value !== null, value === null || !table.codec.timestamped ? this.context.timestamp : timestamp);
      return;
    }
    const entry = table.target(key, time, minor);
    const keyLength = entry.keyLength + this.#cacheKeyBytes;
    const node = cache.prepare(entry);
    table.assign(entry, value, timestamp);
    const isNew = entry.cached === null;
    this.#cacheOrder?.add(entry);
    cache.putDirty(node, keyLength, value === null ? 0 : entry.valueLength + this.#rowOverheadBytes, this.context);
    if (isNew && entry.cached !== null) table.noteHeld(entry);
    this.#marks?.put(entry, keyLength);
  }

  /** What a store that retains duplicates does with null: numbers and logs it. */
  protected appendNothing(key: K, time: number, advancesTime: boolean): void {
    this.checkKey(key);
    this.#checkTime(time);
    const { table } = this;
    table.encode(key, time, table.nextSequence(), null);
    if (advancesTime) {
      table.times.observe(time);
      if (!table.times.accepts(time)) this.#dropped(expiredReason);
    }
    table.codec.log(false, this.context.timestamp);
  }

  /** As a deletion, but one that came too late is not counted. */
  protected removeRow(key: K, time: number, minor: number, advancesTime: boolean): void {
    if (!this.context.open) throw writtenOutside(this.name);
    if (this.#cache !== null) {
      this.writeRow(key, time, minor, null, -1);
      return;
    }
    this.checkKey(key);
    const { table } = this;
    table.encode(key, time, minor, null);
    if (advancesTime) table.times.observe(time);
    if (time >= table.times.keptFrom) this.#assign(key, time, minor, null, -1);
    table.codec.log(false, this.context.timestamp);
  }

  /** @throws MR_ARGUMENT_INVALID for a null key. */
  protected checkKey(key: K): void {
    if (key === null || key === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `store ${this.name} was asked for a null key`, { details: { store: this.name } });
    }
  }

  // ---- record cache ----

  setFlushListener(listener: FlushListener<Windowed<K>, V>, sendOldValues: boolean): boolean {
    if (this.#cache === null) return false;
    this.#listener = listener;
    this.#sendOldValues = sendOldValues;
    return true;
  }

  forward(items: readonly FlushItem[]): void {
    if (this.#marks !== null) this.#marks.flushed(items, (item) => this.#forward(item));
    else for (const item of items) this.#forward(item);
  }

  released(entry: TimedEntry): void {
    if (this.#marks?.released(entry) === true) return;
    this.#cacheOrder?.delete(entry);
    this.table.release(entry);
  }

  // ---- managed ----

  get uncommittedBytes(): number {
    return this.#cache === null ? this.table.uncommittedBytes : this.table.uncommittedBytes + this.#cache.rawBytes;
  }

  get unflushed(): boolean {
    return this.#cache !== null && this.#cache.hasDirty;
  }

  flush(): void {
    this.#cache?.flush();
  }

  take(batch: EngineBatch): void {
    this.table.take(batch);
  }

  settle(): void {
    this.table.settle();
  }

  reset(): void {
    this.#cache?.clear();
    this.#cacheOrder?.clear();
    this.#marks?.clear();
    this.table.reset();
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    return this.table.restore(records, index, batch);
  }

  finishRestore(batch: EngineBatch): void {
    this.table.finishRestore(batch);
  }

  // ---- inside ----

  /** Tells the record cache that a row was read; false if it is not there. */
  readonly #touch = (entry: TimedEntry): boolean => {
    if (entry.cached === null) return false;
    this.#cache?.touch(entry, 0);
    return true;
  };

  /** False for an expired row that the record cache has, but not for reads by key. */
  #isSeen(marks: CacheMarks<K, V>, byteKey: ByteString, { minor, time }: { readonly minor: number; readonly time: number }): boolean {
    return time >= this.table.times.readableFrom || marks.has(byteKey, time, minor);
  }

  #put(key: K, time: number, minor: number, value: V | null, timestamp: number): void {
    const { times } = this.table;
    times.observe(time);
    if (!times.accepts(time)) this.#dropped(expiredReason);
    else if (time >= times.keptFrom) this.#assign(key, time, minor, value, timestamp);
  }

  #assign(key: K, time: number, minor: number, value: V | null, timestamp: number): void {
    const { table } = this;
    const entry = table.target(key, time, minor);
    table.assign(entry, value, timestamp);
    table.markUncommitted(entry);
  }

  #checkTime(time: number): void {
    if (!(time >= 0)) {
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        `store ${this.name} was given the time ${time}; times are milliseconds that are not negative`,
        {
          details: { store: this.name },
        },
      );
    }
  }

  /** One update leaves the record cache: into the changelog and, if a table listens, to its children, under the context it was made in (S-145, S-146, S-148). */
  #forward(item: FlushItem): void {
    const { node } = item;
    // Only rows of this table are put into its cache.
    const entry = node.entry as TimedEntry;
    const { table } = this;
    const deleted = item.value === null && item.bytes === null;
    const listener = this.#listener;
    const base = listener !== null && (deleted || this.#sendOldValues) ? this.#base(node, entry) : null;
    // A row that came and went between two flushes: nobody hears of it.
    if (listener !== null && deleted && base === null) {
      this.#settleNode(item);
      return;
    }
    const context = this.context;
    const { topic, partition, offset, timestamp, record, batch, raw, written, defined, open } = context;
    // A cache that several tasks share evicts in any of their calls: for this row the call is this one.
    context.open = true;
    context.defined = true;
    context.topic = item.topic;
    context.partition = item.partition;
    context.offset = item.offset;
    context.timestamp = item.timestamp;
    context.batch = null;
    context.record = null;
    context.raw = item.raw;
    context.written = false;
    try {
      table.codec.encodeKeyOf(entry);
      table.codec.encodeHeld(item.value, item.bytes);
      this.#settleNode(item);
      const { times } = table;
      times.observe(entry.time);
      if (!times.accepts(entry.time)) this.#dropped(expiredReason);
      else if (entry.time >= times.keptFrom) table.markUncommitted(entry);
      table.codec.log(
        !deleted,
        deleted || !table.codec.timestamped ? item.timestamp : item.rowTimestamp,
        this.#logsHeaders ? item.headers : null,
      );
      if (listener === null) return;
      const newValue = deleted ? null : table.codec.valueOf(item.value, item.bytes);
      const oldValue = base !== null && this.#sendOldValues ? base.value : null;
      const forwarded = new StreamRecord<Windowed<K>, Change<V>>(
        new Windowed(table.keyOf(entry), this.windowOf(entry)),
        new Change<V>(newValue, oldValue),
        this.forwardedTimestamp(item, entry),
        this.#forwardsHeaders ? item.headers : null,
        null,
        0,
        null,
        null,
        false,
      );
      context.record = forwarded;
      listener(forwarded);
    } finally {
      context.topic = topic;
      context.partition = partition;
      context.offset = offset;
      context.timestamp = timestamp;
      context.record = record;
      context.batch = batch;
      context.raw = raw;
      context.written = written;
      context.defined = defined;
      context.open = open;
    }
  }

  /** From now on the row that was forwarded last is this one. */
  #settleNode(item: FlushItem): void {
    const { node } = item;
    if (!node.dirty) {
      node.unsettled = false;
      node.baseValue = node.baseBytes = null;
      return;
    }
    node.baseKnown = true;
    node.baseValue = item.value;
    node.baseBytes = item.bytes;
    node.baseTimestamp = item.rowTimestamp;
  }

  /** The value forwarded last; null if there was none, or if the store below the cache hides it. */
  #base(node: CacheNode, entry: TimedEntry): { readonly value: V } | null {
    const { table } = this;
    if (entry.time < table.times.readableFrom) return null;
    if (node.baseKnown) {
      return node.baseValue === null && node.baseBytes === null ? null : { value: table.codec.valueOf(node.baseValue, node.baseBytes) };
    }
    const row = table.readEngine(entry);
    node.baseKnown = true;
    if (row === undefined) return null;
    node.baseBytes = table.codec.valueBytesOf(row);
    node.baseTimestamp = table.codec.timestampOf(row);
    return { value: table.codec.decodeRow(row) };
  }
}
