import { expect, it } from 'vitest';
import { backoffMs } from '../../src/client/backoff.ts';
import { testContext } from './support/scripted-wire.ts';

it.each([
  { failures: 1, chance: 0.5, pauseMs: 100 },
  { failures: 2, chance: 0.5, pauseMs: 200 },
  { failures: 4, chance: 0.5, pauseMs: 800 },
  { failures: 5, chance: 0.5, pauseMs: 1_000 },
  { failures: 100, chance: 0.5, pauseMs: 1_000 },
  { failures: 1, chance: 0, pauseMs: 80 },
  { failures: 5, chance: 0.999, pauseMs: 1_200 },
])('pauses $pauseMs ms after $failures failures with chance $chance', ({ failures, chance, pauseMs }) => {
  expect(backoffMs({ ...testContext(), random: () => chance }, failures)).toBe(pauseMs);
});
