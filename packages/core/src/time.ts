/**
 * Time as a port. Below `runtime` nothing reads a clock: time is an argument (I5). Runtime and the Kafka client read it here, so that a
 * simulator can replay a seed.
 */

import { shown } from './option-checks.ts';
import { StreamsError } from './errors.ts';

/** A timer that was set; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock in ms since 1970. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never go back: for durations and deadlines. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. A timer does not keep the process alive by itself if `unref`. */
  setTimer(callback: () => void, delayMs: number, options?: { readonly unref?: boolean | undefined }): Timer;
  /** Settles after the I/O that is pending had its turn: how a busy loop lets heartbeats and sockets live. */
  yield(): Promise<void>;
}

/** Resolves after `delayMs`; at once when `signal` aborts (it does not reject: check the signal). */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimer(finish, delayMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delayMs, options) {
    const handle = setTimeout(callback, delayMs);
    if (options?.unref === true) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Milliseconds, or text like `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A duration in milliseconds.
 *
 * @param what stands before the refusal: what the duration is of.
 * @throws MR_ARGUMENT_INVALID for text of another form and for a number that is not finite
 */
export function parseDuration(duration: Duration, what?: string): number {
  if (typeof duration === 'number' && Number.isFinite(duration)) return duration;
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : null;
  const unitMs = unitsMs[match?.[2] ?? ''];
  if (match === null || unitMs === undefined) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `${what === undefined ? '' : `${what}: `}${shown(duration)} is no duration. Give milliseconds or text like '250ms', '30s', '5m', '2h', '7d'`,
    );
  }
  return Number(match[1]) * unitMs;
}
