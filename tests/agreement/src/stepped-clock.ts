/**
 * A clock for an application that talks to a real cluster and yet goes step by step: its times stand still until they are moved, so that it commits and punctuates when it is told to,
 * while its waits are real.
 */
import { type Clock, systemClock, type Timer } from '@millrace/core/kafka';

export class SteppedClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  setTimer(callback: () => void, delayMs: number, options?: { readonly unref?: boolean | undefined }): Timer {
    return systemClock.setTimer(callback, delayMs, options);
  }

  yield(): Promise<void> {
    return systemClock.yield();
  }

  /** Moves the wall clock. */
  advanceWall(ms: number): void {
    this.#nowMs += ms;
  }

  /** Lets a span pass by which durations are measured, the wall clock aside. */
  pass(ms: number): void {
    this.#monotonicMs += ms;
  }
}
