/** What both faces of an input topic share: the topic's clock, and records turned into bytes. */
import { ByteWriter, Headers, type Serde, StreamsError } from '@millrace/core';
import { checkTime, forwardMs } from '../driver/driver-options.ts';
import type { Duration } from '@millrace/core';
import type { RecordBytes } from './partition-log.ts';
import { checkInputRecord, type InputRecord, isInputRecord, type PipedInput } from './test-record.ts';

/** Options of `createInputTopic`. */
export interface InputTopicOptions<K, V> {
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** The topic's own clock, for records piped without a timestamp, in ms since 1970. Default: the driver's wall clock now. */
  readonly startMs?: number | undefined;
  /** How far the topic's clock moves after each record that took its time from it. Default 0. */
  readonly autoAdvanceMs?: Duration | undefined;
}

/** Timestamps of a list of records. */
export interface ListTiming {
  /** Of the first record, ms since 1970. */
  readonly startMs: number;
  /** From one record to the next. @default 0 */
  readonly advanceMs?: Duration | undefined;
}

/** @throws MR_ARGUMENT_INVALID where JavaScript left out a serde, or gave something else */
export function checkTopicSerdes(method: string, topic: string, options: { readonly key: unknown; readonly value: unknown }): void {
  const given = (options ?? {}) as { readonly key?: unknown; readonly value?: unknown };
  for (const role of ['key', 'value'] as const) {
    const serde = given[role] as Partial<Serde<unknown>> | null | undefined;
    if (typeof serde?.decode === 'function' && typeof serde.encodeInto === 'function') continue;
    const remedy =
      typeof serde === 'function'
        ? 'call the function, as in serdes.string()'
        : 'give { key: serdes.string(), value: serdes.string() } or others';
    throw new StreamsError('MR_ARGUMENT_INVALID', `${method}('${topic}') needs a ${role} serde: ${remedy}`, { details: { topic } });
  }
}

export class InputEncoder<K, V> {
  readonly topic: string;
  readonly #key: Serde<K>;
  readonly #value: Serde<V>;
  readonly #autoAdvanceMs: number;
  #nowMs: number;

  constructor(topic: string, options: InputTopicOptions<K, V>, driverNowMs: number) {
    checkTopicSerdes('createInputTopic', topic, options);
    this.topic = topic;
    this.#key = options.key.bind?.({ topic, role: 'key' }) ?? options.key;
    this.#value = options.value.bind?.({ topic, role: 'value' }) ?? options.value;
    this.#nowMs = checkTime('startMs', options.startMs ?? driverNowMs);
    this.#autoAdvanceMs = forwardMs('autoAdvanceMs', options.autoAdvanceMs ?? 0);
  }

  advanceTime(duration: Duration): void {
    this.#nowMs += forwardMs('advanceTime', duration);
  }

  /** Gives records times of their own, without touching the topic's clock; without `timing` they take the topic's. */
  *timed(records: Iterable<InputRecord<K, V>>, timing: ListTiming | undefined): Iterable<InputRecord<K, V>> {
    if (timing === undefined) {
      yield* records;
      return;
    }
    const advanceMs = forwardMs('advanceMs', timing.advanceMs ?? 0);
    let timestamp = checkTime('startMs', timing.startMs);
    for (const record of records) {
      checkInputRecord(record, this.topic);
      const { headers, key, partition, value } = record;
      yield { headers, key, partition, value, timestamp };
      timestamp += advanceMs;
    }
  }

  recordOf(input: PipedInput<K, V>): InputRecord<K, V> {
    return isInputRecord(input) ? input : { value: input };
  }

  /** @throws MR_ARGUMENT_INVALID for what is no record, and a timestamp that is none; MR_SERIALIZATION */
  encode(record: InputRecord<K, V>): RecordBytes {
    checkInputRecord(record, this.topic);
    const { headers } = record;
    const key = this.#bytes(this.#key, record.key, 'key');
    const value = this.#bytes(this.#value, record.value, 'value');
    return {
      timestamp: this.#timestamp(record.timestamp),
      key,
      value,
      headers: headers === undefined ? [] : Headers.of(headers).toArray(),
    };
  }

  #timestamp(given: number | undefined): number {
    if (given !== undefined) {
      if (Number.isSafeInteger(given) && given >= 0) return given;
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        `A record for topic ${this.topic} has timestamp ${given}: it is a whole number of ms since 1970, from 0 on.`,
        {
          details: { topic: this.topic },
        },
      );
    }
    const timestamp = this.#nowMs;
    this.#nowMs += this.#autoAdvanceMs;
    return timestamp;
  }

  #bytes<T>(serde: Serde<T>, value: T | null | undefined, role: 'key' | 'value'): Uint8Array | null {
    if (value === null || value === undefined) return null;
    const writer = new ByteWriter(64);
    try {
      serde.encodeInto(value, writer);
    } catch (cause) {
      throw new StreamsError(
        'MR_SERIALIZATION',
        `The ${role} piped to topic ${this.topic} cannot be written by the serde that createInputTopic was given. Is it the serde of this ${role}?`,
        { cause, details: { topic: this.topic } },
      );
    }
    return writer.toBytes();
  }
}

/** Values as records without keys. */
export function* valueRecords<V>(values: Iterable<V | null>): Iterable<{ readonly value: V | null }> {
  for (const value of values) yield { value };
}
