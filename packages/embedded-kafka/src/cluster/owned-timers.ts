/** The clock as the cluster uses it: remembers the timers that are set, so that a closed cluster leaves none behind. */
import type { Clock, Timer } from '@millrace/core/kafka';

export class OwnedTimers implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  yield(): Promise<void> {
    return this.#clock.yield();
  }

  /** After `close` nothing fires any more. */
  setTimer(callback: () => void, delayMs: number, options?: { readonly unref?: boolean | undefined }): Timer {
    if (this.#isClosed) return { cancel: () => {} };
    const fire = (): void => {
      this.#timers.delete(owned);
      callback();
    };
    const timer = this.#clock.setTimer(fire, delayMs, options);
    const owned: Timer = {
      cancel: () => {
        this.#timers.delete(owned);
        timer.cancel();
      },
    };
    this.#timers.add(owned);
    return owned;
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
  }
}
