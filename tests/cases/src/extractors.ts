/** The timestamp extractors of the format that Millrace does not bring along. */
import type { SourceRecord } from '@millrace/core';

/** The number behind the last `@` of a text value, else the record's own timestamp. */
export function fromValue(record: SourceRecord): number {
  const { value, timestamp } = record;
  if (typeof value !== 'string') return timestamp;
  const number = /@(-?[0-9]{1,15})$/.exec(value)?.[1];
  // Adding 0 turns the -0 of "@-0" into 0.
  return number === undefined ? timestamp : Number(number) + 0;
}

/** As `fromValue`, but a negative number gives way to the partition time. */
export function fromValueOrPartitionTime(record: SourceRecord, partitionTime: number): number {
  const timestamp = fromValue(record);
  return timestamp < 0 ? partitionTime : timestamp;
}
