/**
 * An open RocksDB database with the guards that the binding lacks, shared by the engine, its iterators and its batches.
 *
 * The binding trusts its caller: a read of a closed database ends the process, and iterators must not outlive it. So every call passes the open
 * flag here, and closing takes open iterators along.
 */
import { classify } from '../classify.ts';
import type { StateError } from '../errors.ts';
import { closedError } from '../guard.ts';
import type { RocksBatch, RocksDatabase, RocksIterator, RocksRange } from './binding.ts';

export const rocksDbKind = 'rocksdb';

/** An iterator: it has to go before the database does. */
export interface Closable {
  close(): void;
}

export class RocksDbHandle {
  readonly #database: RocksDatabase;
  readonly #directory: string;
  readonly #iterators = new Set<Closable>();
  #closing: Promise<void> | undefined = undefined;
  #failure: StateError | undefined = undefined;
  #spareBatch: RocksBatch | undefined = undefined;

  /** `database` is open. */
  constructor(database: RocksDatabase, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  checkOpen(what: string): void {
    if (this.#closing !== undefined) throw closedError(rocksDbKind, what);
  }

  /** After a failed commit nothing says what is in the log: only opening again does. */
  checkWritable(): void {
    this.checkOpen('A batch');
    if (this.#failure !== undefined) throw this.#failure;
  }

  failureOf(error: unknown, action: string): StateError {
    return classify(error, { action, engine: rocksDbKind, directory: this.#directory });
  }

  commitFailed(error: unknown): StateError {
    this.#failure = this.failureOf(error, 'commit a batch to a RocksDB database');
    return this.#failure;
  }

  /** None of the keys is empty: among several, an empty one ends the process. */
  read(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.checkOpen('A read');
    try {
      // `null` is an answer of reads with a time or size limit only; these have none.
      return this.#database._getManySync(keys) as (Uint8Array | undefined)[];
    } catch (error) {
      throw this.failureOf(error, 'read a RocksDB database');
    }
  }

  property(name: string): string {
    this.checkOpen('Statistics');
    return this.#database.getProperty(name);
  }

  openIterator(range: RocksRange): RocksIterator {
    this.checkOpen('A range read');
    try {
      return this.#database._iterator(range);
    } catch (error) {
      throw this.failureOf(error, 'start a range read of a RocksDB database');
    }
  }

  takeBatch(): RocksBatch {
    this.checkWritable();
    const spare = this.#spareBatch;
    this.#spareBatch = undefined;
    if (spare !== undefined) return spare;
    const batch = this.#database.batch();
    // The binding would keep a batch until it is closed, also one that nobody commits; a batch needs the database for its write only.
    this.#database.detachResource(batch);
    return batch;
  }

  /**
   * Batches are used again: a native one frees its memory only when the collector finds it, and the collector does not see that memory. Without
   * this a process that commits all day grows by every byte it writes.
   */
  giveBatch(batch: RocksBatch): void {
    batch._clear();
    this.#spareBatch = batch;
  }

  /** The binding's own `close` would answer later only. */
  closeIterator(iterator: RocksIterator): void {
    iterator._closeSync();
    this.#database.detachResource(iterator);
  }

  attach(iterator: Closable): void {
    this.#iterators.add(iterator);
  }

  detach(iterator: Closable): void {
    this.#iterators.delete(iterator);
  }

  /** A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const iterator of this.#iterators) iterator.close();
    try {
      await this.#database.close();
    } catch (error) {
      throw this.failureOf(error, 'close a RocksDB database');
    }
  }
}
