/** Entries, or what else has an index key, by that key. A V8 map ends at 2^24 entries with an exception, so further ones go to further maps, long before that. */
import type { Entry } from './entry.ts';

const maxEntriesPerMap = 1 << 23;

export interface Indexed {
  readonly indexKey: unknown;
}

export class EntryIndex<E extends Indexed = Entry> {
  #maps: Map<unknown, E>[];
  /** The map that new entries go to. */
  #open: Map<unknown, E>;
  readonly #maxEntriesPerMap: number;

  /** A smaller limit is for tests. */
  constructor(limit: number = maxEntriesPerMap) {
    this.#maxEntriesPerMap = limit;
    this.#open = new Map();
    this.#maps = [this.#open];
  }

  get size(): number {
    let size = 0;
    for (const map of this.#maps) size += map.size;
    return size;
  }

  get(key: unknown): E | undefined {
    const maps = this.#maps;
    const entry = (maps[0] as Map<unknown, E>).get(key);
    if (entry !== undefined || maps.length === 1) return entry;
    for (let i = 1; i < maps.length; i++) {
      const found = (maps[i] as Map<unknown, E>).get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The key must not be there. */
  add(entry: E): void {
    if (this.#open.size >= this.#maxEntriesPerMap) {
      let open = this.#maps.find((map) => map.size < this.#maxEntriesPerMap);
      if (open === undefined) this.#maps.push((open = new Map()));
      this.#open = open;
    }
    this.#open.set(entry.indexKey, entry);
  }

  delete(key: unknown): void {
    for (const map of this.#maps) if (map.delete(key)) return;
  }

  clear(): void {
    this.#open = new Map();
    this.#maps = [this.#open];
  }

  *[Symbol.iterator](): IterableIterator<E> {
    for (const map of this.#maps) yield* map.values();
  }
}
