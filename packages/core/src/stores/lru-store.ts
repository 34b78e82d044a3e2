/**
 * A store of the most recently used entries, in memory only. Restored from the changelog's start, as Java's. What falls out of a plain store is deleted in the changelog, of a
 * store with timestamps it is not: Java's change log does not see through the wrapper that adds them, and a restart there finds the rows that were written last.
 * Kafka Streams: `Stores.lruMap`, `MemoryNavigableLRUCache`.
 */
import type { EngineBatch } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import { Change } from '../processor/change.ts';
import { StreamRecord } from '../record.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import type {
  FlushListener,
  KeyValue,
  KeyValueStore,
  StoreIterator,
  TableStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './faces.ts';
import { type ByteString, prefixEnd, timestampBytes, toByteString } from './key-bytes.ts';
import { type LruBelow, LruRecordCache, type LruRow, type LruUpdate } from './lru-record-cache.ts';
import type { ManagedStore } from './managed-store.ts';
import { checkRowTimestamp, isDeletion } from './put-checks.ts';
import { ListedRows, ListIterator } from './timed-listing.ts';
import { writtenOutside } from './outside-store.ts';
import type { RecordContext } from './record-context.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { latestVersion } from './versioned-faces.ts';

/** `R` is what the face calls a value. */
abstract class LruRows<K, V, R> implements ManagedStore, LruBelow {
  readonly name: string;
  readonly volatile: boolean = true;
  readonly #maxEntries: number;
  readonly #timestamped: boolean;
  readonly #context: RecordContext;
  readonly #changelog: OutputPartition | null;
  readonly #keySerde: Serde<K>;
  readonly #valueSerde: Serde<V>;
  readonly #writer = new ByteWriter();
  /** By key bytes; a map's order is that of the last use. */
  readonly #rows = new Map<ByteString, LruRow>();
  readonly #cache: LruRecordCache | null;
  #listener: FlushListener<K, V> | null = null;
  #sendOldValues = false;

  constructor(
    name: string,
    environment: StoreEnvironment,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    maxEntries: number,
    timestamped: boolean,
    caching: boolean,
  ) {
    const topic = environment.serdeTopic;
    this.name = name;
    this.#maxEntries = maxEntries;
    this.#timestamped = timestamped;
    this.#context = environment.context;
    this.#changelog = environment.changelog;
    this.#keySerde = keySerde.bind?.({ topic, role: 'key' }) ?? keySerde;
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
    const { cacheBudget, context } = environment;
    this.#cache = caching && cacheBudget !== null ? new LruRecordCache(cacheBudget, context, this, timestamped ? timestampBytes : 0) : null;
  }

  protected abstract rowAt(value: V, timestamp: number): R;

  get(key: K): R | undefined {
    const keyBytes = this.#encodeKey(key);
    const row = this.#cache === null ? this.read(keyBytes) : this.#cache.read(keyBytes);
    return row === undefined ? undefined : this.#decode(row);
  }

