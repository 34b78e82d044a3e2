/**
 * A read of a store with a record cache whose rows lie apart from those below, or in another order. Each row that the cache holds counts as used when the read passes it, and what is used decides what is evicted, and so what
 * comes out of the store and when (S-154). As in Java a read passes rows that it does not return: those that lie between in the cache's order, and deletions.
 * Kafka Streams: `ThreadCache.MemoryLRUCacheBytesIterator` below `FilteredCacheIterator` and `AbstractMergedSortedCacheStoreIterator`.
 */
import type { Entry } from './entry.ts';
import type { RowReader } from './timed-listing.ts';

/** A row of the record cache that a read passes. */
export interface PassedRow<E> {
  readonly entry: E;
  /** Number of the read's rows that come before it; -1 if it does not belong to what is read. */
  readonly at: number;
  /** The read returns it: it is no deletion. */
  readonly present: boolean;
}

/**
 * How each passed row stands to what is read: `compare` tells a row of the read from a passed one, in the order of the read.
 */
export function passesOf<R, E extends Entry>(
  passed: readonly E[],
  rows: readonly R[],
  belongs: (entry: E) => boolean,
  compare: (row: R, entry: E) => number,
): PassedRow<E>[] {
  return passed.map((entry) => {
    if (!belongs(entry)) return { entry, at: -1, present: entry.present };
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(rows[middle] as R, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return { entry, at: low, present: entry.present };
  });
}

/**
 * `rows` is what the read returns, `passes` what it goes through in the cache, both in the order of the read. The cache is looked at one row ahead of what is returned.
 * `touch` tells the cache of a row that the read passes, and says whether it is still there.
 */
export class CachedWalk<R, E extends Entry> implements RowReader<R> {
  readonly #rows: readonly R[];
  readonly #passes: readonly PassedRow<E>[];
  readonly #touch: (entry: E) => boolean;
  #at = 0;
  #passed = 0;
  /** The row of the cache that was looked at and not taken yet. */
  #ahead: PassedRow<E> | undefined;

  constructor(rows: readonly R[], passes: readonly PassedRow<E>[], touch: (entry: E) => boolean) {
    this.#rows = rows;
    this.#passes = passes;
    this.#touch = touch;
  }

  next(): R | undefined {
    for (;;) {
      const ahead = (this.#ahead ??= this.#lookAhead());
      // A deletion is dropped once nothing that is before it is left.
      if (ahead === undefined || ahead.present || this.#at < ahead.at) break;
      this.#ahead = undefined;
    }
    const row = this.#rows[this.#at];
    if (row === undefined) return undefined;
    if (this.#ahead?.at === this.#at && this.#ahead.present) this.#ahead = undefined;
    this.#at++;
    return row;
  }

  #lookAhead(): PassedRow<E> | undefined {
    for (let pass = this.#passes[this.#passed++]; pass !== undefined; pass = this.#passes[this.#passed++]) {
      // It may have been evicted since the read began.
      if (this.#touch(pass.entry) && pass.at >= 0) return pass;
    }
    return undefined;
  }
}
