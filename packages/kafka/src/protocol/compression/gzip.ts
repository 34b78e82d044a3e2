/** gzip, by Node's zlib. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { CompressionCodec } from './codec.ts';
import { corrupt, messageOf, overLimit } from './faults.ts';

export const gzip: CompressionCodec = {
  compress: (bytes) => gzipSync(bytes),
  decompress(bytes, maxBytes) {
    try {
      return gunzipSync(bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      if (error instanceof RangeError) throw overLimit('gzip', maxBytes, error);
      throw corrupt('gzip', messageOf(error), error);
    }
  },
};
