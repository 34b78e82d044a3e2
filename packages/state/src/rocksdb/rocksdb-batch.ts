/**
 * Writes of RocksDB before their commit: they go straight into the native batch, one copy.
 *
 * The binding's batches cannot delete ranges. A range is noted, and at the commit replaced by deletes of the keys that lie in it: those of the
 * database, and those that this batch put before. Only batches with ranges pay for that.
 */
import { compareKeys } from '../compare-keys.ts';
import type { EngineBatch } from '../engine.ts';
import { checkKey, spentBatchError } from '../guard.ts';
import type { RocksBatch } from './binding.ts';
import { type RocksDbHandle, rocksDbKind } from './rocksdb-handle.ts';
import { RocksDbIterator } from './rocksdb-iterator.ts';

interface RangeDelete {
  /** Native operations before it. */
  readonly after: number;
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

/** A native operation as the binding reads it back. */
interface Operation {
  readonly key: Uint8Array;
  /** `undefined`: a delete. */
  readonly value: Uint8Array | undefined;
}

export class RocksDbBatch implements EngineBatch {
  readonly #handle: RocksDbHandle;
  readonly #native: RocksBatch;
  readonly #ranges: RangeDelete[] = [];
  #operations = 0;
  #spent = false;

  constructor(handle: RocksDbHandle) {
    this.#handle = handle;
    this.#native = handle.takeBatch();
  }

  get size(): number {
    return this.#operations + this.#ranges.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#checkUsable();
    checkKey(rocksDbKind, key);
    this.#native._put(key, value);
    this.#operations += 1;
  }

  delete(key: Uint8Array): void {
    this.#checkUsable();
    checkKey(rocksDbKind, key);
    this.#native._del(key);
    this.#operations += 1;
  }

  deleteRange(gte: Uint8Array, lt: Uint8Array): void {
    this.#checkUsable();
    this.#ranges.push({ after: this.#operations, gte: gte.slice(), lt: lt.slice() });
  }

  commit(): void {
    this.#checkUsable();
    this.#handle.checkWritable();
    this.#spent = true;
    try {
      if (this.#ranges.length === 0) this.#native._writeSync();
      else this.#commitWithRanges();
    } catch (error) {
      throw this.#handle.commitFailed(error);
    } finally {
      this.#handle.giveBatch(this.#native);
    }
  }

  #checkUsable(): void {
    this.#handle.checkOpen('A batch');
    if (this.#spent) throw spentBatchError(rocksDbKind);
  }

  #commitWithRanges(): void {
    const operations = this.#readBack();
    this.#native._clear();
    let done = 0;
    const replay = (until: number): void => {
      for (; done < until; done += 1) {
        const { key, value } = operations[done] as Operation; // until is at most their number
        if (value === undefined) this.#native._del(key);
        else this.#native._put(key, value);
      }
    };
    for (const range of this.#ranges) {
      replay(range.after);
      this.#deleteRange(range, operations);
    }
    replay(operations.length);
    this.#native._writeSync();
  }

  #deleteRange({ after, gte, lt }: RangeDelete, operations: readonly Operation[]): void {
    const stored = new RocksDbIterator(this.#handle, { gte, lt });
    try {
      while (stored.next()) this.#native._del(stored.key);
    } finally {
      stored.close();
    }
    for (const { key, value } of operations.slice(0, after)) {
      if (value !== undefined && compareKeys(key, gte) >= 0 && compareKeys(key, lt) < 0) this.#native._del(key);
    }
  }

  #readBack(): Operation[] {
    const flat = this.#native.toArray({ keyEncoding: 'buffer', valueEncoding: 'buffer' });
    const operations: Operation[] = [];
    for (let index = 0; index < flat.length; index += 4) {
      const key = flat[index + 1] as Uint8Array; // the binding's layout: kind, key, value, column
      operations.push({ key, value: flat[index] === 'put' ? (flat[index + 2] as Uint8Array) : undefined });
    }
    return operations;
  }
}
