/** An input topic of a synchronous driver. Kafka Streams: `TestInputTopic`. */
import type { Duration, KeyValue } from '@millrace/core';
import type { DriverCore } from '../driver/driver-core.ts';
import { runNow } from '../driver/steps.ts';
import { InputEncoder, type InputTopicOptions, type ListTiming, valueRecords } from './input-encoder.ts';
import type { InputRecord, PipedInput } from './test-record.ts';

export class TestInputTopic<K, V> {
  readonly topic: string;
  readonly #driver: DriverCore;
  readonly #encoder: InputEncoder<K, V>;

  /** @internal Use `driver.createInputTopic`. */
  constructor(driver: DriverCore, topic: string, options: InputTopicOptions<K, V>) {
    this.topic = topic;
    this.#driver = driver;
    this.#encoder = new InputEncoder(topic, options, driver.nowMs);
  }

  /**
   * Pipes a value, or a record `{ key, value, timestamp, headers }`, and returns when the topology has nothing left to do. Without a timestamp the record takes the
   * topic's clock, which then moves by `autoAdvanceMs`.
   *
   * @throws MR_ARGUMENT_INVALID for a timestamp or partition that is none, and for an object with a `value` and a field that no record has; MR_SERIALIZATION; MR_CLOSED after a failure; and whatever the topology throws
   */
  pipeInput(input: PipedInput<K, V>): void {
    const record = this.#encoder.recordOf(input);
    runNow(this.#driver.pipe(this.topic, this.#encoder.encode(record), record.partition));
  }

  /** Pipes records one after the other. What a topology wrote may be piped as it is. */
  pipeRecords(records: Iterable<InputRecord<K, V>>): void {
    for (const record of records) runNow(this.#driver.pipe(this.topic, this.#encoder.encode(record), record.partition));
  }

  /** Pipes values without keys, on the topic's clock or with times of their own. */
  pipeValues(values: Iterable<V | null>, timing?: ListTiming): void {
    this.pipeRecords(this.#encoder.timed(valueRecords(values), timing));
  }

  /** Pipes objects of a key and a value (no pairs), on the topic's clock or with times of their own. */
  pipeKeyValues(entries: Iterable<KeyValue<K | null, V | null>>, timing?: ListTiming): void {
    this.pipeRecords(this.#encoder.timed(entries, timing));
  }

  /** Moves the topic's clock forward; the wall clock stays. */
  advanceTime(duration: Duration): void {
    this.#encoder.advanceTime(duration);
  }
}
