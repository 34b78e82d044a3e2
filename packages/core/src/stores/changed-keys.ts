/**
 * Keys that changed since the last flush, in the order in which Java's `HashSet<Bytes>` iterates: suppress buffers write their changelog in it. By bucket, which is the
 * hash folded to the size of the table, within a bucket by insertion; the table grows and never shrinks.
 */
import type { ByteString } from './key-bytes.ts';

const minimumTable = 16;
const loadFactor = 0.75;

export class ChangedKeys {
  readonly #keys = new Set<ByteString>();
  #tableSize = minimumTable;

  get size(): number {
    return this.#keys.size;
  }

  add(key: ByteString): void {
    this.#keys.add(key);
    if (this.#keys.size > this.#tableSize * loadFactor) this.#tableSize *= 2;
  }

  /** Removes and returns all of them. */
  drain(): ByteString[] {
    const mask = this.#tableSize - 1;
    const keys = [...this.#keys].map((key, position) => {
      const hash = hashOf(key);
      return { key, position, bucket: (hash ^ (hash >>> 16)) & mask };
    });
    this.#keys.clear();
    return keys.sort((a, b) => a.bucket - b.bucket || a.position - b.position).map(({ key }) => key);
  }

  /** As after a restart. */
  clear(): void {
    this.#keys.clear();
    this.#tableSize = minimumTable;
  }
}

/** `Arrays.hashCode(byte[])`. */
function hashOf(key: ByteString): number {
  let hash = 1;
  for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + ((key.charCodeAt(at) << 24) >> 24)) | 0;
  return hash;
}
