import { brokerErrorCodes, crc32c } from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { type BatchRules, checkBatch } from '../../src/log/batch-check.ts';
import { batchOf } from '../support/batches.ts';

const rules: BatchRules = {
  maxMessageBytes: 10_000,
  segmentBytes: 10_000,
  isCompacted: false,
  allowsZstd: true,
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: Infinity,
  isAppendTime: false,
};

const two = [
  { key: 'a', value: '1', timestamp: 100 },
  { key: null, value: '2', timestamp: 200 },
];
const producer = { producerId: 1, producerEpoch: 0, baseSequence: 0 };

/** Changes bytes behind the checksum and makes it right again. */
function forged(change: (view: DataView) => void, bytes: Uint8Array = batchOf(two)): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(17, crc32c(copy, 21, copy.length));
  return copy;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('what a leader checks', () => {
  it.each([
    ['no compression', batchOf(two)],
    ['gzip', batchOf(two, { compression: 'gzip' })],
    ['a producer id', batchOf(two, producer)],
  ])('accepts %s', (_, bytes) => {
    expect(checkBatch(bytes, rules, 0)).toMatchObject({ header: { recordCount: 2 } });
  });

  const table: [string, Uint8Array | null, Partial<BatchRules>, keyof typeof brokerErrorCodes][] = [
    ['nothing', null, {}, 'INVALID_RECORD'],
    ['no bytes', new Uint8Array(0), {}, 'INVALID_RECORD'],
    ['a batch that is cut off', batchOf(two).subarray(0, 70), {}, 'CORRUPT_MESSAGE'],
    ['a header that is cut off', batchOf(two).subarray(0, 10), {}, 'CORRUPT_MESSAGE'],
    ['two batches', joined(batchOf(two), batchOf(two)), {}, 'INVALID_RECORD'],
    ['a message set of old', forged((view) => view.setInt8(16, 1)), {}, 'INVALID_RECORD'],
    ['an unknown format', forged((view) => view.setInt8(16, 3)), {}, 'CORRUPT_MESSAGE'],
    ['a length below the header', forged((view) => view.setInt32(8, 20)), {}, 'CORRUPT_MESSAGE'],
    ['a wrong checksum', new Uint8Array(batchOf(two).map((byte, index) => (index === 70 ? byte ^ 1 : byte))), {}, 'CORRUPT_MESSAGE'],
    ['a batch over max.message.bytes', batchOf(two), { maxMessageBytes: 70 }, 'MESSAGE_TOO_LARGE'],
    ['a batch over segment.bytes', batchOf(two), { segmentBytes: 70 }, 'RECORD_LIST_TOO_LARGE'],
    ['a control batch', forged((view) => view.setInt16(21, 0x20)), {}, 'INVALID_RECORD'],
    ['fewer records than announced', forged((view) => (view.setInt32(57, 3), view.setInt32(23, 2))), {}, 'INVALID_RECORD'],
    ['more records than announced', forged((view) => (view.setInt32(57, 1), view.setInt32(23, 0))), {}, 'INVALID_RECORD'],
    ['a last offset that does not fit', forged((view) => view.setInt32(23, 5)), {}, 'INVALID_RECORD'],
    ['a producer without a sequence', batchOf(two, { ...producer, baseSequence: -1 }), {}, 'INVALID_RECORD'],
    ['a record longer than the batch', forged((view) => view.setUint8(61, 0x7e)), {}, 'INVALID_RECORD'],
    ['an unknown compression', forged((view) => view.setInt16(21, 7)), {}, 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['gzip that is none', forged((view) => view.setInt16(21, 1)), {}, 'CORRUPT_MESSAGE'],
    ['zstd in an old request', forged((view) => view.setInt16(21, 4)), { allowsZstd: false }, 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['no key on a compacted topic', batchOf(two), { isCompacted: true }, 'INVALID_RECORD'],
    ['a record too early', batchOf(two), { timestampBeforeMaxMs: 50 }, 'INVALID_TIMESTAMP'],
    ['a record too late', batchOf(two), { timestampAfterMaxMs: 40 }, 'INVALID_TIMESTAMP'],
  ];

  it.each(table)('refuses %s', (_, bytes, change, expected) => {
    expect(checkBatch(bytes, { ...rules, ...change }, 155).fault?.errorCode).toBe(brokerErrorCodes[expected]);
  });

  it('names the records at fault', () => {
    expect(checkBatch(batchOf(two), { ...rules, isCompacted: true }, 0).fault?.records).toEqual([
      { index: 1, message: 'a compacted topic does not accept a record without a key' },
    ]);
  });

  it('does not hold the producer’s times against a topic that gives its own', () => {
    expect(checkBatch(batchOf(two), { ...rules, isAppendTime: true, timestampAfterMaxMs: 0 }, 0).fault).toBeUndefined();
  });
});
