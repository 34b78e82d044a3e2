/** Records as plain values, for tests that look into a log. */
import type { PartitionLog } from './partition-log.ts';
import { payloadOf } from './payload.ts';
import { RecordWalk } from './record-walk.ts';
import { headerOf } from './segment.ts';

export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  /** -1 if the record has none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** All data records of a log in offset order; control records are left out. Bytes are copies. */
export function storedRecords(log: PartitionLog, partition: number): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (const batch of log.batchesFrom(log.startOffset)) {
    const header = headerOf(batch);
    if (header.isControl) continue;
    const payload = payloadOf(batch.bytes, header);
    const walk = new RecordWalk(payload);
    while (walk.next()) {
      const offset = batch.baseOffset + walk.offsetDelta;
      if (offset < log.startOffset) continue;
      records.push({
        partition,
        offset,
        timestamp: header.hasAppendTime ? header.maxTimestamp : header.baseTimestamp + walk.timestampDelta,
        key: walk.keyStart < 0 ? null : new Uint8Array(payload.subarray(walk.keyStart, walk.keyEnd)),
        value: walk.valueStart < 0 ? null : new Uint8Array(payload.subarray(walk.valueStart, walk.valueEnd)),
        headers: headersAt(payload, walk.headersStart),
      });
    }
  }
  return records;
}

function headersAt(payload: Uint8Array, start: number): StoredRecord['headers'] {
  let at = start;
  const varint = (): number => {
    let bits = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = payload[at++] ?? 0;
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (bits >>> 1) ^ -(bits & 1);
  };
  const headers: { key: string; value: Uint8Array | null }[] = [];
  for (let count = varint(); count > 0; count--) {
    const keySize = varint();
    const key = Buffer.from(payload.buffer, payload.byteOffset + at, keySize).toString('utf8');
    at += keySize;
    const valueSize = varint();
    headers.push({ key, value: valueSize < 0 ? null : new Uint8Array(payload.subarray(at, at + valueSize)) });
    at += Math.max(0, valueSize);
  }
  return headers;
}