  /** `timestamp` is the row's. Null deletes. */
  write(key: K, value: V | null, timestamp: number): number {
    if (!this.#context.open) throw writtenOutside(this.name);
    const keyBytes = this.#encodeKey(key);
    let row: LruRow | undefined;
    if (value !== null) {
      const writer = this.#writer;
      writer.position = 0;
      this.#valueSerde.encodeInto(value, writer);
      row = { bytes: writer.toBytes(), timestamp };
    }
    if (this.#cache === null) this.update(keyBytes, row);
    else this.#cache.put(keyBytes, row);
    return latestVersion;
  }

  range(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, R>> {
    return this.#between(from, to, false);
  }

  reverseRange(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, R>> {
    return this.#between(from, to, true);
  }

  all(): StoreIterator<KeyValue<K, R>> {
    return this.#between(undefined, undefined, false);
  }

  reverseAll(): StoreIterator<KeyValue<K, R>> {
    return this.#between(undefined, undefined, true);
  }

  prefixScan(prefix: Uint8Array): StoreIterator<KeyValue<K, R>> {
    const end = prefixEnd(prefix);
    return this.#list(toByteString(prefix), end === undefined ? undefined : toByteString(end), false);
  }

  approximateNumEntries(): number {
    return this.#rows.size;
  }

  setFlushListener(listener: FlushListener<K, V>, sendOldValues: boolean): boolean {
    if (this.#cache === null) return false;
    this.#listener = listener;
    this.#sendOldValues = sendOldValues;
    return true;
  }

  // ---- below the record cache ----

  get listens(): { readonly sendOldValues: boolean } | null {
    return this.#listener === null ? null : { sendOldValues: this.#sendOldValues };
  }

  read(keyBytes: ByteString): LruRow | undefined {
    const row = this.#rows.get(keyBytes);
    if (row !== undefined) this.#use(keyBytes, row);
    return row;
  }

  update(keyBytes: ByteString, row: LruRow | undefined): void {
    const now = this.#context.timestamp;
    if (row === undefined) {
      this.#rows.delete(keyBytes);
      this.#log(keyBytes, null, now);
      return;
    }
    this.#put(keyBytes, row, true);
    this.#log(keyBytes, row.bytes, this.#timestamped ? row.timestamp : now);
  }

  forward({ before, headers, keyBytes, row, timestamp }: LruUpdate): void {
    const bytes = Buffer.from(keyBytes, 'latin1');
    const change = new Change<V>(
      row === undefined ? null : this.#valueOf(row),
      before === undefined || !this.#sendOldValues ? null : this.#valueOf(before),
    );
    const record = new StreamRecord<K, Change<V>>(
      this.#keySerde.decode(bytes, 0, bytes.length),
      change,
      row === undefined || !this.#timestamped ? timestamp : row.timestamp,
      headers,
      null,
      0,
      null,
      null,
      false,
    );
    this.#context.record = record;
    this.#listener?.(record);
  }

  // ---- managed ----

  /** Rows are in memory whether or not they are committed: what a commit frees are the inputs' bytes that wait in the record cache. */
  get uncommittedBytes(): number {
    return this.#cache === null ? 0 : this.#cache.rawBytes;
  }

  get unflushed(): boolean {
    return this.#cache !== null && this.#cache.unflushed;
  }

  flush(): void {
    this.#cache?.flush();
  }

  // Nothing of it is in the engine, so there is nothing to take or settle.
  take(_batch: EngineBatch): void {}
  settle(): void {}

  reset(): void {
    this.#cache?.clear();
    this.#rows.clear();
  }

  restore(records: FetchedRecords, index: number, _batch: EngineBatch): number {
    const key = records.key(index);
    if (key === null) return 0;
    const keyBytes = toByteString(key);
    const value = records.value(index);
    if (value === null) this.#rows.delete(keyBytes);
    else this.#put(keyBytes, { bytes: value.slice(), timestamp: records.timestamp(index) }, false);
    return 0;
  }

  #put(keyBytes: ByteString, row: LruRow, logged: boolean): void {
    this.#use(keyBytes, row);
    if (this.#rows.size <= this.#maxEntries) return;
    const eldest = this.#rows.keys().next().value as ByteString;
    this.#rows.delete(eldest);
    // Java logs what falls out before what comes in.
    if (logged && !this.#timestamped) this.#log(eldest, null, this.#context.timestamp);
  }

  #use(keyBytes: ByteString, row: LruRow): void {
    this.#rows.delete(keyBytes);
    this.#rows.set(keyBytes, row);
  }

  #log(keyBytes: ByteString, value: Uint8Array | null, timestamp: number): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    const key = Buffer.from(keyBytes, 'latin1');
    if (value === null) changelog.append(timestamp, key, 0, key.length, key, -1, -1, null);
    else changelog.append(timestamp, key, 0, key.length, value, 0, value.length, null);
  }

  #encodeKey(key: K): ByteString {
    if (key === null || key === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `store ${this.name} was asked for a null key`, { details: { store: this.name } });
    }
    const writer = this.#writer;
    writer.position = 0;
    this.#keySerde.encodeInto(key, writer);
    return toByteString(writer.buffer, 0, writer.position);
  }

  #decode(row: LruRow): R {
    return this.rowAt(this.#valueOf(row), row.timestamp);
  }

  #valueOf({ bytes }: LruRow): V {
    return this.#valueSerde.decode(bytes, 0, bytes.length);
  }

  #between(from: K | undefined, to: K | undefined, reverse: boolean): StoreIterator<KeyValue<K, R>> {
    const lower = from === undefined || from === null ? undefined : this.#encodeKey(from);
    const upper = to === undefined || to === null ? undefined : `${this.#encodeKey(to)}\0`;
    return this.#list(lower, upper, reverse);
  }

  /** A snapshot in key order. Sorting on demand is what a store of few entries can afford. */
  #list(lower: ByteString | undefined, upper: ByteString | undefined, reverse: boolean): StoreIterator<KeyValue<K, R>> {
    const inRange = (key: ByteString): boolean => (lower === undefined || key >= lower) && (upper === undefined || key < upper);
    const direction = reverse ? -1 : 1;
    const compare = (a: ByteString, b: ByteString): number => (a < b ? -direction : a > b ? direction : 0);
    const rows = [...this.#rows].filter(([key]) => inRange(key)).sort(([a], [b]) => compare(a, b));
    return new ListIterator(this.#cache === null ? new ListedRows(rows) : this.#cache.list(rows, inRange, compare), ([keyBytes, row]) => {
      const bytes = Buffer.from(keyBytes, 'latin1');
      return { key: this.#keySerde.decode(bytes, 0, bytes.length), value: this.#decode(row) };
    });
  }
}

export class LruStore<K, V> extends LruRows<K, V, V> implements KeyValueStore<K, V> {
  put(key: K, value: V | null | undefined): void {
    this.write(key, value ?? null, -1);
  }

  putIfAbsent(key: K, value: V): V | undefined {
    const found = this.get(key);
    if (found === undefined) this.put(key, value);
    return found;
  }

  putAll(entries: Iterable<readonly [K, V | null]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  delete(key: K): V | undefined {
    const found = this.get(key);
    this.put(key, null);
    return found;
  }

  protected override rowAt(value: V): V {
    return value;
  }
}

export class TimestampedLruStore<K, V>
  extends LruRows<K, V, ValueAndTimestamp<V>>
  implements TimestampedKeyValueStore<K, V>, TableStore<K, V>
{
  put(key: K, value: ValueAndTimestamp<V> | null | undefined): void {
    if (isDeletion(value, this.name)) {
      this.write(key, null, -1);
      return;
    }
    checkRowTimestamp(value.timestamp, this.name);
    this.write(key, value.value, value.timestamp);
  }

  putIfAbsent(key: K, value: ValueAndTimestamp<V>): ValueAndTimestamp<V> | undefined {
    const found = this.get(key);
    if (found === undefined) this.put(key, value);
    return found;
  }

  putAll(entries: Iterable<readonly [K, ValueAndTimestamp<V> | null]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  delete(key: K): ValueAndTimestamp<V> | undefined {
    const found = this.get(key);
    this.write(key, null, -1);
    return found;
  }

  lookup(key: K): ValueAndTimestamp<V> | undefined {
    return this.get(key);
  }

  protected override rowAt(value: V, timestamp: number): ValueAndTimestamp<V> {
    return { value, timestamp };
  }
}
