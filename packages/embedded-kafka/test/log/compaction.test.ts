import { checkBatch, readBatchHeader } from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { compact, dirtyRatio } from '../../src/log/compaction.ts';
import type { PartitionLog } from '../../src/log/partition-log.ts';
import { append, contents, logWith, readThrough } from '../support/logs.ts';

const compacted = { 'cleanup.policy': 'compact' };

/** `a1` is key a with value 1, `a` alone a tombstone. */
function put(log: PartitionLog, ...records: string[]): void {
  append(
    log,
    records.map((text) => ({ key: text[0] ?? '', value: text.length > 1 ? text.slice(1) : null, timestamp: 100 })),
  );
}

function headers(log: PartitionLog): { baseOffset: number; lastOffset: number; recordCount: number }[] {
  return [...log.batchesFrom(0)].map(({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = readBatchHeader(view, 0);
    if (header === undefined) throw new Error('a batch is cut off');
    checkBatch(bytes, view, header);
    return { baseOffset: header.baseOffset, lastOffset: header.baseOffset + header.lastOffsetDelta, recordCount: header.recordCount };
  });
}

describe('compaction', () => {
  it('keeps the latest record of each key at its offset, and the active segment as it is', () => {
    const log = logWith(compacted);
    put(log, 'a1', 'b1', 'c1');
    put(log, 'a2', 'b2');
    log.roll(0);
    put(log, 'a3', 'a4');
    expect(compact(log, 0)).toBeGreaterThan(0);
    expect(contents(log)).toEqual(['2:c=1', '3:a=2', '4:b=2', '5:a=3', '6:a=4']);
    expect(headers(log)).toEqual([
      { baseOffset: 0, lastOffset: 2, recordCount: 1 },
      { baseOffset: 3, lastOffset: 4, recordCount: 2 },
      { baseOffset: 5, lastOffset: 6, recordCount: 2 },
    ]);
    expect(log.endOffset).toBe(7);
    expect(log.sizeBytes).toBe([...log.batchesFrom(0)].reduce((sum, { bytes }) => sum + bytes.length, 0));
  });

  it('does nothing to a log that is not compacted, or has only an active segment', () => {
    for (const log of [logWith(), logWith(compacted)]) {
      put(log, 'a1', 'a2');
      if (!log.settings.isCompacted) log.roll(0);
      expect(compact(log, 0)).toBe(0);
      expect(contents(log)).toEqual(['0:a=1', '1:a=2']);
    }
  });

  it('leaves holes over which readers go', () => {
    const log = logWith(compacted);
    for (let i = 0; i < 10; i++) put(log, `a${i}`);
    log.roll(0);
    put(log, 'z1');
    compact(log, 0);
    expect(contents(log)).toEqual(['9:a=9', '10:z=1']);
    expect(readThrough(log, 0, 1)).toEqual([9, 10]);
    expect(readThrough(log, 5, 1)).toEqual([9, 10]);
  });

  it('keeps tombstones for delete.retention.ms after the compaction that first met them', () => {
    const log = logWith({ ...compacted, 'delete.retention.ms': '1000' });
    put(log, 'a1', 'b1');
    put(log, 'a');
    log.roll(0);
    put(log, 'z1');
    compact(log, 5000);
    expect(contents(log)).toEqual(['1:b=1', '2:a', '3:z=1']);
    compact(log, 5999);
    expect(contents(log)).toEqual(['1:b=1', '2:a', '3:z=1']);
    compact(log, 6000);
    expect(contents(log)).toEqual(['1:b=1', '3:z=1']);
  });

  it('keeps the header of an emptied batch that carries the last sequence of its producer', () => {
    const log = logWith(compacted);
    append(log, [{ key: 'a', value: '1' }], { stamp: { producerId: 7, producerEpoch: 0, baseSequence: 0 } });
    append(log, [{ key: 'a', value: '2' }], { stamp: { producerId: 7, producerEpoch: 0, baseSequence: 1 } });
    put(log, 'a3');
    log.roll(0);
    compact(log, 0);
    expect(headers(log)).toEqual([
      { baseOffset: 1, lastOffset: 1, recordCount: 0 },
      { baseOffset: 2, lastOffset: 2, recordCount: 1 },
    ]);
    compact(log, 0);
    expect(contents(log)).toEqual(['2:a=3']);
  });

  it('waits min.compaction.lag.ms by the records’ time', () => {
    const log = logWith({ ...compacted, 'min.compaction.lag.ms': '50' });
    put(log, 'a1', 'a2');
    log.roll(0);
    put(log, 'z1');
    expect(dirtyRatio(log, 149)).toBe(0);
    compact(log, 149);
    expect(contents(log)).toEqual(['0:a=1', '1:a=2', '2:z=1']);
    expect(dirtyRatio(log, 150)).toBe(1);
    compact(log, 150);
    expect(contents(log)).toEqual(['1:a=2', '2:z=1']);
    expect(dirtyRatio(log, 150)).toBe(0);
  });

  it('compacts what was compressed', () => {
    const log = logWith(compacted);
    append(
      log,
      [
        { key: 'a', value: '1' },
        { key: 'b', value: '1' },
      ],
      { stamp: { compression: 'gzip' } },
    );
    append(log, [{ key: 'a', value: '2' }], { stamp: { compression: 'gzip' } });
    log.roll(0);
    compact(log, 0);
    expect(contents(log)).toEqual(['1:b=1', '2:a=2']);
    expect(headers(log).map(({ recordCount }) => recordCount)).toEqual([1, 1]);
  });

  it('puts small segments together', () => {
    const log = logWith({ ...compacted, 'segment.bytes': '100' });
    for (let i = 0; i < 8; i++) put(log, `${'abcdefgh'[i] ?? ''}1`);
    log.settings = logWith({ ...compacted, 'segment.bytes': '1000' }).settings;
    log.roll(0);
    expect(log.segments.length).toBe(9);
    compact(log, 0);
    expect(log.segments.map(({ baseOffset }) => baseOffset)).toEqual([0, 8]);
    expect(readThrough(log, 0, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
