/** The bytes of a windowed store's rows: keys as engine and changelog have them, made once for both; values, with their timestamp in front in the engine only (SF-02, SF-03). */
import type { Header, Headers } from '../headers.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import { copyBytes } from '../serde/copy-bytes.ts';
import type { Serde } from '../serde/serde.ts';
import { readTimestamp, timestampBytes, writeTimestamp } from './key-bytes.ts';
import { decodeRowHeaders, encodeRowHeaders, endOfRowHeaders } from './row-headers.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { StoreKeys } from './store-keys.ts';
import type { StoreTimes } from './store-times.ts';
import type { TimedEntry } from './timed-entry.ts';
import { type MinorBytes, TimedLayout } from './timed-layout.ts';

export interface TimedRowCodecInit<K, V> {
  readonly environment: StoreEnvironment;
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<V>;
  readonly timestamped: boolean;
  /** Rows have the headers that they were written with. */
  readonly keepsHeaders: boolean;
  readonly times: StoreTimes;
  readonly minorBytes: MinorBytes;
}

export class TimedRowCodec<K, V> {
  readonly timestamped: boolean;
  readonly keepsHeaders: boolean;
  readonly keys: StoreKeys<K>;
  readonly layout: TimedLayout;
  readonly #times: StoreTimes;
  readonly #changelog: OutputPartition | null;
  readonly #valueSerde: Serde<V>;
  readonly #keyWriter: ByteWriter;
  /** Room for a timestamp, then the value encoded last. */
  readonly #valueWriter = new ByteWriter();
  /** Rows with headers are put together here. */
  readonly #rowWriter: ByteWriter | null;

  constructor(init: TimedRowCodecInit<K, V>) {
    const { environment, keySerde, valueSerde } = init;
    const topic = environment.serdeTopic;
    this.timestamped = init.timestamped;
    this.keepsHeaders = init.keepsHeaders;
    this.#rowWriter = init.keepsHeaders ? new ByteWriter() : null;
    this.layout = new TimedLayout(environment.prefix, init.minorBytes);
    this.keys = new StoreKeys(keySerde.bind?.({ topic, role: 'key' }) ?? keySerde, new ByteWriter());
    this.#times = init.times;
    this.#changelog = environment.changelog;
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
    this.#keyWriter = this.layout.writer();
    this.#valueWriter.writeInt64(0);
  }

  get immutable(): boolean {
    return this.#valueSerde.immutable;
  }

  // ---- encoding: what was encoded last is logged, read or written next ----

  encodeKey(key: K, time: number, minor: number): void {
    const writer = this.#keyWriter;
    writer.position = this.layout.keyStart;
    this.keys.encodeInto(key, writer);
    this.layout.finish(writer, this.#times.segmentOf(time), time, minor);
  }

  encodeKeyOf(entry: TimedEntry): void {
    const writer = this.#keyWriter;
    writer.position = this.layout.keyStart;
    this.keys.encodeIndexKey(entry.rows.indexKey, writer);
    this.layout.finish(writer, this.#times.segmentOf(entry.time), entry.time, entry.minor);
  }

  /** A key as the changelog has it, without the time and what follows. */
  copyKey(source: Uint8Array, start: number, end: number, time: number, minor: number): void {
    const writer = this.#keyWriter;
    writer.position = this.layout.keyStart;
    writer.writeRange(source, start, end);
    this.layout.finish(writer, this.#times.segmentOf(time), time, minor);
  }

  /** Null encodes nothing. */
  encodeValue(value: V | null): void {
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    if (value !== null) this.#valueSerde.encodeInto(value, writer);
  }

  /** A value as an entry holds it. */
  encodeHeld(value: unknown, bytes: Uint8Array | null): void {
    if (bytes !== null) this.copyValue(bytes, 0, bytes.length);
    // Only values of this serde are put into entries.
    else this.encodeValue(value as V | null);
  }

  copyValue(source: Uint8Array, start: number, end: number): void {
    const writer = this.#valueWriter;
    writer.position = timestampBytes;
    writer.writeRange(source, start, end);
  }

  /** The engine's key, good until the next one is encoded. */
  get engineKey(): Uint8Array {
    return this.#keyWriter.view(0);
  }

  /** The engine's row, good until the next value is encoded. */
  engineRow(timestamp: number, headers: readonly Header[] | null): Uint8Array {
    const { buffer, position } = this.#valueWriter;
    const row = this.#rowWriter;
    if (row !== null) {
      row.position = 0;
      if (this.timestamped) row.writeInt64(timestamp);
      encodeRowHeaders(headers, row);
      row.writeRange(buffer, timestampBytes, position);
      return row.buffer.subarray(0, row.position);
    }
    if (this.timestamped) writeTimestamp(buffer, 0, timestamp);
    return this.#valueWriter.view(this.timestamped ? 0 : timestampBytes);
  }

  /** Of the key as the changelog has it. */
  get keyLength(): number {
    return this.#keyWriter.position - this.layout.keyStart;
  }

  get valueLength(): number {
    return this.#valueWriter.position - timestampBytes;
  }

  /** A copy of the value's bytes. */
  valueBytes(): Uint8Array {
    return copyBytes(this.#valueWriter.buffer, timestampBytes, this.#valueWriter.position);
  }

  /** Appends the row to the changelog: a tombstone if it is not present. Headers are for those changelogs that carry some. */
  log(present: boolean, timestamp: number, headers: Headers | null = null): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    const { buffer, position } = this.#keyWriter;
    const value = this.#valueWriter;
    const keyStart = this.layout.keyStart;
    if (present) changelog.append(timestamp, buffer, keyStart, position, value.buffer, timestampBytes, value.position, headers);
    else changelog.append(timestamp, buffer, keyStart, position, value.buffer, -1, -1, headers);
  }

  // ---- decoding ----

  /** The value of a row, decoded anew where its serde's values can be changed in place. */
  valueOf(value: unknown, bytes: Uint8Array | null): V {
    // Only values of this serde are put into entries.
    return bytes === null ? (value as V) : this.#valueSerde.decode(bytes, 0, bytes.length);
  }

  /** The value of a row as the engine has it. */
  decodeRow(row: Uint8Array): V {
    return this.#valueSerde.decode(row, this.#valueStart(row), row.length);
  }

  /** The bytes of its value. */
  valueBytesOf(row: Uint8Array): Uint8Array {
    const start = this.#valueStart(row);
    return start === 0 ? row : row.subarray(start);
  }

  headersOf(row: Uint8Array): readonly Header[] | null {
    return this.keepsHeaders ? decodeRowHeaders(row, this.timestamped ? timestampBytes : 0) : null;
  }

  timestampOf(row: Uint8Array): number {
    return this.timestamped ? readTimestamp(row) : -1;
  }

  /** Gives an entry what the engine has of it. */
  fill(entry: TimedEntry, row: Uint8Array | undefined): void {
    entry.known = true;
    if (row === undefined) return;
    entry.timestamp = this.timestampOf(row);
    entry.valueLength = row.length - this.#valueStart(row);
    if (this.keepsHeaders) entry.headers = this.headersOf(row);
    if (this.#valueSerde.immutable) entry.value = this.decodeRow(row);
    else entry.bytes = this.valueBytesOf(row);
  }

  #valueStart(row: Uint8Array): number {
    const start = this.timestamped ? timestampBytes : 0;
    return this.keepsHeaders ? endOfRowHeaders(row, start) : start;
  }
}
