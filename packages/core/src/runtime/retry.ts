/** Tries again what may be tried again: failures of the client that lose nothing, with growing pauses on the injected clock, until a time limit. */
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { mayBeReadLater } from '../serde/retriable.ts';
import { type Clock, sleep } from '../time.ts';

export interface RetryContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** Given up after this time: the last failure is thrown. */
  readonly timeoutMs: number;
  /** Given up as soon as it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each pause: a loop that retries is alive. */
  readonly onRetry?: (() => void) | undefined;
}

const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** True for failures after which the same call may succeed: of the client, and of serdes that say so. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof ClientError) return error.kind === 'retriable';
  return mayBeReadLater(error);
}

/** `what` is for the log: `describe topics`. */
export async function retrying<T>(what: string, context: RetryContext, call: () => Promise<T>): Promise<T> {
  const { clock, log, timeoutMs, signal } = context;
  const deadline = clock.monotonic() + timeoutMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await call();
    } catch (error) {
      const left = deadline - clock.monotonic();
      if (!isRetriable(error) || left <= 0 || signal?.aborted === true) throw error;
      // The first failures are ordinary (a coordinator that moves); what lasts is worth a line.
      if (pause >= longestPauseMs) log.warn(`${what} failed and is tried again`, { error });
      else log.debug(`${what} failed and is tried again`, { error });
      context.onRetry?.();
      await sleep(clock, Math.min(pause, left), signal);
    }
  }
}
