/**
 * Records of one input partition that wait to be processed. Only the head is looked at: decoded, or found to be decodable, and stamped by the extractor when it becomes
 * the head (S-28). Kafka Streams: `RecordQueue`, `RecordDeserializer`.
 */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { SourceRecord, TimestampExtractor } from '../processor/processor.ts';
import { StreamRecord } from '../record.ts';
import type { Serde } from '../serde/serde.ts';
import type { Headers } from '../headers.ts';
import type { DroppedRecords } from './dropped-records.ts';
import type { ErrorPolicy } from './error-policy.ts';
import { ReadAhead } from './read-ahead.ts';
import type { SourceNode } from './source-node.ts';

/** What timestamp extractors see of the record that becomes the head. One object a queue, good for the time of the call. */
export class HeadView implements SourceRecord {
  readonly topic: string;
  readonly partition: number;
  offset = -1;
  record: StreamRecord<unknown, unknown> | null = null;

  constructor(tp: TopicPartition) {
    this.topic = tp.topic;
    this.partition = tp.partition;
  }

  get key(): unknown {
    return (this.record as StreamRecord<unknown, unknown>).key;
  }

  get value(): unknown {
    return (this.record as StreamRecord<unknown, unknown>).value;
  }

  get timestamp(): number {
    return (this.record as StreamRecord<unknown, unknown>).timestamp;
  }

  get headers(): Headers {
    return (this.record as StreamRecord<unknown, unknown>).headers;
  }
}

export interface PartitionQueueInit {
  readonly tp: TopicPartition;
  readonly source: SourceNode;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly extractor: TimestampExtractor;
  /** The topic doubles as the changelog of a table. */
  readonly isChangelog: boolean;
  readonly policy: ErrorPolicy;
  readonly dropped: DroppedRecords;
}

/** Of so many records one is left as bytes, to see whether somebody reads it. A power of two. */
const probeEvery = 64;

export class PartitionQueue {
  readonly tp: TopicPartition;
  readonly source: SourceNode;
  /** The head, null if there is none. Its offset, batch and index beside it. */
  head: StreamRecord<unknown, unknown> | null = null;
  headOffset = -1;
  headBatch: FetchedRecords | null = null;
  headIndex = 0;
  /** Timestamp of the head: what the task's choice between its partitions goes by (S-36). */
  timestamp = -1;
  /** Largest timestamp taken from the partition, -1 before the first. */
  partitionTime = -1;
  /** Something was taken or dropped since the last commit. */
  advanced = false;
  /** When the task stops waiting for this empty partition; undefined while it does not idle on it. */
  idleDeadlineMs: number | undefined;
  readonly #keySerde: Serde<unknown>;
  readonly #valueSerde: Serde<unknown>;
  readonly #extractor: TimestampExtractor;
  readonly #isChangelog: boolean;
  readonly #policy: ErrorPolicy;
  readonly #dropped: DroppedRecords;
  readonly #view: HeadView;
  readonly readAhead: ReadAhead;
  readonly #batches: FetchedRecords[] = [];
  /** Index of the batch that is being read, and of the next record in it. */
  #batch = 0;
  #next = 0;
  #undecoded = 0;
  #position: number | undefined;
  #end: number | undefined;
  /** Keys and values are read by whoever gets the records, as far as the last probe tells: then they are decoded at once, which tells as well whether bytes are canonical. */
  #keysAreRead = false;
  #valuesAreRead = false;
  #sinceProbe = probeEvery - 1;
  #isProbe = false;

  constructor(init: PartitionQueueInit) {
    this.tp = init.tp;
    this.source = init.source;
    this.#keySerde = init.keySerde;
    this.#valueSerde = init.valueSerde;
    this.#extractor = init.extractor;
    this.#isChangelog = init.isChangelog;
    this.#policy = init.policy;
    this.#dropped = init.dropped;
    this.#view = new HeadView(init.tp);
    this.readAhead = new ReadAhead(init.keySerde);
  }

  /** Records that wait, the head included. */
  get size(): number {
    return this.#undecoded + (this.head === null ? 0 : 1);
  }

  /** Where a restart would go on: at the head, or behind everything read. Undefined before anything is known. */
  get position(): number | undefined {
    return this.head === null ? this.#position : this.headOffset;
  }

  /** Where reading starts or goes on, and the partition time that goes with it; undefined leaves that as it is. */
  startAt(position: number | undefined, partitionTime: number | undefined): void {
    this.#position = position;
    if (partitionTime !== undefined) this.partitionTime = partitionTime;
  }

