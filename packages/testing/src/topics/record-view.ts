/** Records of a log as the batch view that tasks read: one buffer with keys, values and headers behind each other. */
import { ByteWriter } from '@millrace/core';
import { FetchedRecords, positionsPerRecord, type Header, type TopicPartition } from '@millrace/core/kafka';
import type { LogRecord } from './partition-log.ts';

/** A view of these records, which belong to `tp` and are in offset order. */
export function viewOf(tp: TopicPartition, records: readonly LogRecord[], nextOffset: number): FetchedRecords {
  const writer = new ByteWriter(64 * (records.length + 1));
  const offsets = new Float64Array(records.length);
  const timestamps = new Float64Array(records.length);
  const positions = new Int32Array(records.length * positionsPerRecord);
  for (const [index, record] of records.entries()) {
    offsets[index] = record.offset;
    timestamps[index] = record.timestamp;
    const at = index * positionsPerRecord;
    positions[at] = record.key === null ? -1 : writer.position;
    if (record.key !== null) writer.writeBytes(record.key);
    positions[at + 1] = writer.position;
    positions[at + 2] = record.value === null ? -1 : writer.position;
    if (record.value !== null) writer.writeBytes(record.value);
    positions[at + 3] = writer.position;
    positions[at + 4] = record.headers.length === 0 ? -1 : writer.position;
    if (record.headers.length > 0) writeHeaders(writer, record.headers);
  }
  return new FetchedRecords(tp, records.length, nextOffset, { buffer: writer.buffer, offsets, timestamps, positions });
}

/** The layout of record batch v2: a count, then key and value of each header with their lengths, all zig-zag varints. */
function writeHeaders(writer: ByteWriter, headers: readonly Header[]): void {
  writeVarint(writer, headers.length);
  for (const header of headers) {
    const key = Buffer.from(header.key);
    writeVarint(writer, key.length);
    writer.writeBytes(key);
    writeVarint(writer, header.value === null ? -1 : header.value.length);
    if (header.value !== null) writer.writeBytes(header.value);
  }
}

function writeVarint(writer: ByteWriter, value: number): void {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    writer.writeUint8((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  writer.writeUint8(rest);
}
