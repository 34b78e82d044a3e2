import { expect, test } from 'vitest';
import { Headers, type SourceRecord, timestampExtractors } from '../../src/index.ts';

function record(timestamp: number): SourceRecord {
  return { topic: 'in', partition: 1, offset: 7, key: null, value: null, timestamp, headers: new Headers() };
}

const { failOnInvalid, partitionTimeOnInvalid, skipOnInvalid } = timestampExtractors;

test.each([
  ['failOnInvalid', failOnInvalid],
  ['skipOnInvalid', skipOnInvalid],
  ['partitionTimeOnInvalid', partitionTimeOnInvalid],
])('%s takes the timestamp of a record, 0 included', (_name, extractor) => {
  expect([extractor(record(0), 9), extractor(record(5), 9)]).toEqual([0, 5]);
});

test('failOnInvalid stops at a negative timestamp and says where', () => {
  expect(() => failOnInvalid(record(-1), 9)).toThrow(
    expect.objectContaining({ code: 'MR_TIMESTAMP_INVALID', details: { topic: 'in', partition: 1, offset: 7 } }),
  );
});

test('skipOnInvalid gives the negative timestamp back, which drops the record', () => {
  expect(skipOnInvalid(record(-1), 9)).toBe(-1);
});

test('partitionTimeOnInvalid takes the time of the partition, and stops where there is none', () => {
  expect(partitionTimeOnInvalid(record(-1), 9)).toBe(9);
  expect(partitionTimeOnInvalid(record(-1), 0)).toBe(0);
  expect(() => partitionTimeOnInvalid(record(-1), -1)).toThrow(expect.objectContaining({ code: 'MR_TIMESTAMP_INVALID' }));
});
