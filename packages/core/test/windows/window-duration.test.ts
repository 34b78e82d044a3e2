/** Durations of windows: what is taken, and what is said of what is not. */
import { expect, test } from 'vitest';
import type { Duration } from '../../src/time.ts';
import { windowDuration } from '../../src/windows/window-duration.ts';

test.each<[Duration, number, number]>([
  [0, 0, 0],
  [1, 0, 1],
  [1, 1, 1],
  ['2s', 1, 2_000],
  [-5, Number.NEGATIVE_INFINITY, -5],
  [Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER],
])('%s, at least %i, is %i ms', (duration, least, ms) => {
  expect(windowDuration(duration, 'the size', least)).toBe(ms);
});

test.each([
  [-1, 0, 'the size must not be negative, got -1'],
  [0, 1, 'the size must be at least 1 ms, got 0'],
  [6, 7, 'the size must be at least 7 ms, got 6'],
  [1.5, 0, 'the size must be whole milliseconds, got 1.5'],
  [Number.MAX_SAFE_INTEGER + 1, 0, `the size must be whole milliseconds, got ${Number.MAX_SAFE_INTEGER + 1}`],
])('%s, at least %i, is refused', (duration, least, message) => {
  expect(() => windowDuration(duration, 'the size', least)).toThrow(
    expect.objectContaining({ code: 'MR_ARGUMENT_INVALID', message: expect.stringContaining(message) }),
  );
});
