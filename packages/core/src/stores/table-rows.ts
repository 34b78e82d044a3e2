/** What the key-value faces share: rows with their record cache, forwarded and logged as Java's store layers do (SF-01: typed, caching, change logging, bytes). */
import type { EngineBatch } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import { Change } from '../processor/change.ts';
import { StreamRecord } from '../record.ts';
import type { Serde } from '../serde/serde.ts';
import type { Entry } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import type { FlushListener } from './faces.ts';
import { timestampBytes } from './key-bytes.ts';
import type { ManagedStore } from './managed-store.ts';
import { type CacheNode, type FlushItem, RecordCache, type RecordCacheListener } from './record-cache.ts';
import { writtenOutside } from './outside-store.ts';
import type { RecordContext } from './record-context.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { latestVersion } from './versioned-faces.ts';

export class TableRows<K, V> implements ManagedStore, RecordCacheListener {
  readonly name: string;
  readonly volatile: boolean;
  readonly table: EntryTable<K, V>;
  readonly #context: RecordContext;
  readonly #cache: RecordCache | null;
  readonly #timestamped: boolean;
  /** The changelog may carry the headers of an update that leaves the record cache. */
  readonly #logsHeaders: boolean;
  /** What the record cache counts beside a value. */
  readonly #rowOverheadBytes: number;
  readonly #forgetsTimestamps: boolean;
  #listener: FlushListener<K, V> | null = null;
  #sendOldValues = false;
  readonly #touch = (entry: Entry): void => {
    if (entry.cached !== null) this.#cache?.touch(entry, 0);
  };

  constructor(
    name: string,
    environment: StoreEnvironment,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    timestamped: boolean,
    caching: boolean,
    forgetsTimestamps: boolean = false,
  ) {
    this.name = name;
    this.table = new EntryTable(environment, keySerde, valueSerde, timestamped && !forgetsTimestamps);
    this.volatile = this.table.volatile;
    this.#context = environment.context;
    this.#timestamped = timestamped;
    this.#logsHeaders = environment.headersBytes !== undefined;
    this.#rowOverheadBytes = (timestamped ? timestampBytes : 0) + (environment.headersBytes ?? 0);
    this.#forgetsTimestamps = forgetsTimestamps;
    this.#cache = caching && environment.cacheBudget !== null ? new RecordCache(environment.cacheBudget, this) : null;
  }

  // ---- rows ----

  /** The row of a key, absent or present. */
  read(key: K): Entry {
    this.checkKey(key);
    const entry = this.table.find(key);
    if (this.#cache === null) return entry;
    if (entry.cached !== null) {
      this.#cache.touch(entry, 0);
    } else if (entry.present) {
      this.#cache.touch(entry, this.#storedLength(entry));
      if (entry.cached !== null) this.table.noteHeld(entry);
    }
    return entry;
  }

  /** `timestamp` is the row's; that of plain stores is in the changelog only, and always the context's. */
  write(key: K, value: V | null, timestamp: number): number {
    if (!this.#context.open) throw writtenOutside(this.name);
    this.checkKey(key);
    const { table } = this;
    table.encode(key, value);
    const entry = table.target(key);
    const cache = this.#cache;
    if (cache === null) {
      table.assign(entry, value, this.#forgetsTimestamps ? -1 : timestamp);
      table.markUncommitted(entry);
      table.log(value !== null, value === null || !this.#timestamped ? this.#context.timestamp : timestamp);
      return latestVersion;
    }
    const { keyLength } = table.codec;
    const node = cache.prepare(entry);
    table.assign(entry, value, timestamp);
    const isNew = entry.cached === null;
    cache.putDirty(node, keyLength, value === null ? 0 : this.#storedLength(entry), this.#context);
    if (isNew && entry.cached !== null) table.noteHeld(entry);
    return latestVersion;
  }

  /** @throws MR_ARGUMENT_INVALID for a null key. */
  checkKey(key: K): void {
    if (key === null || key === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `store ${this.name} was asked for a null key`, { details: { store: this.name } });
    }
  }

  // ---- record cache ----

  setFlushListener(listener: FlushListener<K, V>, sendOldValues: boolean): boolean {
    if (this.#cache === null) return false;
    this.#listener = listener;
    this.#sendOldValues = sendOldValues;
    return true;
  }

  /** What readers of ranges tell the record cache; undefined if there is none. */
  get touch(): ((entry: Entry) => void) | undefined {
    return this.#cache === null ? undefined : this.#touch;
  }

  forward(items: readonly FlushItem[]): void {
    for (const item of items) this.#forward(item);
  }

  released(entry: Entry): void {
    // What is below the record cache has none.
    if (this.#forgetsTimestamps) entry.timestamp = -1;
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
    this.table.reset();
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    return this.table.restore(records, index, batch);
  }

  /** One update leaves the record cache: into the changelog and, if a table listens, to its children, under the context it was made in (S-145, S-146, S-148). */
  #forward(item: FlushItem): void {
    const { node } = item;
    const { entry } = node;
    const deleted = item.value === null && item.bytes === null;
    const listener = this.#listener;
    const wantsOld = listener !== null && (deleted || this.#sendOldValues);
    const base = wantsOld ? this.#base(node) : null;
    // A row that came and went between two flushes: nobody hears of it.
    if (listener !== null && deleted && base === null) {
      this.#settleNode(item);
      return;
    }
    const context = this.#context;
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
      const { table } = this;
      table.encodeRow(entry, item.value, item.bytes);
      this.#settleNode(item);
      table.markUncommitted(entry);
      table.log(!deleted, deleted || !this.#timestamped ? item.timestamp : item.rowTimestamp, this.#logsHeaders ? item.headers : null);
      if (listener === null) return;
      const newValue = deleted ? null : this.#value(item.value, item.bytes);
      const oldValue = base !== null && this.#sendOldValues ? base.value : null;
      const forwarded = new StreamRecord<K, Change<V>>(
        table.keyOf(entry),
        new Change<V>(newValue, oldValue),
        deleted ? item.timestamp : this.#timestamped ? item.rowTimestamp : item.timestamp,
        item.headers,
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

  /** The value forwarded last; null if there was none. */
  #base(node: CacheNode): { readonly value: V } | null {
    if (node.baseKnown) {
      return node.baseValue === null && node.baseBytes === null ? null : { value: this.#value(node.baseValue, node.baseBytes) };
    }
    const row = this.table.readEngine(node.entry);
    node.baseKnown = true;
    if (row === undefined) return null;
    const { codec } = this.table;
    node.baseBytes = codec.valueBytesOf(row);
    node.baseTimestamp = codec.timestampOf(row);
    return { value: codec.decodeStored(row) };
  }

  #value(value: unknown, bytes: Uint8Array | null): V {
    return bytes === null ? (value as V) : this.table.codec.decodeValue(bytes);
  }

  /** Bytes of the value as Java stores it. */
  #storedLength(entry: Entry): number {
    return entry.present ? entry.valueLength + this.#rowOverheadBytes : 0;
  }
}
