/** Records for fixed-key processors, which only a task makes elsewhere. Kafka Streams: `InternalFixedKeyRecordFactory`. */
import { type FixedKeyRecord, type RecordInit, StreamRecord } from '@millrace/core';

/** @throws MR_TIMESTAMP_INVALID if the timestamp is negative or not a number. */
export function fixedKeyRecord<K, V>(init: RecordInit<K, V>): FixedKeyRecord<K, V> {
  // It is a record; only the types keep its key from being changed.
  return StreamRecord.of(init) as unknown as FixedKeyRecord<K, V>;
}
