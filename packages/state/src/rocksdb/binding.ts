/**
 * The only module that names `@nxtedition/rocksdb`: what we use of it, declared by hand (it has no types), and its loading.
 *
 * Traps of 12.2.12 that the callers guard against: a read before `open` or after `close` is a segmentation fault, an empty key among several aborts
 * the process, a batch or iterator must be closed before its database, and encodings that are not given mean UTF-8, which merges keys.
 */
import { StateError } from '../errors.ts';

const packageName = '@nxtedition/rocksdb';
const packageVersion = '12.2.12';

export interface RocksOptions {
  readonly keyEncoding: 'buffer';
  readonly valueEncoding: 'buffer';
  readonly createIfMissing?: boolean;
  readonly cacheSize?: number;
  readonly cacheIndexAndFilterBlocks?: boolean;
  readonly compaction?: 'level' | 'universal';
  readonly compression?: boolean;
  readonly walCompression?: boolean;
  readonly memtableMemoryBudget?: number;
  readonly parallelism?: number;
  readonly optimize?: 'point-lookup';
}

export interface RocksRange {
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly reverse?: boolean;
  readonly keyEncoding: 'buffer';
  readonly valueEncoding: 'buffer';
  readonly values?: boolean;
  /** A chunk ends at the row that goes beyond it. */
  readonly highWaterMarkBytes?: number;
  readonly fillCache?: boolean;
}

/** Keys and values in turn. */
export interface RocksRows {
  readonly rows: readonly Uint8Array[];
  readonly finished: boolean;
}

export interface RocksIterator {
  _nextvSync(count: number): RocksRows;
  _closeSync(): void;
}

export interface RocksBatch {
  _put(key: Uint8Array, value: Uint8Array): void;
  _del(key: Uint8Array): void;
  _writeSync(): void;
  _clear(): void;
  /** Four places an operation: `put` or `del`, key, value (`null` for `del`), column. */
  toArray(options: { readonly keyEncoding: 'buffer'; readonly valueEncoding: 'buffer' }): readonly unknown[];
}

export interface RocksDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
  batch(): RocksBatch;
  /** Without the checks and the queue around `iterator()`; the database still counts it as its own until `detachResource`. */
  _iterator(range: RocksRange): RocksIterator;
  detachResource(resource: RocksIterator | RocksBatch): void;
  _getManySync(keys: readonly Uint8Array[]): (Uint8Array | null | undefined)[];
  getProperty(name: string): string;
}

export type RocksLevel = new (directory: string, options: RocksOptions) => RocksDatabase;

/** Loads the binding. Throws `MR_STATE_ENGINE_UNAVAILABLE` if it is not installed, has no binary here, or is another version than the one declared. */
export async function loadRocksLevel(importModule: (name: string) => Promise<unknown> = importByName): Promise<RocksLevel> {
  let module: unknown;
  try {
    module = await importModule(packageName);
  } catch (error) {
    throw unavailable('could not be loaded', error);
  }
  const rocksLevel = memberOf(module, 'RocksLevel') ?? memberOf(memberOf(module, 'default'), 'RocksLevel');
  const prototype = memberOf(rocksLevel, 'prototype');
  for (const method of ['_getManySync', '_iterator', 'batch', 'detachResource', 'getProperty']) {
    if (typeof memberOf(prototype, method) !== 'function') throw unavailable(`has no ${method}, so it is not ${packageVersion}`, undefined);
  }
  return rocksLevel as RocksLevel; // declared above for the version that has these methods
}

/** A variable keeps bundlers and the compiler from resolving an optional package. */
async function importByName(name: string): Promise<unknown> {
  const module: unknown = await import(name);
  return module;
}

function memberOf(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  return Reflect.get(value, name) as unknown;
}

function unavailable(what: string, cause: unknown): StateError {
  return new StateError(
    'MR_STATE_ENGINE_UNAVAILABLE',
    `RocksDB is not available: ${packageName} ${what} (${process.platform}-${process.arch}, Node ${process.versions.node}). ` +
      `Install it with "npm install ${packageName}@${packageVersion}", or use leveldb({ directory }), which has binaries for more platforms.`,
    { details: { engine: 'rocksdb', package: packageName, version: packageVersion }, cause },
  );
}
