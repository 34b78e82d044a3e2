/**
 * Bytes as strings of one byte a character (latin1), the memory engine's own form.
 *
 * Why strings: they compare in unsigned byte order with `<` at a quarter of the cost of `Buffer.compare`, are immutable, so that nothing
 * handed out can change what is stored, and cost 16 bytes beside their content where a typed array costs about 200.
 */

/** The bytes as a string of the same length; a copy. */
export function toByteString(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}

/** A fresh array with the string's bytes; the caller's to keep and change. */
export function fromByteString(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
