/** Iterators as users have them, over row cursors: leaving a `for` loop, or `close`, frees the engine's snapshot. */
import type { StoreIterator } from './faces.ts';
import type { RowCursor } from './row-cursor.ts';

export class CursorIterator<T> implements StoreIterator<T> {
  readonly #cursor: RowCursor | null;
  readonly #read: (cursor: RowCursor) => T;

  /** A null cursor is an empty range. */
  constructor(cursor: RowCursor | null, read: (cursor: RowCursor) => T) {
    this.#cursor = cursor;
    this.#read = read;
  }

  next(): IteratorResult<T, undefined> {
    const cursor = this.#cursor;
    if (cursor === null || !cursor.next()) return { done: true, value: undefined };
    return { done: false, value: this.#read(cursor) };
  }

  return(): IteratorResult<T, undefined> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    this.#cursor?.close();
  }

  [Symbol.iterator](): this {
    return this;
  }
}
