/**
 * A history of values per key. In memory a sorted list of versions for each key that is in use; in the engine one row with the latest version and one row for each segment of
 * time in which versions ended, so that what expires goes as a range. Kafka Streams: `RocksDBVersionedStore` (KIP-889); the changelog has every put, refused ones too.
 */
import type { EngineBatch, StateEngine } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import { Entry, type EntryOwner, entryBytes } from './entry.ts';
import { EntryIndex } from './entry-index.ts';
import { readTimestamp, timestampBytes, writeTimestamp } from './key-bytes.ts';
import type { ManagedStore } from './managed-store.ts';
import { writtenOutside } from './outside-store.ts';
import { checkPutTime } from './put-checks.ts';
import type { ReadCache } from './read-cache.ts';
import type { RecordContext } from './record-context.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { StoreKeys } from './store-keys.ts';
import type { VersionedStoreSpec } from './store-spec.ts';
import { inOrder, insertVersion, isDeletion, trimVersions, type Version, versionAt } from './version-list.ts';
import { latestVersion, type VersionedRecord, type VersionedStore, type VersionedTable } from './versioned-faces.ts';

class History extends Entry {
  readonly versions: Version[] = [];
  /** Segments whose rows changed since the last commit. */
  readonly segments: Set<number> = new Set();
}

// Second part of an engine's key.
const latestRows = 0;
const segmentRows = 1;
const metaRow = 2;
const segmentBytes = 6;
/** In the place of a value's length: a deletion, and one that is known to end at the next version. */
const openDeletion = -1;
const endedDeletion = -2;
/** What a version costs beside its bytes. */
const versionOverheadBytes = 80;

export class VersionedKeyValueStore<K, V> implements ManagedStore, VersionedStore<K, V>, VersionedTable<K, V>, EntryOwner {
  readonly name: string;
  readonly volatile: boolean = false;
  readonly unflushed: boolean = false;
  readonly #historyRetentionMs: number;
  readonly #segmentMs: number;
  readonly #engine: StateEngine;
  readonly #prefix: Uint8Array;
  readonly #changelog: OutputPartition | null;
  readonly #readCache: ReadCache;
  readonly #context: RecordContext;
  readonly #dropped: (reason: string) => void;
  readonly #keys: StoreKeys<K>;
  readonly #valueSerde: Serde<V>;
  readonly #index = new EntryIndex<History>();
  readonly #keyWriter = new ByteWriter();
  readonly #valueWriter = new ByteWriter();
  /** Segments that the engine may have rows of. */
  readonly #segments = new Set<number>();
  #observed = -1;
  #writtenTime = -1;
  #uncommitted: History[] = [];
  #taken: History[] = [];
  #epoch = 1;
  #uncommittedBytes = 0;
  #takenBytes = 0;
  #opened = false;

  constructor(spec: VersionedStoreSpec, environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>) {
    const topic = environment.serdeTopic;
    this.name = spec.name;
    this.#historyRetentionMs = spec.historyRetentionMs;
    this.#segmentMs = spec.segmentIntervalMs;
    this.#engine = environment.engine;
    this.#prefix = environment.prefix;
    this.#changelog = environment.changelog;
    this.#readCache = environment.readCache;
    this.#context = environment.context;
    this.#dropped = environment.dropped;
    this.#keys = new StoreKeys(keySerde.bind?.({ topic, role: 'key' }) ?? keySerde, new ByteWriter());
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
  }

  // ---- the public face, and what operators see ----

  put(key: K, value: V | null | undefined, timestamp: number): number | undefined {
    checkPutTime(timestamp, 'the time of a version', this.name);
    return this.write(key, value ?? null, timestamp);
  }

