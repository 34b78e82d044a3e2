/**
 * The rows of one store between its typed face and the engine: finds and loads entries, writes them to the changelog, gives what changed to a commit, keeps what is clean
 * within the read cache, and merges all of it with the engine for ranges. It knows bytes, entries and one value per key; what a value means is the face's.
 */
import type { EngineBatch, EngineIterator, StateEngine } from '@millrace/state';
import type { Headers } from '../headers.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import { copyBytes } from '../serde/copy-bytes.ts';
import type { Serde } from '../serde/serde.ts';
import { Entry, entryBytes, type EntryOwner } from './entry.ts';
import { EntryIndex } from './entry-index.ts';
import { type ByteString, prefixEnd, readTimestamp, timestampBytes, toByteString, writeTimestamp } from './key-bytes.ts';
import { wellFormed } from '../serde/well-formed.ts';
import { OrderedEntries } from './ordered-entries.ts';
import type { ReadCache } from './read-cache.ts';
import type { Prefetchable, RecordContext } from './record-context.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { type PendingRow, RowCursor } from './row-cursor.ts';

/** How index keys are made: text is normalised, other primitives are used as they are, everything else by its bytes. */
type KeyForm = 'text' | 'primitive' | 'bytes';

export class EntryTable<K, V> implements EntryOwner, Prefetchable {
  readonly timestamped: boolean;
  readonly #engine: StateEngine;
  readonly #prefix: Uint8Array;
  readonly #prefixLength: number;
  readonly #changelog: OutputPartition | null;
  readonly #keySerde: Serde<K>;
  readonly #valueSerde: Serde<V>;
  readonly #readCache: ReadCache;
  readonly #context: RecordContext;
  readonly #index = new EntryIndex();
  /** Holds the store's prefix, then the key encoded last. */
  readonly #keyWriter: ByteWriter;
  /** Room for a timestamp, then the value encoded last. */
  readonly #valueWriter: ByteWriter;
  /** `undefined` until the first key shows what keys are. */
  #keyForm: KeyForm | undefined;
  /** The entry found last, since a row is mostly written right after it was read. */
  #lastKey: K | undefined;
  #last: Entry | null = null;
  /** What changed since the commit before. */
  #uncommitted: Entry[] = [];
  /** What was taken for a commit that is not written yet. */
  #taken: Entry[] = [];
  #epoch = 1;
  #uncommittedBytes = 0;
  #takenBytes = 0;
  /**
   * Every row is here, so that a key without entry has no row and nobody needs to ask the engine. Undefined until somebody wants to know; true from an empty store on, until
   * the read cache gives up a row.
   */
  #complete: boolean | undefined;
  /**
   * Entries in key order; null before the first range read. All that are present if the table is complete; else those that differ from the engine or are in the record cache.
   */
  #ordered: OrderedEntries | null = null;
  readonly #cursors = new Set<RowCursor>();

