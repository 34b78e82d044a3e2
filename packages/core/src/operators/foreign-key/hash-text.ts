/**
 * Hashes as the rows of subscriptions hold them: latin1 text, one character a byte, which takes a sixth of the memory of a small array and is compared in one go.
 */
import type { ByteWriter } from '../../serde/byte-writer.ts';
import { shortLatin1 } from '../../serde/short-text.ts';
import { hashBytes } from './murmur3.ts';

export type HashText = string;

/** The hash that begins at `start`; all of it is there. */
export function readHash(bytes: Uint8Array, start: number): HashText {
  // There is a text, since a hash is no longer than what counts as short.
  return shortLatin1(bytes, start, start + hashBytes) as HashText;
}

export function writeHash(hash: HashText, writer: ByteWriter): void {
  writer.reserve(hashBytes);
  const { buffer } = writer;
  let at = writer.position;
  for (let i = 0; i < hashBytes; i++) buffer[at++] = hash.charCodeAt(i);
  writer.position = at;
}
