import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeOffsetMetadata, encodeOffsetMetadata } from '../../src/engine/offset-metadata.ts';

/** Bytes as `TopicPartitionMetadata.encode` lays them out: magic, partition time, and if there are any, count and entries of the processors' times. */
const golden: readonly (readonly [name: string, partitionTime: number, times: readonly (readonly [string, bigint])[], hex: string])[] = [
  ['no time yet', -1, [], '02ffffffffffffffff'],
  ['time zero', 0, [], '020000000000000000'],
  ['a time', 1_700_000_000_123, [], '020000018bcfe5687b'],
  ['a processor’s time', 5, [['a', 7n]], '0200000000000000050000000100000001610000000000000007'],
  [
    'two, one not ASCII',
    5,
    [
      ['é', -1n],
      ['b', 2n ** 62n],
    ],
    '0200000000000000050000000200000002c3a9ffffffffffffffff00000001624000000000000000',
  ],
];

describe('offset metadata', () => {
  it.each(golden)('is written and read as Java does: %s', (_name, partitionTime, entries, hex) => {
    const times = new Map(entries);
    const text = encodeOffsetMetadata(partitionTime, times);
    expect(Buffer.from(text, 'base64').toString('hex')).toBe(hex);
    expect(decodeOffsetMetadata(text)).toEqual({ partitionTime, times, understood: true });
  });

  it('reads version 1, which has no processors’ times', () => {
    expect(decodeOffsetMetadata(Buffer.from('01000000000000002a', 'hex').toString('base64'))).toEqual({
      partitionTime: 42,
      times: new Map(),
      understood: true,
    });
  });

  it.each([undefined, ''])('has no times in %j', (text) => {
    expect(decodeOffsetMetadata(text)).toEqual({ partitionTime: -1, times: new Map(), understood: true });
  });

  it.each([
    ['text of another application', 'hello world', -1],
    ['a newer version', Buffer.from('03000000000000002a', 'hex').toString('base64'), -1],
    ['too short', Buffer.from('0200', 'hex').toString('base64'), -1],
    ['a count without entries', Buffer.from('02000000000000002a00000001', 'hex').toString('base64'), 42],
    ['a huge count', Buffer.from('02000000000000002a7fffffff', 'hex').toString('base64'), 42],
    ['a negative key length', Buffer.from('02000000000000002a00000001ffffffff0000000000000000', 'hex').toString('base64'), 42],
  ])('ignores what it does not understand, and says so: %s', (_name, text, partitionTime) => {
    expect(decodeOffsetMetadata(text)).toEqual({ partitionTime, times: new Map(), understood: false });
  });

  it('never throws, and comes back from any times', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(fc.string(), (text) => void decodeOffsetMetadata(text)),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => void decodeOffsetMetadata(Buffer.from(bytes).toString('base64'))),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), int64)), (partitionTime, entries) => {
        const times = new Map(entries);
        expect(decodeOffsetMetadata(encodeOffsetMetadata(partitionTime, times))).toEqual({ partitionTime, times, understood: true });
      }),
      { seed: 1 },
    );
  });
});
