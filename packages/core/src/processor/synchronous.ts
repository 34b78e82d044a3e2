/**
 * Functions of the record path return before the next record is taken (I1). One that returns a promise would go on when its task is elsewhere, so it is refused.
 */
import { type ErrorDetails, StreamsError } from '../errors.ts';

/** What a function may return whose result is ignored: anything that is no promise. */
export type Ignored = void | undefined | null | string | number | bigint | boolean | symbol | (object & { readonly then?: never });

/**
 * @param result what a function of the user returned where nothing is expected, so that `undefined` needs no call
 * @throws MR_ASYNC_RESULT if it is a promise, or anything else with a `then`
 */
export function refusePromise(result: unknown, what: string, details?: ErrorDetails): void {
  if (typeof result !== 'object' || result === null) return;
  const then: unknown = 'then' in result ? result.then : undefined;
  if (typeof then !== 'function') return;
  // The error below tells of the mistake; that the rest of the function fails too, as it must, is no second one.
  then.call(result, undefined, ignore);
  throw new StreamsError(
    'MR_ASYNC_RESULT',
    `${what} returned a promise, but nothing waits for it: what comes behind an await would run when the record is long committed. Do it without async, or before the record comes`,
    { details },
  );
}

function ignore(): void {}
