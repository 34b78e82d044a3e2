/**
 * zstd: by Node's zlib from 22.15 on; before that `fzstd` reads and `@hpcc-js/wasm-zstd` writes, since neither does both without
 * either a promise or a content size in the frame, which Java's stream writer leaves out.
 */
import { Buffer } from 'node:buffer';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import type { CompressionCodec } from './codec.ts';
import { corrupt, messageOf, overLimit, unavailable } from './faults.ts';

/** The part of node:zlib that the oldest supported Node lacks. */
interface NodeZstd {
  readonly zstdCompressSync: (bytes: Uint8Array) => Uint8Array;
  readonly zstdDecompressSync: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;
}

const native: NodeZstd | undefined = hasZstd(zlib) ? zlib : undefined;
let webAssembly: { compress(bytes: Uint8Array): Uint8Array } | undefined;

/** Makes zstd ready to compress; decompressing needs no preparation. */
export async function prepareZstd(): Promise<void> {
  if (native !== undefined || webAssembly !== undefined) return;
  try {
    const { Zstd } = await import('@hpcc-js/wasm-zstd');
    webAssembly = await Zstd.load();
  } catch (error) {
    throw unavailable('zstd', `use Node 22.15 or newer, or install "@hpcc-js/wasm-zstd" (${messageOf(error)})`, error);
  }
}

export const zstd: CompressionCodec = {
  compress(bytes) {
    if (native !== undefined) return native.zstdCompressSync(bytes);
    if (webAssembly !== undefined) return webAssembly.compress(bytes);
    throw unavailable('zstd', 'await prepareCompression("zstd") before compressing');
  },
  decompress: native === undefined ? decompressPortably : decompressNatively,
};

function decompressNatively(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return (native as NodeZstd).zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw overLimit('zstd', maxBytes, error);
    throw corrupt('zstd', messageOf(error), error);
  }
}

/** Block by block, so that the limit holds whatever the frame announces. A block holds 128 KiB at most. */
function decompressPortably(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  let beyond = false;
  const stream = new Decompress((part) => {
    total += part.length;
    if (total > maxBytes) {
      beyond = true;
      throw overLimit('zstd', maxBytes);
    }
    parts.push(part.slice());
  });
  try {
    stream.push(bytes, true);
  } catch (error) {
    if (beyond) throw error;
    throw corrupt('zstd', messageOf(error), error);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

function hasZstd(library: object): library is NodeZstd {
  return 'zstdCompressSync' in library && 'zstdDecompressSync' in library;
}
