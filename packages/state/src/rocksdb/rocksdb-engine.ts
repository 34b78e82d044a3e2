/** RocksDB behind the engine contract: one database, the default column family, the write-ahead log on, commits synchronous. */
import { classify } from '../classify.ts';
import type { EngineBatch, EngineIterator, EngineRange, StateEngine } from '../engine.ts';
import { loadRocksLevel, type RocksLevel } from './binding.ts';
import { RocksDbBatch } from './rocksdb-batch.ts';
import { RocksDbHandle, rocksDbKind } from './rocksdb-handle.ts';
import { RocksDbIterator } from './rocksdb-iterator.ts';
import { rocksOptions } from './rocksdb-options.ts';

/** RocksDB's own figures, and what we call them. */
const properties: readonly (readonly [name: string, property: string])[] = [
  ['keysEstimate', 'rocksdb.estimate-num-keys'],
  ['memtableBytes', 'rocksdb.size-all-mem-tables'],
  ['blockCacheBytes', 'rocksdb.block-cache-usage'],
  ['tableReadersBytes', 'rocksdb.estimate-table-readers-mem'],
  ['tableFilesBytes', 'rocksdb.total-sst-files-size'],
  ['pendingCompactionBytes', 'rocksdb.estimate-pending-compaction-bytes'],
  ['backgroundErrors', 'rocksdb.background-errors'],
];

export interface RocksDbEngineOptions {
  readonly directory: string;
  /** For block cache and memtables together, in bytes. At least 4 MiB are taken. */
  readonly memoryBytes: number;
  /** Default: loads `@nxtedition/rocksdb`. */
  readonly binding?: RocksLevel | undefined;
}

export class RocksDbEngine implements StateEngine {
  readonly kind: string = rocksDbKind;
  readonly durable: boolean = true;
  /** Commits are synchronous; closing is not. */
  readonly synchronous: boolean = false;
  readonly #handle: RocksDbHandle;

  private constructor(handle: RocksDbHandle) {
    this.#handle = handle;
  }

  /**
   * Opens or creates the database. Throws `MR_STATE_ENGINE_UNAVAILABLE`, `MR_STATE_DIRECTORY_LOCKED`, `MR_STATE_DIRECTORY_UNWRITABLE`,
   * `MR_STATE_DISK_FULL`, `MR_STATE_CORRUPT` or `MR_STATE_IO`.
   */
  static async open(options: RocksDbEngineOptions): Promise<RocksDbEngine> {
    const binding = options.binding ?? (await loadRocksLevel());
    const database = new binding(options.directory, rocksOptions(options.memoryBytes));
    try {
      await database.open();
    } catch (error) {
      throw classify(error, { action: 'open a RocksDB database', engine: rocksDbKind, directory: options.directory });
    }
    return new RocksDbEngine(new RocksDbHandle(database, options.directory));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#handle.checkOpen('A read');
    return key.length === 0 ? undefined : this.#handle.read([key])[0];
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#handle.checkOpen('A read');
    if (keys.every((key) => key.length > 0)) return this.#handle.read(keys);
    const answers = this.#handle.read(keys.filter((key) => key.length > 0)).values();
    return keys.map((key) => (key.length === 0 ? undefined : answers.next().value));
  }

  iterate(range: EngineRange): EngineIterator {
    return new RocksDbIterator(this.#handle, range);
  }

  batch(): EngineBatch {
    return new RocksDbBatch(this.#handle);
  }

  /** In bytes: `memtableBytes`, `blockCacheBytes`, `tableReadersBytes`, `tableFilesBytes`, `pendingCompactionBytes`; and `keysEstimate`, `backgroundErrors`. */
  statistics(): ReadonlyMap<string, number> {
    return new Map(properties.map(([name, property]) => [name, Number(this.#handle.property(property))] as const));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
