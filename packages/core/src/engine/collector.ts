/**
 * Where records leave the task: encodes what is not bytes already, chooses the partition, appends to the output's batch builders in the order of production (I3).
 * Records for a topic whose partition count is not known yet wait here, in order; the task stops until the runtime has looked the topic up.
 * Kafka Streams: `RecordCollectorImpl`.
 */
import { describeValue, StreamsError } from '../errors.ts';
import { partitionForKey } from '../kafka/murmur2.ts';
import type { Output, OutputPartition } from '../kafka/port.ts';
import { chosenPartitions } from '../processor/chosen-partitions.ts';
import type { StreamPartitioner } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import type { RecordContext } from '../stores/record-context.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DeadLetterSender } from './dead-letter-sender.ts';
import type { DroppedRecords } from './dropped-records.ts';
import type { ErrorPolicy } from './error-policy.ts';

/** Records without a key stay on one partition for so many bytes, then go on to the next. Kafka: the sticky partitioner's `batch.size`. */
const stickyBytes = 16_384;

type AnyRecord = StreamRecord<unknown, unknown>;

interface Parked {
  readonly sink: SinkTopic;
  readonly record: AnyRecord;
  /** The record context in which it was sent. */
  readonly place: object;
}

export class Collector {
  readonly output: Output;
  readonly policy: ErrorPolicy;
  readonly dropped: DroppedRecords;
  readonly taskPartition: number;
  readonly keyWriter: ByteWriter = new ByteWriter();
  readonly valueWriter: ByteWriter = new ByteWriter();
  /** Bytes appended since the task's last commit (I7). */
  uncommittedBytes = 0;
  readonly context: RecordContext;
  readonly #deadLetters: DeadLetterSender;
  #parked: Parked[] = [];

  constructor(
    output: Output,
    policy: ErrorPolicy,
    dropped: DroppedRecords,
    taskPartition: number,
    context: RecordContext,
    deadLetters: DeadLetterSender,
  ) {
    this.output = output;
    this.policy = policy;
    this.dropped = dropped;
    this.taskPartition = taskPartition;
    this.context = context;
    this.#deadLetters = deadLetters;
  }

  get waiting(): boolean {
    return this.#parked.length > 0 || this.#deadLetters.waiting;
  }

