/**
 * The record cache: which updates of a table are forwarded, and when. It holds no values, those are in the entries; it holds Java's order, sizes and eviction rule, since
 * these decide what comes out (S-143 … S-153). Sizes count what Java counts, in bytes of its serialized form.
 * Kafka Streams: `ThreadCache` (the budget), `NamedCache`, `LRUCacheEntry`.
 */
import type { Headers } from '../headers.ts';
import type { Entry } from './entry.ts';
import { type RawRecord, rawLength, type RecordContext } from './record-context.ts';

/** Bytes that the record caches of a thread may hold together. */
export class CacheBudget {
  readonly limitBytes: number;
  usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }
}

/** What Java counts for a node: two links and the entry, then one flag. */
const nodeBytes = 24 + 1;
/** Timestamp, offset and partition of the record context. */
const contextBytes = 8 + 8 + 4;

/** An entry's place in the cache of its store, and the context of its last update. */
export class CacheNode {
  readonly entry: Entry;
  size = 0;
  dirty = false;
  // The context of the last update, restored while it is forwarded (S-148).
  topic: string | null = null;
  partition = -1;
  offset = -1;
  timestamp = 0;
  headers: Headers | null = null;
  raw: RawRecord | null = null;
  /** While the entry's value is not forwarded: what was forwarded last, if that is known. */
  unsettled = false;
  baseKnown = false;
  baseValue: unknown = null;
  baseBytes: Uint8Array | null = null;
  baseTimestamp = -1;
  // Least recently used order, and the order of the last writes among the dirty ones.
  previous: CacheNode | null = null;
  next: CacheNode | null = null;
  dirtyPrevious: CacheNode | null = null;
  dirtyNext: CacheNode | null = null;

  constructor(entry: Entry) {
    this.entry = entry;
  }
}

/** One update on its way out: as it was when the flush began, since forwarding may bring the next update of the same row. */
export interface FlushItem {
  readonly node: CacheNode;
  readonly value: unknown;
  readonly bytes: Uint8Array | null;
  readonly valueLength: number;
  readonly rowTimestamp: number;
  readonly topic: string | null;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: Headers | null;
  readonly raw: RawRecord | null;
}

export interface RecordCacheListener {
  /** Forwards and logs updates, in order. */
  forward(items: readonly FlushItem[]): void;
  /** The node left the cache. */
  released(entry: Entry): void;
}

export class RecordCache {
  readonly #budget: CacheBudget;
  readonly #listener: RecordCacheListener;
  #bytes = 0;
  #rawBytes = 0;
  #head: CacheNode | null = null;
  #tail: CacheNode | null = null;
  #firstDirty: CacheNode | null = null;
  #lastDirty: CacheNode | null = null;

