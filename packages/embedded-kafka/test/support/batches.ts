/** Record batches as a producer sends them, from plain values. */
import { type BatchStamp, RecordBatchBuilder } from '@millrace/kafka/protocol';

export interface PlainRecord {
  readonly key?: string | null;
  readonly value?: string | null;
  readonly timestamp?: number;
}

const noBytes = new Uint8Array(0);

export function batchOf(records: readonly PlainRecord[], stamp: BatchStamp = {}): Uint8Array {
  const builder = new RecordBatchBuilder({ maxBytes: 100_000_000 });
  for (const { key = null, value = null, timestamp = 0 } of records) {
    const keyBytes = key === null ? noBytes : Buffer.from(key);
    const valueBytes = value === null ? noBytes : Buffer.from(value);
    builder.append(
      timestamp,
      keyBytes,
      key === null ? -1 : 0,
      keyBytes.length,
      valueBytes,
      value === null ? -1 : 0,
      valueBytes.length,
      null,
    );
  }
  return builder.finish(stamp);
}
