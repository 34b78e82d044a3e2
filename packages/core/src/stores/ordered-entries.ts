/**
 * Entries in the order of their key bytes, kept from a store's first range read on: sorted chunks of bounded size, so that an insertion moves at most one chunk and nothing is
 * ever sorted on demand. Keys are latin1 strings of the bytes, whose order is that of the bytes.
 */
import type { Entry } from './entry.ts';

const maxChunk = 256;

interface Chunk {
  readonly keys: string[];
  readonly entries: Entry[];
}

export class OrderedEntries {
  readonly #chunks: Chunk[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an entry; one of the same key is replaced. */
  set(key: string, entry: Entry): void {
    entry.order = this;
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push({ keys: [key], entries: [entry] });
      this.#size = 1;
      return;
    }
    const c = this.#chunkOf(key);
    const { keys, entries } = chunks[c] as Chunk;
    const at = lowerBound(keys, key);
    if (keys[at] === key) {
      const replaced = entries[at] as Entry;
      if (replaced !== entry) replaced.order = null;
      entries[at] = entry;
      return;
    }
    keys.splice(at, 0, key);
    entries.splice(at, 0, entry);
    this.#size++;
    if (keys.length > maxChunk) {
      const half = keys.length >>> 1;
      chunks.splice(c + 1, 0, { keys: keys.splice(half), entries: entries.splice(half) });
    }
  }

  /** Takes an entry out, if it is the one that its key has here. */
  delete(key: string, entry: Entry): void {
    if (entry.order !== this) return;
    entry.order = null;
    const c = this.#chunkOf(key);
    const { keys, entries } = this.#chunks[c] as Chunk;
    const at = lowerBound(keys, key);
    keys.splice(at, 1);
    entries.splice(at, 1);
    this.#size--;
    if (keys.length === 0) this.#chunks.splice(c, 1);
  }

  /** Visits `from <= key < to` in order; undefined bounds are open. */
  visit(from: string | undefined, to: string | undefined, visitor: (key: string, entry: Entry) => void): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    for (let c = from === undefined ? 0 : this.#chunkOf(from); c < chunks.length; c++) {
      const { keys, entries } = chunks[c] as Chunk;
      for (let i = from === undefined ? 0 : lowerBound(keys, from); i < keys.length; i++) {
        const key = keys[i] as string;
        if (to !== undefined && key >= to) return;
        visitor(key, entries[i] as Entry);
      }
    }
  }

  /** The last chunk whose first key is not above `key`; the first one if there is none. */
  #chunkOf(key: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (((chunks[middle] as Chunk).keys[0] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
