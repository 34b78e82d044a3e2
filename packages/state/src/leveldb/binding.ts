/**
 * The only module that names `classic-level`: what we use of it, and its loading. Declared by hand, so that our own declarations do not need a package
 * that may not be there.
 *
 * The underscored methods are those that abstract-level documents for implementations; they skip per-call encoding choices.
 */
import { StateError } from '../errors.ts';

const packageName = 'classic-level';
const packageRange = '3';

export interface LevelOptions {
  readonly keyEncoding: 'buffer';
  readonly valueEncoding: 'buffer';
  readonly compression?: boolean;
  readonly cacheSize?: number;
  readonly writeBufferSize?: number;
  readonly maxOpenFiles?: number;
  /** Lets worker threads of this process open the same database. */
  readonly multithreading: true;
}

export interface LevelRange {
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly reverse?: boolean;
  /** A chunk ends at the row that goes beyond it. */
  readonly highWaterMarkBytes?: number;
}

export type LevelOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

export interface LevelIterator {
  nextv(count: number): Promise<readonly (readonly [key: Uint8Array, value: Uint8Array])[]>;
  close(): Promise<void>;
}

export interface LevelDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
  _getSync(key: Uint8Array, options: { readonly keyEncoding: 'buffer'; readonly valueEncoding: 'buffer' }): Uint8Array | undefined;
  _batch(operations: readonly LevelOperation[], options: { readonly sync: boolean }): Promise<void>;
  iterator(range: LevelRange): LevelIterator;
  keys(range: LevelRange): AsyncIterable<Uint8Array>;
  getProperty(name: string): string;
}

export type ClassicLevel = new (directory: string, options: LevelOptions) => LevelDatabase;

/** Loads the binding. Throws `MR_STATE_ENGINE_UNAVAILABLE` if it is not installed, has no binary here, or is another version than the one declared. */
export async function loadClassicLevel(importModule: (name: string) => Promise<unknown> = importByName): Promise<ClassicLevel> {
  let module: unknown;
  try {
    module = await importModule(packageName);
  } catch (error) {
    throw unavailable('could not be loaded', error);
  }
  const classicLevel = memberOf(module, 'ClassicLevel') ?? memberOf(memberOf(module, 'default'), 'ClassicLevel');
  const prototype = memberOf(classicLevel, 'prototype');
  for (const method of ['_getSync', '_batch', 'iterator', 'keys', 'getProperty']) {
    if (typeof memberOf(prototype, method) !== 'function')
      throw unavailable(`has no ${method}, so it is not version ${packageRange}`, undefined);
  }
  return classicLevel as ClassicLevel; // declared above for the version that has these methods
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
    `LevelDB is not available: ${packageName} ${what} (${process.platform}-${process.arch}, Node ${process.versions.node}). ` +
      `Install it with "npm install ${packageName}@${packageRange}", or use memory(), which keeps nothing over restarts.`,
    { details: { engine: 'leveldb', package: packageName, version: packageRange }, cause },
  );
}
