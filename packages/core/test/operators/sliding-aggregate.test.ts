import { slidingWindows, type TimestampedWindowStore } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Row, topologyOf, Windows } from './windowed-support.ts';

const counted = (difference: number, grace = 0) =>
  topologyOf((grouped) => grouped.windowedBy(slidingWindows({ difference, grace })).count({ store: 'counts' }));

const cases: [string, ReturnType<typeof counted>, Row[], string[], number][] = [
  ['a record alone is in the window that ends at it', counted(10), [['a', 'x', 20]], ['a@10/20=1@20'], 0],
  [
    'two records share a window, and the later one has one behind the earlier',
    counted(10),
    [
      ['a', 'x', 20],
      ['a', 'x', 25],
    ],
    ['a@10/20=1@20', 'a@21/31=1@25', 'a@15/25=2@25'],
    0,
  ],
  [
    'a record in between gets its windows from those around it',
    counted(10, 50),
    [
      ['a', 'x', 20],
      ['a', 'x', 28],
      ['a', 'x', 24],
    ],
    ['a@10/20=1@20', 'a@21/31=1@28', 'a@18/28=2@28', 'a@21/31=2@28', 'a@18/28=3@28', 'a@14/24=2@24', 'a@25/35=1@28'],
    0,
  ],
  [
    'records of the first difference share the window from 0',
    counted(10),
    [
      ['a', 'x', 3],
      ['a', 'x', 5],
    ],
    ['a@0/10=1@3', 'a@4/14=1@5', 'a@0/10=2@5'],
    0,
  ],
  [
    'records without key or value are dropped',
    counted(10),
    [
      [null, 'x', 20],
      ['a', null, 20],
    ],
    [],
    2,
  ],
];

test.each(cases)('%s', (_name, topology, rows, out, dropped) => {
  const windows = new Windows(topology);
  expect(windows.pipe(...rows)).toEqual(out);
  expect(windows.dropped).toBe(dropped);
});

test('a window is closed once time has passed its end, which is included, and the grace', () => {
  const windows = new Windows(counted(10, 5));
  windows.pipe(['a', 'x', 100], ['a', 'x', 95], ['b', 'x', 85]);
  expect(windows.dropped).toBe(1);
  expect(windows.pipe(['b', 'x', 84])).toEqual([]);
  expect(windows.dropped).toBe(2);
});

describe('on window close', () => {
  test('each window comes once, a millisecond after its end and grace', () => {
    const topology = topologyOf((grouped) =>
      grouped.windowedBy(slidingWindows({ difference: 10, grace: 5 }), { emit: 'onWindowClose' }).count({ store: { retention: 1000 } }),
    );
    const windows = new Windows(topology);
    expect(windows.pipe(['a', 'x', 20], ['b', 'x', 25])).toEqual([]);
    expect(windows.pipe(['b', 'x', 26])).toEqual(['a@10/20=1@20']);
    expect(windows.pipe(['b', 'x', 60])).toEqual(['b@15/25=1@25', 'b@16/26=2@26', 'b@26/36=1@26']);
  });
});

test('windows of difference 0 can hold nothing', () => {
  expect(() => new Windows(counted(0)).pipe(['a', 'x', 5])).toThrow(/difference 0/);
});

test('every window holds the records that lie in it, in whatever order they came', () => {
  const times = fc
    .integer({ min: 1, max: 20 })
    .chain((difference) => fc.tuple(fc.constant(difference), fc.array(fc.integer({ min: difference, max: 90 }), { maxLength: 15 })));
  fc.assert(
    fc.property(times, ([difference, timestamps]) => {
      const windows = new Windows(counted(difference, 1000));
      windows.pipe(...timestamps.map((timestamp): Row => ['a', 'x', timestamp]));
      const store = windows.driver.getStateStore('counts') as TimestampedWindowStore<string, number>;
      const stored = [...store.fetch('a', 0, 1000)].map(({ start, value }) => [start, value.value, value.timestamp]);
      const starts = new Set(timestamps.flatMap((timestamp) => [timestamp - difference, timestamp + 1]));
      const expected = [...starts]
        .map((start) => ({ start, inside: timestamps.filter((time) => time >= start && time <= start + difference) }))
        .filter(({ inside }) => inside.length > 0)
        .sort((a, b) => a.start - b.start)
        .map(({ start, inside }) => [start, inside.length, Math.max(...inside)]);
      expect(stored).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
