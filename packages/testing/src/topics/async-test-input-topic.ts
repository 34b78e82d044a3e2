/** An input topic of a driver over any engine: as `TestInputTopic`, and every method that runs the topology is awaited. */
import type { Duration, KeyValue } from '@millrace/core';
import type { DriverCore } from '../driver/driver-core.ts';
import type { Steps } from '../driver/steps.ts';
import { InputEncoder, type InputTopicOptions, type ListTiming, valueRecords } from './input-encoder.ts';
import type { InputRecord, PipedInput } from './test-record.ts';

/** Runs procedures of the driver one after the other. */
export type RunInTurn = <T>(start: () => Steps<T>) => Promise<T>;

export class AsyncTestInputTopic<K, V> {
  readonly topic: string;
  readonly #driver: DriverCore;
  readonly #run: RunInTurn;
  readonly #encoder: InputEncoder<K, V>;

  /** @internal Use `driver.createInputTopic`. */
  constructor(driver: DriverCore, run: RunInTurn, topic: string, options: InputTopicOptions<K, V>) {
    this.topic = topic;
    this.#driver = driver;
    this.#run = run;
    this.#encoder = new InputEncoder(topic, options, driver.nowMs);
  }

  /** As `TestInputTopic.pipeInput`. */
  async pipeInput(input: PipedInput<K, V>): Promise<void> {
    await this.pipeRecords([this.#encoder.recordOf(input)]);
  }

  /** Pipes records one after the other. */
  async pipeRecords(records: Iterable<InputRecord<K, V>>): Promise<void> {
    for (const record of records) await this.#run(() => this.#driver.pipe(this.topic, this.#encoder.encode(record), record.partition));
  }

  /** Pipes values without keys, on the topic's clock or with times of their own. */
  async pipeValues(values: Iterable<V | null>, timing?: ListTiming): Promise<void> {
    await this.pipeRecords(this.#encoder.timed(valueRecords(values), timing));
  }

  /** Pipes objects of a key and a value (no pairs), on the topic's clock or with times of their own. */
  async pipeKeyValues(entries: Iterable<KeyValue<K | null, V | null>>, timing?: ListTiming): Promise<void> {
    await this.pipeRecords(this.#encoder.timed(entries, timing));
  }

  /** Moves the topic's clock forward; the wall clock stays. */
  advanceTime(duration: Duration): void {
    this.#encoder.advanceTime(duration);
  }
}
