/** Records as tests write and read them. */
import { type Header, type Headers, StreamRecord, StreamsError } from '@millrace/core';
import { checkedElsewhere, checkOptions, type OptionChecks } from '@millrace/core/engine';

/** A record to pipe. What is left away: no key, the topic's clock, no headers, the partition that Kafka's producer would choose. */
export interface InputRecord<K, V> {
  readonly key?: K | null | undefined;
  /** Null is a tombstone. */
  readonly value: V | null;
  /** Milliseconds since 1970. */
  readonly timestamp?: number | undefined;
  readonly headers?: Headers | readonly Header[] | undefined;
  /** In truthful mode. */
  readonly partition?: number | undefined;
}

/** A record that the topology wrote. */
export interface OutputRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
  /** Milliseconds since 1970; -1 if it was written without one. */
  readonly timestamp: number;
  readonly headers: readonly Header[];
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
}

/**
 * What `pipeInput` takes: a bare value, or a record. A value that could itself be taken for a record, because it has a property `value`, must be given as a record:
 * the bare form does not compile for it.
 */
export type PipedInput<K, V> = InputRecord<K, V> | (V extends { readonly value: unknown } ? never : V);

const recordFields: OptionChecks<InputRecord<unknown, unknown> & Pick<OutputRecord<unknown, unknown>, 'offset'>> = {
  key: checkedElsewhere,
  value: checkedElsewhere,
  timestamp: checkedElsewhere,
  headers: checkedElsewhere,
  partition: checkedElsewhere,
  // What a topology wrote may be piped as it is; it gets an offset of its own.
  offset: checkedElsewhere,
};

/** True for an object that has a `value`. Whether it is a record otherwise is for {@link checkInputRecord} to say. */
export function isInputRecord<K, V>(input: PipedInput<K, V>): input is InputRecord<K, V> {
  return typeof input === 'object' && input !== null && (Object.hasOwn(input, 'value') || input instanceof StreamRecord);
}

/**
 * What JavaScript may pass as a record: a pair, which would be one of two nulls, or a field of another name, which would be overlooked.
 *
 * @throws MR_ARGUMENT_INVALID for what has neither key nor value, and for a field that no record has, with the one that was likely meant
 */
export function checkInputRecord(record: unknown, topic: string): void {
  if (typeof record !== 'object' || record === null || !('key' in record || 'value' in record)) {
    const got = Array.isArray(record)
      ? 'an array'
      : record === null
        ? 'null'
        : typeof record === 'object'
          ? 'an object with neither'
          : `a ${typeof record}`;
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `A record for topic ${topic} must have a key or a value, as in { key, value }, got ${got}.`,
      {
        details: { topic },
      },
    );
  }
  checkOptions(record, recordFields, `a record for topic ${topic} (a value that has a property "value" of its own is piped as { value })`);
}
