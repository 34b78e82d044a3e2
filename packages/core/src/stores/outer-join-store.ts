/**
 * Records of a left or outer stream-stream join that found no partner yet, by time, side and key. They are in memory, found by time first, so that the question asked
 * for each match (is its partner parked?) costs one look-up of a number; the engine has them for a restart. Where they are too many, the latest times are in the engine alone, all that
 * has one time together, and come back when they are asked for (I7).
 * Kafka Streams: `ListValueStore` with `TimestampedKeyAndJoinSide` (SF-07); its changelog carries the whole list of a key, time and side.
 */
import type { EngineBatch, EngineIterator, StateEngine } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { OutputPartition } from '../kafka/port.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import type { OuterJoinTable, ParkedRow } from './buffer-faces.ts';
import type { StoreIterator } from './faces.ts';
import { prefixEnd, readTimestamp } from './key-bytes.ts';
import { OrderedTimes } from './ordered-times.ts';
import type { ManagedStore } from './managed-store.ts';
import type { RecordContext } from './record-context.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { ParkedIterator } from './parked-iterator.ts';
import { StoreKeys } from './store-keys.ts';
import type { OuterJoinStoreSpec } from './store-spec.ts';
import { unreadableState } from './unreadable-state.ts';

/** What one key, time and side has parked. */
class Slot {
  readonly time: number;
  readonly isLeft: boolean;
  readonly indexKey: unknown;
  /** As in the changelog: side, then the value. */
  readonly items: Uint8Array[] = [];
  /** The engine has a row of it. */
  written = false;
  /** Waits for the next commit. */
  changed = false;

  constructor(time: number, isLeft: boolean, indexKey: unknown) {
    this.time = time;
    this.isLeft = isLeft;
    this.indexKey = indexKey;
  }
}

interface Moment {
  readonly right: Map<unknown, Slot>;
  readonly left: Map<unknown, Slot>;
}

const defaultMaxHeldBytes = 32 * 1024 * 1024;

/** A list whose items have a length each. Kafka: `ListSerializer.SerializationStrategy.VARIABLE_SIZE`. */
const variableSize = 1;
/** What a slot costs beside its bytes. */
const slotOverheadBytes = 160;

export class OuterJoinStore<K, L, R> implements ManagedStore, OuterJoinTable<K, L, R> {
  readonly name: string;
  readonly volatile: boolean = false;
  readonly unflushed: boolean = false;
  readonly #engine: StateEngine;
  readonly #prefix: Uint8Array;
  readonly #changelog: OutputPartition | null;
  readonly #context: RecordContext;
  readonly #keys: StoreKeys<K>;
  readonly #leftSerde: Serde<L>;
  readonly #rightSerde: Serde<R>;
  readonly #keyWriter = new ByteWriter();
  readonly #valueWriter = new ByteWriter();
  readonly #maxHeldBytes: number;
  readonly #moments = new Map<number, Moment>();
  /** Times that have something parked, ascending. What is parked at one that has no moment is in the engine alone. */
  readonly #times = new OrderedTimes();
  /** Of the slots in memory. */
  #heldBytes = 0;
  #changed: Slot[] = [];
  #changedBytes = 0;
  #takenBytes = 0;
  #opened = false;

  constructor(spec: OuterJoinStoreSpec, environment: StoreEnvironment, keySerde: Serde<K>, leftSerde: Serde<L>, rightSerde: Serde<R>) {
    const topic = environment.serdeTopic;
    this.name = spec.name;
    this.#engine = environment.engine;
    this.#prefix = environment.prefix;
    this.#changelog = environment.changelog;
    this.#context = environment.context;
    this.#keys = new StoreKeys(keySerde.bind?.({ topic, role: 'key' }) ?? keySerde, new ByteWriter());
    this.#leftSerde = leftSerde.bind?.({ topic, role: 'value' }) ?? leftSerde;
    this.#rightSerde = rightSerde.bind?.({ topic, role: 'value' }) ?? rightSerde;
    this.#keyWriter.writeBytes(environment.prefix);
    this.#maxHeldBytes = environment.maxHeldBytes ?? defaultMaxHeldBytes;
  }

  // ---- what operators see ----

  get isEmpty(): boolean {
    this.#open();
    return this.#times.size === 0;
  }

  park(key: K, timestamp: number, isLeft: boolean, value: L | R): void {
    this.#open();
    const writer = this.#valueWriter;
    writer.position = 0;
    writer.writeUint8(isLeft ? 1 : 0);
    // The side says which of the two it is.
    if (isLeft) this.#leftSerde.encodeInto(value as L, writer);
    else this.#rightSerde.encodeInto(value as R, writer);
    const item = writer.toBytes();
    const slot = this.#slot(timestamp, isLeft, this.#keys.indexKeyOf(key));
    slot.items.push(item);
    this.#heldBytes += item.length;
    this.#change(slot, item.length);
    this.#log(slot);
  }

