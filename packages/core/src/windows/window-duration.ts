/** Durations of windows: whole milliseconds, checked where they are given. */
import { StreamsError } from '../errors.ts';
import { type Duration, parseDuration } from '../time.ts';

/**
 * A duration in ms.
 *
 * @throws MR_ARGUMENT_INVALID unless it is whole milliseconds, `least` or more.
 */
export function windowDuration(duration: Duration, what: string, least: number): number {
  const ms = parseDuration(duration, what);
  if (!Number.isSafeInteger(ms)) throw new StreamsError('MR_ARGUMENT_INVALID', `${what} must be whole milliseconds, got ${duration}`);
  if (ms < least) {
    const bound = least === 0 ? 'must not be negative' : `must be at least ${least} ms`;
    throw new StreamsError('MR_ARGUMENT_INVALID', `${what} ${bound}, got ${duration}`);
  }
  return ms;
}
