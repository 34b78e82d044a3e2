/** Pauses between attempts: exponential, with jitter so that clients that failed together do not come back together (KIP-580). */
import { sleep } from '@millrace/core/kafka';
import type { ClientContext } from './context.ts';

const jitter = 0.2;

/** The pause after `failures` failed attempts in a row (1 for the first), whole ms. */
export function backoffMs(context: ClientContext, failures: number): number {
  const doubled = context.retryBackoffMs * 2 ** Math.min(failures - 1, 30);
  const bounded = Math.min(doubled, context.retryBackoffMaxMs);
  return Math.round(bounded * (1 - jitter + 2 * jitter * context.random()));
}

/** Waits {@link backoffMs}; ends early, without an error, when `signal` aborts. */
export function pauseAfter(context: ClientContext, failures: number, signal?: AbortSignal): Promise<void> {
  return sleep(context.clock, backoffMs(context, failures), signal);
}
