/** Copies of a few bytes, which keys and hashes are: a loop is faster than `set`, which needs a view of its source, and leaves no garbage. */

/** Up to here a loop wins; and up to here V8 keeps the bytes of an array in the array itself. */
const shortBytes = 64;

/** A copy of `bytes[start, end)`, a plain array also of a `Buffer`. */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy = new Uint8Array(length);
  if (length > shortBytes) copy.set(bytes.subarray(start, end));
  else for (let at = 0; at < length; at++) copy[at] = bytes[start + at] as number; // inside by the caller's promise
  return copy;
}
