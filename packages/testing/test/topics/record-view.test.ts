/** What tasks read of a log is what lies in it. */
import { topicPartition } from '@millrace/core/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/topics/partition-log.ts';
import { viewOf } from '../../src/topics/record-view.ts';

const tp = topicPartition('view', 0);
const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 80 }), value: bytes });
const record = fc.record({
  timestamp: fc.integer({ min: -1, max: 2 ** 45 }),
  key: bytes,
  value: bytes,
  headers: fc.array(header, { maxLength: 4 }),
});

describe('a view of records', () => {
  it('gives back keys, values, timestamps, offsets and headers', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.nat(1000), (list, start) => {
        const records = list.map((fields, index): LogRecord => ({ ...fields, tp, offset: start + index, piped: true, arrival: 0 }));
        const view = viewOf(tp, records, start + records.length);
        expect(view.count).toBe(records.length);
        expect(view.nextOffset).toBe(start + records.length);
        for (const [index, { headers, key, offset, timestamp, value }] of records.entries()) {
          expect(view.offset(index)).toBe(offset);
          expect(view.timestamp(index)).toBe(timestamp);
          expect(plain(view.key(index))).toEqual(key);
          expect(plain(view.value(index))).toEqual(value);
          expect(view.hasHeaders(index)).toBe(headers.length > 0);
          expect(view.headers(index).toArray()).toEqual(headers);
        }
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});

function plain(view: Uint8Array | null): Uint8Array | null {
  return view === null ? null : new Uint8Array(view);
}
