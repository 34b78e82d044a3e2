/**
 * The contract of a state engine: an ordered map of bytes that survives a crash (or says that it does not).
 *
 * One engine instance is one database, and one database belongs to one task: all stores of the task share its keyspace
 * under a short prefix each, so that a commit (data of every store, changelog offsets, input offsets, stream times) is one
 * atomic batch. Nothing here knows of stores, serdes or Kafka.
 *
 * Every read is synchronous, because a processor reads in the middle of a record. Opening, closing and the commit of a batch
 * may be asynchronous; an engine whose batches are synchronous says so and can serve a synchronous test driver.
 */

/** A value that is there at once where the engine is synchronous, and promised where it is not. */
export type MaybePromise<T> = T | Promise<T>;

/** Bounds of a range read, in unsigned byte order. `gte` and `lt` as in abstract-level; an absent bound is open. */
export interface EngineRange {
  readonly gte?: Uint8Array | undefined;
  /** Exclusive upper bound. */
  readonly lt?: Uint8Array | undefined;
  /** From the last key to the first. Default false. */
  readonly reverse?: boolean | undefined;
}

/**
 * A cursor over a snapshot: writes after its creation do not show. `next()` first, then `key` and `value`.
 * The bytes are the caller's and stay as they are. Where there is no entry, `key` and `value` throw `MR_STATE_MISUSE`.
 * Close it, always; closing twice is allowed.
 */
export interface EngineIterator {
  /** Moves to the next entry; false at the end. */
  next(): boolean;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  close(): void;
}

/**
 * Collects writes; nothing is visible before `commit`. Later writes of the same key win. It is committed once: used after that, it throws
 * `MR_STATE_CLOSED`. One that is not wanted any more is simply dropped.
 */
export interface EngineBatch {
  /** The bytes are copied: the caller may reuse its buffers. Keys have at least one byte; values may be empty. */
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Deletes `gte <= key < lt`. */
  deleteRange(gte: Uint8Array, lt: Uint8Array): void;
  /** Number of operations so far. */
  readonly size: number;
  /**
   * Applies everything or nothing, also under kill -9. After a failure the engine must be closed: whether the batch is there
   * is unknown until the database is opened again. Batches take effect in the order of their commits; while one is under way,
   * a read sees the state before it or after it.
   */
  commit(): MaybePromise<void>;
}

/** One open database. After `close` every call throws `MR_STATE_CLOSED`, but `close` itself, which may be repeated. */
export interface StateEngine {
  /** `memory`, `rocksdb`, `leveldb` … : also written into the directory, so that it is never opened with another one. */
  readonly kind: string;
  /** True if what was committed is there after the process died. */
  readonly durable: boolean;
  /**
   * True if nobody can open the database again after `close`: it ends with the task. Then what its task can get from elsewhere, such as rows that a changelog has, need not
   * be in it. Never with `durable`. Default false.
   */
  readonly ephemeral?: boolean | undefined;
  /** True if `EngineBatch.commit` and `close` never return a promise. */
  readonly synchronous: boolean;
  /** The bytes are the caller's and stay as they are. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** As `get` for each key, in one call of the engine where it has one. */
  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[];
  iterate(range: EngineRange): EngineIterator;
  batch(): EngineBatch;
  /** The engine's own figures by name, for metrics (memory in bytes, estimated number of keys …). */
  statistics(): ReadonlyMap<string, number>;
  close(): MaybePromise<void>;
}
