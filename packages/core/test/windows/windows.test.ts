import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinWindows, sessionWindows, slidingWindows, timeWindows, unlimitedWindows, Windowed } from '../../src/index.ts';
import type { TimeWindows } from '../../src/windows/time-windows.ts';

function startsFor(windows: Pick<TimeWindows, 'firstStart' | 'advanceMs'>, timestamp: number): number[] {
  const starts: number[] = [];
  for (let start = windows.firstStart(timestamp); start <= timestamp; start += windows.advanceMs) starts.push(start);
  return starts;
}

describe('time windows', () => {
  test.each([
    ['tumbling', { size: 10 }, 0, [0]],
    ['tumbling, last ms', { size: 10 }, 9, [0]],
    ['tumbling, first ms', { size: 10 }, 10, [10]],
    ['hopping', { size: 10, advance: 5 }, 12, [5, 10]],
    ['hopping at a start', { size: 10, advance: 5 }, 10, [5, 10]],
    ['hopping near 1970 begins at 0', { size: 10, advance: 3 }, 4, [0, 3]],
    ['an advance that does not divide the size', { size: 10, advance: 4 }, 21, [12, 16, 20]],
    ['every millisecond', { size: 3, advance: 1 }, 7, [5, 6, 7]],
  ])('%s', (_name, options, timestamp, starts) => {
    expect(startsFor(timeWindows(options), timestamp)).toEqual(starts);
  });

  test('are all aligned windows that contain the time, in order', () => {
    const sizes = fc.integer({ min: 1, max: 60 }).chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size })));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 500 }), ([size, advance], timestamp) => {
        const windows = timeWindows({ size, advance });
        const expected: number[] = [];
        for (let start = 0; start <= timestamp; start += advance) if (start + size > timestamp) expected.push(start);
        expect(startsFor(windows, timestamp)).toEqual(expected);
        expect(windows.lastStart(timestamp)).toBe(expected.at(-1));
      }),
    );
  });

  test('durations may be text', () => {
    expect(timeWindows({ size: '5m', advance: '1m', grace: '30s' })).toMatchObject({ sizeMs: 300_000, advanceMs: 60_000, graceMs: 30_000 });
  });
});

test('an unlimited window takes what comes at its start or later', () => {
  const windows = unlimitedWindows({ start: 5 });
  expect([4, 5, 6, 1e12].map((timestamp) => startsFor(windows, timestamp))).toEqual([[], [5], [5], [5]]);
  expect([5, 6, 1e12].map((timestamp) => windows.lastStart(timestamp))).toEqual([5, 5, 5]);
});

test.each([
  ['a size of 0', () => timeWindows({ size: 0 })],
  ['a negative size', () => timeWindows({ size: -1 })],
  ['a fraction of a ms', () => timeWindows({ size: 1.5 })],
  ['a size that is not finite', () => timeWindows({ size: Number.POSITIVE_INFINITY })],
  ['an advance of 0', () => timeWindows({ size: 10, advance: 0 })],
  ['an advance beyond the size', () => timeWindows({ size: 10, advance: 11 })],
  ['a negative grace', () => timeWindows({ size: 10, grace: -1 })],
  ['a negative difference', () => slidingWindows({ difference: -1 })],
  ['a negative grace of sliding windows', () => slidingWindows({ difference: 1, grace: -1 })],
  ['a negative gap', () => sessionWindows({ gap: -1 })],
  ['a negative grace of sessions', () => sessionWindows({ gap: 1, grace: -1 })],
  ['a negative start', () => unlimitedWindows({ start: -1 })],
  ['join windows that no two records fit', () => joinWindows({ difference: 10, before: -11 })],
  ['a negative difference of a join', () => joinWindows({ difference: -1 })],
  ['a negative grace of a join', () => joinWindows({ difference: 1, grace: -1 })],
])('%s is refused', (_name, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }) as Error);
});

test.each([
  ['a difference of 0', () => slidingWindows({ difference: 0 })],
  ['a gap of 0', () => sessionWindows({ gap: 0 })],
  ['join windows of one point', () => joinWindows({ difference: 10, before: -10 })],
  ['an advance of the size', () => timeWindows({ size: 10, advance: 10 })],
])('%s is taken', (_name, make) => {
  expect(make).not.toThrow();
});

test.each([
  [{ difference: 10 }, 10, 10],
  [{ difference: 10, before: 0 }, 0, 10],
  [{ difference: 10, after: -3 }, 10, -3],
  [{ difference: 10, before: '1s', after: '2s' } as const, 1000, 2000],
])('join windows %o', (options, beforeMs, afterMs) => {
  const windows = joinWindows(options);
  expect(windows).toMatchObject({ beforeMs, afterMs, graceMs: 0 });
  expect(windows.sizeMs).toBe(beforeMs + afterMs);
});

test('windowed keys print as in Java', () => {
  expect(String(new Windowed('k', { start: 1, end: 9 }))).toBe('[k@1/9]');
  expect(String(new Windowed('k', { start: 0, end: Number.POSITIVE_INFINITY }))).toBe('[k@0/9223372036854775807]');
});

test('a duration that is none is refused with the name of what it was given for', () => {
  // @ts-expect-error not a duration
  expect(() => timeWindows({ size: '1 minute' })).toThrow(/MR_ARGUMENT_INVALID: the size of windows: "1 minute" is no duration\. Give/);
});
