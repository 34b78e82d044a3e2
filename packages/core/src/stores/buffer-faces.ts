/** The buffers that operators keep records in: unmatched records of outer joins, suppressed updates, stream records that wait for a table. Times are ms. */
import type { StreamRecord } from '../record.ts';
import type { StoreIterator, ValueAndTimestamp } from './faces.ts';

/** A record that found no partner yet. */
export interface ParkedRow<K, L, R> {
  readonly key: K;
  readonly timestamp: number;
  readonly isLeft: boolean;
  /** Of type L if `isLeft`, R otherwise. */
  readonly value: L | R;
}

/** Unmatched records of a left or outer stream-stream join. Kafka Streams: the shared `ListValueStore` of `KStreamImplJoin`. */
export interface OuterJoinTable<K, L, R> {
  readonly name: string;
  /** Nothing is parked. */
  readonly isEmpty: boolean;
  park(key: K, timestamp: number, isLeft: boolean, value: L | R): void;
  /** Removes all records of that key, time and side. Costs nothing if there are none. */
  unpark(key: K, timestamp: number, isLeft: boolean): void;
  /** Everything, by time, side (right first), key, then arrival. A snapshot: `unpark` while iterating is allowed. */
  parked(): StoreIterator<ParkedRow<K, L, R>>;
}

/** A record that left a buffer; the task's record context is that of the record while `evicted` runs. */
export interface EvictionListener<K, T> {
  evicted(record: StreamRecord<K, T>): void;
}

/**
 * The updates that `suppress` holds back, by the time they are buffered under; `T` is a change. One a key: a later update takes the place of the first, and the prior value
 * stays. Kafka Streams: `TimeOrderedKeyValueBuffer`, `InMemoryTimeOrderedKeyValueChangeBuffer`.
 */
export interface SuppressBuffer<K, V, T> {
  readonly name: string;
  readonly recordCount: number;
  /** As Kafka Streams counts them for `maxBytes`. */
  readonly sizeBytes: number;
  /** Time of the eldest update; Infinity if there is none. */
  readonly minTime: number;
  /** Buffers an update under the context of the record in progress. */
  put(time: number, record: StreamRecord<K, T>): void;
  /** Gives the eldest update to the listener, with its own timestamp and headers, and then removes it. False if there was none. */
  evictEldest(listener: EvictionListener<K, T>): boolean;
  /** What downstream has of a buffered key. Null: nothing. Undefined: the key is not buffered. */
  priorValue(key: K): ValueAndTimestamp<V> | null | undefined;
}

/** Stream records that wait until the table of a join has what belongs to their time. Kafka Streams: `RocksDBTimeOrderedKeyValueBuffer`. */
export interface JoinBuffer<K, V> {
  readonly name: string;
  readonly recordCount: number;
  /** Buffers a record by its timestamp, under the context of the record in progress. False if it is older than the grace allows: then it joins at once. */
  put(record: StreamRecord<K, V>): boolean;
  /** Gives every record whose grace is over to the listener, eldest first, with its own timestamp and headers, and removes it. Returns how many. */
  evictDue(listener: EvictionListener<K, V>): number;
}
