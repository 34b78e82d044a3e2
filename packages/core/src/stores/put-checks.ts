/**
 * What processors put into stores, where JavaScript may put anything. Times decide what expires and stand in keys and changelogs, where NaN or a fraction would be found by
 * nobody again; and what is no pair of value and timestamp has no value, which would delete.
 */
import { describeValue, StreamsError } from '../errors.ts';
import type { ValueAndTimestamp } from './faces.ts';

/** `time`: the start of a window, the start or end of a session, when a version begins. @throws MR_TIMESTAMP_INVALID */
export function checkPutTime(time: number, what: string, store: string): void {
  if (!(Number.isSafeInteger(time) && time >= 0)) throw invalidTime(time, what, store);
}

/**
 * Null, or a pair without a value, as Kafka Streams' `ValueAndTimestamp.make(null, …)`.
 *
 * @throws MR_ARGUMENT_INVALID for a value that is no pair, which Kafka Streams cannot cast
 */
export function isDeletion<V>(row: ValueAndTimestamp<V> | null | undefined, store: string): row is null | undefined {
  if (row === null || row === undefined) return true;
  if (row.value !== null && row.value !== undefined) return false;
  if (typeof row === 'object' && 'value' in row) return true;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `the store "${store}" keeps values with their timestamps: put { value, timestamp } into it, got ${describeValue(row)}`,
    { details: { store } },
  );
}

/** The timestamp that is kept with a value: also -1, which stores without timestamps read. @throws MR_TIMESTAMP_INVALID */
export function checkRowTimestamp(timestamp: number, store: string): void {
  if (!(Number.isSafeInteger(timestamp) && timestamp >= -1)) throw invalidTime(timestamp, 'the timestamp of a value', store);
}

function invalidTime(time: number, what: string, store: string): StreamsError {
  return new StreamsError(
    'MR_TIMESTAMP_INVALID',
    `${what} that was put into the store "${store}" must be whole milliseconds since 1970 that are not negative, got ${describeValue(time)}`,
    { details: { store } },
  );
}
