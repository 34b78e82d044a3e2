/**
 * snappy in the framing of snappy-java (xerial), as Kafka's Java clients write it: a header, then blocks with a length before each.
 * Some other clients write one bare block; both are read.
 */
import { Buffer } from 'node:buffer';
import type { CompressionCodec } from './codec.ts';
import { corrupt, messageOf, overLimit } from './faults.ts';
import { loadOptional } from './optional.ts';

interface SnappyLibrary {
  readonly compressSync: (bytes: Uint8Array) => Uint8Array;
  readonly uncompressSync: (bytes: Uint8Array, options: { readonly asBuffer: true }) => Uint8Array;
}

const library = (): SnappyLibrary => loadOptional<SnappyLibrary>('snappy', 'snappy', 'compressSync');

/** Magic, version 1, oldest compatible version 1. */
const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1]);
const magicBytes = 8;
/** Of uncompressed content; snappy-java's default block. */
const blockBytes = 32 * 1024;

export const snappy: CompressionCodec = {
  compress(bytes) {
    const { compressSync } = library();
    const parts: Uint8Array[] = [header];
    for (let at = 0; at < bytes.length; at += blockBytes) {
      const block = compressSync(bytes.subarray(at, at + blockBytes));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },

  decompress(bytes, maxBytes) {
    const { uncompressSync } = library();
    const blocks: Uint8Array[] = [];
    let total = 0;
    for (const block of blocksOf(bytes)) {
      total += announcedBytes(block);
      // Checked before anything is decompressed, since the library allocates what the block announces.
      if (total > maxBytes) throw overLimit('snappy', maxBytes);
      try {
        blocks.push(uncompressSync(block, { asBuffer: true }));
      } catch (error) {
        throw corrupt('snappy', messageOf(error), error);
      }
    }
    const only = blocks[0];
    return blocks.length === 1 && only !== undefined ? only : Buffer.concat(blocks);
  },
};

function blocksOf(bytes: Uint8Array): Uint8Array[] {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (source.length < header.length || source.compare(header, 0, magicBytes, 0, magicBytes) !== 0) return [source];
  const blocks: Uint8Array[] = [];
  for (let at = header.length; at < source.length;) {
    const left = source.length - at - 4;
    const size = left < 0 ? -1 : source.readInt32BE(at);
    if (size < 0 || size > left) throw corrupt('snappy', `the block at byte ${at} is cut off`);
    blocks.push(source.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return blocks;
}

/** The uncompressed length that stands as a varint at the start of a block. */
function announcedBytes(block: Uint8Array): number {
  let size = 0;
  let scale = 1;
  for (let at = 0; at < 5; at++) {
    const byte = block[at];
    if (byte === undefined) break;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) return size;
    scale *= 128;
  }
  throw corrupt('snappy', 'a block without its length');
}
