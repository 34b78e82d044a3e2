/**
 * The typed faces of session stores: what processors, tests and queries use, and what the operators of session windows use below them.
 * Both ends of a session are included; times are ms. Kafka Streams: `SessionStore`.
 */
import type { Windowed } from '../windows/windowed.ts';
import type { FlushListener, KeyValue, StoreIterator } from './faces.ts';

/** Undefined key bounds are open. Iterators are snapshots, by key, end, start; descending for `backward…`. */
export interface ReadOnlySessionStore<K, V> {
  readonly name: string;
  /** The session of exactly these bounds; undefined if there is none. */
  fetchSession(key: K, start: number, end: number): V | undefined;
  fetch(key: K): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardFetch(key: K): StoreIterator<KeyValue<Windowed<K>, V>>;
  fetchRange(keyFrom: K | undefined, keyTo: K | undefined): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardFetchRange(keyFrom: K | undefined, keyTo: K | undefined): StoreIterator<KeyValue<Windowed<K>, V>>;
  /** The sessions of `key` with `end >= earliestEnd` and `start <= latestStart`. */
  findSessions(key: K, earliestEnd: number, latestStart: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): StoreIterator<KeyValue<Windowed<K>, V>>;
  findSessionsRange(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): StoreIterator<KeyValue<Windowed<K>, V>>;
  backwardFindSessionsRange(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): StoreIterator<KeyValue<Windowed<K>, V>>;
}

export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /** Null or undefined removes. A session that has expired is refused and counted in `dropped-records`. */
  put(session: Windowed<K>, value: V | null | undefined): void;
  /** Unlike a put of null, never counts. */
  remove(session: Windowed<K>): void;
}

/** A session of a known key, as operators see it. */
export interface SessionRow<V> {
  readonly start: number;
  readonly end: number;
  readonly value: V;
}

/** A session of any key, as operators see it. */
export interface KeyedSessionRow<K, V> extends SessionRow<V> {
  readonly key: K;
}

/** A session table's store as operators see it; the store object that `getStateStore` returns implements it beside its public face. */
export interface SessionTable<K, V> {
  readonly name: string;
  /** As `put` of the public face: null deletes, what has expired is refused and counted. */
  write(key: K, start: number, end: number, value: V | null): void;
  /** As `remove` of the public face: what has expired is not counted. */
  removeSession(key: K, start: number, end: number): void;
  /** The value of the session of exactly these bounds. */
  lookup(key: K, start: number, end: number): V | undefined;
  /** The sessions of `key` with `end >= earliestEnd` and `start <= latestStart`, by end then start; a snapshot that later writes do not change. */
  rows(key: K, earliestEnd: number, latestStart: number): readonly SessionRow<V>[];
  /** The sessions of all keys with `earliestEnd <= end <= latestEnd`, by end, then key and start in a time-ordered store: what emission on window close reads. */
  rowsBetween(earliestEnd: number, latestEnd: number): StoreIterator<KeyedSessionRow<K, V>>;
  /** Asks to be told of flushed rows. Returns false if the store does not cache. */
  setFlushListener(listener: FlushListener<Windowed<K>, V>, sendOldValues: boolean): boolean;
}
