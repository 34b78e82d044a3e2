/** One timer for many points in time: it is set for the earliest, and whoever is woken asks for the next. */
import type { Clock, Timer } from '@millrace/core/kafka';

export class WakeTimer {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #timer: Timer | undefined;
  #atMs: number = Infinity;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Wakes at this point of the monotonic clock, or before. */
  at(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    // Whole milliseconds, at least one: a fraction could round to no delay at all, and wake for a point that is still to come.
    const delayMs = Math.max(1, Math.ceil(atMs - this.#clock.monotonic()));
    this.#timer = this.#clock.setTimer(() => {
      this.#atMs = Infinity;
      this.#wake();
    }, delayMs);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#atMs = -Infinity;
  }
}
