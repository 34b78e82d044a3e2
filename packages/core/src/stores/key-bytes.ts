/** Keys as byte strings: latin1 text, one character a byte, whose order is that of the bytes. */

import { copyBytes } from '../serde/copy-bytes.ts';
import { shortLatin1 } from '../serde/short-text.ts';

export type ByteString = string;

/** Where bytes are read from that are not in a `Buffer`: a `Buffer` over a small array would make V8 move its bytes out of the heap first. */
const scratch = Buffer.allocUnsafeSlow(256);

/** The first byte string behind all that start with `prefix`; undefined if there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let last = prefix.length - 1;
  while (last >= 0 && prefix[last] === 0xff) last--;
  if (last < 0) return undefined;
  // A copy also of a Buffer, whose own `slice` would share memory.
  const end = copyBytes(prefix, 0, last + 1);
  (end[last] as number)++;
  return end;
}

export function toByteString(bytes: Uint8Array, start: number = 0, end: number = bytes.length): ByteString {
  const short = shortLatin1(bytes, start, end);
  if (short !== undefined) return short;
  if (bytes instanceof Buffer) return bytes.toString('latin1', start, end);
  const length = end - start;
  if (length > scratch.length) return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  for (let at = 0; at < length; at++) scratch[at] = bytes[start + at] as number; // inside by the caller's promise
  return scratch.toString('latin1', 0, length);
}

/** Eight bytes, big endian, two's complement. */
export function readTimestamp(bytes: Uint8Array): number {
  const high = ((bytes[0] as number) << 24) | ((bytes[1] as number) << 16) | ((bytes[2] as number) << 8) | (bytes[3] as number);
  const low = ((bytes[4] as number) << 24) | ((bytes[5] as number) << 16) | ((bytes[6] as number) << 8) | (bytes[7] as number);
  return high * 0x1_0000_0000 + (low >>> 0);
}

export function writeTimestamp(bytes: Uint8Array, at: number, timestamp: number): void {
  const high = Math.floor(timestamp / 0x1_0000_0000);
  const low = timestamp - high * 0x1_0000_0000;
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = low >>> 24;
  bytes[at + 5] = low >>> 16;
  bytes[at + 6] = low >>> 8;
  bytes[at + 7] = low;
}

/** Bytes of a timestamp in front of a stored value (SF-02). */
export const timestampBytes = 8;

/** The largest number that tells rows of one key and time apart. */
export const maxSequence = 0x7fffffff;

/** Eight bytes, big endian. */
export function int64String(value: number): ByteString {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes.toString('latin1');
}

/** Four bytes, big endian. */
export function int32String(value: number): ByteString {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes.toString('latin1');
}
