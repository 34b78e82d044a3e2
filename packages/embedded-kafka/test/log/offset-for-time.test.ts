import { describe, expect, it } from 'vitest';
import { offsetForTime, offsetOfMaxTimestamp } from '../../src/log/offset-for-time.ts';
import type { PartitionLog } from '../../src/log/partition-log.ts';
import { append, logWith } from '../support/logs.ts';

function logOf(batches: readonly (readonly number[])[], configs: Readonly<Record<string, string>> = {}): PartitionLog {
  const log = logWith({ 'segment.bytes': '200', ...configs });
  for (const [index, timestamps] of batches.entries()) {
    const compression = index % 2 === 0 ? 'none' : 'gzip';
    append(
      log,
      timestamps.map((timestamp) => ({ key: 'k', timestamp })),
      { nowMs: 1000 + index, stamp: { compression } },
    );
  }
  return log;
}

describe('offsets by time', () => {
  const log = logOf([[10, 30, 20], [25], [5, 40], [40]]);

  it.each([
    [0, { offset: 0, timestamp: 10 }],
    [10, { offset: 0, timestamp: 10 }],
    [11, { offset: 1, timestamp: 30 }],
    [31, { offset: 5, timestamp: 40 }],
    [40, { offset: 5, timestamp: 40 }],
    [41, undefined],
  ])('the first record at or after %i', (timestamp, expected) => {
    expect(offsetForTime(log, timestamp)).toEqual(expected);
  });

  it('passes over what was deleted', () => {
    const shortened = logOf([[10, 30, 20], [25], [5, 40]]);
    shortened.deleteBefore(2, 0);
    expect(offsetForTime(shortened, 11)).toEqual({ offset: 2, timestamp: 20 });
  });

  it('finds the greatest timestamp where it stands first', () => {
    expect(offsetOfMaxTimestamp(log)).toEqual({ offset: 5, timestamp: 40 });
    expect(offsetOfMaxTimestamp(logWith())).toBeUndefined();
    expect(offsetOfMaxTimestamp(logOf([[-1]]))).toBeUndefined();
  });

  it('goes by the broker’s time where the topic says so', () => {
    const stamped = logOf([[10], [10]], { 'message.timestamp.type': 'LogAppendTime' });
    expect(offsetForTime(stamped, 1001)).toEqual({ offset: 1, timestamp: 1001 });
  });
});