  constructor(environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>, timestamped: boolean) {
    const topic = environment.serdeTopic;
    this.timestamped = timestamped;
    this.#engine = environment.engine;
    this.#prefix = environment.prefix;
    this.#prefixLength = environment.prefix.length;
    this.#changelog = environment.changelog;
    this.#keySerde = keySerde.bind?.({ topic, role: 'key' }) ?? keySerde;
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
    this.#readCache = environment.readCache;
    this.#context = environment.context;
    this.#keyWriter = new ByteWriter();
    this.#keyWriter.writeBytes(environment.prefix);
    this.#valueWriter = new ByteWriter();
    this.#valueWriter.writeInt64(0);
    if (!this.#keySerde.primitive) this.#keyForm = 'bytes';
  }

  get uncommittedBytes(): number {
    return this.#uncommittedBytes + this.#takenBytes;
  }

  // ---- rows ----

  /** The row of a key, read from the engine if it is not here. */
  find(key: K): Entry {
    const last = this.#last;
    if (last !== null && key === this.#lastKey) {
      last.referenced = true;
      return last.known ? last : this.#learn(last);
    }
    const indexKey = this.#indexKeyOf(key);
    let entry = this.#index.get(indexKey);
    if (entry === undefined) {
      if (this.#isComplete) return this.#vacant(key, indexKey);
      const context = this.#context;
      if (context.input !== null && context.input.key === key) context.missed = this;
      this.#encodeKey(key);
      entry = this.#load(indexKey);
    } else {
      entry.referenced = true;
      if (!entry.known) entry = this.#learn(entry);
    }
    this.#remember(key, entry);
    return entry;
  }

  /** The value of a row, decoded anew where its serde's values can be changed in place. */
  valueOf(entry: Entry): V | undefined {
    // Only values of this table's serde are put into its entries.
    if (entry.value !== null) return entry.value as V;
    const bytes = entry.bytes;
    return bytes === null ? undefined : this.#valueSerde.decode(bytes, 0, bytes.length);
  }

  decodeValue(bytes: Uint8Array): V {
    return this.#valueSerde.decode(bytes, 0, bytes.length);
  }

  keyOf(entry: Entry): K {
    if (this.#keyForm !== 'bytes') return entry.indexKey as K;
    const bytes = Buffer.from(entry.indexKey as string, 'latin1');
    return this.#keySerde.decode(bytes, 0, bytes.length);
  }

  /** Bytes of key and value for an update of a row; throws before anything changed. Then `target`, then `assign`. */
  encode(key: K, value: V | null): void {
    this.#encodeKey(key);
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    if (value !== null) this.#valueSerde.encodeInto(value, writer);
  }

  get encodedKeyLength(): number {
    return this.#keyWriter.position - this.#prefixLength;
  }

  get encodedValueLength(): number {
    return this.#valueWriter.position - timestampBytes;
  }

  /** The entry that an update of `key` goes to, not read from the engine. `encode` came first. */
  target(key: K): Entry {
    const last = this.#last;
    if (last !== null && key === this.#lastKey) {
      if (!last.indexed) this.#admit(last);
      return last;
    }
    const indexKey = this.#indexKeyOf(key);
    let entry = this.#index.get(indexKey);
    if (entry === undefined) {
      entry = new Entry(indexKey, this, false);
      this.#index.add(entry);
    }
    this.#remember(key, entry);
    return entry;
  }

  /** Gives a row its new value, as encoded. Null deletes. */
  assign(entry: Entry, value: V | null, timestamp: number): void {
    // Its size changes, and what is in the read cache is clean: the entry leaves it either way.
    this.#readCache.remove(entry);
    const counted = entry.epoch === this.#epoch;
    if (counted) this.#uncommittedBytes -= entryBytes(entry);
    entry.timestamp = timestamp;
    entry.keyLength = this.encodedKeyLength;
    entry.valueLength = value === null ? 0 : this.encodedValueLength;
    if (value === null) {
      entry.value = null;
      entry.bytes = null;
    } else if (this.#valueSerde.immutable) {
      entry.value = value;
    } else {
      entry.bytes = copyBytes(this.#valueWriter.buffer, timestampBytes, this.#valueWriter.position);
    }
    entry.known = true;
    if (counted) this.#uncommittedBytes += entryBytes(entry);
  }

  /** Appends the row to the changelog, as encoded last (SF-03): value null is a tombstone. Headers are for those changelogs that carry some. */
  log(present: boolean, timestamp: number, headers: Headers | null = null): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    const { buffer, position } = this.#keyWriter;
    const value = this.#valueWriter;
    if (present) changelog.append(timestamp, buffer, this.#prefixLength, position, value.buffer, timestampBytes, value.position, headers);
    else changelog.append(timestamp, buffer, this.#prefixLength, position, value.buffer, -1, -1, headers);
  }

  /** The row waits for the next commit. */
  markUncommitted(entry: Entry): void {
    this.#readmit(entry);
    if (entry.epoch === this.#epoch) return;
    this.#readCache.remove(entry);
    entry.epoch = this.#epoch;
    this.#uncommitted.push(entry);
    this.#uncommittedBytes += entryBytes(entry);
    this.noteHeld(entry);
  }

  /** The entry was written, or is in the record cache: ranges must see it. */
  noteHeld(entry: Entry): void {
    this.#readmit(entry);
    this.#readCache.remove(entry);
    this.#ordered?.set(this.byteKeyOf(entry), entry);
  }

  /** The entry may have become one that can be read again from the engine. */
  release(entry: Entry): void {
    if (!entry.disposable) return;
    if (!entry.present || this.#complete !== true) this.#ordered?.delete(this.byteKeyOf(entry));
    if (!entry.known) {
      this.evict(entry);
      return;
    }
    if (entry.indexed) this.#readCache.add(entry);
  }

  /** The engine's row, for an entry whose forwarded value is not known. Present ones as bytes behind the timestamp. */
  readEngine(entry: Entry): Uint8Array | undefined {
    this.#encodeKeyOf(entry);
    return this.#engine.get(this.#encodedKey());
  }

  /** Encodes key and value of an entry for `log`. */
  encodeRow(entry: Entry, value: unknown, bytes: Uint8Array | null): void {
    this.#encodeKeyOf(entry);
    this.#encodeStored(value, bytes);
  }

  // ---- read ahead ----

  /** Loads rows that are not here, in one call of the engine. Keys are of this store: it missed such a one before. */
  prefetch(keys: readonly unknown[]): number {
    if (this.#isComplete) return 0;
    const engineKeys: Uint8Array[] = [];
    const indexKeys: unknown[] = [];
    const seen = new Set<unknown>();
    for (const each of keys) {
      const key = each as K;
      const indexKey = this.#indexKeyOf(key);
      if (seen.has(indexKey) || this.#index.get(indexKey) !== undefined) continue;
      seen.add(indexKey);
      this.#encodeKey(key);
      engineKeys.push(copyBytes(this.#keyWriter.buffer, 0, this.#keyWriter.position));
      indexKeys.push(indexKey);
    }
    if (engineKeys.length === 0) return 0;
    this.#engine.getMany(engineKeys).forEach((row, i) => {
      this.#add(indexKeys[i], (engineKeys[i] as Uint8Array).length - this.#prefixLength, row);
    });
    return engineKeys.length;
  }

  // ---- ranges ----

  /**
   * Rows with `from <= key < to` in the order of their key bytes, as they are now; null if there are none. `touched` hears of each row of the record cache that the cursor
   * comes to.
   */
  rows(
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
    reverse: boolean,
    touched: ((entry: Entry) => void) | undefined,
  ): RowCursor | null {
    // Which rows are touched when depends on those of the engine between them, so with a record cache both sides are always read.
    const fromEngine = touched !== undefined || !this.#isComplete;
    const ordered = (this.#ordered ??= this.#order());
    const pending: PendingRow[] = [];
    ordered.visit(from === undefined ? undefined : toByteString(from), to === undefined ? undefined : toByteString(to), (key, entry) => {
      if (!entry.known || (fromEngine && entry.disposable)) return;
      pending.push({ key, entry, value: entry.value, bytes: entry.bytes, timestamp: entry.timestamp });
    });
    if (!fromEngine && pending.length === 0) return null;
    const cursor = new RowCursor({
      iterator: fromEngine ? this.#iterate(from, to, reverse) : null,
      pending,
      reverse,
      prefixLength: this.#prefixLength,
      touched,
      closed: this.#forget,
    });
    this.#cursors.add(cursor);
    return cursor;
  }

  decodeKeyAt(bytes: Uint8Array, start: number, end: number): K {
    return this.#keySerde.decode(bytes, start, end);
  }

  /** Value and timestamp of a row as the engine has it. */
  decodeStored(row: Uint8Array): V {
    return this.#valueSerde.decode(row, this.timestamped ? timestampBytes : 0, row.length);
  }

  timestampOf(row: Uint8Array): number {
    return this.timestamped ? readTimestamp(row) : -1;
  }

  /** A copy of the key's bytes. */
  keyBytes(key: K): Uint8Array {
    this.#encodeKey(key);
    return copyBytes(this.#keyWriter.buffer, this.#prefixLength, this.#keyWriter.position);
  }

  byteKeyOf(entry: Entry): ByteString {
    if (this.#keyForm === 'bytes') return entry.indexKey as string;
    this.#encodeKeyOf(entry);
    return toByteString(this.#keyWriter.buffer, this.#prefixLength, this.#keyWriter.position);
  }

  // ---- commit, restore ----

  take(batch: EngineBatch): void {
    const entries = this.#uncommitted;
    if (this.#engine.durable) sortByKey(entries);
    for (const entry of entries) {
      const node = entry.cached;
      // With updates that are not forwarded yet, the row that belongs to this commit is the one forwarded last.
      const held = node !== null && node.unsettled;
      const value = held ? node.baseValue : entry.value;
      const bytes = held ? node.baseBytes : entry.bytes;
      this.#encodeKeyOf(entry);
      if (value === null && bytes === null) {
        batch.delete(this.#encodedKey());
        continue;
      }
      this.#encodeStored(value, bytes);
      const writer = this.#valueWriter;
      if (this.timestamped) writeTimestamp(writer.buffer, 0, held ? node.baseTimestamp : entry.timestamp);
      batch.put(this.#encodedKey(), writer.view(this.timestamped ? 0 : timestampBytes));
    }
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
    for (const cursor of this.#cursors) cursor.close();
    this.#cursors.clear();
    for (const entry of this.#index) this.#readCache.remove(entry);
    this.#index.clear();
    this.#complete = undefined;
    this.#ordered = null;
    this.#uncommitted = [];
    this.#taken = [];
    this.#uncommittedBytes = this.#takenBytes = 0;
    this.#last = null;
    this.#lastKey = undefined;
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    this.#complete = undefined;
    const keyStart = records.keyStart(index);
    // A changelog record without key says nothing (S-188: a source topic may have such records).
    if (keyStart < 0) return 0;
    const keyWriter = this.#keyWriter;
    keyWriter.position = this.#prefixLength;
    keyWriter.writeRange(records.buffer, keyStart, records.keyEnd(index));
    const valueStart = records.valueStart(index);
    if (valueStart < 0) {
      batch.delete(this.#encodedKey());
      return keyWriter.position;
    }
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    writer.writeRange(records.buffer, valueStart, records.valueEnd(index));
    if (this.timestamped) writeTimestamp(writer.buffer, 0, records.timestamp(index));
    batch.put(this.#encodedKey(), writer.view(this.timestamped ? 0 : timestampBytes));
    return keyWriter.position + writer.position;
  }

  // ---- inside ----

  /** The read cache has no room for a clean entry. */
  evict(entry: Entry): void {
    entry.indexed = false;
    this.#index.delete(entry.indexKey);
    if (this.#last === entry) this.#last = null;
    if (entry.present && this.#complete === true) this.#becomeIncomplete();
  }

  get #isComplete(): boolean {
    return (this.#complete ??= this.#isEngineEmpty());
  }

  #isEngineEmpty(): boolean {
    const iterator = this.#iterate(undefined, undefined, false);
    try {
      return !iterator.next();
    } finally {
      iterator.close();
    }
  }

  #becomeIncomplete(): void {
    this.#complete = false;
    // It would be missed in the one, and a row that is not indexed may be in the engine now.
    this.#ordered = null;
    this.#last = null;
  }

  /** The entry of a key that has no row, in a complete table: only a write brings it into the index. */
  #vacant(key: K, indexKey: unknown): Entry {
    const entry = new Entry(indexKey, this, true);
    entry.indexed = false;
    if (this.#keyForm !== 'bytes') {
      this.#lastKey = key;
      this.#last = entry;
    }
    return entry;
  }

  #admit(entry: Entry): void {
    this.#index.add(entry);
    entry.indexed = true;
  }

  /** An entry that is to be kept although the read cache had given it up; a copy of the older row may have come in since. */
  #readmit(entry: Entry): void {
    if (entry.indexed) return;
    this.#index.delete(entry.indexKey);
    this.#admit(entry);
    this.#last = null;
  }

  #remember(key: K, entry: Entry): void {
    // Other keys may be changed in place and be found under what they were.
    if (this.#keyForm === 'bytes' || !entry.indexed) return;
    this.#lastKey = key;
    this.#last = entry;
  }

  #indexKeyOf(key: K): unknown {
    const form = (this.#keyForm ??= typeof key === 'string' ? 'text' : 'primitive');
    if (form === 'text') return wellFormed(key as unknown as string);
    if (form === 'primitive') return key;
    this.#encodeKey(key);
    return toByteString(this.#keyWriter.buffer, this.#prefixLength, this.#keyWriter.position);
  }

  #encodeKey(key: K): void {
    const writer = this.#keyWriter;
    writer.position = this.#prefixLength;
    this.#keySerde.encodeInto(key, writer);
  }

  #encodeKeyOf(entry: Entry): void {
    if (this.#keyForm !== 'bytes') {
      this.#encodeKey(entry.indexKey as K);
      return;
    }
    const writer = this.#keyWriter;
    const bytes = entry.indexKey as string;
    writer.position = this.#prefixLength;
    writer.reserve(bytes.length);
    writer.position += writer.buffer.write(bytes, writer.position, 'latin1');
  }

  #encodedKey(): Uint8Array {
    return this.#keyWriter.view(0);
  }

  #encodeStored(value: unknown, bytes: Uint8Array | null): void {
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    if (bytes !== null) writer.writeBytes(bytes);
    else if (value !== null) this.#valueSerde.encodeInto(value as V, writer);
  }

  /** Reads the row whose key was just encoded. */
  #load(indexKey: unknown): Entry {
    return this.#add(indexKey, this.encodedKeyLength, this.#engine.get(this.#encodedKey()));
  }

  #add(indexKey: unknown, keyLength: number, row: Uint8Array | undefined): Entry {
    const entry = new Entry(indexKey, this, true);
    entry.keyLength = keyLength;
    this.#fill(entry, row);
    this.#index.add(entry);
    this.#readCache.add(entry);
    return entry;
  }

  #fill(entry: Entry, row: Uint8Array | undefined): void {
    entry.known = true;
    if (row === undefined) return;
    const start = this.timestamped ? timestampBytes : 0;
    entry.timestamp = this.timestamped ? readTimestamp(row) : -1;
    entry.valueLength = row.length - start;
    if (this.#valueSerde.immutable) entry.value = this.#valueSerde.decode(row, start, row.length);
    else entry.bytes = start === 0 ? row : row.subarray(start);
  }

  /** An entry that was made for a write which then did not happen. */
  #learn(entry: Entry): Entry {
    this.#encodeKeyOf(entry);
    this.#fill(entry, this.#engine.get(this.#encodedKey()));
    return entry;
  }

  #order(): OrderedEntries {
    const ordered = new OrderedEntries();
    for (const entry of this.#index) {
      if (!entry.disposable || (this.#isComplete && entry.present)) ordered.set(this.byteKeyOf(entry), entry);
    }
    return ordered;
  }

  #iterate(from: Uint8Array | undefined, to: Uint8Array | undefined, reverse: boolean): EngineIterator {
    return this.#engine.iterate({
      gte: from === undefined ? this.#prefix : concat(this.#prefix, from),
      lt: to === undefined ? prefixEnd(this.#prefix) : concat(this.#prefix, to),
      reverse,
    });
  }

  /** A field, so that a range read makes no closure. */
  readonly #forget = (cursor: RowCursor): void => {
    this.#cursors.delete(cursor);
  };
}

/** Engines on disk write sorted batches faster (RocksDB by a tenth). Any order is right, so text is compared as JavaScript does. */
function sortByKey(entries: Entry[]): void {
  if (entries.length < 2) return;
  const sample = entries[0]?.indexKey;
  if (typeof sample === 'string') entries.sort((a, b) => ((a.indexKey as string) < (b.indexKey as string) ? -1 : 1));
  else if (typeof sample === 'number') entries.sort((a, b) => (a.indexKey as number) - (b.indexKey as number));
}

function concat(prefix: Uint8Array, key: Uint8Array): Uint8Array {
  const result = new Uint8Array(prefix.length + key.length);
  result.set(prefix);
  result.set(key, prefix.length);
  return result;
}
