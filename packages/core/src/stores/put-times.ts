/** Times that processors put into stores. They decide what expires and stand in keys and changelogs, where NaN or a fraction would be found by nobody again. */
import { describeValue, StreamsError } from '../errors.ts';

/** `time`: the start of a window, the start or end of a session, when a version begins. @throws MR_TIMESTAMP_INVALID */
export function checkPutTime(time: number, what: string, store: string): void {
  if (!(Number.isSafeInteger(time) && time >= 0)) throw invalidTime(time, what, store);
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
