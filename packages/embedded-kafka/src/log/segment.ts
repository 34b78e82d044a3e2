/** A stretch of a log: the unit in which retention deletes and compaction works. Batches are kept as the bytes that were produced. */

import { type BatchHeader, readBatchHeader } from '@millrace/kafka/protocol';

export class StoredBatch {
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1 = no record has a timestamp. */
  readonly maxTimestamp: number;
  /** Once compaction saw tombstones in it: when they go (KIP-534). Kept beside the bytes, so that these stay the producer's. */
  deleteHorizonMs: number | undefined;

  constructor(bytes: Uint8Array, baseOffset: number, lastOffset: number, maxTimestamp: number) {
    this.bytes = bytes;
    this.baseOffset = baseOffset;
    this.lastOffset = lastOffset;
    this.maxTimestamp = maxTimestamp;
  }
}

export class Segment {
  readonly baseOffset: number;
  readonly batches: StoredBatch[] = [];
  sizeBytes = 0;
  /** Of all batches; -1 = no record has one. */
  largestTimestamp = -1;
  /** When something was written last: stands in where no record has a timestamp. */
  lastWriteMs: number;
  readonly createdMs: number;

  constructor(baseOffset: number, nowMs: number) {
    this.baseOffset = baseOffset;
    this.createdMs = nowMs;
    this.lastWriteMs = nowMs;
  }

  add(batch: StoredBatch, nowMs: number): void {
    this.batches.push(batch);
    this.sizeBytes += batch.bytes.length;
    this.largestTimestamp = Math.max(this.largestTimestamp, batch.maxTimestamp);
    this.lastWriteMs = nowMs;
  }

  /** Index of the first batch that ends at or after `offset`; the number of batches if there is none. */
  indexAt(offset: number): number {
    let low = 0;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const batch = this.batches[middle];
      if (batch !== undefined && batch.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The header of a stored batch; it was read once when the batch was appended. */
export function headerOf(batch: StoredBatch): BatchHeader {
  const header = readBatchHeader(new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength), 0);
  if (header === undefined) throw new RangeError(`the batch at offset ${batch.baseOffset} is cut off`);
  return header;
}
