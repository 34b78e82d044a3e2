/**
 * The typed faces of window stores: what processors, tests and queries use, and what windowed operators and joins use below them.
 * A window is named by its start; times are ms, bounds are included. Kafka Streams: `WindowStore`, `TimestampedWindowStore`.
 */
import type { Headers } from '../headers.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { FlushListener, KeyValue, StoreIterator, ValueAndTimestamp } from './faces.ts';

/** One window of a key. */
export interface WindowValue<V> {
  readonly start: number;
  readonly value: V;
}

/** Undefined key bounds are open. Iterators are snapshots; their order is ascending, descending for `backward…`. */
export interface ReadOnlyWindowStore<K, V> {
  readonly name: string;
  /** The window of `key` that starts at `start`; undefined if there is none, or if it is older than the store's retention. */
  fetchAt(key: K, start: number): V | undefined;
  /** The windows of `key` with `from <= start <= to`, by start. */
  fetch(key: K, from: number, to: number): StoreIterator<WindowValue<V>>;
  backwardFetch(key: K, from: number, to: number): StoreIterator<WindowValue<V>>;
  /** The windows of the keys from `keyFrom` to `keyTo`, in the store's own order: persistent by segment, key, start; in memory (and time-ordered) by start, key. */
  fetchRange(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardFetchRange(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  fetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardFetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  all(): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardAll(): StoreIterator<KeyValue<Windowed<K>, V>>;
}

export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /**
   * Null or undefined deletes; in a store that retains duplicates it does nothing. A window that has expired is refused and counted in `dropped-records`.
   */
  put(key: K, value: V | null | undefined, start: number): void;
}

/** A window store that keeps each value's timestamp: what windowed tables are. */
export type TimestampedWindowStore<K, V> = WindowStore<K, ValueAndTimestamp<V>>;

/** A record in a store of a join of streams; its timestamp is the start of its window. */
export interface ValueAndHeaders<V> {
  readonly value: V;
  /** Empty where the store does not keep them, as those on disk by default. */
  readonly headers: Headers;
}

/** A window of a known key, as operators see it. */
export interface WindowRow<V> {
  readonly start: number;
  readonly value: V;
  readonly timestamp: number;
}

/** A window of any key, as operators see it. */
export interface KeyedWindowRow<K, V> extends WindowRow<V> {
  readonly key: K;
}

/** A windowed table's store as operators see it; the store object that `getStateStore` returns implements it beside its public face. */
export interface WindowTable<K, V> {
  readonly name: string;
  /** The row, without copying it: read it at once, it may change with the next write. */
  lookup(key: K, start: number): ValueAndTimestamp<V> | undefined;
  /** Null deletes. What has expired is refused and counted, as `put` does. */
  write(key: K, start: number, value: V | null, timestamp: number): void;
  /** The rows of `key` with `from <= start <= to`, by start; a snapshot that later writes do not change. */
  rows(key: K, from: number, to: number): readonly WindowRow<V>[];
  /** As `rows`, or the last first; where the store has a record cache, a row counts as used when it is reached. */
  scan(key: K, from: number, to: number, reverse: boolean): Iterable<WindowRow<V>>;
  /** The rows of all keys with `from <= start <= to`, by start then key in a time-ordered or in-memory store: what emission on window close reads. A snapshot. */
  rowsBetween(from: number, to: number): StoreIterator<KeyedWindowRow<K, V>>;
  /** Asks to be told of flushed rows. Returns false if the store does not cache: then the operator forwards every update itself. */
  setFlushListener(listener: FlushListener<Windowed<K>, V>, sendOldValues: boolean): boolean;
}

/** One side of a stream-stream join: a store that retains duplicates, by the records' timestamps. */
export interface JoinWindowTable<K, V> {
  readonly name: string;
  /** Adds a record; one that has expired is refused and counted. */
  append(key: K, value: V | null, timestamp: number): void;
  /** The values of `key` with `from <= start <= to`, by start and then in the order of their arrival. A snapshot. `timestamp` equals `start`. */
  rows(key: K, from: number, to: number): readonly WindowRow<V>[];
}
