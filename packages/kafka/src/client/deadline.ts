/** Waiting for something, but not for ever. */
import type { Clock } from '@millrace/core/kafka';

/** Resolves with true when `promise` has settled, with false after `timeoutMs`. Never rejects; what becomes of `promise` is its owner's business. */
export function settlesWithin(clock: Clock, promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => resolve(false), Math.max(0, timeoutMs));
    const settled = (): void => {
      timer.cancel();
      resolve(true);
    };
    promise.then(settled, settled);
  });
}
