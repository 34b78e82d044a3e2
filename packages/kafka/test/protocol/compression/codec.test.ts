/** Every codec gives back what it took, and holds its limit against bytes that were made to grow. */
import * as fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { compressionCodec, compressionName, compressionNames, prepareCompression } from '../../../src/protocol/compression/codec.ts';
import { ProtocolError } from '../../../src/protocol/protocol-error.ts';

const names = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

const codecOf = (name: (typeof names)[number]) => {
  const codec = compressionCodec(name);
  if (codec === undefined) throw new Error(`no codec ${name}`);
  return codec;
};

/** The code of what is thrown, `none` if nothing is. */
function codeOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return error instanceof ProtocolError ? error.code : String(error);
  }
}

beforeAll(async () => {
  for (const name of names) await prepareCompression(name);
});

describe.each(names)('%s', (name) => {
  it('gives back what it took, from nothing to several blocks', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 20_000 })).map(([unit, times]) => {
        const bytes = new Uint8Array(unit.length * times);
        for (let at = 0; at < bytes.length; at += unit.length) bytes.set(unit, at);
        return bytes;
      }),
    );
    fc.assert(
      fc.property(content, (bytes) => {
        const codec = codecOf(name);
        const back = codec.decompress(codec.compress(bytes), Math.max(bytes.length, 1) + 4 * 1024 * 1024);
        expect(Buffer.compare(back, bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses to grow beyond the limit', () => {
    const bomb = codecOf(name).compress(new Uint8Array(20 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(2 * 1024 * 1024);
    expect(() => codecOf(name).decompress(bomb, 1024 * 1024)).toThrow(/MR_COMPRESSION_LIMIT/);
  });

  it('tells bytes that it did not make', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        expect(codeOf(() => codecOf(name).decompress(bytes, 1_000_000))).toMatch(/^(none|MR_RECORDS_CORRUPT|MR_COMPRESSION_LIMIT)$/);
      }),
    );
    const whole = codecOf(name).compress(Buffer.from('content that is long enough to be cut somewhere in its middle'.repeat(20)));
    expect(() => codecOf(name).decompress(whole.subarray(0, whole.length / 2), 1_000_000)).toThrow(/MR_RECORDS_CORRUPT/);
  });
});

describe('compression by number', () => {
  it('follows the attributes of a batch', () => {
    expect(compressionNames.map((_, id) => compressionName(id))).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd']);
    expect(compressionCodec('none')).toBeUndefined();
    expect(() => compressionName(5)).toThrow(/MR_COMPRESSION_UNAVAILABLE/);
  });

  it('reads bare snappy blocks, as some clients write them', () => {
    // 5 bytes of literal: length 5, then the tag of a literal of 5 bytes.
    expect(Buffer.from(codecOf('snappy').decompress(Buffer.from([5, 16, 104, 101, 108, 108, 111]), 100)).toString()).toBe('hello');
  });

  it('reads gzip of other levels', () => {
    expect(Buffer.from(codecOf('gzip').decompress(gzipSync('hello', { level: 1 }), 5)).toString()).toBe('hello');
  });
});
