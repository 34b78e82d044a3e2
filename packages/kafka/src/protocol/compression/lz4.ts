/** lz4 in its frame format, as Kafka writes it since message format 1. */
import { Buffer } from 'node:buffer';
import type { CompressionCodec } from './codec.ts';
import { corrupt, messageOf, overLimit } from './faults.ts';
import { loadOptional } from './optional.ts';

interface Lz4Library {
  readonly compressFrameSync: (bytes: Buffer) => Uint8Array;
  readonly decompressFrameSync: (bytes: Buffer) => Uint8Array;
}

const library = (): Lz4Library => loadOptional<Lz4Library>('lz4', 'lz4-napi', 'compressFrameSync');

const magic = 0x184d2204;
const uncompressedFlag = 0x80000000;

export const lz4: CompressionCodec = {
  compress: (bytes) => library().compressFrameSync(asBuffer(bytes)),
  decompress(bytes, maxBytes) {
    const source = asBuffer(bytes);
    const { decompressFrameSync } = library();
    if (largestContent(source) > maxBytes) throw overLimit('lz4', maxBytes);
    try {
      return decompressFrameSync(source);
    } catch (error) {
      throw corrupt('lz4', messageOf(error), error);
    }
  },
};

/**
 * What the frame can grow to at most: the library has no limit of its own. A block grows to the frame's block size at most, and one byte to
 * 255. The last block may be shorter, so this is up to one block too high. Whatever follows the one frame would escape the count: refused.
 */
function largestContent(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== magic) throw corrupt('lz4', 'it does not start with a frame');
  const flags = frame.readUInt8(4);
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const checksumBytes = (flags & 0x04) === 0 ? 0 : 4;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const blockSize = 4 ** ((frame.readUInt8(5) >>> 4) & 0x07) * 256;
  let at = 6 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0) + 1;
  let total = 0;
  while (true) {
    if (at + 4 > frame.length) throw corrupt('lz4', 'the frame is cut off');
    const word = frame.readUInt32LE(at);
    if (word === 0) {
      if (at + 4 + checksumBytes !== frame.length) throw corrupt('lz4', 'the frame does not end where the batch ends');
      return total;
    }
    const size = word % uncompressedFlag;
    at += 4 + size + (hasBlockChecksums ? 4 : 0);
    total += word >= uncompressedFlag ? size : Math.min(blockSize, size * 255);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
