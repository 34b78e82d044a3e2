/**
 * One row of a store as the task holds it: record cache, uncommitted overlay and read cache are the same object in different states, so that a row is found once and
 * survives its commit (design §4; reference measurement: keeping entries is worth 1.7x, typed values another 1.4x).
 */
import type { OrderedEntries } from './ordered-entries.ts';
import type { CacheNode } from './record-cache.ts';

/** Who takes an entry back when the read cache has no room for it. */
export interface EntryOwner {
  evict(entry: Entry): void;
}

/**
 * `value` and `timestamp` make the entry itself the row that operators read (`ValueAndTimestamp`). An absent row has neither value nor bytes: it is known not to be there.
 */
export class Entry {
  /** What the index knows it by: the key itself if that is a primitive, its bytes as a latin1 string otherwise. */
  readonly indexKey: unknown;
  readonly owner: EntryOwner;
  /** The decoded value, for serdes whose values cannot change in place. */
  value: unknown = null;
  /** The value's bytes, for the other serdes. */
  bytes: Uint8Array | null = null;
  timestamp = -1;
  /** False if it was written without being read, so that what the engine has is not known. */
  known: boolean;
  /** The commit that will write it; 0 if the engine has it as it is. */
  epoch = 0;
  keyLength = 0;
  /** Of the value's bytes, without the timestamp. */
  valueLength = 0;
  /** Its place in the record cache of the store. */
  cached: CacheNode | null = null;
  /** Where it has its place among the entries in key order. */
  order: OrderedEntries | null = null;
  // The read cache's list, and whether it was used since the hand last passed.
  previous: Entry | null = null;
  next: Entry | null = null;
  referenced = false;
  linked = false;
  /** False once the read cache gave it up: the index may have another entry for the key. */
  indexed = true;

  constructor(indexKey: unknown, owner: EntryOwner, known: boolean) {
    this.indexKey = indexKey;
    this.owner = owner;
    this.known = known;
  }

  get present(): boolean {
    return this.value !== null || this.bytes !== null;
  }

  /** Neither waiting for a commit nor in the record cache: it can be read again from the engine at any time. */
  get disposable(): boolean {
    return this.epoch === 0 && this.cached === null;
  }
}

/** What an entry costs beside the bytes of key and value: object, index slot, boxed numbers. Measured on Node 20, rounded up. */
export const entryOverheadBytes = 248;

export function entryBytes(entry: Entry): number {
  return entryOverheadBytes + entry.keyLength + entry.valueLength;
}
