/** The marks by key that a record cache has of rows which lie by time: which rows reads by key pass, and what a flush hands over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheMarks } from '../../src/stores/cache-marks.ts';
import type { Entry } from '../../src/stores/entry.ts';
import { type FlushItem, type RecordCache } from '../../src/stores/record-cache.ts';
import { KeyRows, TimedEntry } from '../../src/stores/timed-entry.ts';
import type { TimedTable } from '../../src/stores/timed-table.ts';

const segmentMs = 10;

function suffix(time: number, minor: number): string {
  const bytes = Buffer.alloc(12);
  bytes.writeBigInt64BE(BigInt(time));
  bytes.writeInt32BE(minor, 8);
  return bytes.toString('latin1');
}

interface Row {
  readonly key: string;
  readonly time: number;
  readonly minor: number;
}

const nameOf = ({ key, minor, time }: Row): string => `${key}@${time}/${minor}`;
const nameOfEntry = ({ minor, rows, time }: TimedEntry): string => nameOf({ key: String(rows.indexKey), time, minor });

/** Marks over a cache that notes what is put and touched. */
function open() {
  const touched: Entry[] = [];
  const put: { readonly entry: Entry; readonly keyLength: number }[] = [];
  const table = {
    times: { segmentMs },
    keys: { byteString: (key: string) => key },
    byteKeyOf: ({ indexKey }: KeyRows) => indexKey,
  };
  const cache = {
    prepare: (entry: Entry) => (entry.cached ??= { entry, dirty: true } as never),
    putMark: ({ entry }: { readonly entry: Entry }, keyLength: number) => void put.push({ entry, keyLength }),
    touch: (entry: Entry) => void touched.push(entry),
  };
  // The marks use nothing else of either.
  const marks = new CacheMarks<string, string>(table as unknown as TimedTable<string, string>, cache as unknown as RecordCache);
  const rowsByKey = new Map<string, KeyRows>();
  const rowOf = ({ key, minor, time }: Row): TimedEntry => {
    const rows = rowsByKey.get(key) ?? new KeyRows(key, 0);
    rowsByKey.set(key, rows);
    const row = new TimedEntry(rows, time, minor, {} as never, true);
    row.cached = { entry: row, dirty: true } as never;
    return row;
  };
  return { marks, put, touched, rowOf };
}

const key = fc.constantFrom('a', 'a\0', 'ab', 'b', 'c');
const row = fc.record({ key, time: fc.integer({ min: 0, max: 45 }), minor: fc.integer({ min: 0, max: 1 }) });
const rows = fc.uniqueArray(row, { maxLength: 30, selector: nameOf });
const bounds = fc
  .record({ from: fc.integer({ min: 0, max: 55 }), span: fc.integer({ min: 0, max: 55 }), reverse: fc.boolean() })
  .map(({ from, reverse, span }) => ({ from, to: from + span, reverse }));

interface Read {
  readonly keyFrom: string | undefined;
  readonly keyTo: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
}

/** Segment by segment, each within its own two keys. */
function model(all: readonly Row[], { from, keyFrom, keyTo, reverse, to }: Read): readonly string[] {
  const segmentOf = (time: number): number => Math.floor(time / segmentMs);
  const end = Math.min(to, ...(all.length === 0 ? [-1] : [Math.max(...all.map(({ time }) => time))]));
  const passed: Row[] = [];
  const [one, other] = [segmentOf(from), segmentOf(end)];
  const segments = reverse ? [Math.min(one, other), other] : [one, Math.max(one, other)];
  for (let segment = segments[0] ?? 0; segment <= (segments[1] ?? 0); segment++) {
    const [begin, last] = [segment * segmentMs, (segment + 1) * segmentMs - 1];
    const isOne = keyFrom !== undefined && keyFrom === keyTo;
    const lower = keyFrom === undefined ? '' : keyFrom + suffix(isOne ? (reverse ? begin : Math.max(begin, from)) : 0, 0);
    const upper = keyTo === undefined ? '\xff'.repeat(20) : keyTo + suffix(isOne ? Math.min(last, reverse ? end : to) : to, 0x7fff_ffff);
    const inside = all
      .filter(({ time }) => segmentOf(time) === segment)
      .map((found) => ({ found, storeKey: found.key + suffix(found.time, found.minor) }))
      .filter(({ storeKey }) => storeKey >= lower && storeKey <= upper)
      .sort((a, b) => (a.storeKey < b.storeKey ? -1 : 1));
    passed.push(...inside.map(({ found }) => found));
  }
  return (reverse ? passed.reverse() : passed).map(nameOf);
}