  write(key: K, value: V | null, timestamp: number): number | undefined {
    if (!this.#context.open) throw writtenOutside(this.name);
    this.#check(key, timestamp);
    this.#open();
    this.#encode(value);
    const accepted = this.#accepts(timestamp);
    const validTo = accepted ? this.#insert(this.#find(this.#keys.indexKeyOf(key)), value, timestamp) : undefined;
    if (!accepted) this.#dropped('expired version');
    this.#log(key, value !== null, timestamp);
    return validTo;
  }

  setFlushListener(): false {
    return false;
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    checkPutTime(timestamp, 'the time of a version', this.name);
    this.#check(key, timestamp);
    this.#open();
    const found = this.#accepts(timestamp) ? this.getAsOf(key, timestamp) : undefined;
    this.write(key, null, timestamp);
    return found;
  }

  get(key: K): VersionedRecord<V> | undefined {
    return this.lookup(key);
  }

  lookup(key: K): VersionedRecord<V> | undefined {
    this.#check(key, 0);
    this.#open();
    const { versions } = this.#find(this.#keys.indexKeyOf(key));
    return this.#recordAt(versions, versions.length - 1);
  }

  getAsOf(key: K, asOf: number): VersionedRecord<V> | undefined {
    return this.lookupAsOf(key, asOf);
  }

  lookupAsOf(key: K, asOf: number): VersionedRecord<V> | undefined {
    this.#check(key, 0);
    this.#open();
    const { versions } = this.#find(this.#keys.indexKeyOf(key));
    const at = versionAt(versions, asOf);
    // Beyond the history only the latest version is known for sure.
    if (asOf < this.#observed - this.#historyRetentionMs && at !== versions.length - 1) return undefined;
    return this.#recordAt(versions, at);
  }

  // ---- managed ----

  get uncommittedBytes(): number {
    return this.#uncommittedBytes + this.#takenBytes;
  }

  // Nothing is held back from the changelog.
  flush(): void {}

  take(batch: EngineBatch): void {
    this.#open();
    this.#dropSegments(batch);
    for (const entry of this.#uncommitted) this.#writeHistory(entry, batch);
    if (this.#observed !== this.#writtenTime) {
      const meta = Buffer.alloc(timestampBytes);
      writeTimestamp(meta, 0, this.#observed);
      batch.put(this.#key(metaRow), meta);
      this.#writtenTime = this.#observed;
    }
    this.#taken = this.#taken.length === 0 ? this.#uncommitted : this.#taken.concat(this.#uncommitted);
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
      if (entry.indexed) this.#readCache.add(entry);
    }
  }

  reset(): void {
    for (const entry of this.#index) this.#readCache.remove(entry);
    this.#index.clear();
    this.#segments.clear();
    this.#uncommitted = [];
    this.#taken = [];
    this.#uncommittedBytes = this.#takenBytes = 0;
    this.#opened = false;
  }

  restore(records: FetchedRecords, index: number, _batch: EngineBatch): number {
    this.#open();
    const keyStart = records.keyStart(index);
    const timestamp = records.timestamp(index);
    // A record without key says nothing (S-188: the changelog may be a source topic).
    if (keyStart < 0 || !this.#accepts(timestamp)) return 0;
    const keyEnd = records.keyEnd(index);
    const valueStart = records.valueStart(index);
    const valueEnd = records.valueEnd(index);
    const writer = this.#valueWriter;
    writer.position = 0;
    const value = valueStart < 0 ? null : this.#valueSerde.decode(records.buffer, valueStart, valueEnd);
    if (valueStart >= 0) writer.writeRange(records.buffer, valueStart, valueEnd);
    this.#insert(this.#find(this.#keys.indexKeyOfBytes(records.buffer, keyStart, keyEnd)), value, timestamp);
    return keyEnd - keyStart + Math.max(0, valueEnd - valueStart) + versionOverheadBytes;
  }

  /** Versions find their places in memory; what came of them is written here. */
  finishRestore(batch: EngineBatch): void {
    this.take(batch);
    this.reset();
  }

  evict(entry: History): void {
    entry.indexed = false;
    this.#index.delete(entry.indexKey);
  }

  // ---- inside ----

  #accepts(timestamp: number): boolean {
    return timestamp >= this.#observed - this.#historyRetentionMs;
  }

  #check(key: K, timestamp: number): void {
    if (key === null || key === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `store ${this.name} was asked for a null key`, { details: { store: this.name } });
    }
    if (!(timestamp >= 0)) {
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        `store ${this.name} was given the timestamp ${timestamp}; it must be milliseconds that are not negative`,
        {
          details: { store: this.name },
        },
      );
    }
  }

  #recordAt(versions: readonly Version[], at: number): VersionedRecord<V> | undefined {
    const version = versions[at];
    if (version === undefined || isDeletion(version)) return undefined;
    const { value, bytes, timestamp } = version;
    // Only values of this store's serde are put into its versions.
    const decoded = bytes === null ? (value as V) : this.#valueSerde.decode(bytes, 0, bytes.length);
    return { value: decoded, timestamp };
  }

  /** The value that was encoded last becomes a version. Returns the time of the next one. */
  #insert(entry: History, value: V | null, timestamp: number): number {
    this.#observed = Math.max(this.#observed, timestamp);
    const { versions } = entry;
    this.#readCache.remove(entry);
    if (!entry.indexed) {
      // It was evicted for want of room as soon as it was read.
      entry.indexed = true;
      this.#index.add(entry);
    }
    const counted = entry.epoch === this.#epoch;
    if (counted) this.#uncommittedBytes -= entryBytes(entry);
    const writer = this.#valueWriter;
    const length = value === null ? 0 : writer.position;
    const immutable = this.#valueSerde.immutable;
    const bytes = value === null || immutable ? null : writer.toBytes();
    const at = insertVersion(versions, { timestamp, value: immutable ? value : null, bytes, length }, this.#segmentMs);
    // What was deleted without a trace stood behind what is the last now.
    const before = at < 0 ? versions.at(-1) : versions[at - 1];
    const next = at < 0 ? undefined : versions[at + 1];
    const { segments } = entry;
    segments.add(this.#segmentOf(timestamp));
    if (next !== undefined) segments.add(this.#segmentOf(next.timestamp));
    // A deletion that was the latest stood in the segment of its own time.
    if (before !== undefined && isDeletion(before)) segments.add(this.#segmentOf(before.timestamp));
    trimVersions(versions, this.#observed - this.#historyRetentionMs);
    entry.valueLength = versions.reduce((sum, version) => sum + version.length + versionOverheadBytes, 0);
    if (counted) {
      this.#uncommittedBytes += entryBytes(entry);
    } else {
      entry.epoch = this.#epoch;
      this.#uncommitted.push(entry);
      this.#uncommittedBytes += entryBytes(entry);
    }
    return next === undefined ? latestVersion : next.timestamp;
  }

  #segmentOf(time: number): number {
    return Math.trunc(time / this.#segmentMs);
  }

  get #firstSegment(): number {
    return Math.max(0, this.#segmentOf(this.#observed - this.#historyRetentionMs));
  }

  /** Where a version is kept; undefined: in the row of the latest. */
  #placeOf(versions: readonly Version[], at: number): number | undefined {
    const next = versions[at + 1];
    if (next !== undefined) return this.#segmentOf(next.timestamp);
    const version = versions[at] as Version;
    return isDeletion(version) ? this.#segmentOf(version.timestamp) : undefined;
  }

  #find(indexKey: unknown): History {
    let entry = this.#index.get(indexKey);
    if (entry !== undefined) {
      entry.referenced = true;
      return entry;
    }
    entry = new History(indexKey, this, true);
    const keys = [this.#key(latestRows, indexKey)];
    const first = this.#firstSegment;
    for (const segment of this.#segments) if (segment >= first) keys.push(this.#key(segmentRows, indexKey, segment));
    const [latest, ...rows] = this.#engine.getMany(keys);
    for (const row of rows) if (row !== undefined) this.#decodeVersions(row, entry.versions);
    if (latest !== undefined) entry.versions.push(this.#version(readTimestamp(latest), latest, timestampBytes, latest.length));
    entry.versions.sort(inOrder);
    trimVersions(entry.versions, this.#observed - this.#historyRetentionMs);
    entry.keyLength = (keys[0] as Uint8Array).length;
    entry.valueLength = entry.versions.reduce((sum, version) => sum + version.length + versionOverheadBytes, 0);
    this.#index.add(entry);
    this.#readCache.add(entry);
    return entry;
  }

  #version(timestamp: number, buffer: Uint8Array, start: number, end: number): Version {
    const immutable = this.#valueSerde.immutable;
    return {
      timestamp,
      value: immutable ? this.#valueSerde.decode(buffer, start, end) : null,
      bytes: immutable ? null : new Uint8Array(buffer.subarray(start, end)),
      length: end - start,
    };
  }

  #decodeVersions(row: Uint8Array, versions: Version[]): void {
    const buffer = Buffer.from(row.buffer, row.byteOffset, row.length);
    for (let at = 0; at < buffer.length;) {
      const timestamp = readTimestamp(row.subarray(at));
      const length = buffer.readInt32BE(at + 8);
      at += 12;
      if (length < 0) versions.push({ timestamp, value: null, bytes: null, length: 0, ended: length === endedDeletion });
      else versions.push(this.#version(timestamp, row, at, (at += length)));
    }
  }

  #writeHistory(entry: History, batch: EngineBatch): void {
    const { versions, segments, indexKey } = entry;
    const writer = this.#valueWriter;
    const last = versions[versions.length - 1];
    if (last === undefined || isDeletion(last)) {
      batch.delete(this.#key(latestRows, indexKey));
    } else {
      writer.position = 0;
      writer.writeInt64(last.timestamp);
      this.#writeValue(last);
      batch.put(this.#key(latestRows, indexKey), writer.buffer.subarray(0, writer.position));
    }
    const first = this.#firstSegment;
    for (const segment of segments) {
      if (segment < first) continue;
      writer.position = 0;
      for (let at = 0; at < versions.length; at++) {
        if (this.#placeOf(versions, at) !== segment) continue;
        const version = versions[at] as Version;
        writer.writeInt64(version.timestamp);
        const lengthAt = writer.position;
        writer.writeInt32(version.ended === true ? endedDeletion : openDeletion);
        if (isDeletion(version)) continue;
        this.#writeValue(version);
        writer.buffer.writeInt32BE(writer.position - lengthAt - 4, lengthAt);
      }
      const key = this.#key(segmentRows, indexKey, segment);
      if (writer.position === 0) {
        batch.delete(key);
        continue;
      }
      batch.put(key, writer.buffer.subarray(0, writer.position));
      this.#segments.add(segment);
    }
    segments.clear();
  }

  #writeValue({ value, bytes }: Version): void {
    if (bytes === null) this.#valueSerde.encodeInto(value as V, this.#valueWriter);
    else this.#valueWriter.writeBytes(bytes);
  }

  /** Segments that have expired go as one range. */
  #dropSegments(batch: EngineBatch): void {
    const first = this.#firstSegment;
    let expired = false;
    for (const segment of this.#segments) {
      if (segment >= first) continue;
      this.#segments.delete(segment);
      expired = true;
    }
    if (expired) batch.deleteRange(this.#segmentStart(0), this.#segmentStart(first));
  }

  #encode(value: V | null): void {
    this.#valueWriter.position = 0;
    if (value !== null) this.#valueSerde.encodeInto(value, this.#valueWriter);
  }

  #log(key: K, present: boolean, timestamp: number): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    const writer = this.#keyWriter;
    writer.position = 0;
    this.#keys.encodeInto(key, writer);
    const { buffer, position } = this.#valueWriter;
    if (present) changelog.append(timestamp, writer.buffer, 0, writer.position, buffer, 0, position, null);
    else changelog.append(timestamp, writer.buffer, 0, writer.position, buffer, -1, -1, null);
  }

  #key(kind: number, indexKey?: unknown, segment?: number): Uint8Array {
    const writer = this.#keyWriter;
    writer.position = 0;
    writer.writeBytes(this.#prefix);
    writer.writeUint8(kind);
    if (segment !== undefined) {
      writer.reserve(segmentBytes);
      writer.position = writer.buffer.writeUIntBE(segment, writer.position, segmentBytes);
    }
    if (indexKey !== undefined) this.#keys.encodeIndexKey(indexKey, writer);
    return writer.toBytes();
  }

  #segmentStart(segment: number): Uint8Array {
    return this.#key(segmentRows, undefined, segment);
  }

  /** Reads the store's time and which segments there are; before anything else is asked. */
  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const meta = this.#engine.get(this.#key(metaRow));
    this.#observed = this.#writtenTime = meta === undefined ? -1 : readTimestamp(meta);
    const end = this.#key(metaRow);
    for (let segment = 0; ;) {
      const iterator = this.#engine.iterate({ gte: this.#segmentStart(segment), lt: end });
      try {
        if (!iterator.next()) return;
        const key = iterator.key;
        segment = Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(this.#prefix.length + 1, segmentBytes);
      } finally {
        iterator.close();
      }
      this.#segments.add(segment++);
    }
  }
}
