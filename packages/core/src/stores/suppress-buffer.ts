/**
 * The updates that `suppress` holds back: in memory, by time; logged when the task commits, one record for each key that changed. The engine keeps what the changelog says, so
 * that a restart need not read the changelog from its start. Kafka Streams: `InMemoryTimeOrderedKeyValueChangeBuffer`.
 */
import type { EngineBatch, StateEngine } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import { Headers } from '../headers.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { Change } from '../processor/change.ts';
import { StreamRecord } from '../record.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import type { EvictionListener, SuppressBuffer } from './buffer-faces.ts';
import { type BufferedRecord, bufferedBytes, captureContext, decodeBuffered, encodeBuffered } from './buffered-record.ts';
import { ChangedKeys } from './changed-keys.ts';
import { forwardBuffered } from './forward-buffered.ts';
import type { ValueAndTimestamp } from './faces.ts';
import { type ByteString, prefixEnd, toByteString } from './key-bytes.ts';
import type { ManagedStore } from './managed-store.ts';
import { rawLength, type RecordContext } from './record-context.ts';
import type { StoreEnvironment } from './store-environment.ts';
import type { SuppressBufferSpec } from './store-spec.ts';
import { TimeQueue } from './time-queue.ts';
import { unreadableState } from './unreadable-state.ts';

interface Slot extends BufferedRecord {
  readonly time: number;
  readonly byteKey: ByteString;
}

/** The version of the format, as a header of each record. */
const versionHeader = 'v';
const version = 3;
/** Of inputs, kept for dead letters beside what `maxBytes` counts, which is what Kafka Streams counts. Rows beyond it have none, as after a restart. */
const maxRawBytes = 16 * 1024 * 1024;

export class SuppressStore<K, V> implements ManagedStore, SuppressBuffer<K, V, Change<V>> {
  readonly name: string;
  readonly volatile: boolean = false;
  readonly #engine: StateEngine;
  readonly #prefix: Uint8Array;
  readonly #changelog: OutputPartition | null;
  readonly #context: RecordContext;
  readonly #keySerde: Serde<K>;
  readonly #valueSerde: Serde<V>;
  readonly #keyWriter = new ByteWriter();
  readonly #valueWriter = new ByteWriter();
  readonly #headers = new Headers([{ key: versionHeader, value: Uint8Array.of(version) }]);
  /** By key. Each update makes a new slot in the place of the first. */
  readonly #slots = new Map<ByteString, Slot>();
  readonly #queue = new TimeQueue<Place>();
  readonly #places = new Map<ByteString, Place>();
  readonly #changed = new ChangedKeys();
  /** Logged, and waiting for the commit. */
  #uncommitted = new Set<ByteString>();
  #uncommittedBytes = 0;
  #takenBytes = 0;
  #bytes = 0;
  #rawBytes = 0;
  #opened = false;

  constructor(spec: SuppressBufferSpec, environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>) {
    const topic = environment.serdeTopic;
    this.name = spec.name;
    this.#engine = environment.engine;
    this.#prefix = environment.prefix;
    this.#changelog = environment.changelog;
    this.#context = environment.context;
    this.#keySerde = keySerde.bind?.({ topic, role: 'key' }) ?? keySerde;
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
  }

  // ---- what the operator sees ----

  get recordCount(): number {
    this.#open();
    return this.#slots.size;
  }

  get sizeBytes(): number {
    this.#open();
    return this.#bytes;
  }

  get minTime(): number {
    this.#open();
    return this.#queue.minTime;
  }