  unpark(key: K, timestamp: number, isLeft: boolean): void {
    this.#open();
    const moment = this.#moment(timestamp);
    if (moment === undefined) return;
    const slots = isLeft ? moment.left : moment.right;
    if (slots.size === 0) return;
    const slot = slots.get(this.#keys.indexKeyOf(key));
    if (slot === undefined) return;
    slots.delete(slot.indexKey);
    this.#heldBytes -= bytesOf(slot);
    if (moment.left.size + moment.right.size === 0) this.#forget(timestamp);
    slot.items.length = 0;
    this.#change(slot, 0);
    this.#log(slot);
  }

  parked(): StoreIterator<ParkedRow<K, L, R>> {
    this.#open();
    return new ParkedIterator<K, L, R>(
      (after) => this.#nextTime(after),
      (time) => this.#rowsAt(time),
    );
  }

  // ---- managed ----

  get uncommittedBytes(): number {
    return this.#changedBytes + this.#takenBytes;
  }

  // Nothing is held back from the changelog.
  flush(): void {}

  take(batch: EngineBatch): void {
    for (const slot of this.#changed) {
      slot.changed = false;
      this.#encodeKey(slot);
      const key = this.#keyWriter.buffer.subarray(0, this.#keyWriter.position);
      if (slot.items.length > 0) {
        this.#encodeItems(slot);
        batch.put(key, this.#valueWriter.buffer.subarray(0, this.#valueWriter.position));
        slot.written = true;
      } else if (slot.written) {
        batch.delete(key);
        slot.written = false;
      }
    }
    this.#changed = [];
    this.#takenBytes += this.#changedBytes;
    this.#changedBytes = 0;
  }

  settle(): void {
    this.#takenBytes = 0;
    if (this.#heldBytes > this.#maxHeldBytes) this.#letGo();
  }

  reset(): void {
    this.#moments.clear();
    this.#times.clear();
    this.#heldBytes = 0;
    this.#changed = [];
    this.#changedBytes = this.#takenBytes = 0;
    this.#opened = false;
  }

  restore(records: FetchedRecords, index: number, batch: EngineBatch): number {
    const keyStart = records.keyStart(index);
    const keyEnd = records.keyEnd(index);
    if (keyStart < 0 || keyEnd - keyStart < 9) throw this.#corrupt(records, index);
    const writer = this.#keyWriter;
    writer.position = this.#prefix.length;
    writer.writeRange(records.buffer, keyStart, keyEnd);
    const key = writer.buffer.subarray(0, writer.position);
    const value = records.value(index);
    if (value === null) batch.delete(key);
    else {
      if (decodeItems(value) === undefined) throw this.#corrupt(records, index);
      batch.put(key, value);
    }
    return writer.position + (value?.length ?? 0);
  }

  // ---- inside ----

  /** Reads what the engine has, once; of what is too much, the times. */
  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const start = this.#prefix.length;
    const times = this.#times;
    const iterator = this.#engine.iterate({ gte: this.#prefix, lt: prefixEnd(this.#prefix) });
    try {
      while (iterator.next()) {
        const time = readTimestamp(iterator.key.subarray(start));
        const isNew = times.last !== time;
        if (isNew) {
          times.add(time);
          if (this.#heldBytes < this.#maxHeldBytes) this.#moments.set(time, { left: new Map(), right: new Map() });
        }
        const moment = this.#moments.get(time);
        if (moment !== undefined) this.#addStored(moment, time, iterator);
      }
    } catch (error) {
      // The next call is to fail too, not to find half of it.
      this.reset();
      throw error;
    } finally {
      iterator.close();
    }
  }

  #addStored(moment: Moment, time: number, { key, value }: EngineIterator): void {
    const start = this.#prefix.length;
    const items = decodeItems(value);
    if (items === undefined) throw unreadableState('store', this.name);
    const isLeft = key[start + 8] === 1;
    const slot = new Slot(time, isLeft, this.#keys.indexKeyOfBytes(key, start + 9, key.length));
    slot.written = true;
    for (const item of items) slot.items.push(item);
    (isLeft ? moment.left : moment.right).set(slot.indexKey, slot);
    this.#heldBytes += bytesOf(slot);
  }

  /** What is parked at a time, in memory afterwards; undefined if nothing is. */
  #moment(time: number): Moment | undefined {
    const known = this.#moments.get(time);
    if (known !== undefined || this.#moments.size === this.#times.size) return known;
    if (!this.#times.has(time)) return undefined;
    const moment: Moment = { left: new Map(), right: new Map() };
    const iterator = this.#engine.iterate({ gte: this.#timeKey(time), lt: this.#timeKey(time + 1) });
    try {
      while (iterator.next()) this.#addStored(moment, time, iterator);
    } finally {
      iterator.close();
    }
    this.#moments.set(time, moment);
    return moment;
  }

  /** Leaves the latest times to the engine, which has them, until the rest fits. What changed since it was last written stays. */
  #letGo(): void {
    const changed = new Set(this.#changed.map(({ time }) => time));
    let time = this.#times.last;
    for (; time !== undefined && this.#heldBytes > this.#maxHeldBytes; time = this.#times.before(time)) {
      const moment = this.#moments.get(time);
      if (moment === undefined || changed.has(time)) continue;
      for (const slots of [moment.left, moment.right]) for (const slot of slots.values()) this.#heldBytes -= bytesOf(slot);
      this.#moments.delete(time);
    }
  }

  #timeKey(time: number): Uint8Array {
    const key = Buffer.alloc(this.#prefix.length + 8);
    key.set(this.#prefix);
    key.writeBigInt64BE(BigInt(time), this.#prefix.length);
    return key;
  }

  #slot(time: number, isLeft: boolean, indexKey: unknown): Slot {
    let moment = this.#moment(time);
    if (moment === undefined) {
      this.#moments.set(time, (moment = { left: new Map(), right: new Map() }));
      this.#times.add(time);
    }
    const slots = isLeft ? moment.left : moment.right;
    let slot = slots.get(indexKey);
    if (slot === undefined) {
      slots.set(indexKey, (slot = new Slot(time, isLeft, indexKey)));
      this.#heldBytes += slotOverheadBytes;
    }
    return slot;
  }

  #forget(time: number): void {
    this.#moments.delete(time);
    this.#times.delete(time);
  }

  #change(slot: Slot, bytes: number): void {
    this.#changedBytes += bytes;
    if (slot.changed) return;
    slot.changed = true;
    this.#changedBytes += slotOverheadBytes;
    // A slot that is gone and comes back is another one: the last to change is written last.
    this.#changed.push(slot);
  }

  #log(slot: Slot): void {
    const changelog = this.#changelog;
    if (changelog === null) return;
    this.#encodeKey(slot);
    const { buffer, position } = this.#keyWriter;
    const start = this.#prefix.length;
    const { timestamp } = this.#context;
    if (slot.items.length === 0) {
      changelog.append(timestamp, buffer, start, position, buffer, -1, -1, null);
      return;
    }
    this.#encodeItems(slot);
    changelog.append(timestamp, buffer, start, position, this.#valueWriter.buffer, 0, this.#valueWriter.position, null);
  }

  #encodeKey(slot: Slot): void {
    const writer = this.#keyWriter;
    writer.position = this.#prefix.length;
    writer.writeInt64(slot.time);
    writer.writeUint8(slot.isLeft ? 1 : 0);
    this.#keys.encodeIndexKey(slot.indexKey, writer);
  }

  #encodeItems(slot: Slot): void {
    const writer = this.#valueWriter;
    writer.position = 0;
    writer.writeUint8(variableSize);
    writer.writeInt32(slot.items.length);
    for (const item of slot.items) {
      writer.writeInt32(item.length);
      writer.writeBytes(item);
    }
  }

  #nextTime(after: number): number | undefined {
    return this.#times.atOrAfter(after + 1);
  }

