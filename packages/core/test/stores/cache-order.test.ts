/** What a read passes in a record cache, against the cache as one sorted list of byte keys that is gone through range by range. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheOrder, type KeyRead, type ListRead } from '../../src/stores/cache-order.ts';
import { KeyRows, TimedEntry } from '../../src/stores/timed-entry.ts';
import type { TimedTable } from '../../src/stores/timed-table.ts';

interface Kind {
  readonly persistent: boolean;
  readonly sessions: boolean;
  readonly timeOrdered: boolean;
}

interface Row {
  readonly key: string;
  readonly time: number;
  readonly minor: number;
  readonly cached: boolean;
}

const segmentMs = 10;
const largest = 0x7fff_ffff;

function int(value: number, bytes: 4 | 8): string {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeInt32BE(value);
  else buffer.writeBigInt64BE(BigInt(value));
  return buffer.toString('latin1');
}

/** A row's key in the store below the cache. */
function storeKeyOf({ persistent, sessions, timeOrdered }: Kind, key: string, time: number, minor: number): string {
  if (persistent && timeOrdered) return int(time, 8) + key + int(minor, 4);
  return key + int(time, 8) + int(minor, sessions ? 8 : 4);
}

const segmentOf = ({ persistent }: Kind, time: number): number => Math.trunc(time / (persistent ? segmentMs : 1));

/** The cache as a sorted list; rows are named by key, time and minor. */
function cacheOf(kind: Kind, rows: readonly Row[]) {
  return rows
    .filter(({ cached }) => cached)
    .map(({ key, time, minor }) => {
      const segment = segmentOf(kind, time);
      const storeKey = storeKeyOf(kind, key, time, minor);
      return { name: `${key}@${time}/${minor}`, key, time, segment, storeKey, cacheKey: int(segment, 8) + storeKey };
    })
    .sort((a, b) => (a.cacheKey < b.cacheKey ? -1 : 1));
}

type CacheRow = ReturnType<typeof cacheOf>[number];

/** Segment by segment, each within its own two keys. */
function bySegments(
  cache: readonly CacheRow[],
  first: number,
  last: number,
  bounds: (segmentStart: number) => readonly [string, string],
): readonly CacheRow[] {
  const passed: CacheRow[] = [];
  for (let segment = first; segment <= last; segment++) {
    const [lower, upper] = bounds(segment * segmentMs);
    passed.push(...cache.filter((row) => row.segment === segment && row.storeKey >= lower && row.storeKey <= upper));
  }
  return passed;
}

function between(cache: readonly CacheRow[], lower: string, upper: string | undefined): readonly CacheRow[] {
  return cache.filter(({ cacheKey }) => cacheKey >= lower && (upper === undefined || cacheKey <= upper));
}

const inOrder = (rows: readonly CacheRow[], reverse: boolean): string[] => (reverse ? [...rows].reverse() : rows).map(({ name }) => name);

function maxTimeOf(rows: readonly Row[]): number {
  return Math.max(-1, ...rows.filter(({ cached }) => cached).map(({ time }) => time));
}

function keyModel(kind: Kind, rows: readonly Row[], read: KeyRead<string>): string[] {
  const { asRange, from, key, reverse, to } = read;
  const cache = cacheOf(kind, rows);
  const start = Math.max(0, from);
  if (kind.persistent && kind.timeOrdered) return timeFirstModel(kind, rows, { from, to, keyFrom: key, keyTo: key, reverse });
  if (!kind.persistent) {
    const time = asRange ? 0 : start;
    const lower = int(time, 8) + storeKeyOf(kind, key, time, 0);
    return inOrder(between(cache, lower, kind.sessions ? undefined : int(to, 8) + storeKeyOf(kind, key, to, largest)), reverse);
  }
  const upper = reverse ? Math.min(to, maxTimeOf(rows)) : to;
  const first = reverse ? Math.min(segmentOf(kind, start), segmentOf(kind, upper)) * segmentMs : start;
  return inOrder(
    cache.filter((row) => row.key === key && row.time >= first && row.time <= upper),
    reverse,
  );
}