describe('reads by key', () => {
  it('pass the rows whose marks lie between the bounds of each segment', () => {
    const optional = fc.option(key, { nil: undefined });
    fc.assert(
      fc.property(rows, optional, optional, bounds, (all, keyFrom, keyTo, range) => {
        const { marks, rowOf } = open();
        for (const each of all) marks.put(rowOf(each), 20);
        const read = { ...range, keyFrom, keyTo };
        expect(marks.ofListing(read).map(nameOfEntry)).toEqual(model(all, read));
      }),
      { seed: 5, numRuns: 1_000 },
    );
  });

  it('of one key pass what a listing from the key to itself passes', () => {
    fc.assert(
      fc.property(rows, key, bounds, (all, one, range) => {
        const { marks, rowOf } = open();
        for (const each of all) marks.put(rowOf(each), 20);
        const passed = marks.ofKey({ ...range, key: one, asRange: false });
        expect(passed.map(nameOfEntry)).toEqual(model(all, { ...range, keyFrom: one, keyTo: one }));
      }),
      { seed: 6, numRuns: 600 },
    );
  });

  it('use the mark and then the row, and say whether both are there', () => {
    const { marks, put, rowOf, touched } = open();
    const there = rowOf({ key: 'a', time: 3, minor: 0 });
    marks.put(there, 17);
    expect(put.map(({ keyLength }) => keyLength)).toEqual([17]);
    const mark = put[0]?.entry as Entry;
    expect(mark.present).toBe(true);
    expect(marks.pass(there)).toBe(true);
    expect(touched.splice(0)).toEqual([mark, there]);

    there.cached = null;
    expect(marks.pass(there)).toBe(false);
    expect(touched.splice(0)).toEqual([mark]);

    expect(marks.pass(rowOf({ key: 'a', time: 4, minor: 0 }))).toBe(false);
    expect(touched).toEqual([]);
  });
});

it('a mark is there from the update of its row until it leaves the cache', () => {
  const { marks, put, rowOf } = open();
  const first = rowOf({ key: 'a', time: 3, minor: 1 });
  marks.put(first, 9);
  expect(marks.has('a', 3, 1)).toBe(true);
  expect([marks.has('a', 3, 0), marks.has('a', 4, 1), marks.has('b', 3, 1)]).toEqual([false, false, false]);

  // A row that was evicted and comes again is another entry under the same mark.
  const again = rowOf({ key: 'a', time: 3, minor: 1 });
  marks.put(again, 9);
  expect(put[1]?.entry).toBe(put[0]?.entry);
  expect(marks.ofKey({ key: 'a', from: 0, to: 9, reverse: false, asRange: false })).toEqual([again]);

  expect(marks.released(first)).toBe(false);
  expect(marks.has('a', 3, 1)).toBe(true);
  const mark = put[0]?.entry as Entry;
  const other = rowOf({ key: 'a', time: 5, minor: 0 });
  marks.put(other, 9);
  const read = { key: 'a', from: 0, to: 9, reverse: false, asRange: false };
  expect(marks.released(mark)).toBe(true);
  expect(marks.has('a', 3, 1)).toBe(false);
  expect(marks.ofKey(read)).toEqual([other]);
  expect(marks.released(put[2]?.entry as Entry)).toBe(true);
  expect(marks.ofKey(read)).toEqual([]);
  // One that left before does not take the place of a newer one with it.
  marks.put(again, 9);
  expect(marks.released(mark)).toBe(true);
  expect(marks.has('a', 3, 1)).toBe(true);
});

it('a restart forgets the marks and the largest time', () => {
  const { marks, rowOf } = open();
  marks.put(rowOf({ key: 'a', time: 44, minor: 0 }), 9);
  marks.clear();
  expect(marks.has('a', 44, 0)).toBe(false);
  marks.put(rowOf({ key: 'a', time: 12, minor: 0 }), 9);
  marks.put(rowOf({ key: 'a', time: 5, minor: 0 }), 9);
  const read = { keyFrom: 'a', keyTo: 'a', from: 40, to: 50, reverse: true } as const;
  const all = [12, 5].map((time) => ({ key: 'a', time, minor: 0 }));
  expect(marks.ofListing(read).map(nameOfEntry)).toEqual(model(all, read));
});

it('a flush hands over each row once, for its own sake or for that of its mark', () => {
  const { marks, put, rowOf, touched } = open();
  const [both, flushedBefore, evicted, alone] = [1, 2, 3, 4].map((time) => rowOf({ key: 'a', time, minor: 0 })) as [
    TimedEntry,
    TimedEntry,
    TimedEntry,
    TimedEntry,
  ];
  for (const each of [both, flushedBefore, evicted]) marks.put(each, 9);
  const markOf = (index: number): Entry => put[index]?.entry as Entry;
  evicted.cached = null;
  // The part of a flushed entry that is looked at is its node.
  const itemOf = (entry: Entry): FlushItem => ({ node: { entry } }) as unknown as FlushItem;
  const own = [itemOf(both), itemOf(alone)];
  const items = [own[0], itemOf(markOf(0)), itemOf(markOf(2)), itemOf(markOf(1)), own[1]] as readonly FlushItem[];
  const forwarded: FlushItem[] = [];
  marks.flushed(items, (item) => forwarded.push(item));
  expect(forwarded.map(({ node }) => node.entry)).toEqual([both, flushedBefore, alone]);
  expect([forwarded[0], forwarded[2]]).toEqual(own);
  // What comes again for its mark alone counts as used.
  expect(touched).toEqual([flushedBefore]);
});
