/** The bytes of a key-value store's rows: keys with the store's prefix in front in the engine only, values with their timestamp in front in the engine only (SF-02, SF-03). */
import type { Headers } from '../headers.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import { copyBytes } from '../serde/copy-bytes.ts';
import type { Serde } from '../serde/serde.ts';
import type { Entry } from './entry.ts';
import { type ByteString, readTimestamp, timestampBytes, toByteString, writeTimestamp } from './key-bytes.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { StoreKeys } from './store-keys.ts';

export class EntryCodec<K, V> {
  readonly timestamped: boolean;
  readonly prefixLength: number;
  readonly keys: StoreKeys<K>;
  readonly #changelog: OutputPartition | null;
  readonly #valueSerde: Serde<V>;
  /** Where a value begins in the engine's row. */
  readonly #valueStart: number;
  /** Holds the store's prefix, then the key encoded last. */
  readonly #keyWriter = new ByteWriter();
  /** Room for a timestamp, then the value encoded last. */
  readonly #valueWriter = new ByteWriter();

  constructor(environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>, timestamped: boolean) {
    const topic = environment.serdeTopic;
    this.timestamped = timestamped;
    this.prefixLength = environment.prefix.length;
    this.keys = new StoreKeys(keySerde.bind?.({ topic, role: 'key' }) ?? keySerde, new ByteWriter());
    this.#changelog = environment.changelog;
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
    this.#valueStart = timestamped ? timestampBytes : 0;
    this.#keyWriter.writeBytes(environment.prefix);
    this.#valueWriter.writeInt64(0);
  }

  // ---- encoding: what was encoded last is logged, read or written next ----

  encodeKey(key: K): void {
    const writer = this.#keyWriter;
    writer.position = this.prefixLength;
    this.keys.encodeInto(key, writer);
  }

  encodeKeyOf(entry: Entry): void {
    const writer = this.#keyWriter;
    writer.position = this.prefixLength;
    this.keys.encodeIndexKey(entry.indexKey, writer);
  }

  /** Null encodes nothing. */
  encodeValue(value: V | null): void {
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    if (value !== null) this.#valueSerde.encodeInto(value, writer);
  }

  /** A value as an entry holds it. */
  encodeHeld(value: unknown, bytes: Uint8Array | null): void {
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    if (bytes !== null) writer.writeBytes(bytes);
    // Only values of this serde are put into entries.
    else if (value !== null) this.#valueSerde.encodeInto(value as V, writer);
  }

  /** What the index knows the key by that was encoded last. */
  encodedIndexKey(key: K): unknown {
    const { buffer, position } = this.#keyWriter;
    return this.keys.indexKeyOfEncoded(key, buffer, this.prefixLength, position);
  }

  /** The engine's key, good until the next one is encoded. */
  get engineKey(): Uint8Array {
    return this.#keyWriter.view(0);
  }

