import { describe, expect, it } from 'vitest';
import { retain } from '../../src/log/retention.ts';
import type { PartitionLog } from '../../src/log/partition-log.ts';
import { append, contents, logWith } from '../support/logs.ts';

/** A segment for each record. */
function logOf(configs: Readonly<Record<string, string>>, timestamps: readonly number[]): PartitionLog {
  const log = logWith(configs);
  for (const [index, timestamp] of timestamps.entries()) {
    if (index > 0) log.roll(0);
    append(log, [{ key: String(index), value: 'v', timestamp }], { nowMs: 10 });
  }
  return log;
}

const first = logOf({}, [0]).sizeBytes;

describe('retention', () => {
  it.each([
    ['keeps everything without a limit', {}, [0, 1, 2], 1e12, 0],
    ['deletes segments whose newest record is too old', { 'retention.ms': '100' }, [100, 200, 300], 301, 2],
    ['stops at the first segment that is young enough', { 'retention.ms': '100' }, [100, 900, 100], 500, 1],
    ['deletes the active segment too, once all of it is old', { 'retention.ms': '100' }, [100, 200, 300], 401, 3],
    ['goes by the time of writing where records have none', { 'retention.ms': '100' }, [-1, -1], 110, 0],
    ['goes by the time of writing where records have none, later', { 'retention.ms': '100' }, [-1, -1], 111, 2],
    ['deletes whole segments over the size', { 'retention.bytes': String(first * 2) }, [0, 0, 0, 0], 0, 2],
    ['keeps a segment that is partly over the size', { 'retention.bytes': String(first * 2 - 1) }, [0, 0, 0, 0], 0, 2],
    ['never deletes the active segment for its size', { 'retention.bytes': '0' }, [0, 0, 0], 0, 2],
    ['does not touch a log that is only compacted', { 'cleanup.policy': 'compact', 'retention.ms': '1' }, [0, 1], 1e12, 0],
    ['deletes from a log that is compacted and deleted', { 'cleanup.policy': 'compact,delete', 'retention.ms': '1' }, [0, 1], 1e12, 2],
  ])('%s', (_, configs, timestamps, nowMs, deleted) => {
    const log = logOf(configs, timestamps);
    expect(retain(log, nowMs)).toBe(deleted * first);
    expect(log.startOffset).toBe(deleted);
    expect(contents(log)).toEqual(timestamps.map((__, index) => `${index}:${index}=v`).slice(deleted));
    expect(retain(log, nowMs)).toBe(0);
    append(log, [{ key: 'next', value: 'v', timestamp: nowMs }], { nowMs });
    expect(log.endOffset).toBe(timestamps.length + 1);
  });
});
