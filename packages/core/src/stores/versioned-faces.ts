/** The typed faces of versioned stores: a history of values per key. Times are ms. Kafka Streams: `VersionedKeyValueStore`, `VersionedRecord` (KIP-889). */

/** A version as reads give it. When it ended is not told, as Kafka Streams' own face leaves it out of `get`. */
export interface VersionedRecord<V> {
  readonly value: V;
  readonly timestamp: number;
}

/** What {@link VersionedStore.put} returns for the latest version. */
export const latestVersion = -1;

export interface VersionedStore<K, V> {
  readonly name: string;
  /**
   * Adds a version; null or undefined is a deletion from `timestamp` on. A version of the same timestamp is replaced.
   *
   * @returns the timestamp of the next version, {@link latestVersion} (-1) if there is none, undefined if the version is older than the history and was refused
   *   (counted in `dropped-records`).
   */
  put(key: K, value: V | null | undefined, timestamp: number): number | undefined;
  /** As `put` of null; returns the version that was valid at `timestamp`. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined;
  /** The latest version, however old; undefined if it is a deletion. */
  get(key: K): VersionedRecord<V> | undefined;
  /** The version that was valid at `asOf`; undefined if there is none, or if `asOf` is older than the history and the latest version is not valid there. */
  getAsOf(key: K, asOf: number): VersionedRecord<V> | undefined;
}

/** A versioned table's store as operators see it; the store object that `getStateStore` returns implements it beside its public face. */
export interface VersionedTable<K, V> {
  readonly name: string;
  lookup(key: K): VersionedRecord<V> | undefined;
  lookupAsOf(key: K, asOf: number): VersionedRecord<V> | undefined;
  /** As {@link VersionedStore.put}. */
  write(key: K, value: V | null, timestamp: number): number | undefined;
  /** As of all tables' stores; this one does not cache. */
  setFlushListener(): false;
}
