/** Records as plain values, and batches of them, for the tests of the record codec. */
import { type FetchedRecords, Headers, topicPartition } from '@millrace/core/kafka';
import { type BatchStamp, RecordBatchBuilder } from '../../../src/protocol/records/batch-builder.ts';
import { placeBatch } from '../../../src/protocol/records/batch-header.ts';
import { type DecodeRecordsOptions, type DecodedRecords, decodeRecords } from '../../../src/protocol/records/decode-records.ts';

export interface PlainRecord {
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
}

export interface PlainFetched extends PlainRecord {
  readonly offset: number;
}

export const tp = topicPartition('t', 0);
const none = new Uint8Array(0);

export function record(value: string | null, extra: Partial<PlainRecord> = {}): PlainRecord {
  return { timestamp: 1000, key: 'k', value, ...extra };
}

export function appendTo(builder: RecordBatchBuilder, { timestamp, key, value, headers }: PlainRecord): boolean {
  const keyBytes = key === null ? none : Buffer.from(key);
  const valueBytes = value === null ? none : Buffer.from(value);
  const list = headers?.map(([name, content]) => ({ key: name, value: content === null ? null : Buffer.from(content) }));
  return builder.append(
    timestamp,
    keyBytes,
    key === null ? -1 : 0,
    keyBytes.length,
    valueBytes,
    value === null ? -1 : 0,
    valueBytes.length,
    list === undefined ? null : new Headers(list),
  );
}

/** One batch at a place in the log. */
export function batch(records: readonly PlainRecord[], baseOffset = 0, stamp: BatchStamp = {}): Uint8Array {
  const builder = new RecordBatchBuilder({ maxBytes: 1 << 20 });
  for (const entry of records) appendTo(builder, entry);
  const bytes = builder.finish(stamp);
  placeBatch(bytes, 0, baseOffset, 7);
  return bytes;
}

/** A marker as a broker writes it: one record of four bytes key and six bytes value. */
export function marker(baseOffset: number, producerId: number, type: 'abort' | 'commit'): Uint8Array {
  const builder = new RecordBatchBuilder({ maxBytes: 1 << 20 });
  const key = Uint8Array.of(0, 0, 0, type === 'commit' ? 1 : 0);
  builder.append(5, key, 0, 4, new Uint8Array(6), 0, 6, null);
  const bytes = builder.finish({ producerId, producerEpoch: 0, isTransactional: true, isControl: true });
  placeBatch(bytes, 0, baseOffset, 7);
  return bytes;
}

export function decode(bytes: Uint8Array, options: Partial<DecodeRecordsOptions> = {}): DecodedRecords {
  return decodeRecords(tp, bytes, { position: 0, ...options });
}

export function plain(batches: readonly FetchedRecords[]): PlainFetched[] {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
  return batches.flatMap((fetched) =>
    Array.from({ length: fetched.count }, (_, index) => {
      const headers = fetched.headers(index).toArray();
      return {
        offset: fetched.offset(index),
        timestamp: fetched.timestamp(index),
        key: text(fetched.key(index)),
        value: text(fetched.value(index)),
        ...(fetched.hasHeaders(index) ? { headers: headers.map(({ key, value }) => [key, text(value)] as const) } : {}),
      };
    }),
  );
}

export function values(decoded: DecodedRecords): (string | null)[] {
  return plain(decoded.batches).map(({ value }) => value);
}
