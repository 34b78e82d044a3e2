/**
 * Writes of LevelDB before their commit. They are collected here, since a commit may have to wait for its turn, and since LevelDB cannot delete ranges:
 * a range becomes deletes of the keys that lie in it, those of the database and those that this batch put before.
 */
import { compareKeys } from '../compare-keys.ts';
import type { EngineBatch } from '../engine.ts';
import { checkKey, spentBatchError } from '../guard.ts';
import type { LevelOperation } from './binding.ts';
import { type LevelDbHandle, levelDbKind } from './leveldb-handle.ts';

interface RangeDelete {
  /** Operations before it. */
  readonly after: number;
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

export class LevelDbBatch implements EngineBatch {
  readonly #handle: LevelDbHandle;
  readonly #operations: LevelOperation[] = [];
  readonly #ranges: RangeDelete[] = [];
  #spent = false;

  constructor(handle: LevelDbHandle) {
    handle.checkWritable();
    this.#handle = handle;
  }

  get size(): number {
    return this.#operations.length + this.#ranges.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#checkUsable();
    checkKey(levelDbKind, key);
    this.#operations.push({ type: 'put', key: Buffer.from(key), value: Buffer.from(value) });
  }

  delete(key: Uint8Array): void {
    this.#checkUsable();
    checkKey(levelDbKind, key);
    this.#operations.push({ type: 'del', key: Buffer.from(key) });
  }

  deleteRange(gte: Uint8Array, lt: Uint8Array): void {
    this.#checkUsable();
    this.#ranges.push({ after: this.#operations.length, gte: gte.slice(), lt: lt.slice() });
  }

  async commit(): Promise<void> {
    this.#checkUsable();
    this.#handle.checkWritable();
    this.#spent = true;
    await this.#handle.commit(async () => (this.#ranges.length === 0 ? this.#operations : this.#expandRanges()));
  }

  #checkUsable(): void {
    this.#handle.checkOpen('A batch');
    if (this.#spent) throw spentBatchError(levelDbKind);
  }

  async #expandRanges(): Promise<readonly LevelOperation[]> {
    const expanded: LevelOperation[] = [];
    let done = 0;
    for (const { after, gte, lt } of this.#ranges) {
      for (; done < after; done += 1) expanded.push(this.#operations[done] as LevelOperation); // `after` is at most their number
      if (compareKeys(gte, lt) >= 0) continue;
      for (const key of await this.#handle.storedKeys(gte, lt)) expanded.push({ type: 'del', key });
      for (const { type, key } of this.#operations.slice(0, after)) {
        if (type === 'put' && compareKeys(key, gte) >= 0 && compareKeys(key, lt) < 0) expanded.push({ type: 'del', key });
      }
    }
    for (const operation of this.#operations.slice(done)) expanded.push(operation);
    return expanded;
  }
}
