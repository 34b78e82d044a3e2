/** Deletes old segments by age and by size (Java: UnifiedLog.deleteOldSegments). */
import type { PartitionLog } from './partition-log.ts';
import type { Segment } from './segment.ts';

/** Returns the number of bytes that were deleted. */
export function retain(log: PartitionLog, nowMs: number): number {
  const { settings } = log;
  if (!settings.isDeleted) return 0;
  const before = log.sizeBytes;
  deleteExpired(log, settings.retentionMs, nowMs);
  deleteOversize(log, settings.retentionBytes, nowMs);
  return before - log.sizeBytes;
}

/** From the oldest on, until the first that is young enough. The active one goes too, if it is not empty. */
function deleteExpired(log: PartitionLog, retentionMs: number, nowMs: number): void {
  if (retentionMs < 0) return;
  const isExpired = (segment: Segment): boolean => segment.batches.length > 0 && nowMs - newest(segment) > retentionMs;
  let count = 0;
  for (const segment of log.segments) {
    if (segment.batches.length === 0 && segment !== log.active) count++;
    else if (isExpired(segment)) count++;
    else break;
  }
  if (count === log.segments.length) log.roll(nowMs);
  log.deleteSegments(count, nowMs);
}

function newest(segment: Segment): number {
  return segment.largestTimestamp >= 0 ? segment.largestTimestamp : segment.lastWriteMs;
}

/** Whole segments only: what is left may be larger than asked for by less than a segment. The active one stays. */
function deleteOversize(log: PartitionLog, retentionBytes: number, nowMs: number): void {
  if (retentionBytes < 0) return;
  let excess = log.sizeBytes - retentionBytes;
  let count = 0;
  for (const segment of log.segments) {
    if (segment === log.active || excess < segment.sizeBytes) break;
    excess -= segment.sizeBytes;
    count++;
  }
  log.deleteSegments(count, nowMs);
}