  put(time: number, record: StreamRecord<K, Change<V>>): void {
    this.#open();
    const byteKey = this.#byteKey(record.key);
    const { newValue, oldValue } = record.value;
    const value = this.#encode(newValue);
    const old = this.#encode(oldValue);
    const before = this.#slots.get(byteKey);
    const slot: Slot = {
      time: before === undefined ? time : before.time,
      byteKey,
      context: { ...captureContext(this.#context), raw: this.#rawBytes < maxRawBytes ? this.#context.captureRaw() : null },
      prior: before === undefined ? old : before.prior,
      old,
      value,
    };
    this.#place(slot, before);
    this.#note(byteKey, slot);
  }

  evictEldest(listener: EvictionListener<K, Change<V>>): boolean {
    this.#open();
    const place = this.#queue.peek();
    if (place === undefined) return false;
    const slot = this.#slots.get(place.byteKey) as Slot;
    const { context, old, value } = slot;
    const key = Buffer.from(slot.byteKey, 'latin1');
    const record = new StreamRecord<K, Change<V>>(
      this.#keySerde.decode(key, 0, key.length),
      new Change<V>(this.#decode(value), this.#decode(old)),
      context.timestamp,
      context.headers?.copy() ?? null,
      null,
      0,
      null,
      null,
      false,
    );
    // It leaves only after it was forwarded: what fails is still there.
    forwardBuffered(this.#context, context, record, listener);
    this.#remove(slot);
    this.#note(slot.byteKey, slot);
    return true;
  }

  priorValue(key: K): ValueAndTimestamp<V> | null | undefined {
    this.#open();
    const slot = this.#slots.get(this.#byteKey(key));
    if (slot === undefined) return undefined;
    const value = this.#decode(slot.prior);
    return value === null ? null : { value, timestamp: -1 };
  }

  // ---- managed ----

  get uncommittedBytes(): number {
    return this.#uncommittedBytes + this.#takenBytes;
  }

  get unflushed(): boolean {
    return this.#changed.size > 0;
  }

  /** Logs every key that changed: what is there, or that it is gone. */
  flush(): void {
    const changelog = this.#changelog;
    for (const byteKey of this.#changed.drain()) {
      this.#uncommitted.add(byteKey);
      if (changelog === null) continue;
      const key = Buffer.from(byteKey, 'latin1');
      const slot = this.#slots.get(byteKey);
      if (slot === undefined) {
        changelog.append(-1, key, 0, key.length, key, -1, -1, null);
        continue;
      }
      const writer = this.#encodeSlot(slot);
      changelog.append(-1, key, 0, key.length, writer.buffer, 0, writer.position, this.#headers);
    }
  }

  take(batch: EngineBatch): void {
    for (const byteKey of this.#uncommitted) {
      const key = Buffer.concat([this.#prefix, Buffer.from(byteKey, 'latin1')]);
      const slot = this.#slots.get(byteKey);
      if (slot === undefined) {
        batch.delete(key);
        continue;
      }
      const writer = this.#encodeSlot(slot);
      batch.put(key, writer.buffer.subarray(0, writer.position));
    }
    this.#uncommitted.clear();
    this.#takenBytes += this.#uncommittedBytes;
    this.#uncommittedBytes = 0;
  }

  settle(): void {
    this.#takenBytes = 0;
  }

  reset(): void {
    this.#slots.clear();
    this.#queue.clear();
    this.#places.clear();
    this.#changed.clear();
    this.#uncommitted.clear();
    this.#uncommittedBytes = this.#takenBytes = this.#bytes = this.#rawBytes = 0;
    this.#opened = false;
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    const key = records.key(index);
    if (key === null) throw this.#corrupt(records, index);
    const engineKey = Buffer.concat([this.#prefix, key]);
    const value = records.value(index);
    if (value === null) {
      batch.delete(engineKey);
      return engineKey.length;
    }
    const written = records.headers(index).last(versionHeader)?.value;
    if (written?.length !== 1 || written[0] !== version || decodeBuffered(value) === undefined) throw this.#corrupt(records, index);
    batch.put(engineKey, value);
    return engineKey.length + value.length;
  }

  // ---- inside ----

  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const iterator = this.#engine.iterate({ gte: this.#prefix, lt: prefixEnd(this.#prefix) });
    try {
      while (iterator.next()) {
        const byteKey = toByteString(iterator.key, this.#prefix.length);
        const decoded = decodeBuffered(iterator.value);
        if (decoded === undefined) throw unreadableState('buffer', this.name);
        this.#place({ ...decoded.record, time: decoded.time, byteKey }, undefined);
      }
    } catch (error) {
      // The next call is to fail too, not to find half of it.
      this.reset();
      throw error;
    } finally {
      iterator.close();
    }
  }

  #place(slot: Slot, before: Slot | undefined): void {
    if (before === undefined) {
      const place = { time: slot.time, byteKey: slot.byteKey };
      this.#places.set(slot.byteKey, place);
      this.#queue.add(place);
    } else {
      this.#bytes -= sizeOf(before);
      this.#rawBytes -= rawLength(before.context.raw);
    }
    this.#slots.set(slot.byteKey, slot);
    this.#bytes += sizeOf(slot);
    this.#rawBytes += rawLength(slot.context.raw);
  }

  #remove(slot: Slot): void {
    const place = this.#places.get(slot.byteKey);
    if (place !== undefined) this.#queue.remove(place);
    this.#places.delete(slot.byteKey);
    this.#slots.delete(slot.byteKey);
    this.#bytes -= sizeOf(slot);
    this.#rawBytes -= rawLength(slot.context.raw);
  }

  #note(byteKey: ByteString, slot: Slot): void {
    this.#changed.add(byteKey);
    this.#uncommittedBytes += sizeOf(slot);
  }

  #byteKey(key: K): ByteString {
    const writer = this.#keyWriter;
    writer.position = 0;
    this.#keySerde.encodeInto(key, writer);
    return toByteString(writer.buffer, 0, writer.position);
  }

  #encode(value: V | null): Uint8Array | null {
    if (value === null || value === undefined) return null;
    const writer = this.#valueWriter;
    writer.position = 0;
    this.#valueSerde.encodeInto(value, writer);
    return writer.toBytes();
  }

  #decode(bytes: Uint8Array | null): V | null {
    return bytes === null ? null : this.#valueSerde.decode(bytes, 0, bytes.length);
  }

  #encodeSlot(slot: Slot): ByteWriter {
    const writer = this.#valueWriter;
    writer.position = 0;
    encodeBuffered(slot, slot.time, writer);
    return writer;
  }

  #corrupt(records: FetchedRecords, index: number): StreamsError {
    return new StreamsError(
      'MR_RECORD_CORRUPT',
      `the changelog of buffer ${this.name} has a record that is not of format version ${version}; an application of Kafka Streams before 2.6 must be upgraded in Java first`,
      { details: { store: this.name, topic: records.tp.topic, partition: records.tp.partition, offset: records.offset(index) } },
    );
  }
}

/** Where a key waits. */
interface Place {
  readonly time: number;
  readonly byteKey: ByteString;
}

/** As Kafka Streams counts: the time, the key, the record. */
function sizeOf(slot: Slot): number {
  return 8 + slot.byteKey.length + bufferedBytes(slot);
}
