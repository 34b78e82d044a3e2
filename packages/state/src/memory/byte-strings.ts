/**
 * Bytes as strings of one byte a character (latin1), the memory engine's own form.
 *
 * Why strings: they compare in unsigned byte order with `<` at a quarter of the cost of `Buffer.compare`, are immutable, so that nothing
 * handed out can change what is stored, and cost 16 bytes beside their content where a typed array costs about 200.
 */

/** Where bytes are read from that are not in a `Buffer`: a `Buffer` over a small array would make V8 move its bytes out of the heap first. */
const scratch = Buffer.allocUnsafeSlow(256);

/** The bytes as a string of the same length; a copy. */
export function toByteString(bytes: Uint8Array): string {
  if (bytes instanceof Buffer) return bytes.toString('latin1');
  if (bytes.length > scratch.length) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  scratch.set(bytes);
  return scratch.toString('latin1', 0, bytes.length);
}

/** A fresh array with the string's bytes; the caller's to keep and change. */
export function fromByteString(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
