/** Finds offsets by timestamp, exact to the record, as ListOffsets answers them. */
import type { PartitionLog } from './partition-log.ts';
import { payloadOf } from './payload.ts';
import { RecordWalk } from './record-walk.ts';
import { headerOf, type StoredBatch } from './segment.ts';

export interface TimedOffset {
  readonly offset: number;
  readonly timestamp: number;
}

/** The first readable record at or after `timestamp`; undefined if there is none. */
export function offsetForTime(log: PartitionLog, timestamp: number): TimedOffset | undefined {
  for (const segment of log.segments) {
    if (segment.largestTimestamp < timestamp) continue;
    for (const batch of segment.batches) {
      if (batch.maxTimestamp < timestamp || batch.lastOffset < log.startOffset) continue;
      const found = firstIn(batch, timestamp, log.startOffset);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The first readable record that has the greatest timestamp; undefined if no record has one. */
export function offsetOfMaxTimestamp(log: PartitionLog): TimedOffset | undefined {
  let greatest = -1;
  for (const batch of log.batchesFrom(log.startOffset)) greatest = Math.max(greatest, batch.maxTimestamp);
  return greatest < 0 ? undefined : offsetForTime(log, greatest);
}

function firstIn(batch: StoredBatch, timestamp: number, logStart: number): TimedOffset | undefined {
  const header = headerOf(batch);
  const walk = new RecordWalk(payloadOf(batch.bytes, header));
  while (walk.next()) {
    const offset = batch.baseOffset + walk.offsetDelta;
    const recordTime = header.hasAppendTime ? header.maxTimestamp : header.baseTimestamp + walk.timestampDelta;
    if (recordTime >= timestamp && offset >= logStart) return { offset, timestamp: recordTime };
  }
  return undefined;
}
