/** A topic that the topology writes, as a queue of what the test has not read. Internal topics can be read too. Kafka Streams: `TestOutputTopic`. */
import { type KeyValue, type Serde, StreamsError } from '@millrace/core';
import type { LogRecord } from './partition-log.ts';
import type { TopicLogs } from './topic-logs.ts';
import { checkTopicSerdes } from './input-encoder.ts';
import type { OutputRecord } from './test-record.ts';

/** Options of `createOutputTopic`. */
export interface OutputTopicOptions<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

export class TestOutputTopic<K, V> {
  readonly topic: string;
  readonly #logs: TopicLogs;
  readonly #key: Serde<K>;
  readonly #value: Serde<V>;

  /** @internal Use `driver.createOutputTopic`. */
  constructor(logs: TopicLogs, topic: string, options: OutputTopicOptions<K, V>) {
    this.topic = topic;
    this.#logs = logs;
    checkTopicSerdes('createOutputTopic', topic, options);
    this.#key = options.key.bind?.({ topic, role: 'key' }) ?? options.key;
    this.#value = options.value.bind?.({ topic, role: 'value' }) ?? options.value;
  }

  /** Number of records that were written and not read. */
  get queueSize(): number {
    return this.#logs.produced(this.topic)?.size ?? 0;
  }

  get isEmpty(): boolean {
    return this.queueSize === 0;
  }

  /**
   * The next record, in the order in which they were written.
   *
   * @throws MR_RECORD_MISSING if there is none
   * @throws MR_DESERIALIZATION if the serdes given to `createOutputTopic` cannot read it; the record counts as read
   */
  readRecord(): OutputRecord<K, V> {
    const record = this.#logs.produced(this.topic)?.shift();
    if (record === undefined) throw this.#nothingToRead();
    return {
      key: this.#decode(this.#key, record.key, record, 'key'),
      value: this.#decode(this.#value, record.value, record, 'value'),
      timestamp: record.timestamp,
      headers: record.headers,
      partition: record.tp.partition,
      offset: record.offset,
    };
  }

  /** @throws as `readRecord` */
  readValue(): V | null {
    return this.readRecord().value;
  }

  /** @throws as `readRecord` */
  readKeyValue(): KeyValue<K | null, V | null> {
    const { key, value } = this.readRecord();
    return { key, value };
  }

  /** Everything that was not read. */
  readRecordsToList(): OutputRecord<K, V>[] {
    const records: OutputRecord<K, V>[] = [];
    while (!this.isEmpty) records.push(this.readRecord());
    return records;
  }

  readValuesToList(): (V | null)[] {
    return this.readRecordsToList().map(({ value }) => value);
  }

  readKeyValuesToList(): KeyValue<K | null, V | null>[] {
    return this.readRecordsToList().map(({ key, value }) => ({ key, value }));
  }

  /**
   * The last value of each key among what was not read.
   *
   * @throws MR_ARGUMENT_INVALID for a record without a key, which no map can hold; nothing is read then
   */
  readKeyValuesToMap(): Map<K, V | null> {
    const keyless = this.#logs.produced(this.topic)?.find(({ key }) => key === null);
    if (keyless !== undefined) {
      const details = { topic: this.topic, partition: keyless.tp.partition, offset: keyless.offset };
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        `The record at offset ${keyless.offset} of topic ${this.topic} has no key: no map can hold it. Use readKeyValuesToList.`,
        { details },
      );
    }
    const map = new Map<K, V | null>();
    for (const { key, value } of this.readRecordsToList()) if (key !== null) map.set(key, value);
    return map;
  }

  #decode<T>(serde: Serde<T>, bytes: Uint8Array | null, record: LogRecord, role: 'key' | 'value'): T | null {
    if (bytes === null) return null;
    try {
      return serde.decode(bytes, 0, bytes.length);
    } catch (cause) {
      const { partition } = record.tp;
      throw new StreamsError(
        'MR_DESERIALIZATION',
        `The ${role} at offset ${record.offset} of topic ${this.topic} (${bytes.length} bytes) cannot be read by the serde that createOutputTopic was given. Is it the serde that the topology writes with?`,
        { cause, details: { topic: this.topic, partition, offset: record.offset } },
      );
    }
  }

  #nothingToRead(): StreamsError {
    const details = { details: { topic: this.topic } };
    if (this.#logs.produced(this.topic) !== undefined) {
      return new StreamsError(
        'MR_RECORD_MISSING',
        `Topic ${this.topic} has no more records: all that were written have been read.`,
        details,
      );
    }
    const written = this.#logs.producedTopics.join(', ') || 'nothing';
    return new StreamsError('MR_RECORD_MISSING', `Nothing was written to topic ${this.topic}. Topics written so far: ${written}.`, details);
  }
}
