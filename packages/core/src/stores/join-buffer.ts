/**
 * Stream records that wait for the grace of a stream-table join: in memory by time, key and order of arrival, logged as they come and go, and in the engine for a restart. Where they are
 * too many, the latest times are in the engine alone until it is their turn (I7).
 * Kafka Streams: `RocksDBTimeOrderedKeyValueBuffer`.
 */
import type { EngineBatch, EngineIterator, StateEngine } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { StreamRecord } from '../record.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import type { EvictionListener, JoinBuffer } from './buffer-faces.ts';
import { type BufferedRecord, captureContext, decodeBuffered, encodeBuffered } from './buffered-record.ts';
import { forwardBuffered } from './forward-buffered.ts';
import { type ByteString, readTimestamp, toByteString, writeTimestamp } from './key-bytes.ts';
import { OrderedTimes } from './ordered-times.ts';
import type { ManagedStore } from './managed-store.ts';
import type { RecordContext } from './record-context.ts';
import { laterNumber, nextNumber } from './sequence-number.ts';
import type { StoreEnvironment } from './store-environment.ts';
import type { JoinBufferSpec } from './store-spec.ts';
import { TimeQueue } from './time-queue.ts';
import { unreadableState } from './unreadable-state.ts';

class Waiting {
  readonly time: number;
  /** Key and sequence number. */
  readonly byteKey: ByteString;
  readonly record: BufferedRecord;
  /** The engine has it. */
  written: boolean;
  gone = false;

  constructor(time: number, byteKey: ByteString, record: BufferedRecord, written: boolean) {
    this.time = time;
    this.byteKey = byteKey;
    this.record = record;
    this.written = written;
  }
}

const defaultMaxHeldBytes = 32 * 1024 * 1024;

/** In front of every key: ordered by time. `PrefixedWindowKeySchemas.TIME_FIRST_PREFIX`. */
const timeFirst = 0;
const sequenceBytes = 4;
const keyOffset = 1 + 8;
/** Of changelog records: the key says when they are due. */
const noTimestamp = -1;

export class JoinBufferStore<K, V> implements ManagedStore, JoinBuffer<K, V> {
  readonly name: string;
  readonly volatile: boolean = false;
  readonly unflushed: boolean = false;
  readonly #graceMs: number;
  readonly #engine: StateEngine;
  readonly #prefix: Uint8Array;
  readonly #metaKey: Uint8Array;
  readonly #changelog: OutputPartition | null;
  readonly #context: RecordContext;
  readonly #keySerde: Serde<K>;
  readonly #valueSerde: Serde<V>;
  readonly #keyWriter = new ByteWriter();
  readonly #valueWriter = new ByteWriter();
  readonly #maxHeldBytes: number;
  readonly #queue = new TimeQueue<Waiting>();
  /** Of what is in the queue. */
  #heldBytes = 0;
  /** Times that are in the engine alone, ascending, and how many records wait at each. */
  readonly #storedTimes = new OrderedTimes();
  readonly #storedCounts = new Map<number, number>();
  #storedCount = 0;
  #changed: Waiting[] = [];
  #changedBytes = 0;
  #takenBytes = 0;
  /** The largest time of a record that was buffered. */
  #observed = -1;
  #sequence = 0;
  #opened = false;
  #timeKnown = false;

  constructor(spec: JoinBufferSpec, environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>) {
    const topic = environment.serdeTopic;
    this.name = spec.name;
    this.#graceMs = spec.graceMs;
    this.#engine = environment.engine;
    this.#prefix = environment.prefix;
    this.#metaKey = Buffer.from([...environment.prefix, 0xff]);
    this.#changelog = environment.changelog;
    this.#context = environment.context;
    this.#keySerde = keySerde.bind?.({ topic, role: 'key' }) ?? keySerde;
    this.#valueSerde = valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde;
    this.#keyWriter.writeBytes(environment.prefix);
    this.#keyWriter.writeUint8(timeFirst);
    this.#maxHeldBytes = environment.maxHeldBytes ?? defaultMaxHeldBytes;
  }

  // ---- what the operator sees ----

  get recordCount(): number {
    this.#open();
    return this.#queue.size + this.#storedCount;
  }

