/**
 * A clock that a test or a simulator moves. Timers fire in the order of their due times, each after everything before it has settled, so that the same calls
 * give the same history on any machine.
 *
 * What runs under it may wait for promises and for this clock only: sockets, files and thread pools have a time of their own.
 */
import type { Clock, Timer } from '@millrace/core/kafka';
import { EmbeddedKafkaError } from './errors.ts';
import { type HeapTimer, TimerHeap } from './timer-heap.ts';

/** Turns of `yield` without time passing before it is called a livelock. */
const maxTurns = 100_000;

export class VirtualClock implements Clock {
  readonly #startMs: number;
  readonly #timers = new TimerHeap();
  #nowMs: number;
  #sequence = 0;
  #yielding: (() => void)[] = [];

  /** @param options.startMs what `now()` says first, ms since 1970; default 2026-01-01 UTC */
  constructor(options: { readonly startMs?: number | undefined } = {}) {
    this.#startMs = options.startMs ?? 1_767_225_600_000;
    this.#nowMs = this.#startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    // Whole milliseconds: a fraction too small to move `now` would let a timer fire for ever before its time.
    const timer: HeapTimer = { dueMs: this.#nowMs + Math.ceil(Math.max(0, delayMs)), sequence: this.#sequence++, callback };
    this.#timers.push(timer);
    return { cancel: () => this.#timers.cancel(timer) };
  }

  /** Settles at the next turn of whoever moves the clock, without time passing. */
  yield(): Promise<void> {
    return new Promise((resolve) => this.#yielding.push(resolve));
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Due time of the next timer, on `monotonic()`; undefined if there is none. */
  get nextDueMs(): number | undefined {
    const next = this.#timers.peek();
    return next === undefined ? undefined : next.dueMs - this.#startMs;
  }

  /**
   * Lets everything happen that can happen at this point of time.
   * @throws EmbeddedKafkaError MR_VIRTUAL_CLOCK_LIVELOCK
   */
  async settle(): Promise<void> {
    for (let turn = 0; turn < maxTurns; turn++) {
      await microtasksDone();
      if (this.#yielding.length === 0) return;
      const turns = this.#yielding;
      this.#yielding = [];
      for (const resume of turns) resume();
    }
    throw new EmbeddedKafkaError(
      'MR_VIRTUAL_CLOCK_LIVELOCK',
      `after ${maxTurns} turns at ${this.#nowMs} ms something still yields: a loop that waits must wait for a timer`,
    );
  }

  /**
   * Moves time forward, firing what becomes due. Timers that are set meanwhile and fall due within the span fire too.
   * @throws EmbeddedKafkaError MR_VIRTUAL_CLOCK_LIVELOCK
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    while (await this.#step(endMs));
    this.#nowMs = endMs;
  }

  /**
   * Moves time forward until the promise settles, and returns or throws what it settled with.
   * @param options.limitMs virtual time after which it is given up, default one hour
   * @throws EmbeddedKafkaError MR_VIRTUAL_CLOCK_DEADLOCK if no timer is left, or the limit is passed, before the promise settles
   */
  async run<T>(work: Promise<T> | (() => Promise<T>), options: { readonly limitMs?: number | undefined } = {}): Promise<T> {
    const limitMs = options.limitMs ?? 3_600_000;
    const endMs = this.#nowMs + limitMs;
    const promise = typeof work === 'function' ? work() : work;
    const watched = watch(promise);
    await this.settle();
    while (!watched.isSettled && (await this.#step(endMs)));
    if (watched.isSettled) return promise;
    const reason = this.#timers.size === 0 ? 'no timer is left' : `${limitMs} ms of virtual time have passed`;
    throw new EmbeddedKafkaError('MR_VIRTUAL_CLOCK_DEADLOCK', `${reason}, and what is waited for has not settled`, {
      details: { nowMs: this.#nowMs, limitMs },
    });
  }

  /** Fires the next timer that is due by `endMs`; false if there is none. */
  async #step(endMs: number): Promise<boolean> {
    const next = this.#timers.peek();
    if (next === undefined || next.dueMs > endMs) return false;
    this.#timers.pop();
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    const callback = next.callback;
    next.callback = undefined;
    callback?.();
    await this.settle();
    return true;
  }
}

function watch(promise: Promise<unknown>): { readonly isSettled: boolean } {
  const watched = { isSettled: false };
  const wait = async (): Promise<void> => {
    try {
      await promise;
    } catch {
      // Whoever runs the clock gets it from the promise itself.
    } finally {
      watched.isSettled = true;
    }
  };
  void wait();
  return watched;
}

/** A macrotask comes after every microtask, those included that microtasks make. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
