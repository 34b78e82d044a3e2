/** Entries with timestamps as entries without. */
import type { StoreIterator, ValueAndTimestamp } from '@millrace/core';

/** What is stripped: any entry that holds a value with its timestamp. */
export interface TimestampedEntry<V> {
  readonly value: ValueAndTimestamp<V>;
}

export class UntimestampedIterator<V, E extends TimestampedEntry<V>, R> implements StoreIterator<R> {
  readonly #entries: StoreIterator<E>;
  readonly #strip: (entry: E) => R;

  constructor(entries: StoreIterator<E>, strip: (entry: E) => R) {
    this.#entries = entries;
    this.#strip = strip;
  }

  next(): IteratorResult<R> {
    const step = this.#entries.next();
    return step.done === true ? { done: true, value: undefined } : { done: false, value: this.#strip(step.value) };
  }

  return(): IteratorResult<R> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    this.#entries.close();
  }

  [Symbol.iterator](): this {
    return this;
  }
}
