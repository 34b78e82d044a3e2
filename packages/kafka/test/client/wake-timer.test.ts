import { expect, it } from 'vitest';
import { WakeTimer } from '../../src/client/wake-timer.ts';
import { ManualClock } from './support/manual-clock.ts';

it('wakes at the earliest of the asked times, once', async () => {
  const clock = new ManualClock();
  const startMs = clock.monotonic();
  const woken: number[] = [];
  const timer = new WakeTimer(clock, () => woken.push(clock.monotonic() - startMs));
  timer.at(startMs + 50);
  timer.at(startMs + 20);
  timer.at(startMs + 80);
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(100);
  expect(woken).toEqual([20]);
  timer.at(startMs + 130);
  timer.cancel();
  timer.at(startMs + 120);
  await clock.advance(100);
  expect([woken, clock.pendingTimers]).toEqual([[20], 0]);
});

it('waits a whole millisecond at least, so that time passes', async () => {
  const clock = new ManualClock();
  const startMs = clock.monotonic();
  const woken: number[] = [];
  const timer = new WakeTimer(clock, () => woken.push(clock.monotonic() - startMs));
  timer.at(startMs + 1e-9);
  await clock.advance(0.5);
  expect(woken).toEqual([]);
  await clock.advance(0.5);
  expect(woken).toEqual([1]);
});