  put(record: StreamRecord<K, V>): boolean {
    this.#open();
    const { timestamp } = record;
    if (this.#observed - this.#graceMs > timestamp) return false;
    const value = this.#valueWriter;
    value.position = 0;
    this.#valueSerde.encodeInto(record.value, value);
    const bytes = value.toBytes();
    this.#sequence = nextNumber(this.#sequence);
    const key = this.#keyWriter;
    key.position = this.#prefix.length + keyOffset;
    this.#keySerde.encodeInto(record.key, key);
    key.writeInt32(this.#sequence);
    const byteKey = toByteString(key.buffer, this.#prefix.length + keyOffset, key.position);
    const buffered = { context: captureContext(this.#context), prior: null, old: null, value: bytes };
    const waiting = new Waiting(timestamp, byteKey, buffered, false);
    if (timestamp > this.#observed) this.#observed = timestamp;
    if (this.#storedCounts.has(timestamp)) this.#fetch(timestamp);
    this.#add(waiting);
    this.#note(waiting);
    this.#log(waiting);
    return true;
  }

  evictDue(listener: EvictionListener<K, V>): number {
    this.#open();
    let evicted = 0;
    while (this.#minTime <= this.#observed - this.#graceMs) {
      if (this.#storedCounts.has(this.#minTime)) this.#fetch(this.#minTime);
      const waiting = this.#queue.peek() as Waiting;
      const { context, value } = waiting.record;
      const key = Buffer.from(waiting.byteKey, 'latin1');
      const bytes = value as Uint8Array;
      const record = new StreamRecord<K, V>(
        this.#keySerde.decode(key, 0, key.length - sequenceBytes),
        this.#valueSerde.decode(bytes, 0, bytes.length),
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
      this.#queue.remove(waiting);
      this.#heldBytes -= bytesOf(waiting);
      waiting.gone = true;
      this.#note(waiting);
      this.#log(waiting);
      evicted++;
    }
    return evicted;
  }

  // ---- managed ----

  get uncommittedBytes(): number {
    return this.#changedBytes + this.#takenBytes;
  }

  // Nothing is held back from the changelog.
  flush(): void {}

  take(batch: EngineBatch): void {
    for (const waiting of this.#changed) {
      if (waiting.gone && !waiting.written) continue;
      this.#encodeKey(waiting);
      const key = this.#keyWriter.buffer.subarray(0, this.#keyWriter.position);
      if (waiting.gone) {
        batch.delete(key);
      } else {
        this.#encodeValue(waiting);
        batch.put(key, this.#valueWriter.buffer.subarray(0, this.#valueWriter.position));
      }
      waiting.written = !waiting.gone;
    }
    if (this.#changed.length > 0) this.#writeMeta(batch);
    this.#changed = [];
    this.#takenBytes += this.#changedBytes;
    this.#changedBytes = 0;
  }

  settle(): void {
    this.#takenBytes = 0;
    if (this.#heldBytes > this.#maxHeldBytes) this.#letGo();
  }

  reset(): void {
    this.#queue.clear();
    this.#storedTimes.clear();
    this.#storedCounts.clear();
    this.#heldBytes = this.#storedCount = 0;
    this.#changed = [];
    this.#changedBytes = this.#takenBytes = 0;
    this.#opened = this.#timeKnown = false;
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    this.#openTime();
    const key = records.key(index);
    const value = records.value(index);
    if (
      key === null ||
      key.length < keyOffset + sequenceBytes ||
      key[0] !== timeFirst ||
      (value !== null && decodeBuffered(value) === undefined)
    ) {
      throw new StreamsError(
        'MR_RECORD_CORRUPT',
        `the changelog of buffer ${this.name} has a record that is no buffered record; was its topic written by something else?`,
        { details: { store: this.name, topic: records.tp.topic, partition: records.tp.partition, offset: records.offset(index) } },
      );
    }
    this.#observed = Math.max(this.#observed, readTimestamp(key.subarray(1)));
    const number = Buffer.from(key.buffer, key.byteOffset, key.length).readUInt32BE(key.length - sequenceBytes);
    this.#sequence = laterNumber(this.#sequence, number);
    const engineKey = Buffer.concat([this.#prefix, key]);
    if (value === null) batch.delete(engineKey);
    else batch.put(engineKey, value);
    return engineKey.length + (value?.length ?? 0);
  }

  finishRestore(batch: EngineBatch): void {
    this.#openTime();
    this.#writeMeta(batch);
    // What was restored is read from the engine once it is there.
    this.reset();
  }

  // ---- inside ----

  #open(): void {
    if (this.#opened) return;
    this.#openTime();
    this.#opened = true;
    const iterator = this.#engine.iterate({ gte: this.#prefix, lt: this.#metaKey });
    try {
      while (iterator.next()) {
        const time = readTimestamp(iterator.key.subarray(this.#prefix.length + 1));
        // What has one time is in memory together, or not.
        if (this.#heldBytes < this.#maxHeldBytes || this.#queue.timeBefore(Number.POSITIVE_INFINITY) === time)
          this.#addStored(time, iterator);
        else this.#leave(time, 1);
      }
    } catch (error) {
      // The next call is to fail too, not to find half of it.
      this.reset();
      throw error;
    } finally {
      iterator.close();
    }
  }

  #add(waiting: Waiting): void {
    this.#queue.add(waiting);
    this.#heldBytes += bytesOf(waiting);
  }

  #addStored(time: number, { key, value }: EngineIterator): void {
    const decoded = decodeBuffered(value);
    if (decoded === undefined) throw unreadableState('buffer', this.name);
    this.#add(new Waiting(time, toByteString(key, this.#prefix.length + keyOffset), decoded.record, true));
  }

  /** The time of the eldest; Infinity if there is none. */
  get #minTime(): number {
    return Math.min(this.#queue.minTime, this.#storedTimes.first ?? Number.POSITIVE_INFINITY);
  }

  /** Brings back what the engine alone has of a time. */
  #fetch(time: number): void {
    this.#storedTimes.delete(time);
    this.#storedCount -= this.#storedCounts.get(time) ?? 0;
    this.#storedCounts.delete(time);
    const iterator = this.#engine.iterate({ gte: this.#timeKey(time), lt: this.#timeKey(time + 1) });
    try {
      while (iterator.next()) this.#addStored(time, iterator);
    } finally {
      iterator.close();
    }
  }

  /** Leaves the latest times to the engine, which has them, until the rest fits. What changed since it was last written stays. */
  #letGo(): void {
    const changed = new Set(this.#changed.map(({ time }) => time));
    let time = this.#queue.timeBefore(Number.POSITIVE_INFINITY);
    for (; time !== undefined && this.#heldBytes > this.#maxHeldBytes; time = this.#queue.timeBefore(time)) {
      if (changed.has(time)) continue;
      const items = [...this.#queue.itemsAt(time)];
      for (const waiting of items) {
        this.#queue.remove(waiting);
        this.#heldBytes -= bytesOf(waiting);
      }
      this.#leave(time, items.length);
    }
  }

  #leave(time: number, count: number): void {
    const before = this.#storedCounts.get(time) ?? 0;
    if (before === 0) this.#storedTimes.add(time);
    this.#storedCounts.set(time, before + count);
    this.#storedCount += count;
  }

  #timeKey(time: number): Uint8Array {
    const key = Buffer.alloc(this.#prefix.length + keyOffset);
    key.set(this.#prefix);
    key[this.#prefix.length] = timeFirst;
    key.writeBigInt64BE(BigInt(time), this.#prefix.length + 1);
    return key;
  }

  /** A restore needs no more than this. */
  #openTime(): void {
    if (this.#timeKnown) return;
    this.#timeKnown = true;
    const meta = this.#engine.get(this.#metaKey);
    this.#observed = meta === undefined ? -1 : readTimestamp(meta);
    this.#sequence = meta === undefined ? 0 : readTimestamp(meta.subarray(8));
  }

  #note(waiting: Waiting): void {
    this.#changed.push(waiting);
    this.#changedBytes += bytesOf(waiting);
  }

  #log(waiting: Waiting): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    this.#encodeKey(waiting);
    const { buffer, position } = this.#keyWriter;
    const start = this.#prefix.length;
    if (waiting.gone) {
      changelog.append(noTimestamp, buffer, start, position, buffer, -1, -1, null);
      return;
    }
    this.#encodeValue(waiting);
    changelog.append(noTimestamp, buffer, start, position, this.#valueWriter.buffer, 0, this.#valueWriter.position, null);
  }

  #encodeKey(waiting: Waiting): void {
    const writer = this.#keyWriter;
    writer.position = this.#prefix.length + 1;
    writer.writeInt64(waiting.time);
    writer.writeBytes(Buffer.from(waiting.byteKey, 'latin1'));
  }

  #encodeValue(waiting: Waiting): void {
    const writer = this.#valueWriter;
    writer.position = 0;
    // Java gives no time here, since the key has it.
    encodeBuffered(waiting.record, 0, writer);
  }

  #writeMeta(batch: EngineBatch): void {
    const meta = Buffer.alloc(16);
    writeTimestamp(meta, 0, this.#observed);
    writeTimestamp(meta, 8, this.#sequence);
    batch.put(this.#metaKey, meta);
  }
}

function bytesOf({ byteKey, record }: Waiting): number {
  return 100 + byteKey.length + (record.value?.length ?? 0);
}
