/** Compression of whole record batches. Synchronous, so that decoding needs no promise; bounded, so that a small batch cannot fill the memory. */
import { ProtocolError } from '../protocol-error.ts';
import { gzip } from './gzip.ts';
import { lz4 } from './lz4.ts';
import { snappy } from './snappy.ts';
import { prepareZstd, zstd } from './zstd.ts';

export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** By the number that stands in a batch's attributes. */
export const compressionNames: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export interface CompressionCodec {
  /** @throws ProtocolError MR_COMPRESSION_UNAVAILABLE */
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * @param maxBytes largest result that is accepted
   * @throws ProtocolError MR_COMPRESSION_LIMIT, MR_COMPRESSION_UNAVAILABLE, MR_RECORDS_CORRUPT
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

const codecs: Readonly<Record<Exclude<CompressionName, 'none'>, CompressionCodec>> = { gzip, snappy, lz4, zstd };

/**
 * The codec of a name; undefined for `none`.
 */
export function compressionCodec(name: CompressionName): CompressionCodec | undefined {
  return name === 'none' ? undefined : codecs[name];
}

/** Loads what cannot be loaded on the way; to be awaited before anything is compressed. Only zstd before Node 22.15 needs it. */
export async function prepareCompression(name: CompressionName): Promise<void> {
  if (name === 'zstd') await prepareZstd();
}

/**
 * The name for the number in a batch's attributes.
 * @throws ProtocolError MR_COMPRESSION_UNAVAILABLE
 */
export function compressionName(id: number): CompressionName {
  const name = compressionNames[id];
  if (name !== undefined) return name;
  throw new ProtocolError('MR_COMPRESSION_UNAVAILABLE', `no compression has the number ${id}`, { details: { compression: id } });
}
