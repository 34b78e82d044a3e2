/** Writes of a memory engine before their commit. Everything that can fail happens as they are collected, so that a commit is atomic. */
import type { EngineBatch } from '../engine.ts';
import { checkKey, spentBatchError } from '../guard.ts';
import { toByteString } from './byte-strings.ts';
import { type MemoryContent, memoryKind } from './memory-content.ts';

type Operation = 'put' | 'delete' | 'delete-range';

export class MemoryBatch implements EngineBatch {
  readonly #content: MemoryContent;
  readonly #operations: Operation[] = [];
  /** The key, or the lower bound of a range. */
  readonly #keys: string[] = [];
  /** The value, the upper bound of a range, or nothing. */
  readonly #values: string[] = [];
  #spent = false;

  constructor(content: MemoryContent) {
    this.#content = content;
  }

  get size(): number {
    return this.#operations.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    checkKey(memoryKind, key);
    this.#add('put', toByteString(key), toByteString(value));
  }

  delete(key: Uint8Array): void {
    checkKey(memoryKind, key);
    this.#add('delete', toByteString(key), '');
  }

  deleteRange(gte: Uint8Array, lt: Uint8Array): void {
    this.#add('delete-range', toByteString(gte), toByteString(lt));
  }

  commit(): void {
    this.#checkUsable();
    this.#spent = true;
    const content = this.#content;
    for (let index = 0; index < this.#operations.length; index += 1) {
      const key = this.#keys[index] as string; // the three arrays grow together
      const value = this.#values[index] as string;
      const operation = this.#operations[index];
      if (operation === 'put') content.put(key, value);
      else if (operation === 'delete') content.delete(key);
      else content.deleteRange(key, value);
    }
  }

  #add(operation: Operation, key: string, value: string): void {
    this.#checkUsable();
    this.#operations.push(operation);
    this.#keys.push(key);
    this.#values.push(value);
  }

  #checkUsable(): void {
    this.#content.checkOpen('A batch');
    if (this.#spent) throw spentBatchError(memoryKind);
  }
}
