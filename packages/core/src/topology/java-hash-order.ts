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

function inBuckets(entries: readonly string[], tableSize: number): string[] {
  const bucket = (text: string): number => {
    const hash = javaHashCode(text);
    return (hash ^ (hash >>> 16)) & (tableSize - 1);
  };
  return entries
    .map((text, position) => ({ text, position, bucket: bucket(text) }))
    .sort((a, b) => a.bucket - b.bucket || a.position - b.position)
    .map((entry) => entry.text);
}

/** Order of a set that started empty and grew by these, in insertion order. */
export function grownHashOrder(texts: Iterable<string>): string[] {
  const entries = [...new Set(texts)];
  let tableSize = minimumTable;
  while (entries.length > tableSize * loadFactor) tableSize *= 2;
  return inBuckets(entries, tableSize);
}

/** Order of a set made by copying a collection, whose table is sized beforehand. */
export function copiedHashOrder(collection: readonly string[]): string[] {
  const wanted = Math.max(Math.floor(collection.length / loadFactor) + 1, minimumTable);
  let tableSize = minimumTable;
  while (tableSize < wanted) tableSize *= 2;
  return inBuckets([...new Set(collection)], tableSize);
}
