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
 * Records by time, one a key and time (join) or one a key (suppress). `T` is a value, or a change for suppress.
 * Kafka Streams: `TimeOrderedKeyValueBuffer`.
 */
export interface TimeOrderedBuffer<K, T> {
  readonly name: string;
  readonly recordCount: number;
  /** As Kafka Streams counts them for `maxBytes`. */
  readonly sizeBytes: number;
  /** Time of the eldest record; Infinity if there is none. */
  readonly minTime: number;
  /**
   * Buffers a record under the context of the record in progress. A suppress buffer keeps the time of a key's first record while it is there, and its prior value.
   *
   * @returns false if the buffer refused it: older than its grace (join buffer only).
   */
  put(time: number, record: StreamRecord<K, T>): boolean;
  /** Evicts the eldest record to the listener. False if there was none. */
  evictEldest(listener: EvictionListener<K, T>): boolean;
}

/** The buffer of `suppress`: also answers for the table it hides. */
export interface SuppressBuffer<K, V, T> extends TimeOrderedBuffer<K, T> {
  /** The value before the buffered one, as downstream has it. Null: the key is buffered and had none. Undefined: the key is not buffered. */
  priorValue(key: K): ValueAndTimestamp<V> | null | undefined;
}
