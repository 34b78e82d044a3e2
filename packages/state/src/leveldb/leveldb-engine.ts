/** LevelDB behind the engine contract: one database, commits asynchronous, points read directly and ranges through a worker thread. */
import { classify } from '../classify.ts';
import { holdDirectory } from '../directory/process-registry.ts';
import type { EngineBatch, EngineIterator, EngineRange, StateEngine } from '../engine.ts';
import { StateError } from '../errors.ts';
import { makeDirectory } from '../directory/make-directory.ts';
import { type ClassicLevel, loadClassicLevel } from './binding.ts';
import { LevelDbBatch } from './leveldb-batch.ts';
import { LevelDbHandle, levelDbKind } from './leveldb-handle.ts';
import { LevelDbIterator } from './leveldb-iterator.ts';
import { levelOptions } from './leveldb-options.ts';

export interface LevelDbEngineOptions {
  readonly directory: string;
  /** For block cache, write buffers and table indexes together, in bytes. At least 4 MiB are taken. */
  readonly memoryBytes: number;
  /** Default: loads `classic-level`. */
  readonly binding?: ClassicLevel | undefined;
}

/**
 * While a commit is under way, a read sees the state before it or after it. Until its promise is settled, whoever needs to read what is being
 * committed must remember it.
 */
export class LevelDbEngine implements StateEngine {
  readonly kind: string = levelDbKind;
  readonly durable: boolean = true;
  readonly synchronous: boolean = false;
  readonly #handle: LevelDbHandle;

  private constructor(handle: LevelDbHandle) {
    this.#handle = handle;
  }

  /**
   * Opens or creates the database. Throws `MR_STATE_ENGINE_UNAVAILABLE`, `MR_STATE_DIRECTORY_LOCKED`, `MR_STATE_DIRECTORY_UNWRITABLE`,
   * `MR_STATE_DISK_FULL`, `MR_STATE_CORRUPT` or `MR_STATE_IO`.
   */
  static async open(options: LevelDbEngineOptions): Promise<LevelDbEngine> {
    const binding = options.binding ?? (await loadClassicLevel());
    const { directory } = options;
    makeDirectory(directory);
    // Databases that threads may share are never refused by LevelDB within a process, and one that were would lose its lock by the attempt.
    const letGo = holdDirectory(directory);
    if (letGo === undefined) {
      throw new StateError(
        'MR_STATE_DIRECTORY_LOCKED',
        `The LevelDB database in ${directory} is open in this process already. Close it first.`,
        {
          details: { engine: levelDbKind, directory },
        },
      );
    }
    const database = new binding(directory, levelOptions(options.memoryBytes));
    try {
      await database.open();
    } catch (error) {
      letGo();
      throw classify(error, { action: 'open a LevelDB database', engine: levelDbKind, directory });
    }
    return new LevelDbEngine(new LevelDbHandle(database, directory, letGo));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#handle.checkOpen('A read');
    return key.length === 0 ? undefined : this.#handle.get(key);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#handle.checkOpen('A read');
    return keys.map((key) => (key.length === 0 ? undefined : this.#handle.get(key)));
  }

  iterate(range: EngineRange): EngineIterator {
    return new LevelDbIterator(this.#handle, range);
  }

  batch(): EngineBatch {
    return new LevelDbBatch(this.#handle);
  }

  /** `memoryBytes`: what LevelDB says it uses, block cache and write buffers. */
  statistics(): ReadonlyMap<string, number> {
    this.#handle.checkOpen('Statistics');
    return new Map([['memoryBytes', Number(this.#handle.property('leveldb.approximate-memory-usage'))]]);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
