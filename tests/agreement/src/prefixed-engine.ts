/** The part of a database whose keys begin with a number of four bytes, as an engine of its own. */
import type { EngineBatch, EngineIterator, EngineRange, StateEngine } from '@millrace/state';

export class PrefixedEngine implements StateEngine {
  readonly kind: string;
  readonly durable: boolean;
  readonly synchronous: boolean = false;
  readonly #database: StateEngine;
  readonly #prefix: number;
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(database: StateEngine, prefix: number, onClose: () => Promise<void>) {
    this.kind = database.kind;
    this.durable = database.durable;
    this.#database = database;
    this.#prefix = prefix;
    this.#onClose = onClose;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#check();
    return this.#database.get(prefixed(this.#prefix, key));
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#check();
    return this.#database.getMany(keys.map((key) => prefixed(this.#prefix, key)));
  }

  iterate({ gte = nothing, lt, reverse }: EngineRange): EngineIterator {
    this.#check();
    const end = lt === undefined ? prefixed(this.#prefix + 1, nothing) : prefixed(this.#prefix, lt);
    return new PrefixedIterator(this.#database.iterate({ gte: prefixed(this.#prefix, gte), lt: end, reverse }));
  }

  batch(): EngineBatch {
    this.#check();
    return new PrefixedBatch(this.#database.batch(), this.#prefix);
  }

  statistics(): ReadonlyMap<string, number> {
    this.#check();
    return this.#database.statistics();
  }

  close(): Promise<void> {
    this.#closing ??= this.#onClose();
    return this.#closing;
  }

  #check(): void {
    if (this.#closing !== undefined) throw new Error('the engine of a task was used after it was closed');
  }
}

const nothing = new Uint8Array(0);

function prefixed(prefix: number, key: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(4 + key.length);
  bytes.writeUInt32BE(prefix, 0);
  bytes.set(key, 4);
  return bytes;
}

class PrefixedIterator implements EngineIterator {
  readonly #inner: EngineIterator;

  constructor(inner: EngineIterator) {
    this.#inner = inner;
  }

  next(): boolean {
    return this.#inner.next();
  }

  get key(): Uint8Array {
    return this.#inner.key.subarray(4);
  }

  get value(): Uint8Array {
    return this.#inner.value;
  }

  close(): void {
    this.#inner.close();
  }
}

class PrefixedBatch implements EngineBatch {
  readonly #inner: EngineBatch;
  readonly #prefix: number;

  constructor(inner: EngineBatch, prefix: number) {
    this.#inner = inner;
    this.#prefix = prefix;
  }

  get size(): number {
    return this.#inner.size;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#inner.put(prefixed(this.#prefix, key), value);
  }

  delete(key: Uint8Array): void {
    this.#inner.delete(prefixed(this.#prefix, key));
  }

  deleteRange(gte: Uint8Array, lt: Uint8Array): void {
    this.#inner.deleteRange(prefixed(this.#prefix, gte), prefixed(this.#prefix, lt));
  }

  commit(): Promise<void> | void {
    return this.#inner.commit();
  }
}
