/**
 * The driver's procedures are written once, as generators that yield what may have to be awaited: run at once over a synchronous engine, awaited over another.
 */
import { StreamsError } from '@millrace/core';
import type { MaybePromise } from '@millrace/state';

/** A procedure that yields the promises it waits for and ends with a `T`. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** Waits for `value` where it is a promise: `const state = yield* settle(directory.openTask(id))`. */
export function* settle<T>(value: MaybePromise<T>): Steps<T> {
  if (!(value instanceof Promise)) return value;
  // Whoever runs the steps answers a promise with what it resolved to.
  return (yield value) as T;
}

/**
 * Runs the steps to their end without waiting.
 *
 * @throws MR_FEATURE_UNAVAILABLE if something has to be awaited.
 */
export function runNow<T>(steps: Steps<T>): T {
  const step = steps.next();
  if (step.done === true) return step.value;
  step.value.catch(() => {});
  const error = new StreamsError(
    'MR_FEATURE_UNAVAILABLE',
    'The synchronous TopologyTestDriver met something that must be awaited: a state engine or a serde that answers with a promise. Use `await TopologyTestDriver.open(topology, options)`.',
  );
  steps.throw(error);
  throw error;
}

/** Runs the steps and awaits what they yield. */
export async function runAwaiting<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    let answer: unknown;
    try {
      answer = await step.value;
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
  return step.value;
}
