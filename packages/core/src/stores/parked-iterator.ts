/** The rows of an outer join's store, time by time. */
import type { ParkedRow } from './buffer-faces.ts';
import type { StoreIterator } from './faces.ts';

/** Goes from time to time, so that a look at the eldest costs what the eldest cost. */
export class ParkedIterator<K, L, R> implements StoreIterator<ParkedRow<K, L, R>> {
  readonly #nextTime: (after: number) => number | undefined;
  readonly #rowsAt: (time: number) => ParkedRow<K, L, R>[];
  #time = -1;
  #rows: ParkedRow<K, L, R>[] = [];
  #at = 0;
  #open = true;

  constructor(nextTime: (after: number) => number | undefined, rowsAt: (time: number) => ParkedRow<K, L, R>[]) {
    this.#nextTime = nextTime;
    this.#rowsAt = rowsAt;
  }

  next(): IteratorResult<ParkedRow<K, L, R>, undefined> {
    while (this.#open) {
      const row = this.#rows[this.#at++];
      if (row !== undefined) return { done: false, value: row };
      const time = this.#nextTime(this.#time);
      if (time === undefined) break;
      this.#time = time;
      this.#rows = this.#rowsAt(time);
      this.#at = 0;
    }
    this.close();
    return { done: true, value: undefined };
  }

  return(): IteratorResult<ParkedRow<K, L, R>, undefined> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    this.#open = false;
    this.#rows = [];
  }

  [Symbol.iterator](): this {
    return this;
  }
}