  #rowsAt(time: number): ParkedRow<K, L, R>[] {
    const moment = this.#moment(time);
    const rows: ParkedRow<K, L, R>[] = [];
    if (moment === undefined) return rows;
    for (const slots of [moment.right, moment.left]) {
      const ordered = [...slots.values()];
      if (ordered.length > 1) {
        const byteKeys = new Map(ordered.map((slot) => [slot, this.#keys.byteStringOf(slot.indexKey)]));
        ordered.sort((a, b) => ((byteKeys.get(a) as string) < (byteKeys.get(b) as string) ? -1 : 1));
      }
      for (const { isLeft, indexKey, items } of ordered) {
        const key = this.#keys.keyOf(indexKey);
        for (const item of items) {
          const value = isLeft ? this.#leftSerde.decode(item, 1, item.length) : this.#rightSerde.decode(item, 1, item.length);
          rows.push({ key, timestamp: time, isLeft, value });
        }
      }
    }
    return rows;
  }

  #corrupt(records: FetchedRecords, index: number): StreamsError {
    return new StreamsError(
      'MR_RECORD_CORRUPT',
      `the changelog of store ${this.name} has a record that is no list of parked records; was its topic written by something else?`,
      { details: { store: this.name, topic: records.tp.topic, partition: records.tp.partition, offset: records.offset(index) } },
    );
  }
}

function bytesOf({ items }: Slot): number {
  let bytes = slotOverheadBytes;
  for (const item of items) bytes += item.length;
  return bytes;
}

/** Undefined if the bytes are no such list. */
function decodeItems(bytes: Uint8Array): Uint8Array[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < 5 || buffer[0] !== variableSize) return undefined;
  const count = buffer.readInt32BE(1);
  const items: Uint8Array[] = [];
  let at = 5;
  for (let i = 0; i < count; i++) {
    if (buffer.length < at + 4) return undefined;
    const length = buffer.readInt32BE(at);
    at += 4;
    if (length < 1 || buffer.length < at + length) return undefined;
    items.push(new Uint8Array(buffer.subarray(at, at + length)));
    at += length;
  }
  return at === buffer.length ? items : undefined;
}