function listModel(kind: Kind, rows: readonly Row[], read: ListRead): string[] {
  const { everything, from, keyFrom, keyTo, reverse, to } = read;
  if (kind.persistent && kind.timeOrdered) return timeFirstModel(kind, rows, read);
  const cache = cacheOf(kind, rows);
  if (everything || (keyFrom === undefined && keyTo === undefined)) return inOrder(cache, reverse);
  const lowest = keyFrom === undefined ? '' : storeKeyOf(kind, keyFrom, 0, 0);
  if (kind.sessions) return inOrder(between(cache, int(0, 8) + lowest, undefined), reverse);
  const highest = keyTo === undefined ? undefined : storeKeyOf(kind, keyTo, to, largest);
  if (!kind.persistent)
    return inOrder(between(cache, int(0, 8) + lowest, highest === undefined ? undefined : int(to, 8) + highest), reverse);
  const maxTime = maxTimeOf(rows);
  const first = segmentOf(kind, from);
  const last = Math.max(first, segmentOf(kind, Math.min(to, maxTime)));
  if (keyFrom === undefined) return inOrder(between(cache, '', int(last, 8) + (highest ?? '')), reverse);
  if (highest === undefined) return inOrder(between(cache, int(first, 8) + lowest, undefined), reverse);
  const passed = bySegments(cache, first, last, (segmentStart) => {
    if (keyFrom !== keyTo) return [lowest, highest];
    const end = Math.min(reverse ? Math.min(to, maxTime) : to, segmentStart + segmentMs - 1);
    return [
      storeKeyOf(kind, keyFrom, reverse ? segmentStart : Math.max(0, from, segmentStart), 0),
      end < 0 ? '' : storeKeyOf(kind, keyFrom, end, largest),
    ];
  });
  return inOrder(passed, reverse);
}

function timeFirstModel(kind: Kind, rows: readonly Row[], read: Omit<ListRead, 'everything'>): string[] {
  const { from, keyFrom = '', keyTo, reverse, to } = read;
  const start = Math.max(0, from);
  const first = segmentOf(kind, start);
  const end = Math.min(to, maxTimeOf(rows));
  const last = Math.max(first, segmentOf(kind, end));
  const oneKey = read.keyFrom !== undefined && read.keyFrom === keyTo;
  const passed = bySegments(cacheOf(kind, rows), reverse ? Math.min(first, segmentOf(kind, end)) : first, last, (segmentStart) => {
    const lower = int(reverse ? segmentStart : Math.max(start, segmentStart), 8) + keyFrom + (oneKey ? int(0, 4) : '');
    if (keyTo === undefined) return [lower, '\xff'.repeat(40)];
    if (oneKey) return [lower, int(Math.min(to, segmentStart + segmentMs - 1), 8) + keyTo + int(largest, 4)];
    return [lower, int(to, 8) + '\xff'.repeat(keyTo.length) + int(largest, 4)];
  });
  const ordered = reverse ? [...passed].reverse() : passed;
  // The first row outside the times that are asked for is looked at, and ends it.
  const stop = ordered.findIndex(({ time }) => (reverse ? time < from : time > to));
  return (stop < 0 ? ordered : ordered.slice(0, stop + 1)).map(({ name }) => name);
}

/** A table of rows, of which some are in the cache, with the order of the cache. */
function orderOf(
  kind: Kind,
  rows: readonly Row[],
): { readonly order: CacheOrder<string, string>; readonly entries: readonly TimedEntry[]; readonly keysAsked: () => number } {
  let keysAsked = 0;
  const byKey = new Map<string, KeyRows>();
  const fake = {
    times: { segmentMs },
    keys: { byteString: (key: string) => key },
    byteKeyOf: ({ indexKey }: KeyRows) => {
      keysAsked++;
      return indexKey;
    },
    rowsOf: (key: string) => byKey.get(key),
    visit: (from: number, to: number, visitor: (entry: TimedEntry) => void) => {
      for (const { entries } of byKey.values())
        for (const entry of entries) if (entry !== undefined && entry.time >= from && entry.time <= to) visitor(entry);
    },
  };
  // The order reads nothing else of its table.
  const order = new CacheOrder<string, string>({ ...kind, table: fake as unknown as TimedTable<string, string> });
  const entries = rows.map(({ key, time, minor, cached }) => {
    const keyRows = byKey.get(key) ?? new KeyRows(key, 0);
    byKey.set(key, keyRows);
    // Nothing is asked of the owner.
    const entry = new TimedEntry(keyRows, time, minor, {} as never, true);
    keyRows.add(entry);
    if (cached) putInto(order, entry);
    return entry;
  });
  return { order, entries, keysAsked: () => keysAsked };
}

function putInto(order: CacheOrder<string, string>, entry: TimedEntry): void {
  order.add(entry);
  // Only whether there is a node is looked at.
  entry.cached = {} as never;
}

const nameOf = ({ rows, time, minor }: TimedEntry): string => `${String(rows.indexKey)}@${time}/${minor}`;

const kinds: Readonly<Record<string, Kind>> = {
  'windows in segments': { persistent: true, sessions: false, timeOrdered: false },
  'windows in memory': { persistent: false, sessions: false, timeOrdered: false },
  'sessions in segments': { persistent: true, sessions: true, timeOrdered: false },
  'sessions in memory': { persistent: false, sessions: true, timeOrdered: false },
  'windows by time in segments': { persistent: true, sessions: false, timeOrdered: true },
  'windows by time in memory': { persistent: false, sessions: false, timeOrdered: true },
};