  constructor(budget: CacheBudget, listener: RecordCacheListener) {
    this.#budget = budget;
    this.#listener = listener;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of input records that updates keep until they are flushed. Kafka Streams does not count them, so they are not in {@link bytes}: a commit frees them (I7). */
  get rawBytes(): number {
    return this.#rawBytes;
  }

  get hasDirty(): boolean {
    return this.#firstDirty !== null;
  }

  /** Before an update of the entry: its node, which remembers what was forwarded last. */
  prepare(entry: Entry): CacheNode {
    const node = entry.cached ?? new CacheNode(entry);
    if (!node.unsettled) {
      node.unsettled = true;
      node.baseKnown = entry.known;
      node.baseValue = entry.value;
      node.baseBytes = entry.bytes;
      node.baseTimestamp = entry.timestamp;
    }
    return node;
  }

  /** After an update: the node is the most recent of both orders. `valueLength` counts the stored timestamp. May evict. */
  putDirty(node: CacheNode, keyLength: number, valueLength: number, context: RecordContext): void {
    const before = this.#bytes;
    this.#place(node);
    node.topic = context.topic;
    node.partition = context.partition;
    node.offset = context.offset;
    node.timestamp = context.timestamp;
    node.headers = context.headers;
    this.#keepRaw(node, context.captureRaw());
    node.size =
      keyLength + nodeBytes + valueLength + contextBytes + (context.topic === null ? 0 : context.topic.length) + headersBytes(node.headers);
    this.#admitDirty(node, before);
  }

  /** Behind the update of a row, for what the cache holds beside it: without a value, topic or headers of its own. May evict. */
  putMark(node: CacheNode, keyLength: number): void {
    const before = this.#bytes;
    this.#place(node);
    node.size = keyLength + nodeBytes + contextBytes;
    this.#admitDirty(node, before);
  }

  /** A row was read through the cache: it becomes the most recently used, or comes in clean. */
  touch(entry: Entry, valueLength: number): void {
    const node = entry.cached;
    if (node !== null) {
      this.#unlink(node);
      this.#linkFirst(node);
      return;
    }
    const clean = new CacheNode(entry);
    clean.size = entry.keyLength + nodeBytes + valueLength + contextBytes;
    this.#place(clean);
    this.#bytes += clean.size;
    this.#budget.usedBytes += clean.size;
    this.#evictOverBudget();
  }

  /** Forwards everything that is dirty. */
  flush(): void {
    const before = this.#bytes;
    this.#flush(null);
    this.#budget.usedBytes += this.#bytes - before;
  }

  /** Forgets everything and forwards nothing. */
  clear(): void {
    for (let node = this.#head; node !== null; node = node.next) node.entry.cached = null;
    this.#budget.usedBytes -= this.#bytes;
    this.#bytes = this.#rawBytes = 0;
    this.#head = this.#tail = this.#firstDirty = this.#lastDirty = null;
  }

  #evictOverBudget(): void {
    while (this.#budget.usedBytes > this.#budget.limitBytes) {
      const eldest = this.#tail;
      // Others may hold the rest: only the cache that grew gives way.
      if (eldest === null) return;
      const before = this.#bytes;
      this.#bytes -= eldest.size;
      this.#unlink(eldest);
      eldest.entry.cached = null;
      if (eldest.dirty) this.#flush(eldest);
      else this.#listener.released(eldest.entry);
      // Only now, as in Java: what the flush put into other caches met a total that still counted the evicted entry.
      this.#budget.usedBytes += this.#bytes - before;
    }
  }

  /** The evicted one first, then all other dirty ones in the order of their last writes (S-147). */
  #flush(evicted: CacheNode | null): void {
    if (this.#firstDirty === null) return;
    const items: FlushItem[] = [];
    const deleted: CacheNode[] = [];
    if (evicted !== null) {
      this.#unlinkDirty(evicted);
      evicted.dirty = false;
      items.push(flushItemOf(evicted));
    }
    for (let node: CacheNode | null = this.#firstDirty; node !== null;) {
      const next: CacheNode | null = node.dirtyNext;
      node.dirty = false;
      node.dirtyPrevious = node.dirtyNext = null;
      items.push(flushItemOf(node));
      if (!node.entry.present) deleted.push(node);
      node = next;
    }
    this.#firstDirty = this.#lastDirty = null;
    // The items have them: a clean node would hold them for nothing.
    for (const { node } of items) this.#keepRaw(node, null);
    this.#listener.forward(items);
    if (evicted !== null && evicted.entry.cached === null) this.#listener.released(evicted.entry);
    for (const node of deleted) {
      // A row that came back while its deletion was forwarded stays.
      if (node.entry.cached !== node || node.dirty) continue;
      this.#bytes -= node.size;
      this.#unlink(node);
      node.entry.cached = null;
      this.#listener.released(node.entry);
    }
  }

  #keepRaw(node: CacheNode, raw: RawRecord | null): void {
    if (raw === node.raw) return;
    this.#rawBytes += rawLength(raw) - rawLength(node.raw);
    node.raw = raw;
  }

  /** The placed node is the last one written; `before` is what the cache held without it. */
  #admitDirty(node: CacheNode, before: number): void {
    if (node.dirty) this.#unlinkDirty(node);
    node.dirty = true;
    node.dirtyPrevious = this.#lastDirty;
    node.dirtyNext = null;
    if (this.#lastDirty === null) this.#firstDirty = node;
    else this.#lastDirty.dirtyNext = node;
    this.#lastDirty = node;
    this.#bytes += node.size;
    this.#budget.usedBytes += this.#bytes - before;
    this.#evictOverBudget();
  }

  /** Puts a node in front, counting out its old size. */
  #place(node: CacheNode): void {
    if (node.entry.cached === node) {
      this.#bytes -= node.size;
      this.#unlink(node);
    } else {
      node.entry.cached = node;
    }
    this.#linkFirst(node);
  }

  #linkFirst(node: CacheNode): void {
    node.previous = null;
    node.next = this.#head;
    if (this.#head !== null) this.#head.previous = node;
    this.#head = node;
    this.#tail ??= node;
  }

  #unlink(node: CacheNode): void {
    if (node.previous === null) this.#head = node.next;
    else node.previous.next = node.next;
    if (node.next === null) this.#tail = node.previous;
    else node.next.previous = node.previous;
    node.previous = node.next = null;
  }

  #unlinkDirty(node: CacheNode): void {
    if (node.dirtyPrevious === null) this.#firstDirty = node.dirtyNext;
    else node.dirtyPrevious.dirtyNext = node.dirtyNext;
    if (node.dirtyNext === null) this.#lastDirty = node.dirtyPrevious;
    else node.dirtyNext.dirtyPrevious = node.dirtyPrevious;
    node.dirtyPrevious = node.dirtyNext = null;
  }
}

/** The update as it is now. */
export function flushItemOf(node: CacheNode): FlushItem {
  const { entry, topic, partition, offset, timestamp, headers, raw } = node;
  const { value, bytes, valueLength } = entry;
  return { node, value, bytes, valueLength, rowTimestamp: entry.timestamp, topic, partition, offset, timestamp, headers, raw };
}

function headersBytes(headers: Headers | null): number {
  if (headers === null) return 0;
  let bytes = 0;
  for (const { key, value } of headers) bytes += key.length + (value?.length ?? 0);
  return bytes;
}
