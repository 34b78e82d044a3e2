/**
 * What a store is, as the topology says it: plain data, made while building, read by the compiler (topics), the engine (opening) and the runtime (internal topics).
 * The *kind* (persistent or in-memory) is part of the topology and decides results; the *engine* below is of the run and changes none (design: kind is not engine).
 */
import type { Serde } from '../serde/serde.ts';

/** `headers`: rows on disk have room for headers. Changes what a record cache counts, which headers deletions have in the changelog, and what joins of streams keep. */
export type StoreFormat = 'default' | 'headers';

/** Decides how windowed stores expire, as `dsl.store.suppliers.class` does. */
export type Persistence = 'persistent' | 'inMemory';

interface StoreSpecBase {
  readonly name: string;
  readonly persistence: Persistence;
  /** Forward and log only on commit or eviction. Effective with a positive cache size. */
  readonly caching: boolean;
  /** Undefined: no changelog. Otherwise the topic configuration that the user adds to the defaults. */
  readonly logging: Readonly<Record<string, string>> | undefined;
  /** The changelog's records carry the headers of the record in progress. @default false */
  readonly logsHeaders?: boolean | undefined;
  /** `builder`: whichever the builder says; it is decided when the topology is compiled. @default 'default' */
  readonly format?: StoreFormat | 'builder' | undefined;
  /** Undefined where nobody gave one and no default exists: `build()` refuses such a store. */
  readonly keySerde: Serde<unknown> | undefined;
  readonly valueSerde: Serde<unknown> | undefined;
}

/** Key to value. `timestamped`: keeps the timestamp of each value, as every table does. */
export interface KeyValueStoreSpec extends StoreSpecBase {
  readonly kind: 'keyValue';
  readonly timestamped: boolean;
  /** Timestamped to whoever uses it, and yet kept without: what is not in the record cache is read with -1. Kafka Streams: a plain persistent supplier below a table. */
  readonly forgetsTimestamps?: boolean | undefined;
  /** Keeps at most so many entries, the least recently used goes first, with a tombstone in the changelog. Kafka Streams: `Stores.lruMap`. */
  readonly maxEntries?: number | undefined;
}

/** Windows of a key. Caching is off where duplicates are retained. */
export interface WindowStoreSpec extends StoreSpecBase {
  readonly kind: 'window';
  readonly timestamped: boolean;
  readonly retentionMs: number;
  /** What its windows ask for, where the store was supplied with a retention of its own: Kafka Streams keeps the changelog for that. */
  readonly windowsRetentionMs?: number | undefined;
  readonly windowSizeMs: number;
  readonly retainDuplicates: boolean;
  /** Listed by start then key instead of key then start, for emission on window close. */
  readonly timeOrdered: boolean;
  /** A time-ordered persistent store with an index by key, as sliding windows have it: ranges of keys are still listed by key, then start. */
  readonly keyIndexed?: boolean | undefined;
  /** Rows have the headers that they were written with, whatever the format. Not where the store has a record cache. @default false */
  readonly keepsHeaders?: boolean | undefined;
}

export interface SessionStoreSpec extends StoreSpecBase {
  readonly kind: 'session';
  readonly retentionMs: number;
  /** What its windows ask for, where the store was supplied with a retention of its own: Kafka Streams keeps the changelog for that. */
  readonly windowsRetentionMs?: number | undefined;
  readonly timeOrdered: boolean;
}

export interface VersionedStoreSpec extends StoreSpecBase {
  readonly kind: 'versioned';
  readonly historyRetentionMs: number;
  readonly segmentIntervalMs: number;
}

/** Unmatched records of a left or outer stream-stream join; `valueSerde` is the left side's. Never cached. */
export interface OuterJoinStoreSpec extends StoreSpecBase {
  readonly kind: 'outerJoin';
  readonly rightValueSerde: Serde<unknown> | undefined;
}

/** Updates that `suppress` holds back; in memory, restored from its changelog. */
export interface SuppressBufferSpec extends StoreSpecBase {
  readonly kind: 'suppressBuffer';
}

/** Stream records that wait for the grace of a stream-table join. */
export interface JoinBufferSpec extends StoreSpecBase {
  readonly kind: 'joinBuffer';
  readonly graceMs: number;
}

export type StoreSpec =
  | KeyValueStoreSpec
  | WindowStoreSpec
  | SessionStoreSpec
  | VersionedStoreSpec
  | OuterJoinStoreSpec
  | SuppressBufferSpec
  | JoinBufferSpec;