  /** A copy of it. */
  copyEngineKey(): Uint8Array {
    return copyBytes(this.#keyWriter.buffer, 0, this.#keyWriter.position);
  }

  /** The engine's row, good until the next value is encoded. */
  engineRow(timestamp: number): Uint8Array {
    const writer = this.#valueWriter;
    if (!this.timestamped) return writer.view(timestampBytes);
    writeTimestamp(writer.buffer, 0, timestamp);
    return writer.view(0);
  }

  /** Without the prefix. */
  get keyLength(): number {
    return this.#keyWriter.position - this.prefixLength;
  }

  /** Without the timestamp. */
  get valueLength(): number {
    return this.#valueWriter.position - timestampBytes;
  }

  /** A copy of a key's bytes. */
  keyBytes(key: K): Uint8Array {
    this.encodeKey(key);
    return copyBytes(this.#keyWriter.buffer, this.prefixLength, this.#keyWriter.position);
  }

  byteKeyOf(entry: Entry): ByteString {
    return this.keys.byteStringOf(entry.indexKey);
  }

  /** Appends the row to the changelog, as encoded last: a tombstone if it is not present. Headers are for those changelogs that carry some. */
  log(present: boolean, timestamp: number, headers: Headers | null): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    const { buffer, position } = this.#keyWriter;
    const value = this.#valueWriter;
    if (present) changelog.append(timestamp, buffer, this.prefixLength, position, value.buffer, timestampBytes, value.position, headers);
    else changelog.append(timestamp, buffer, this.prefixLength, position, value.buffer, -1, -1, headers);
  }

  // ---- entries ----

  /** Gives an entry its new value, as encoded last. */
  assign(entry: Entry, value: V | null, timestamp: number): void {
    entry.timestamp = timestamp;
    entry.keyLength = this.keyLength;
    entry.valueLength = value === null ? 0 : this.valueLength;
    if (value === null) {
      entry.value = null;
      entry.bytes = null;
    } else if (this.#valueSerde.immutable) {
      entry.value = value;
      entry.bytes = null;
    } else {
      entry.bytes = copyBytes(this.#valueWriter.buffer, timestampBytes, this.#valueWriter.position);
    }
    entry.known = true;
  }

  /** Gives an entry what the engine has of it. */
  takeRow(entry: Entry, row: Uint8Array | undefined): void {
    entry.known = true;
    if (row === undefined) return;
    const start = this.#valueStart;
    entry.timestamp = this.timestamped ? readTimestamp(row) : -1;
    entry.valueLength = row.length - start;
    if (this.#valueSerde.immutable) entry.value = this.#valueSerde.decode(row, start, row.length);
    else entry.bytes = start === 0 ? row : row.subarray(start);
  }

  /** Gives an entry what a changelog record says of it. A value that cannot be read yet stays bytes: who reads it hears of that, as with the engine's rows. */
  takeRecord(entry: Entry, records: FetchedRecords, index: number): void {
    const start = records.valueStart(index);
    const end = records.valueEnd(index);
    entry.keyLength = this.keyLength;
    entry.valueLength = end - start;
    entry.timestamp = this.timestamped ? records.timestamp(index) : -1;
    entry.value = (this.#valueSerde.immutable ? this.#tryDecode(records.buffer, start, end) : undefined) ?? null;
    entry.bytes = entry.value === null ? copyBytes(records.buffer, start, end) : null;
  }

  // ---- changelog ----

  /** Key and value of a changelog record that has both, as encoded last. Returns their bytes. */
  copyRow(records: FetchedRecords, index: number): number {
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    writer.writeRange(records.buffer, records.valueStart(index), records.valueEnd(index));
    return this.#keyWriter.position + writer.position;
  }

  copyKey(records: FetchedRecords, index: number): void {
    const writer = this.#keyWriter;
    writer.position = this.prefixLength;
    writer.writeRange(records.buffer, records.keyStart(index), records.keyEnd(index));
  }

  /** What the index knows a key by that was copied last; undefined if reading it and writing it again gives other bytes, which no key of the store has. */
  copiedIndexKey(): unknown {
    const { keys } = this;
    const writer = this.#keyWriter;
    const { position } = writer;
    const { prefixLength } = this;
    try {
      const indexKey = keys.indexKeyOfBytes(writer.buffer, prefixLength, position);
      if (!keys.comparable) return indexKey;
      return keys.byteStringOf(indexKey) === toByteString(writer.buffer, prefixLength, position) ? indexKey : undefined;
    } catch {
      return undefined;
    }
  }

  // ---- decoding ----

  /** The value of a row, decoded anew where its serde's values can be changed in place; undefined if there is none. */
  valueOf(entry: Entry): V | undefined {
    // Only values of this serde are put into entries.
    if (entry.value !== null) return entry.value as V;
    const { bytes } = entry;
    return bytes === null ? undefined : this.decodeValue(bytes);
  }

  decodeValue(bytes: Uint8Array): V {
    return this.#valueSerde.decode(bytes, 0, bytes.length);
  }

  /** The value of a row as the engine has it. */
  decodeStored(row: Uint8Array): V {
    return this.#valueSerde.decode(row, this.#valueStart, row.length);
  }

  /** The bytes of its value. */
  valueBytesOf(row: Uint8Array): Uint8Array {
    return this.timestamped ? row.subarray(timestampBytes) : row;
  }

  timestampOf(row: Uint8Array): number {
    return this.timestamped ? readTimestamp(row) : -1;
  }

  #tryDecode(buffer: Uint8Array, start: number, end: number): V | undefined {
    try {
      return this.#valueSerde.decode(buffer, start, end);
    } catch {
      return undefined;
    }
  }
}
