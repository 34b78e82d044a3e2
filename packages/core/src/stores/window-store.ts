/** Window stores as processors and operators see them. Kafka Streams: `WindowStore`, `TimestampedWindowStore` over `RocksDBWindowStore`, `InMemoryWindowStore`. */
import { type Header, Headers } from '../headers.ts';
import type { Serde } from '../serde/serde.ts';
import { type Window, Windowed } from '../windows/windowed.ts';
import type { KeyValue, StoreIterator, ValueAndTimestamp } from './faces.ts';
import { checkPutTime, checkRowTimestamp, isDeletion } from './put-checks.ts';
import type { FlushItem } from './record-cache.ts';
import type { StoreEnvironment } from './store-environment.ts';
import type { WindowStoreSpec } from './store-spec.ts';
import { StoreTimes } from './store-times.ts';
import type { TimedEntry } from './timed-entry.ts';
import { bySegment, byTimeThenKey, drain, type ListedRow, ListIterator, listRows, type RowOrder, type RowReader } from './timed-listing.ts';
import { TimedStore } from './timed-store.ts';
import { maxTime } from './timed-table.ts';
import type { JoinWindowTable, KeyedWindowRow, ValueAndHeaders, WindowRow, WindowStore, WindowTable, WindowValue } from './window-faces.ts';

/** `R` is what the face calls a value. */
abstract class WindowRows<K, V, R> extends TimedStore<K, V> implements WindowStore<K, R> {
  readonly #windowSizeMs: number;
  readonly #retainDuplicates: boolean;
  readonly #inMemory: boolean;
  /** Number of the last row that was put; 0 in a store that does not retain duplicates. */
  #lastSequence = 0;
  readonly #order: RowOrder;
  /** Of ranges of keys. */
  readonly #rangeOrder: RowOrder;

  constructor(spec: WindowStoreSpec, environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>) {
    const persistentByTime = spec.timeOrdered && spec.persistence === 'persistent';
    // With headers Kafka Streams indexes all of them, otherwise those of sliding windows.
    const keyIndexed = persistentByTime && (spec.keyIndexed === true || spec.format === 'headers');
    const times = new StoreTimes({
      persistence: spec.persistence,
      retentionMs: spec.retentionMs,
      showsBound: persistentByTime,
      keepsSegments: false,
    });
    super({
      name: spec.name,
      environment,
      keySerde,
      valueSerde,
      timestamped: spec.timestamped,
      keepsHeaders: spec.keepsHeaders === true || (spec.logsHeaders === true && spec.format === 'headers'),
      times,
      minorBytes: 4,
      timeOrdered: spec.timeOrdered,
      ignoresNothing: spec.retainDuplicates && spec.persistence === 'persistent',
      // As in Java, which warns and goes on without.
      caching: spec.caching && !spec.retainDuplicates,
      persistence: spec.persistence,
      // A time-ordered key has one more byte in front.
      cacheKeyBytes: persistentByTime ? 9 : 8,
      keyIndexed,
    });
    this.#windowSizeMs = spec.windowSizeMs;
    this.#retainDuplicates = spec.retainDuplicates;
    this.#inMemory = spec.persistence === 'inMemory';
    const byKey = bySegment((time) => times.segmentOf(time));
    this.#order = spec.timeOrdered || spec.persistence === 'inMemory' ? byTimeThenKey : byKey;
    this.#rangeOrder = keyIndexed ? byKey : this.#order;
  }

  protected abstract valueAt(value: V, timestamp: number, headers: readonly Header[] | null): R;
  abstract put(key: K, value: R | null | undefined, start: number): void;

  // ---- the public face ----

