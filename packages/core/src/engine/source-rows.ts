/**
 * A source topic that doubles as changelog holds what others wrote, not what the table made of it. What is restored from it is brought into the form that a changelog
 * would have: without records that the table never took (no key, bytes that nobody can read, no valid timestamp), with the extractor's timestamps, keys and values as our
 * serdes write them. So the rows are those that processing made, and are found under the same bytes (I2). Kafka Streams restores the bytes as they are.
 * Whoever restores calls the serdes' `prepare` first, as before processing.
 */
import { FetchedRecords, positionsPerRecord } from '../kafka/fetched-records.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Counter } from '../metrics.ts';
import type { TimestampExtractor } from '../processor/processor.ts';
import { StreamRecord } from '../record.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import { mayBeReadLater } from '../serde/retriable.ts';
import type { Serde } from '../serde/serde.ts';
import { HeadView } from './partition-queue.ts';

export interface SourceRowsInit {
  readonly tp: TopicPartition;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly extractor: TimestampExtractor;
  /** Of the local state: the largest timestamp before the first record that is restored, -1 if there is none. */
  readonly partitionTime: number;
  /** Counts records that are left out. */
  readonly skipped: Counter;
}

export class SourceRows {
  readonly #init: SourceRowsInit;
  readonly #view: HeadView;
  /** Bytes that are written anew, for the batch in work. */
  readonly #written = new ByteWriter();
  #partitionTime: number;

  constructor(init: SourceRowsInit) {
    this.#init = init;
    this.#view = new HeadView(init.tp);
    this.#partitionTime = init.partitionTime;
  }

  /** The batch as a changelog would have it; itself if that is the same. */
  of(batch: FetchedRecords): FetchedRecords {
    const { keySerde, skipped, valueSerde } = this.#init;
    const { buffer, count } = batch;
    const written = this.#written;
    written.position = 0;
    const offsets = new Float64Array(count);
    const timestamps = new Float64Array(count);
    const positions = new Int32Array(count * positionsPerRecord);
    let kept = 0;
    let isSame = true;
    for (let index = 0; index < count; index++) {
      const record = this.#decode(batch, index);
      const timestamp = record === null ? -1 : this.#extract(record, batch.offset(index));
      if (record === null || timestamp < 0) {
        skipped.add(1);
        isSame = false;
        continue;
      }
      const key = this.#position(keySerde, record.key, buffer, batch.keyStart(index), batch.keyEnd(index));
      const value = this.#position(valueSerde, record.value, buffer, batch.valueStart(index), batch.valueEnd(index));
      if (key === undefined || value === undefined) {
        skipped.add(1);
        isSame = false;
        continue;
      }
      isSame &&= timestamp === batch.timestamp(index) && key[0] === batch.keyStart(index) && value[0] === batch.valueStart(index);
      offsets[kept] = batch.offset(index);
      timestamps[kept] = timestamp;
      positions.set([...key, ...value, batch.headersStart(index)], kept * positionsPerRecord);
      kept++;
    }
    if (isSame) return batch;
    const columns = { buffer: Buffer.concat([buffer, written.toBytes()]), offsets, timestamps, positions };
    return new FetchedRecords(batch.tp, kept, batch.nextOffset, columns);
  }

  /** Null where the source could not read the record, or the table would not take it. */
  #decode(batch: FetchedRecords, index: number): StreamRecord<unknown, unknown> | null {
    const { keySerde, valueSerde } = this.#init;
    const keyStart = batch.keyStart(index);
    const valueStart = batch.valueStart(index);
    if (keyStart < 0) return null;
    try {
      const key = keySerde.decode(batch.buffer, keyStart, batch.keyEnd(index));
      const value = valueStart < 0 ? null : valueSerde.decode(batch.buffer, valueStart, batch.valueEnd(index));
      return StreamRecord.fetched(batch, index, batch.timestamp(index), key, value, null, null);
    } catch (error) {
      // What the serde could read another time was perhaps read when the record was processed: a row must not be lost because somebody is away now.
      if (mayBeReadLater(error)) throw error;
      // Its error was judged when the record was processed: nothing was committed past it unless a handler said to continue.
      return null;
    }
  }

  /** Negative where the table would not take the record. */
  #extract(record: StreamRecord<unknown, unknown>, offset: number): number {
    const view = this.#view;
    view.record = record;
    view.offset = offset;
    let timestamp: number;
    try {
      timestamp = this.#init.extractor(view, this.#partitionTime);
    } catch {
      // As for bytes that nobody can read.
      return -1;
    } finally {
      view.record = null;
    }
    if (!Number.isSafeInteger(timestamp)) return -1;
    if (timestamp > this.#partitionTime) this.#partitionTime = timestamp;
    return timestamp >= 0 ? timestamp : -1;
  }

  /** Where the bytes of a key or value stand: where they stood, if they are what the serde writes, else behind the batch's. Undefined if it cannot write what it read. */
  #position(
    serde: Serde<unknown>,
    decoded: unknown,
    buffer: Uint8Array,
    start: number,
    end: number,
  ): readonly [number, number] | undefined {
    if (start < 0 || serde.isCanonical?.(buffer, start, end) === true) return [start, end];
    const written = this.#written;
    const from = written.position;
    try {
      serde.encodeInto(decoded, written);
    } catch {
      written.position = from;
      return undefined;
    }
    if (written.buffer.compare(buffer, start, end, from, written.position) !== 0)
      return [buffer.length + from, buffer.length + written.position];
    written.position = from;
    return [start, end];
  }
}