  add(batch: FetchedRecords): void {
    if (batch.count > 0) {
      this.#batches.push(batch);
      this.#undecoded += batch.count;
    }
    if (this.#position === undefined || batch.nextOffset > this.#position) this.#position = batch.nextOffset;
    if (this.head === null) this.decodeHead();
  }

  /** What the broker last said: the position of the reader and the end of the log. */
  noteProgress(position: number, end: number): void {
    if (this.#position === undefined || position > this.#position) this.#position = position;
    this.#end = end;
  }

  /** Records at the broker that are not here yet; undefined if nobody said. Asked of an empty queue. */
  get lag(): number | undefined {
    return this.#end === undefined ? undefined : Math.max(0, this.#end - (this.#position ?? 0));
  }

  /** The head was processed: the next record takes its place. */
  advance(): void {
    if (this.timestamp > this.partitionTime) this.partitionTime = this.timestamp;
    if (this.#isProbe && this.head !== null) {
      this.#keysAreRead = this.head.keyIsDecoded;
      this.#valuesAreRead = this.head.valueIsDecoded;
    }
    this.advanced = true;
    this.head = null;
    this.headBatch = null;
    this.decodeHead();
  }

  /** Drops what waits, and what was known of the broker's log. Times and position stay. */
  clear(): void {
    if (this.head !== null) this.#position = this.headOffset;
    else if (this.#undecoded > 0) this.#position = (this.#batches[this.#batch] as FetchedRecords).offset(this.#next);
    this.head = null;
    this.headBatch = null;
    this.#batches.length = 0;
    this.#batch = 0;
    this.#next = 0;
    this.#undecoded = 0;
    this.readAhead.clear();
    this.#end = undefined;
    this.idleDeadlineMs = undefined;
  }

  decodeHead(): void {
    const ahead = this.readAhead;
    while (this.#undecoded > 0) {
      if (ahead.exhausted && ahead.active) ahead.load(this.#peek);
      const batch = this.#batches[this.#batch] as FetchedRecords;
      const index = this.#next;
      const record = this.#decode(batch, index, ahead.takeKey());
      const timestamp = record === null ? -1 : this.#extract(record, batch, index);
      this.#skip(batch);
      if (record === null || timestamp < 0) {
        this.advanced = true;
        continue;
      }
      // Whoever waited for this partition starts anew when it is empty again.
      this.idleDeadlineMs = undefined;
      this.head = timestamp === record.timestamp ? record : record.withTimestamp(timestamp);
      this.timestamp = timestamp;
      this.headOffset = batch.offset(index);
      this.headBatch = batch;
      this.headIndex = index;
      return;
    }
  }

  /** Moves the read position behind one record. */
  #skip(batch: FetchedRecords): void {
    this.#undecoded--;
    if (++this.#next < batch.count) return;
    this.#next = 0;
    this.#batch++;
    if (this.#batch === this.#batches.length) {
      this.#batches.length = 0;
      this.#batch = 0;
    } else if (this.#batch >= 64) {
      this.#batches.splice(0, this.#batch);
      this.#batch = 0;
    }
  }

  /** Calls `visit` for at most `limit` records behind the head. A field, so that reading ahead makes no closure. */
  readonly #peek = (limit: number, visit: (batch: FetchedRecords, index: number) => void): void => {
    let left = limit;
    for (let b = this.#batch; b < this.#batches.length && left > 0; b++) {
      const batch = this.#batches[b] as FetchedRecords;
      for (let i = b === this.#batch ? this.#next : 0; i < batch.count && left > 0; i++, left--) visit(batch, i);
    }
  };

  /** Null if the record is to be dropped. A key or value whose bytes are canonical stays bytes until somebody reads it. */
  #decode(batch: FetchedRecords, index: number, decodedKey: unknown): StreamRecord<unknown, unknown> | null {
    const keySerde = this.#keySerde;
    const valueSerde = this.#valueSerde;
    const keyStart = batch.keyStart(index);
    const valueStart = batch.valueStart(index);
    this.#sinceProbe = (this.#sinceProbe + 1) & (probeEvery - 1);
    this.#isProbe = this.#sinceProbe === 0;
    try {
      let key = decodedKey;
      let keyWaits = keyStart < 0 || key !== undefined;
      if (!keyWaits) {
        const keyEnd = batch.keyEnd(index);
        if (this.#keysAreRead && !this.#isProbe && keySerde.decodeCanonical !== undefined) {
          key = keySerde.decodeCanonical(batch.buffer, keyStart, keyEnd);
          keyWaits = key !== undefined;
        } else {
          keyWaits = keySerde.isCanonical?.(batch.buffer, keyStart, keyEnd) === true;
        }
        if (!keyWaits) key = keySerde.decode(batch.buffer, keyStart, keyEnd);
      }
      let value: unknown;
      let valueWaits = valueStart < 0;
      if (!valueWaits) {
        const valueEnd = batch.valueEnd(index);
        if (this.#valuesAreRead && !this.#isProbe && valueSerde.decodeCanonical !== undefined) {
          value = valueSerde.decodeCanonical(batch.buffer, valueStart, valueEnd);
          valueWaits = value !== undefined;
        } else {
          valueWaits = valueSerde.isCanonical?.(batch.buffer, valueStart, valueEnd) === true;
        }
        if (!valueWaits) value = valueSerde.decode(batch.buffer, valueStart, valueEnd);
      }
      return StreamRecord.fetched(
        batch,
        index,
        batch.timestamp(index),
        key,
        value,
        keyWaits ? keySerde : null,
        valueWaits ? valueSerde : null,
      );
    } catch (error) {
      this.#policy.deserialization(this.source.name, batch, index, error, this.#isChangelog);
      return null;
    }
  }

  /** The record's timestamp; negative if it is to be dropped (S-29). */
  #extract(record: StreamRecord<unknown, unknown>, batch: FetchedRecords, index: number): number {
    const view = this.#view;
    view.record = record;
    view.offset = batch.offset(index);
    let timestamp: number;
    try {
      timestamp = this.#extractor(view, this.partitionTime);
    } catch (error) {
      throw this.#policy.extraction(this.source.name, batch, index, error);
    } finally {
      view.record = null;
    }
    if (!Number.isSafeInteger(timestamp)) throw this.#policy.noTimestamp(this.source.name, batch, index, timestamp);
    if (timestamp >= 0) return timestamp;
    this.#dropped.add('negative timestamp', batch.tp, batch.offset(index));
    return -1;
  }
}
