/**
 * The record cache above an LRU store. The two evict by rules of their own: what the store below gave up can still be in the cache, and what leaves the cache is put below, where
 * it may drive out another row. So the rows of the cache are held here, apart from those below. Kafka Streams: `CachingKeyValueStore` over `MemoryNavigableLRUCache`.
 */
import type { Headers } from '../headers.ts';
import { CachedWalk, passesOf } from './cached-walk.ts';
import { Entry, type EntryOwner } from './entry.ts';
import type { ByteString } from './key-bytes.ts';
import { type CacheBudget, type FlushItem, RecordCache, type RecordCacheListener } from './record-cache.ts';
import type { RecordContext } from './record-context.ts';
import type { RowReader } from './timed-listing.ts';

export interface LruRow {
  readonly bytes: Uint8Array;
  readonly timestamp: number;
}

/** An update that was put below; `before` is what was there, if that was asked for. */
export interface LruUpdate {
  readonly keyBytes: ByteString;
  readonly row: LruRow | undefined;
  readonly before: LruRow | undefined;
  readonly timestamp: number;
  readonly headers: Headers | null;
}

/** The store below. */
export interface LruBelow {
  /** Counts as a use. */
  read(keyBytes: ByteString): LruRow | undefined;
  /** Undefined deletes. Logs with the context's time. */
  update(keyBytes: ByteString, row: LruRow | undefined): void;
  /** Null while nobody listens; otherwise whether updates are wanted with what was there before. */
  readonly listens: { readonly sendOldValues: boolean } | null;
  forward(update: LruUpdate): void;
}

export class LruRecordCache implements RecordCacheListener, EntryOwner {
  readonly #cache: RecordCache;
  readonly #context: RecordContext;
  readonly #below: LruBelow;
  readonly #rowOverheadBytes: number;
  readonly #entries = new Map<ByteString, Entry>();

  /** `rowOverheadBytes`: what a row has beside its value in Kafka Streams' form. */
  constructor(budget: CacheBudget, context: RecordContext, below: LruBelow, rowOverheadBytes: number) {
    this.#cache = new RecordCache(budget, this);
    this.#context = context;
    this.#below = below;
    this.#rowOverheadBytes = rowOverheadBytes;
  }

  get rawBytes(): number {
    return this.#cache.rawBytes;
  }

  get unflushed(): boolean {
    return this.#cache.hasDirty;
  }

  read(keyBytes: ByteString): LruRow | undefined {
    const held = this.#entries.get(keyBytes);
    if (held !== undefined) {
      this.#cache.touch(held, 0);
      return rowOf(held);
    }
    const row = this.#below.read(keyBytes);
    if (row !== undefined) {
      const entry = this.#entry(keyBytes);
      assign(entry, row);
      this.#cache.touch(entry, row.bytes.length + this.#rowOverheadBytes);
    }
    return row;
  }

  put(keyBytes: ByteString, row: LruRow | undefined): void {
    const entry = this.#entries.get(keyBytes) ?? this.#entry(keyBytes);
    const node = this.#cache.prepare(entry);
    assign(entry, row);
    this.#cache.putDirty(node, keyBytes.length, row === undefined ? 0 : row.bytes.length + this.#rowOverheadBytes, this.#context);
  }

  /** `rows`: those below, in the order of the read, which `compare` knows. */
  list(
    rows: readonly (readonly [ByteString, LruRow])[],
    inRange: (keyBytes: ByteString) => boolean,
    compare: (a: ByteString, b: ByteString) => number,
  ): RowReader<readonly [ByteString, LruRow]> {
    const held = [...this.#entries.values()].filter(({ indexKey }) => inRange(indexKey as ByteString));
    held.sort((a, b) => compare(keyOf(a), keyOf(b)));
    const merged = new Map(rows);
    for (const entry of held) {
      const row = rowOf(entry);
      if (row === undefined) merged.delete(keyOf(entry));
      else merged.set(keyOf(entry), row);
    }
    const listed = [...merged].sort(([a], [b]) => compare(a, b));
    const passes = passesOf(
      held,
      listed,
      () => true,
      ([key], entry) => compare(key, keyOf(entry)),
    );
    return new CachedWalk(listed, passes, (entry) => {
      if (entry.cached === null) return false;
      this.#cache.touch(entry, 0);
      return true;
    });
  }

  flush(): void {
    this.#cache.flush();
  }

  clear(): void {
    this.#cache.clear();
    this.#entries.clear();
  }

  // ---- what the cache asks for ----

  forward(items: readonly FlushItem[]): void {
    for (const item of items) this.#forward(item);
  }

  released(entry: Entry): void {
    if (this.#entries.get(keyOf(entry)) === entry) this.#entries.delete(keyOf(entry));
  }

  // The entries are in no read cache.
  evict(): void {}

  #entry(keyBytes: ByteString): Entry {
    const entry = new Entry(keyBytes, this, true);
    entry.keyLength = keyBytes.length;
    this.#entries.set(keyBytes, entry);
    return entry;
  }

  /** One update leaves the cache, under the context it was made in (S-145, S-146, S-148). */
  #forward(item: FlushItem): void {
    const below = this.#below;
    const { bytes, headers, node, rowTimestamp } = item;
    const keyBytes = keyOf(node.entry);
    const { listens } = below;
    const before = listens !== null && (bytes === null || listens.sendOldValues) ? below.read(keyBytes) : undefined;
    if (!node.dirty) node.unsettled = false;
    // A row that came and went between two flushes: nobody hears of it.
    if (listens !== null && bytes === null && before === undefined) return;
    const context = this.#context;
    const { topic, partition, offset, timestamp, record, batch, raw, written, defined, open } = context;
    // A cache that several tasks share evicts in any of their calls: for this row the call is this one.
    Object.assign(context, { defined: true, topic: item.topic, partition: item.partition, offset: item.offset, timestamp: item.timestamp });
    Object.assign(context, { record: null, batch: null, raw: item.raw, written: false, open: true });
    try {
      const row = bytes === null ? undefined : { bytes, timestamp: rowTimestamp };
      below.update(keyBytes, row);
      if (listens !== null) below.forward({ keyBytes, row, before, timestamp: item.timestamp, headers });
    } finally {
      Object.assign(context, { topic, partition, offset, timestamp, record, batch, raw, written, defined, open });
    }
  }
}

function keyOf(entry: Entry): ByteString {
  // Entries are made here, with the key's bytes.
  return entry.indexKey as ByteString;
}

function rowOf({ bytes, timestamp }: Entry): LruRow | undefined {
  return bytes === null ? undefined : { bytes, timestamp };
}

function assign(entry: Entry, row: LruRow | undefined): void {
  entry.bytes = row?.bytes ?? null;
  entry.timestamp = row?.timestamp ?? -1;
  entry.valueLength = row?.bytes.length ?? 0;
}