const keys = ['a', 'a\0', 'ab', 'b', 'c'];
const anyKey = fc.constantFrom(...keys);
const anyTime = fc.integer({ min: 0, max: 45 });
const anyBound = fc.integer({ min: -3, max: 60 });
const anyRows = fc.uniqueArray(
  fc.record({ key: anyKey, time: anyTime, minor: fc.integer({ min: 0, max: 2 }), cached: fc.constantFrom(true, true, false) }),
  { maxLength: 30, selector: ({ key, time, minor }) => `${key} ${time} ${minor}` },
);

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  it('passes the rows of a read of one key that lie between its bounds in the cache', () => {
    const read = fc.record({
      key: anyKey,
      from: anyBound,
      to: fc.integer({ min: 0, max: 60 }),
      reverse: fc.boolean(),
      asRange: fc.boolean(),
    });
    fc.assert(
      fc.property(anyRows, read, (rows, asked) => {
        const found = orderOf(kind, rows).order.ofKey(asked).map(nameOf);
        expect(found).toEqual(keyModel(kind, rows, asked));
      }),
      { seed: 1, numRuns: 600 },
    );
  });

  it('passes the rows of a listing that lie between its bounds in the cache', () => {
    const optional = fc.option(anyKey, { nil: undefined });
    const read = fc
      .record({
        keyFrom: optional,
        keyTo: optional,
        from: fc.integer({ min: 0, max: 60 }),
        span: fc.integer({ min: 0, max: 60 }),
        everything: fc.constantFrom(false, false, false, true),
        reverse: fc.boolean(),
      })
      .map(({ span, ...others }) => ({ ...others, to: others.from + span }));
    fc.assert(
      fc.property(anyRows, read, (rows, asked) => {
        const found = orderOf(kind, rows).order.ofListing(asked).map(nameOf);
        expect(found).toEqual(listModel(kind, rows, asked));
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  it('forgets rows that leave the cache, and the largest time when all do', () => {
    const rows = [5, 15, 44].map((time) => ({ key: 'a', time, minor: 0, cached: true }));
    const { order, entries } = orderOf(kind, rows);
    const listing: ListRead = { keyFrom: 'a', keyTo: 'a', from: 0, to: 60, everything: false, reverse: true };
    const leave = (entry: TimedEntry): void => {
      order.delete(entry);
      entry.cached = null;
    };
    entries.slice(1).forEach(leave);
    expect(order.ofListing(listing).map(nameOf)).toEqual(['a@5/0']);
    expect(order.ofKey({ key: 'a', from: 0, to: 60, reverse: false, asRange: false }).map(nameOf)).toEqual(['a@5/0']);
    order.clear();
    for (const entry of entries) entry.cached = null;
    expect(order.ofListing(listing)).toEqual([]);
    // Backwards a store on disk begins where the segment of the largest time begins.
    entries.slice(0, 2).forEach((entry) => putInto(order, entry));
    const two = rows.slice(0, 2);
    const read = { key: 'a', from: 18, to: 60, reverse: true, asRange: false };
    expect(order.ofKey(read).map(nameOf)).toEqual(keyModel(kind, two, read));
    const again = entries[1] as TimedEntry;
    order.add(again);
    expect(order.ofKey({ ...read, from: 0 }).map(nameOf)).toEqual(keyModel(kind, two, { ...read, from: 0 }));
  });
});

it('looks at no key of the rows of other times than a bound, where the time comes first', () => {
  const kind = { persistent: true, sessions: false, timeOrdered: true };
  const rows = [1, 3, 11, 15, 25, 28].map((time) => ({ key: `k${time}`, time, minor: 0, cached: true }));
  const { order, keysAsked } = orderOf(kind, rows);
  const read = { key: 'k3', from: 2, to: 27, reverse: false, asRange: false };
  expect(order.ofKey(read).map(nameOf)).toEqual(keyModel(kind, rows, read));
  expect(keysAsked()).toBe(0);
  order.ofKey({ ...read, from: 3 });
  expect(keysAsked()).toBe(1);
});

it.each([false, true])(
  'takes a time before all others for one behind them as an end, as its bytes are, where the time comes first: reverse %s',
  (reverse) => {
    const kind = { persistent: true, sessions: false, timeOrdered: true };
    const rows = ['a', 'b', 'c'].flatMap((key) => [0, 9, 15].map((time) => ({ key, time, minor: 0, cached: true })));
    for (const keyTo of ['b', 'c', undefined]) {
      const listing: ListRead = { keyFrom: 'b', keyTo, from: 0, to: -1, everything: false, reverse };
      expect(orderOf(kind, rows).order.ofListing(listing).map(nameOf)).toEqual(timeFirstModel(kind, rows, listing));
    }
  },
);
