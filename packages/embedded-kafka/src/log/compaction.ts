/**
 * Compaction: of each key only the latest record stays, offsets stay as they are (Java: LogCleaner, Cleaner).
 *
 * The active segment is never touched, nor what is younger than `min.compaction.lag.ms`. Tombstones stay for `delete.retention.ms` after the
 * compaction that first met them. A batch that loses all its records is dropped, unless it carries the last sequence of its producer: then its header stays.
 */
import { batchHeaderBytes, crc32c } from '@millrace/kafka/protocol';
import type { PartitionLog } from './partition-log.ts';
import { payloadOf } from './payload.ts';
import { RecordWalk } from './record-walk.ts';
import { headerOf, Segment, StoredBatch } from './segment.ts';

/** Where the fields of a batch's header stand that change when it loses records. The checksum covers everything from the attributes on. */
const lengthAt = 8;
const checksumAt = 17;
const attributesAt = 21;
const maxTimestampAt = 35;
const countAt = 57;
const compressionMask = 0x07;

/** Share of the bytes that may be compacted now and never were. */
export function dirtyRatio(log: PartitionLog, nowMs: number): number {
  const count = cleanableSegments(log, nowMs);
  let dirty = 0;
  let total = 0;
  for (const segment of log.segments.slice(0, count)) {
    total += segment.sizeBytes;
    if (segment.baseOffset >= log.compactedUpTo) dirty += segment.sizeBytes;
  }
  return total === 0 ? 0 : dirty / total;
}

/** Returns the number of bytes that went. */
export function compact(log: PartitionLog, nowMs: number): number {
  if (!log.settings.isCompacted) return 0;
  const count = cleanableSegments(log, nowMs);
  if (count === 0) return 0;
  const sources = log.segments.slice(0, count);
  const latest = latestOffsets(sources, log.compactedUpTo);
  const before = log.sizeBytes;
  const cleaned: Segment[] = [];
  for (const source of sources) {
    for (const batch of source.batches) {
      const kept = filterBatch(log, batch, latest, nowMs);
      if (kept !== undefined) segmentFor(cleaned, source, kept, log.settings.segmentBytes).add(kept, source.lastWriteMs);
    }
  }
  log.compactedUpTo = log.segments[count]?.baseOffset ?? log.compactedUpTo;
  log.replaceSegments(count, cleaned);
  return before - log.sizeBytes;
}

/** How many segments, from the oldest on, may be compacted. */
function cleanableSegments(log: PartitionLog, nowMs: number): number {
  const lagMs = log.settings.minCompactionLagMs;
  let count = 0;
  for (const segment of log.segments) {
    if (segment === log.active) break;
    const isYoung = lagMs > 0 && segment.baseOffset >= log.compactedUpTo && segment.largestTimestamp > nowMs - lagMs;
    if (isYoung) break;
    count++;
  }
  return count;
}

/** Small neighbours become one segment. */
function segmentFor(cleaned: Segment[], source: Segment, batch: StoredBatch, segmentBytes: number): Segment {
  const last = cleaned.at(-1);
  if (last !== undefined && last.sizeBytes + batch.bytes.length <= segmentBytes) return last;
  const segment = new Segment(batch.baseOffset, source.createdMs);
  cleaned.push(segment);
  return segment;
}

/** The latest offset of every key in what was not compacted before. */
function latestOffsets(segments: readonly Segment[], compactedUpTo: number): Map<string, number> {
  const latest = new Map<string, number>();
  for (const segment of segments) {
    for (const batch of segment.batches) {
      if (batch.lastOffset < compactedUpTo) continue;
      const header = headerOf(batch);
      if (header.isControl) continue;
      const walk = new RecordWalk(payloadOf(batch.bytes, header));
      while (walk.next()) if (walk.keyStart >= 0) latest.set(walk.keyText(), batch.baseOffset + walk.offsetDelta);
    }
  }
  return latest;
}

/** What stays of a batch: itself, a smaller one, or nothing. */
function filterBatch(log: PartitionLog, batch: StoredBatch, latest: ReadonlyMap<string, number>, nowMs: number): StoredBatch | undefined {
  const header = headerOf(batch);
  // Markers decide about data that may still be there.
  if (header.isControl) return batch;
  const payload = payloadOf(batch.bytes, header);
  const tombstonesExpire = batch.deleteHorizonMs !== undefined && batch.deleteHorizonMs <= nowMs;
  const kept: { start: number; end: number }[] = [];
  let maxTimestamp = -1;
  let hasTombstone = false;
  const walk = new RecordWalk(payload);
  while (walk.next()) {
    // A record without a key cannot be compacted and does not belong here: it goes, as with a real cleaner.
    if (walk.keyStart < 0) continue;
    if ((latest.get(walk.keyText()) ?? -1) > batch.baseOffset + walk.offsetDelta) continue;
    const isTombstone = walk.valueStart < 0;
    if (isTombstone && tombstonesExpire) continue;
    hasTombstone ||= isTombstone;
    maxTimestamp = Math.max(maxTimestamp, header.hasAppendTime ? header.maxTimestamp : header.baseTimestamp + walk.timestampDelta);
    kept.push({ start: walk.start, end: walk.end });
  }
  const horizonMs = batch.deleteHorizonMs ?? (hasTombstone ? nowMs + log.settings.deleteRetentionMs : undefined);
  if (kept.length === header.recordCount) {
    batch.deleteHorizonMs = horizonMs;
    return batch;
  }
  if (kept.length === 0) {
    const isNeeded = header.producerId >= 0 && log.producers.isLastBatch(header.producerId, batch.lastOffset);
    if (!isNeeded) return undefined;
    maxTimestamp = batch.maxTimestamp;
  }
  const remainder = new StoredBatch(remainderBytes(batch, payload, kept, maxTimestamp), batch.baseOffset, batch.lastOffset, maxTimestamp);
  remainder.deleteHorizonMs = horizonMs;
  return remainder;
}

/** Records keep their bytes, since the base offset and base timestamp that their deltas count from stay. */
function remainderBytes(
  batch: StoredBatch,
  payload: Uint8Array,
  kept: readonly { readonly start: number; readonly end: number }[],
  maxTimestamp: number,
): Uint8Array {
  const size = kept.reduce((sum, { start, end }) => sum + end - start, batchHeaderBytes);
  const bytes = new Uint8Array(size);
  bytes.set(batch.bytes.subarray(0, batchHeaderBytes));
  let at = batchHeaderBytes;
  for (const { start, end } of kept) {
    bytes.set(payload.subarray(start, end), at);
    at += end - start;
  }
  const view = new DataView(bytes.buffer);
  view.setInt32(lengthAt, size - lengthAt - 4);
  view.setInt16(attributesAt, view.getInt16(attributesAt) & ~compressionMask);
  view.setBigInt64(maxTimestampAt, BigInt(maxTimestamp));
  view.setInt32(countAt, kept.length);
  view.setUint32(checksumAt, crc32c(bytes, attributesAt, size));
  return bytes;
}
