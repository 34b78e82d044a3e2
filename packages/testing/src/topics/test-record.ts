/** Records as tests write and read them. */
import type { Header, Headers } from '@millrace/core';

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

const recordFields: ReadonlySet<string> = new Set(['key', 'value', 'timestamp', 'headers', 'partition']);

/** True for an object that has a `value` and nothing but fields of a record. */
export function isInputRecord<K, V>(input: PipedInput<K, V>): input is InputRecord<K, V> {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, 'value')) return false;
  return Object.keys(input).every((name) => recordFields.has(name));
}
