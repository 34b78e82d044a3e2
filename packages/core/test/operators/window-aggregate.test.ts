import { serdes, type TimestampedWindowStore, timeWindows, unlimitedWindows } from '@millrace/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Grouped, type Row, topologyOf, Windows } from './windowed-support.ts';

const tumbling = (graceMs = 0) => topologyOf((grouped) => grouped.windowedBy(timeWindows({ size: 10, grace: graceMs })).count());

describe('on every update', () => {
  const cases: [string, ReturnType<typeof tumbling>, Row[], string[], number][] = [
    [
      'windows are counted apart',
      tumbling(),
      [
        ['a', 'x', 1],
        ['b', 'x', 9],
        ['a', 'x', 9],
        ['a', 'x', 10],
      ],
      ['a@0/10=1@1', 'b@0/10=1@9', 'a@0/10=2@9', 'a@10/20=1@10'],
      0,
    ],
    [
      'a result has the largest time of its records',
      tumbling(),
      [
        ['a', 'x', 8],
        ['a', 'x', 3],
      ],
      ['a@0/10=1@8', 'a@0/10=2@8'],
      0,
    ],
    [
      'a window is open until its end and grace',
      tumbling(5),
      [
        ['a', 'x', 9],
        ['b', 'x', 14],
        ['a', 'x', 3],
      ],
      ['a@0/10=1@9', 'b@10/20=1@14', 'a@0/10=2@9'],
      0,
    ],
    [
      'at end and grace it is closed',
      tumbling(5),
      [
        ['a', 'x', 9],
        ['b', 'x', 15],
        ['a', 'x', 3],
      ],
      ['a@0/10=1@9', 'b@10/20=1@15'],
      1,
    ],
    [
      'a record without key is dropped, one without value is counted',
      tumbling(),
      [
        [null, 'x', 1],
        ['a', null, 2],
      ],
      ['a@0/10=1@2'],
      1,
    ],
    [
      'a late record still updates the windows that are open, and each closed one counts',
      topologyOf((grouped) => grouped.windowedBy(timeWindows({ size: 10, advance: 4 })).count()),
      [
        ['a', 'x', 21],
        ['a', 'x', 9],
      ],
      ['a@12/22=1@21', 'a@16/26=1@21', 'a@20/30=1@21'],
      3,
    ],
    [
      'an unlimited window never closes and does not take what is before its start',
      topologyOf((grouped) => grouped.windowedBy(unlimitedWindows({ start: 5 })).count()),
      [
        ['a', 'x', 1e9],
        ['a', 'x', 5],
        ['a', 'x', 4],
      ],
      ['a@5/Infinity=1@1000000000', 'a@5/Infinity=2@1000000000'],
      0,
    ],
    [
      'reduce begins with the first value, and null removes the window',
      topologyOf((grouped) => grouped.windowedBy(timeWindows({ size: 10 })).reduce((sum, next) => (next === '-' ? null : sum + next))),
      [
        ['a', 'x', 1],
        ['a', 'y', 2],
        ['a', '-', 3],
        ['a', 'z', 4],
      ],
      ['a@0/10=x@1', 'a@0/10=xy@2', 'a@0/10=null@3', 'a@0/10=z@4'],
      0,
    ],
    [
      'aggregate gets aggregate, value and key',
      topologyOf((grouped) =>
        grouped.windowedBy(timeWindows({ size: 10 })).aggregate(
          () => '',
          (all, value, key) => `${all}${key}${value};`,
        ),
      ),
      [
        ['a', 'x', 1],
        ['a', null, 2],
      ],
      ['a@0/10=ax;@1', 'a@0/10=ax;anull;@2'],
      0,
    ],
  ];
  test.each(cases)('%s', (_name, topology, rows, out, dropped) => {
    const windows = new Windows(topology);
    expect(windows.pipe(...rows)).toEqual(out);
    expect(windows.dropped).toBe(dropped);
  });

  test('with a cache only the last update of a commit comes out', () => {
    const windows = new Windows(
      topologyOf((grouped) => grouped.windowedBy(timeWindows({ size: 10 })).count(), { cacheBytes: 1_000_000 }),
      { commit: 'manual' },
    );
    expect(windows.pipe(['a', 'x', 1], ['a', 'x', 2], ['b', 'x', 3])).toEqual([]);
    windows.driver.commit();
    expect(windows.out()).toEqual(['a@0/10=2@2', 'b@0/10=1@3']);
  });
});

