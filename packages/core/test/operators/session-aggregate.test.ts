import { serdes, type SessionStore, sessionWindows } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Row, topologyOf, Windows } from './windowed-support.ts';

const counted = (gap: number, grace = 0) =>
  topologyOf((grouped) => grouped.windowedBy(sessionWindows({ gap, grace })).count({ store: 'counts' }));

const cases: [string, ReturnType<typeof counted>, Row[], string[], number][] = [
  ['a record begins a session', counted(10), [['a', 'x', 5]], ['a@5/5=1@5 bare'], 0],
  [
    'a record at exactly the gap belongs to it, and what it replaces is removed first',
    counted(10),
    [
      ['a', 'x', 5],
      ['a', 'x', 15],
    ],
    ['a@5/5=1@5 bare', 'a@5/5=null@5 bare', 'a@5/15=2@15 bare'],
    0,
  ],
  [
    'one millisecond more begins another',
    counted(10),
    [
      ['a', 'x', 5],
      ['a', 'x', 16],
    ],
    ['a@5/5=1@5 bare', 'a@16/16=1@16 bare'],
    0,
  ],
  [
    'a record between two sessions joins them',
    counted(10, 50),
    [
      ['a', 'x', 5],
      ['a', 'x', 20],
      ['a', 'x', 12],
    ],
    ['a@5/5=1@5 bare', 'a@20/20=1@20 bare', 'a@5/5=null@5 bare', 'a@20/20=null@20 bare', 'a@5/20=3@20 bare'],
    0,
  ],
  [
    'a session of exactly the record is overwritten',
    counted(10),
    [
      ['a', 'x', 5],
      ['a', 'x', 5],
    ],
    ['a@5/5=1@5 bare', 'a@5/5=2@5 bare'],
    0,
  ],
  [
    'a session is closed once time has passed end, gap and grace',
    counted(10, 5),
    [
      ['b', 'x', 100],
      ['a', 'x', 85],
      ['a', 'x', 74],
    ],
    ['b@100/100=1@100 bare', 'a@85/85=1@85 bare'],
    1,
  ],
  [
    'a late record that reaches an open session is kept',
    counted(10),
    [
      ['a', 'x', 100],
      ['a', 'x', 90],
      ['a', 'x', 80],
    ],
    ['a@100/100=1@100 bare', 'a@100/100=null@100 bare', 'a@90/100=2@100 bare', 'a@90/100=null@100 bare', 'a@80/100=3@100 bare'],
    0,
  ],
  [
    'a record without key is dropped, one without value is counted',
    counted(10),
    [
      [null, 'x', 5],
      ['a', null, 5],
    ],
    ['a@5/5=1@5 bare'],
    1,
  ],
  [
    'reduce joins sessions with the earlier one first',
    topologyOf((grouped) => grouped.windowedBy(sessionWindows({ gap: 10, grace: 50 })).reduce((left, right) => `${left}${right}`)),
    [
      ['a', '1', 5],
      ['a', '2', 20],
      ['a', '3', 12],
    ],
    ['a@5/5=1@5 bare', 'a@20/20=2@20 bare', 'a@5/5=null@5 bare', 'a@20/20=null@20 bare', 'a@5/20=123@20 bare'],
    0,
  ],
  [
    'aggregate merges into what the initializer gives, then adds the record; null removes the session',
    topologyOf((grouped) =>
      grouped.windowedBy(sessionWindows({ gap: 10 })).aggregate(
        () => '0',
        (all, value, key) => (value === '-' ? null : `${all}${key}${value}`),
        (left, right) => `(${left},${right})`,
      ),
    ),
    [
      ['a', '1', 5],
      ['a', '2', 6],
      ['a', '-', 7],
    ],
    ['a@5/5=0a1@5 bare', 'a@5/5=null@5 bare', 'a@5/6=(0,0a1)a2@6 bare', 'a@5/6=null@6 bare', 'a@5/7=null@7 bare'],
    0,
  ],
];

test.each(cases)('%s', (_name, topology, rows, out, dropped) => {
  const windows = new Windows(topology);
  expect(windows.pipe(...rows)).toEqual(out);
  expect(windows.dropped).toBe(dropped);
});

describe('on window close', () => {
  const topology = topologyOf((grouped) =>
    grouped
      .windowedBy(sessionWindows({ gap: 10, grace: 5 }), { emit: 'onWindowClose' })
      .count({ store: { retention: 1000, value: serdes.long() } }),
  );

  test('each session comes once, with the headers of the record that closed it', () => {
    const windows = new Windows(topology);
    expect(windows.pipe(['a', 'x', 5], ['a', 'x', 10], ['b', 'x', 25])).toEqual([]);
    expect(windows.pipe(['b', 'x', 26])).toEqual(['a@5/10=2@10']);
    expect(windows.pipe(['b', 'x', 100])).toEqual(['b@25/26=2@26']);
  });

  test('a restart emits none twice', () => {
    const windows = new Windows(topology, { partitions: 1 });
    expect(windows.pipe(['a', 'x', 5], ['b', 'x', 25])).toEqual(['a@5/5=1@5']);
    windows.driver.commit();
    windows.driver.crash();
    expect(windows.pipe(['b', 'x', 26], ['a', 'x', 1])).toEqual([]);
    expect(windows.dropped).toBe(1);
  });
});

test('sessions are the longest chains of records whose distances are within the gap', () => {
  const records = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 20 }));
  fc.assert(
    fc.property(records, ([gap, timestamps]) => {
      const windows = new Windows(counted(gap, 1000));
      windows.pipe(...timestamps.map((timestamp): Row => ['a', 'x', timestamp]));
      const store = windows.driver.getStateStore('counts') as SessionStore<string, number>;
      const stored = [...store.fetch('a')].map(({ key, value }) => [key.window.start, key.window.end, value]);
      const expected: [start: number, end: number, count: number][] = [];
      for (const time of timestamps.toSorted((a, b) => a - b)) {
        const last = expected.at(-1);
        if (last !== undefined && time - last[1] <= gap) expected.splice(-1, 1, [last[0], time, last[2] + 1]);
        else expected.push([time, time, 1]);
      }
      expect(stored).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
