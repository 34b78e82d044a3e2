/**
 * A timestamped store as a plain one: what tests want of a table. Values put through it carry the timestamp -1, none, as Java's do.
 * Kafka Streams: `TopologyTestDriver.KeyValueStoreFacade`.
 */
import type { KeyValue, KeyValueStore, StoreIterator, TimestampedKeyValueStore, ValueAndTimestamp } from '@millrace/core';
import { UntimestampedIterator } from './untimestamped-iterator.ts';

const noTimestamp = -1;

export class UntimestampedStore<K, V> implements KeyValueStore<K, V> {
  readonly name: string;
  readonly #store: TimestampedKeyValueStore<K, V>;

  constructor(store: TimestampedKeyValueStore<K, V>) {
    this.name = store.name;
    this.#store = store;
  }

  get(key: K): V | undefined {
    return this.#store.get(key)?.value;
  }

  range(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, V>> {
    return untimestamped(this.#store.range(from, to));
  }

  reverseRange(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, V>> {
    return untimestamped(this.#store.reverseRange(from, to));
  }

  all(): StoreIterator<KeyValue<K, V>> {
    return untimestamped(this.#store.all());
  }

  reverseAll(): StoreIterator<KeyValue<K, V>> {
    return untimestamped(this.#store.reverseAll());
  }

  prefixScan(prefix: Uint8Array): StoreIterator<KeyValue<K, V>> {
    return untimestamped(this.#store.prefixScan(prefix));
  }

  approximateNumEntries(): number {
    return this.#store.approximateNumEntries();
  }

  put(key: K, value: V | null | undefined): void {
    this.#store.put(key, withoutTimestamp(value));
  }

  putIfAbsent(key: K, value: V): V | undefined {
    return this.#store.putIfAbsent(key, { value, timestamp: noTimestamp })?.value;
  }

  putAll(entries: Iterable<readonly [K, V | null]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  delete(key: K): V | undefined {
    return this.#store.delete(key)?.value;
  }
}

/** As Java puts it: with the timestamp -1. */
export function withoutTimestamp<V>(value: V | null | undefined): ValueAndTimestamp<V> | null {
  return value === null || value === undefined ? null : { value, timestamp: noTimestamp };
}

function untimestamped<K, V>(entries: StoreIterator<KeyValue<K, ValueAndTimestamp<V>>>): StoreIterator<KeyValue<K, V>> {
  return new UntimestampedIterator(entries, ({ key, value }) => ({ key, value: value.value }));
}
