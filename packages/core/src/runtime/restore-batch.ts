/** The part of a fetched batch that lies below an offset. */
import { FetchedRecords, positionsPerRecord } from '../kafka/fetched-records.ts';

/**
 * For a source topic that doubles as changelog: what lies behind the committed offset is input still to be processed, not state. Headers stay: a timestamp extractor may read
 * them.
 */
export function recordsBelow(batch: FetchedRecords, end: number): FetchedRecords {
  if (batch.nextOffset <= end) return batch;
  let count = 0;
  while (count < batch.count && batch.offset(count) < end) count++;
  const offsets = new Float64Array(count);
  const timestamps = new Float64Array(count);
  const positions = new Int32Array(count * positionsPerRecord);
  for (let index = 0; index < count; index++) {
    offsets[index] = batch.offset(index);
    timestamps[index] = batch.timestamp(index);
    positions.set(
      [batch.keyStart(index), batch.keyEnd(index), batch.valueStart(index), batch.valueEnd(index), batch.headersStart(index)],
      index * positionsPerRecord,
    );
  }
  return new FetchedRecords(batch.tp, count, end, { buffer: batch.buffer, offsets, timestamps, positions });
}
