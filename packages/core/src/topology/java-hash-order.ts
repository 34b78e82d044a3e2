/**
 * The order in which Java's `HashSet<String>` and `HashMap<String, …>` iterate. `describe()` prints some sets in this order and links nodes in it, and stores of
 * one node are opened (hence flushed) in it.
 *
 * By bucket, which is the hash folded to the size of the table; within a bucket by insertion. Buckets with eight and more entries become trees in Java: with names
 * as different as these that does not happen.
 */

/** `String.hashCode()`, a signed 32-bit integer. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

const minimumTable = 16;
const loadFactor = 0.75;

function inBuckets<T>(entries: readonly T[], hashOf: (entry: T) => number, tableSize: number): T[] {
  const bucketOf = (entry: T): number => {
    const hash = hashOf(entry);
    return (hash ^ (hash >>> 16)) & (tableSize - 1);
  };
  return entries.toSorted((a, b) => bucketOf(a) - bucketOf(b));
}

/** Order of a set or map that started empty and grew by these, all different, in insertion order. */
export function grownOrder<T>(entries: readonly T[], hashOf: (entry: T) => number): T[] {
  let tableSize = minimumTable;
  while (entries.length > tableSize * loadFactor) tableSize *= 2;
  return inBuckets(entries, hashOf, tableSize);
}

/** As {@link grownOrder}, of texts; doubles count once. */
export function grownHashOrder(texts: Iterable<string>): string[] {
  return grownOrder([...new Set(texts)], javaHashCode);
}

/** Order of a set made by copying a collection, whose table is sized beforehand. */
export function copiedHashOrder(collection: readonly string[]): string[] {
  const wanted = Math.max(Math.floor(collection.length / loadFactor) + 1, minimumTable);
  let tableSize = minimumTable;
  while (tableSize < wanted) tableSize *= 2;
  return inBuckets([...new Set(collection)], javaHashCode, tableSize);
}
