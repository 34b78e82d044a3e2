/** An open LevelDB database, shared by the engine, its iterators and its batches: the guards, the order of commits, and the way to ranges. */
import { classify } from '../classify.ts';
import type { EngineRange } from '../engine.ts';
import type { StateError } from '../errors.ts';
import { closedError } from '../guard.ts';
import type { LevelDatabase, LevelOperation } from './binding.ts';
import { type RangeChunk, RangeClient } from './range-client.ts';

export const levelDbKind = 'leveldb';

const bufferEncodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
const noSync = { sync: false } as const;

interface RangeSource {
  readonly client: RangeClient;
  readonly database: number;
}

/** An iterator: it has to go before the database does. */
export interface Closable {
  close(): void;
}

export class LevelDbHandle {
  readonly #database: LevelDatabase;
  readonly #directory: string;
  readonly #letGo: () => void;
  readonly #iterators = new Set<Closable>();
  /** Opened by the first range: many tasks never read one. */
  #ranges: RangeSource | undefined = undefined;
  /** The last commit; the next one waits for it, since LevelDB's threads keep no order. */
  #lastCommit: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined = undefined;
  #failure: StateError | undefined = undefined;

  /** `database` is open. `letGo` is called when it is closed. */
  constructor(database: LevelDatabase, directory: string, letGo: () => void) {
    this.#database = database;
    this.#directory = directory;
    this.#letGo = letGo;
  }

  checkOpen(what: string): void {
    if (this.#closing !== undefined) throw closedError(levelDbKind, what);
  }

  /** After a failed commit nothing says what is in the log: only opening again does. */
  checkWritable(): void {
    this.checkOpen('A batch');
    if (this.#failure !== undefined) throw this.#failure;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#database._getSync(key, bufferEncodings);
    } catch (error) {
      throw this.#failureOf(error, 'read a LevelDB database');
    }
  }

  property(name: string): string {
    return this.#database.getProperty(name);
  }

  openIterator(range: EngineRange, rows: number): { readonly iterator: number; readonly chunk: RangeChunk } {
    try {
      this.#ranges ??= RangeClient.openDatabase(this.#directory);
      return this.#ranges.client.openIterator(this.#ranges.database, range, rows);
    } catch (error) {
      throw this.#failureOf(error, 'start a range read of a LevelDB database');
    }
  }

  nextChunk(iterator: number, rows: number): RangeChunk {
    const ranges = this.#ranges as RangeSource; // an iterator was opened
    try {
      return ranges.client.next(ranges.database, iterator, rows);
    } catch (error) {
      throw this.#failureOf(error, 'go on with a range read of a LevelDB database');
    }
  }

  closeIterator(iterator: number): void {
    this.#ranges?.client.closeIterator(this.#ranges.database, iterator);
  }

  attach(iterator: Closable): void {
    this.#iterators.add(iterator);
  }

  detach(iterator: Closable): void {
    this.#iterators.delete(iterator);
  }

  /** Writes after the commits before it. `operations` is asked when it is this one's turn. */
  commit(operations: () => Promise<readonly LevelOperation[]>): Promise<void> {
    const commit = this.#lastCommit.then(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await this.#database._batch(await operations(), noSync);
      } catch (error) {
        this.#failure = this.#failureOf(error, 'commit a batch to a LevelDB database');
        throw this.#failure;
      }
    });
    this.#lastCommit = commit.catch(() => {}); // its caller hears of it
    return commit;
  }

  /** The keys stored in a range, at the turn of a commit. */
  async storedKeys(gte: Uint8Array, lt: Uint8Array): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    for await (const key of this.#database.keys({ gte, lt })) keys.push(key);
    return keys;
  }

  /** Waits for commits under way. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      for (const iterator of this.#iterators) iterator.close();
      await this.#lastCommit;
      // The worker first: this thread's handle owns the cache that both use.
      await this.#ranges?.client.closeDatabase(this.#ranges.database);
      await this.#database.close();
    } catch (error) {
      throw this.#failureOf(error, 'close a LevelDB database');
    } finally {
      this.#letGo();
    }
  }

  #failureOf(error: unknown, action: string): StateError {
    return classify(error, { action, engine: levelDbKind, directory: this.#directory });
  }
}
