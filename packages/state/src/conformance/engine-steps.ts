/** Steps that the conformance suites of engines share. */
import type { EngineBatch, EngineRange, MaybePromise, StateEngine } from '../engine.ts';
import { StateError } from '../errors.ts';

/** A place where one database can lie. */
export interface EnginePlace {
  /** Opens the database of this place; at most one at a time. */
  open(): MaybePromise<StateEngine>;
  /** Removes the place; its database is closed. */
  dispose(): MaybePromise<void>;
}

export interface EngineConformanceOptions {
  /** For the name of the suite. */
  readonly name: string;
  /** A new, empty place. */
  readonly createPlace: () => MaybePromise<EnginePlace>;
}

/** Text as UTF-8, numbers as single bytes. */
export function bytes(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...new TextEncoder().encode(part)])));
}

/** Bytes for people: `61 ff`. */
export function hex(of: Uint8Array): string {
  return Array.from(of, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** A value as a comparable string; `undefined` stays. */
export function maybeHex(of: Uint8Array | undefined): string | undefined {
  return of === undefined ? undefined : hex(of);
}

export async function commit(engine: StateEngine, fill: (batch: EngineBatch) => void): Promise<void> {
  const batch = engine.batch();
  fill(batch);
  await batch.commit();
}

/** The rows of a range as `key=value` in hex. */
export function rows(engine: StateEngine, range: EngineRange = {}): string[] {
  const iterator = engine.iterate(range);
  try {
    const found: string[] = [];
    while (iterator.next()) found.push(`${hex(iterator.key)}=${hex(iterator.value)}`);
    return found;
  } finally {
    iterator.close();
  }
}

/** Runs with an engine in a place of its own, and leaves nothing behind. */
export async function withEngine(
  options: EngineConformanceOptions,
  run: (engine: StateEngine, reopen: () => Promise<StateEngine>) => void | Promise<void>,
): Promise<void> {
  const place = await options.createPlace();
  let engine = await place.open();
  const reopen = async (): Promise<StateEngine> => {
    await engine.close();
    engine = await place.open();
    return engine;
  };
  try {
    await run(engine, reopen);
  } finally {
    await engine.close();
    await place.dispose();
  }
}

/** The code of the error that `call` throws or rejects with; its text if it is no StateError. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'no error';
  } catch (error) {
    return error instanceof StateError ? error.code : String(error);
  }
}