  get unresolvedTopics(): readonly string[] {
    if (!this.waiting) return [];
    return [...new Set([...this.#parked.map((parked) => parked.sink.topic), ...this.#deadLetters.unresolvedTopics])];
  }

  /** Dead letters of a failure, in the order of the outputs. `stops`: the failure ends the task, so that its outputs may never leave. */
  sendDeadLetters(letters: readonly DeadLetter[], stops: boolean): void {
    this.uncommittedBytes += this.#deadLetters.send(letters, stops);
  }

  park(sink: SinkTopic, record: AnyRecord): void {
    this.#parked.push({ sink, record, place: Object.assign({}, this.context) });
  }

  /** True if a record for this topic waits: later ones must queue behind it. */
  waitsFor(sink: SinkTopic): boolean {
    return this.#parked.length > 0 && this.#parked.some((parked) => parked.sink.topic === sink.topic);
  }

  /**
   * Sends what waited for topics that are known now, each record in the context of its input: handlers and dead letters of one that cannot be encoded tell of that. No processor above
   * hears of a failure, so it stops the task; what it stops waits on, and with it every commit.
   */
  retry(): void {
    const { context } = this;
    const parked = this.#parked;
    this.#parked = [];
    const current = Object.assign({}, context);
    this.policy.waited = true;
    let sent = 0;
    try {
      for (; sent < parked.length; sent++) {
        const { place, record, sink } = parked[sent] as Parked;
        Object.assign(context, place);
        try {
          sink.send(record);
        } catch (error) {
          throw this.policy.escaped(sink.node, error);
        }
      }
    } finally {
      if (sent < parked.length) this.#parked = [...this.#parked, ...parked.slice(sent)];
      this.policy.waited = false;
      Object.assign(context, current);
    }
    this.uncommittedBytes += this.#deadLetters.retry();
  }

  clear(): void {
    this.#parked = [];
    this.#deadLetters.clear();
    this.uncommittedBytes = 0;
  }
}

export interface SinkTopicInit {
  readonly node: string;
  /** As on the cluster. */
  readonly topic: string;
  /** Made by Millrace: a failure to encode is never ignored for it. */
  readonly internal: boolean;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly partitioner: StreamPartitioner<unknown, unknown> | undefined;
}

/** One topic that one sink writes to. */
export class SinkTopic {
  readonly topic: string;
  /** The sink's name. */
  readonly node: string;
  readonly #internal: boolean;
  readonly #keySerde: Serde<unknown>;
  readonly #valueSerde: Serde<unknown>;
  readonly #partitioner: StreamPartitioner<unknown, unknown> | undefined;
  /** Bytes at a key's end that the partition does not depend on. Internal topics are partitioned by whole keys, as in Kafka Streams. */
  readonly #unpartitionedBytes: number;
  readonly #collector: Collector;
  readonly #partitions: (OutputPartition | undefined)[] = [];
  #count: number | undefined;
  /** Partition of records without a key, and the bytes that it still gets. */
  #sticky = -1;
  #stickyLeft = 0;

  constructor(init: SinkTopicInit, collector: Collector) {
    this.topic = init.topic;
    this.node = init.node;
    this.#internal = init.internal;
    this.#keySerde = init.keySerde.bind?.({ topic: init.topic, role: 'key' }) ?? init.keySerde;
    this.#valueSerde = init.valueSerde.bind?.({ topic: init.topic, role: 'value' }) ?? init.valueSerde;
    this.#partitioner = init.partitioner;
    this.#unpartitionedBytes = init.internal ? 0 : (this.#keySerde.unpartitionedBytes ?? 0);
    this.#collector = collector;
  }

  send(record: AnyRecord): void {
    const count = (this.#count ??= this.#collector.output.partitionCount(this.topic));
    if (count === undefined || this.#collector.waitsFor(this)) {
      this.#collector.park(this, record);
      return;
    }
    if (this.#partitioner === undefined) {
      this.#append(record, undefined, count);
      return;
    }
    const chosen = this.#partitioner(record.key, record.value, this.topic, count);
    if (chosen === undefined || typeof chosen === 'number') {
      this.#append(record, chosen, count);
      return;
    }
    const several = chosenPartitions(chosen, `the partitioner of ${this.node}`, { node: this.node, topic: this.topic });
    if (several.length === 0) {
      this.#collector.dropped.add('no partition chosen', null, -1);
      return;
    }
    // None gets the record where one of them is wrong.
    for (let i = 0; i < several.length; i++) this.#check(several[i], count);
    // A partition that is named twice gets the record once, as from Kafka Streams' set. All are numbers, as checked.
    for (let i = 0; i < several.length; i++) {
      if (several.indexOf(several[i]) === i) this.#append(record, several[i] as number, count);
    }
  }

  #append(record: AnyRecord, chosen: number | undefined, count: number): void {
    const collector = this.#collector;
    const { keyWriter, valueWriter } = collector;
    const index = record.batchIndex;
    let keyBuffer: Uint8Array = keyWriter.buffer;
    let keyStart = -1;
    let keyEnd = -1;
    const keyBatch = record.keyBytesFor(this.#keySerde);
    if (keyBatch !== null) {
      keyBuffer = keyBatch.buffer;
      keyStart = keyBatch.keyStart(index);
      keyEnd = keyBatch.keyEnd(index);
    } else {
      const key = record.key;
      if (key !== null && key !== undefined) {
        keyWriter.position = 0;
        try {
          this.#keySerde.encodeInto(key, keyWriter);
        } catch (error) {
          collector.policy.serialization(this.node, this.topic, chosen, this.#internal, 'key', record, error);
          return;
        }
        keyBuffer = keyWriter.buffer;
        keyStart = 0;
        keyEnd = keyWriter.position;
      }
    }
    let valueBuffer: Uint8Array = valueWriter.buffer;
    let valueStart = -1;
    let valueEnd = -1;
    const valueBatch = record.valueBytesFor(this.#valueSerde);
    if (valueBatch !== null) {
      valueBuffer = valueBatch.buffer;
      valueStart = valueBatch.valueStart(index);
      valueEnd = valueBatch.valueEnd(index);
    } else {
      const value = record.value;
      if (value !== null && value !== undefined) {
        valueWriter.position = 0;
        try {
          this.#valueSerde.encodeInto(value, valueWriter);
        } catch (error) {
          collector.policy.serialization(this.node, this.topic, chosen, this.#internal, 'value', record, error);
          return;
        }
        valueBuffer = valueWriter.buffer;
        valueStart = 0;
        valueEnd = valueWriter.position;
      }
    }
    const bytes = (keyStart < 0 ? 0 : keyEnd - keyStart) + (valueStart < 0 ? 0 : valueEnd - valueStart);
    let partition: number;
    if (chosen !== undefined) partition = this.#check(chosen, count);
    else if (keyStart >= 0) partition = partitionForKey(keyBuffer, keyStart, keyEnd - this.#unpartitionedBytes, count);
    else partition = this.#stick(bytes, count);
    const output = (this.#partitions[partition] ??= collector.output.partition(this.topic, partition));
    output.append(record.timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, record.headersOrNull);
    collector.uncommittedBytes += bytes;
    collector.context.written = true;
  }

  #check(partition: unknown, count: number): number {
    if (typeof partition === 'number' && Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `the partitioner of ${this.node} chose partition ${describeValue(partition)} of topic ${this.topic}, which has ${count}`,
      {
        details: { node: this.node, topic: this.topic },
      },
    );
  }

  /** Kafka's producer picks partitions for keyless records at random, by batch; ours takes them in turn, from the task's own on, so that a run can be repeated (I6). */
  #stick(bytes: number, count: number): number {
    if (this.#sticky < 0) {
      this.#sticky = this.#collector.taskPartition % count;
      this.#stickyLeft = stickyBytes;
    } else if (this.#stickyLeft <= 0) {
      this.#sticky = (this.#sticky + 1) % count;
      this.#stickyLeft = stickyBytes;
    }
    this.#stickyLeft -= bytes;
    return this.#sticky;
  }
}
