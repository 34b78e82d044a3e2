/** What of two applications' topics must be equal: lines that name a record whole, but for what the timing decides. */
import { deadLetterHeaders } from '@millrace/core';
import type { Kept } from './application-topics.ts';

export interface Comparison {
  /** False: times are those of the wall clock, or of whichever record came last. */
  readonly timestamps?: boolean | ((record: Kept) => boolean) | undefined;
  /** False: headers are those of the record that made an emission due, or came last. */
  readonly headers?: false | undefined;
}

/** The last value of every key. */
export function lastOf(records: readonly Kept[]): ReadonlyMap<string | null, Kept> {
  return new Map(records.map((record) => [record.key, record]));
}

/** What was written, whatever the order and the offsets. */
export function results(records: readonly Kept[], compared: Comparison = {}): readonly string[] {
  return records
    .filter((record) => !isTick(record))
    .map((record) => lineOf(record, compared))
    .sort();
}

/** The table that the records are the changes of. */
export function table(records: readonly Kept[], compared: Comparison = {}): readonly string[] {
  return results(
    [...lastOf(records).values()].filter(({ value }) => value !== null),
    compared,
  );
}

/** Class and stack of an error are each language's own, and so are the words of a serde; what a function of the application throws says the same. */
export function deadLetters(records: readonly Kept[]): readonly string[] {
  const own: ReadonlySet<string> = new Set([deadLetterHeaders.exception, deadLetterHeaders.stackTrace]);
  return results(
    records.map((record) => ({
      ...record,
      headers: record.headers.map(([key, value]) => {
        const isOwn = own.has(key) || (key === deadLetterHeaders.message && value?.startsWith('negative') !== true);
        return [key, isOwn ? (value === null ? null : 'text') : value] as const;
      }),
    })),
  );
}

function lineOf(record: Kept, compared: Comparison): string {
  const { headers, key, partition, timestamp, value } = record;
  const { timestamps = true } = compared;
  const isTimed = typeof timestamps === 'function' ? timestamps(record) : timestamps;
  return JSON.stringify([partition, key, value, isTimed ? timestamp : '', compared.headers ?? headers]);
}

const hexTick = Buffer.from('tick').toString('hex');

/** See `tick` in application-input.ts. */
function isTick({ key }: Kept): boolean {
  return key !== null && (key.includes('tick') || (key.startsWith('0x') && key.includes(hexTick)));
}