  fetchAt(key: K, start: number): R | undefined {
    // Of several rows a persistent store finds the one that was put last, if it is of this key and start; one in memory finds none.
    if (this.#retainDuplicates && this.#inMemory) return undefined;
    const entry = this.read(key, start, this.#lastSequence);
    return entry === undefined ? undefined : this.#valueOf(entry);
  }

  fetch(key: K, from: number, to: number): StoreIterator<WindowValue<R>> {
    return this.#fetched(key, from, to, false);
  }

  backwardFetch(key: K, from: number, to: number): StoreIterator<WindowValue<R>> {
    return this.#fetched(key, from, to, true);
  }

  fetchRange(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): StoreIterator<KeyValue<Windowed<K>, R>> {
    return this.#listed(this.#list(keyFrom, keyTo, from, to, false, false, this.#rangeOrder));
  }

  backwardFetchRange(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): StoreIterator<KeyValue<Windowed<K>, R>> {
    return this.#listed(this.#list(keyFrom, keyTo, from, to, true, false, this.#rangeOrder));
  }

  fetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, R>> {
    return this.#listed(this.#list(undefined, undefined, from, to, false, true));
  }

  backwardFetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, R>> {
    return this.#listed(this.#list(undefined, undefined, from, to, true, true));
  }

  all(): StoreIterator<KeyValue<Windowed<K>, R>> {
    return this.fetchAll(0, maxTime);
  }

  backwardAll(): StoreIterator<KeyValue<Windowed<K>, R>> {
    return this.backwardFetchAll(0, maxTime);
  }

  // ---- what operators see ----

  write(key: K, start: number, value: V | null, timestamp: number): void {
    if (this.#retainDuplicates) this.#append(key, start, value, timestamp);
    else this.writeRow(key, start, 0, value, timestamp);
  }

  append(key: K, value: V | null, timestamp: number): void {
    this.write(key, timestamp, value, timestamp);
  }

  lookup(key: K, start: number): ValueAndTimestamp<V> | undefined {
    const entry = this.read(key, start, 0);
    if (entry === undefined) return undefined;
    // The entry is the row: its value is a V, since only this store's serde put it there.
    if (entry.bytes === null) return entry as unknown as ValueAndTimestamp<V>;
    return { value: this.table.codec.valueOf(null, entry.bytes), timestamp: entry.timestamp };
  }

  rows(key: K, from: number, to: number): readonly WindowRow<V>[] {
    const entries = this.between(key, from, to);
    // Rows of a store that retains duplicates are never written twice: what joins read for each record need not be copied. Their values are this serde's.
    if (this.#retainDuplicates && this.table.codec.immutable) return entries as unknown as readonly WindowRow<V>[];
    return drain(this.throughCache(entries.map(this.#toRow), entries, { key, from, to, reverse: false, asRange: false }));
  }

  scan(key: K, from: number, to: number, reverse: boolean): Iterable<WindowRow<V>> {
    const entries = this.between(key, from, to);
    if (reverse) entries.reverse();
    const rows = entries.map(this.#toRow);
    return this.caches ? new ListIterator(this.throughCache(rows, entries, { key, from, to, reverse, asRange: true }), same) : rows;
  }

  rowsBetween(from: number, to: number): StoreIterator<KeyedWindowRow<K, V>> {
    return new ListIterator(this.#list(undefined, undefined, from, to, false, true), (row) => ({
      key: this.#keyOf(row),
      start: row.time,
      value: this.table.codec.valueOf(row.value, row.bytes),
      timestamp: row.timestamp,
    }));
  }

  // ---- inside ----

  protected override windowOf(entry: TimedEntry): Window {
    return { start: entry.time, end: entry.time + this.#windowSizeMs };
  }

  protected override forwardedTimestamp(item: FlushItem): number {
    const deleted = item.value === null && item.bytes === null;
    return deleted || !this.table.codec.timestamped ? item.timestamp : item.rowTimestamp;
  }

  /** A deletion does nothing to the rows. Java numbers and logs it nevertheless, and in memory asks first whether it has expired. */
  #append(key: K, start: number, value: V | null, timestamp: number): void {
    if (value === null) {
      this.appendNothing(key, start, this.#inMemory);
      return;
    }
    this.#lastSequence = this.table.nextSequence();
    this.writeRow(key, start, this.#lastSequence, value, timestamp);
  }

  #list(
    firstKey: K | undefined,
    lastKey: K | undefined,
    from: number,
    to: number,
    reverse: boolean,
    everything: boolean,
    order: RowOrder = this.#order,
  ): RowReader<ListedRow> {
    const { table } = this;
    table.open();
    const { keys, times } = table;
    const keyFrom = firstKey === undefined || firstKey === null ? undefined : keys.byteString(firstKey);
    const keyTo = lastKey === undefined || lastKey === null ? undefined : keys.byteString(lastKey);
    const range = { keyFrom, keyTo, from, to, readableFrom: times.readableFrom, reverse };
    return this.listThroughCache(listRows(table, range, order), { ...range, everything }, order);
  }

  #fetched(key: K, from: number, to: number, reverse: boolean): StoreIterator<WindowValue<R>> {
    const entries = this.between(key, from, to);
    if (reverse) entries.reverse();
    // A snapshot: entries change with the next write.
    const rows = entries.map(({ bytes, headers, time, timestamp, value }) => ({ time, value, bytes, timestamp, headers }));
    return new ListIterator(this.throughCache(rows, entries, { key, from, to, reverse, asRange: false }), (row) => ({
      start: row.time,
      value: this.#valueOf(row),
    }));
  }

  #listed(rows: RowReader<ListedRow>): StoreIterator<KeyValue<Windowed<K>, R>> {
    return new ListIterator(rows, (row) => ({
      key: new Windowed(this.#keyOf(row), { start: row.time, end: row.time + this.#windowSizeMs }),
      value: this.#valueOf(row),
    }));
  }

  readonly #toRow = ({ time, value, bytes, timestamp }: TimedEntry): WindowRow<V> => ({
    start: time,
    value: this.table.codec.valueOf(value, bytes),
    timestamp,
  });

  #keyOf(row: ListedRow): K {
    const bytes = Buffer.from(row.byteKey, 'latin1');
    return this.table.keys.decode(bytes, 0, bytes.length);
  }

  #valueOf({ bytes, headers, timestamp, value }: Pick<TimedEntry, 'bytes' | 'headers' | 'timestamp' | 'value'>): R {
    return this.valueAt(this.table.codec.valueOf(value, bytes), timestamp, headers);
  }
}

function same<T>(value: T): T {
  return value;
}

/** Windows of plain values. */
export class PlainWindowStore<K, V> extends WindowRows<K, V, V> implements JoinWindowTable<K, V> {
  override put(key: K, value: V | null | undefined, start: number): void {
    checkPutTime(start, 'the start of a window', this.name);
    this.write(key, start, value ?? null, -1);
  }

  protected override valueAt(value: V): V {
    return value;
  }
}

/** Records of one side of a join, by their timestamps. Operators put them; a processor that does gives them the headers of the record in progress. */
export class JoinWindows<K, V> extends WindowRows<K, V, ValueAndHeaders<V>> implements JoinWindowTable<K, V> {
  override put(key: K, value: ValueAndHeaders<V> | null | undefined, start: number): void {
    checkPutTime(start, 'the start of a window', this.name);
    this.write(key, start, value?.value ?? null, -1);
  }

  protected override valueAt(value: V, _timestamp: number, headers: readonly Header[] | null): ValueAndHeaders<V> {
    return { value, headers: headers === null ? new Headers() : Headers.trusted(headers) };
  }
}

/** Windows of values with timestamps; also what windowed tables work on. */
export class TimestampedWindows<K, V> extends WindowRows<K, V, ValueAndTimestamp<V>> implements WindowTable<K, V> {
  override put(key: K, value: ValueAndTimestamp<V> | null | undefined, start: number): void {
    checkPutTime(start, 'the start of a window', this.name);
    if (isDeletion(value, this.name)) {
      this.write(key, start, null, -1);
      return;
    }
    checkRowTimestamp(value.timestamp, this.name);
    this.write(key, start, value.value, value.timestamp);
  }

  protected override valueAt(value: V, timestamp: number): ValueAndTimestamp<V> {
    return { value, timestamp };
  }
}
