import { checkBatch, readBatchHeader } from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { append, contents, logWith, readThrough } from '../support/logs.ts';

const one = (key: string): { key: string; value: string }[] => [{ key, value: 'v' }];
const limits = { endOffset: Number.MAX_SAFE_INTEGER, maxBytes: 1_000_000, atLeastOne: true };

describe('PartitionLog', () => {
  it('gives each batch its offset and epoch, and leaves the producer’s bytes valid', () => {
    const log = logWith();
    expect(append(log, [...one('a'), ...one('b')])).toMatchObject({ kind: 'appended', baseOffset: 0, appendTimeMs: -1 });
    expect(append(log, one('c'), { epoch: 3 })).toMatchObject({ baseOffset: 2 });
    expect([log.startOffset, log.endOffset, log.highWatermark, log.lastStableOffset]).toEqual([0, 3, 3, 3]);
    const bytes = log.read(2, limits).batches[0] ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = readBatchHeader(view, 0);
    expect(header).toMatchObject({ baseOffset: 2, leaderEpoch: 3 });
    if (header !== undefined) checkBatch(bytes, view, header);
  });

  it('keeps a copy of what was handed in', () => {
    const log = logWith();
    append(log, one('a'));
    const [stored] = log.read(0, limits).batches;
    append(log, one('b'));
    expect(contents(log)).toEqual(['0:a=v', '1:b=v']);
    expect(stored?.length).toBe(log.sizeBytes / 2);
  });

  it('gives records the time of the append where the topic asks for it', () => {
    const log = logWith({ 'message.timestamp.type': 'LogAppendTime' });
    expect(append(log, [{ key: 'a', timestamp: 5 }], { nowMs: 777 })).toMatchObject({ appendTimeMs: 777 });
    const bytes = log.read(0, limits).batches[0] ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = readBatchHeader(view, 0);
    expect(header).toMatchObject({ hasAppendTime: true, maxTimestamp: 777 });
    if (header !== undefined) checkBatch(bytes, view, header);
  });

  it('reads whole batches: the one around the offset first, then what fits', () => {
    const log = logWith();
    append(log, [...one('a'), ...one('b'), ...one('c')]);
    append(log, one('d'));
    append(log, one('e'));
    const size = (offset: number): number => log.read(offset, { ...limits, endOffset: offset + 1 }).sizeBytes;
    const bases = (offset: number, maxBytes: number, atLeastOne = true, endOffset = limits.endOffset): (number | undefined)[] =>
      log
        .read(offset, { endOffset, maxBytes, atLeastOne })
        .batches.map((bytes) => readBatchHeader(new DataView(bytes.buffer), 0)?.baseOffset);
    expect(bases(1, 1_000_000)).toEqual([0, 3, 4]);
    expect(bases(3, 1_000_000)).toEqual([3, 4]);
    expect(bases(0, 1)).toEqual([0]);
    expect(bases(0, 1, false)).toEqual([]);
    expect(bases(3, size(3))).toEqual([3]);
    expect(bases(3, size(3) + size(4))).toEqual([3, 4]);
    expect(bases(0, 1_000_000, true, 3)).toEqual([0]);
    expect(bases(5, 1_000_000)).toEqual([]);
    expect(log.bytesFrom(3, 5, 1_000_000)).toBe(size(3) + size(4));
    expect(log.bytesFrom(3, 5, 1)).toBe(size(3));
    expect(log.bytesFrom(5, 5, 1)).toBe(0);
  });

  it.each([
    ['size', { 'segment.bytes': '150' }, [0, 0, 0, 0], [0, 2]],
    ['the age of its first record', { 'segment.ms': '100' }, [1000, 1100, 1101, 1300], [0, 2, 3]],
  ])('begins a new segment by %s', (_, configs, timestamps, bases) => {
    const log = logWith(configs);
    for (const timestamp of timestamps) append(log, [{ key: 'k', timestamp }]);
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual(bases);
    expect(readThrough(log, 0, 1)).toEqual([0, 1, 2, 3]);
  });

  it('deletes records below an offset, and the segments that lie wholly below it', () => {
    const log = logWith({ 'segment.bytes': '150' });
    for (const key of ['a', 'b', 'c', 'd', 'e']) append(log, one(key));
    const before = log.sizeBytes;
    expect(log.deleteBefore(3, 0)).toBe(3);
    expect(contents(log)).toEqual(['3:d=v', '4:e=v']);
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([2, 4]);
    expect(log.sizeBytes).toBe((before / 5) * 3);
    expect(log.deleteBefore(1, 0)).toBe(3);
    expect(log.deleteBefore(5, 0)).toBe(5);
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([5, 5, 0]);
    append(log, one('f'));
    expect(contents(log)).toEqual(['5:f=v']);
  });

  it('holds the stable offset at the first open transaction and lists aborted ones in the order of their ends', () => {
    const log = logWith();
    const data = (producerId: number, baseSequence: number): void => {
      append(log, one('k'), { stamp: { producerId, producerEpoch: 0, baseSequence, isTransactional: true } });
    };
    const marker = (producerId: number, isCommit: boolean): void => {
      const key = String.fromCodePoint(0, 0, 0, isCommit ? 1 : 0);
      append(log, [{ key, value: '\0\0\0\0\0\0' }], { stamp: { producerId, producerEpoch: 0, isTransactional: true, isControl: true } });
    };
    data(1, 0);
    data(2, 0);
    expect(log.lastStableOffset).toBe(0);
    marker(2, false);
    expect(log.lastStableOffset).toBe(0);
    marker(1, false);
    expect(log.lastStableOffset).toBe(4);
    data(1, 1);
    marker(1, true);
    expect(log.lastStableOffset).toBe(6);
    expect(log.transactions.abortedBetween(0, 6)).toEqual([
      { producerId: 2, firstOffset: 1, lastOffset: 2 },
      { producerId: 1, firstOffset: 0, lastOffset: 3 },
    ]);
    expect(log.transactions.abortedBetween(3, 6)).toEqual([{ producerId: 1, firstOffset: 0, lastOffset: 3 }]);
    expect(contents(log)).toEqual(['0:k=v', '1:k=v', '4:k=v']);
  });
});