describe('on window close', () => {
  const onClose = (graceMs: number, retention?: number) => (grouped: Grouped) =>
    grouped
      .windowedBy(timeWindows({ size: 10, grace: graceMs }), { emit: 'onWindowClose' })
      .count({ store: { retention, value: serdes.long() } });

  test('each window comes once, in the order of starts then keys, when time has passed its end and grace', () => {
    const windows = new Windows(topologyOf(onClose(5, 100)));
    expect(windows.pipe(['b', 'x', 1], ['a', 'x', 2], ['a', 'x', 3], ['c', 'x', 14])).toEqual([]);
    expect(windows.pipe(['c', 'x', 15])).toEqual(['a@0/10=2@3', 'b@0/10=1@1']);
    expect(windows.pipe(['a', 'x', 4], ['c', 'x', 24])).toEqual([]);
    expect(windows.pipe(['c', 'x', 40])).toEqual(['c@10/20=2@15', 'c@20/30=1@24']);
  });

  test('a late record that is dropped still lets time pass', () => {
    const windows = new Windows(topologyOf(onClose(0, 100)));
    windows.pipe(['a', 'x', 1]);
    expect(windows.pipe([null, 'x', 99])).toEqual([]);
    expect(windows.pipe(['b', 'x', 10])).toEqual(['a@0/10=1@1']);
    expect(windows.dropped).toBe(1);
  });

  test('windows that expired before they closed are lost, as in Kafka Streams; a longer retention keeps them', () => {
    const rows: Row[] = [
      ['a', 'x', 1],
      ['a', 'x', 1000],
    ];
    expect(new Windows(topologyOf(onClose(0))).pipe(...rows)).toEqual([]);
    expect(new Windows(topologyOf(onClose(0, 2000))).pipe(...rows)).toEqual(['a@0/10=1@1']);
  });

  test('an unlimited window is refused', () => {
    expect(() => topologyOf((grouped) => grouped.windowedBy(unlimitedWindows(), { emit: 'onWindowClose' }).count())).toThrow(
      expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }) as Error,
    );
  });
});

describe('a restart', () => {
  test('emits nothing twice and drops what is late', () => {
    const build = (grouped: Grouped) =>
      grouped.windowedBy(timeWindows({ size: 10 }), { emit: 'onWindowClose' }).count({ store: { retention: '1h' } });
    const windows = new Windows(topologyOf(build), { partitions: 1 });
    expect(windows.pipe(['a', 'x', 1], ['a', 'x', 12])).toEqual(['a@0/10=1@1']);
    windows.driver.commit();
    windows.driver.crash();
    expect(windows.pipe(['a', 'x', 2])).toEqual([]);
    expect(windows.dropped).toBe(1);
    expect(windows.pipe(['a', 'x', 20])).toEqual(['a@10/20=1@12']);
  });

  test('takes back the time of what was not committed', () => {
    const windows = new Windows(tumbling(), { partitions: 1 });
    windows.pipe(['a', 'x', 1]);
    windows.driver.commit();
    windows.pipe(['a', 'x', 100]);
    windows.driver.crash();
    expect(windows.out()).toEqual(['a@100/110=1@100']);
  });
});

test('every window counts the records whose times it contains', () => {
  const record = fc.tuple(fc.constantFrom('a', 'b'), fc.constant('x'), fc.integer({ min: 0, max: 100 }));
  const sizes = fc.integer({ min: 1, max: 30 }).chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size })));
  fc.assert(
    fc.property(sizes, fc.array(record, { maxLength: 25 }), ([size, advance], records) => {
      const windows = new Windows(
        topologyOf((grouped) => grouped.windowedBy(timeWindows({ size, advance, grace: 1000 })).count({ store: 'counts' })),
      );
      windows.pipe(...records);
      const store = windows.driver.getStateStore('counts') as TimestampedWindowStore<string, number>;
      for (const key of ['a', 'b']) {
        for (let start = 0; start <= 100; start += advance) {
          const inside = records.filter(([other, , time]) => other === key && time >= start && time < start + size).length;
          expect(store.fetchAt(key, start)?.value ?? 0).toBe(inside);
        }
      }
    }),
    { numRuns: 40 },
  );
});
