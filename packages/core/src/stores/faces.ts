/**
 * The typed faces of stores: what processors, tests and queries use, and what the operators of tables use below them.
 * All synchronous. Keys are ordered by their bytes. Kafka Streams: `org.apache.kafka.streams.state`.
 */
import type { Change } from '../processor/change.ts';
import type { StreamRecord } from '../record.ts';

/** An entry of a range read. */
export interface KeyValue<K, V> {
  readonly key: K;
  readonly value: V;
}

/** Iterates over a snapshot. Leaving a `for` loop, or `close`, frees it. */
export interface StoreIterator<T> extends IterableIterator<T> {
  close(): void;
}

export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string;
  /** Undefined if there is no such key. */
  get(key: K): V | undefined;
  /** From `from` to `to`, both included; undefined bounds are open. */
  range(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, V>>;
  reverseRange(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, V>>;
  all(): StoreIterator<KeyValue<K, V>>;
  reverseAll(): StoreIterator<KeyValue<K, V>>;
  /** Every key whose bytes start with `prefix`. */
  prefixScan(prefix: Uint8Array): StoreIterator<KeyValue<K, V>>;
  approximateNumEntries(): number;
}

export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** A null or undefined value deletes. */
  put(key: K, value: V | null | undefined): void;
  /** Puts only where nothing is; returns what was there. */
  putIfAbsent(key: K, value: V): V | undefined;
  putAll(entries: Iterable<readonly [K, V | null]>): void;
  /** Returns what was there. */
  delete(key: K): V | undefined;
}

export interface ValueAndTimestamp<V> {
  readonly value: V;
  readonly timestamp: number;
}

/** A key-value store that keeps each value's timestamp: what tables are. */
export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>;

/** Gets what a cached table store forwards when it is flushed. */
export type FlushListener<K, V> = (record: StreamRecord<K, Change<V>>) => void;

/**
 * A table's store as operators see it; the store object that `getStateStore` returns implements it beside its public face.
 * Kafka Streams: `TimestampedKeyValueStore` behind `KeyValueStoreWrapper` and `TimestampedTupleForwarder`.
 */
export interface TableStore<K, V> {
  readonly name: string;
  /**
   * The row, without copying it: read it at once, it may change with the next write. Values of serdes that are not immutable are fresh copies.
   */
  lookup(key: K): ValueAndTimestamp<V> | undefined;
  /**
   * Null deletes.
   *
   * @returns the timestamp of the key's next row in a versioned store; `latestVersion` (-1) if there is none, as always in others; undefined if the row was refused.
   */
  write(key: K, value: V | null, timestamp: number): number | undefined;
  /**
   * Asks to be told of flushed rows. Returns false if the store does not cache: then the operator forwards every update itself.
   */
  setFlushListener(listener: FlushListener<K, V>, sendOldValues: boolean): boolean;
}
