/** Checks that every engine makes in the same words. */
import { StateError } from './errors.ts';

/** The engine, iterator or batch is used after its end. */
export function closedError(engine: string, what: string): StateError {
  return new StateError(
    'MR_STATE_CLOSED',
    `${what} of a ${engine} engine was used after it was closed. Whoever closed it must let go of it first.`,
    { details: { engine } },
  );
}

/** A batch is committed once. */
export function spentBatchError(engine: string): StateError {
  return new StateError('MR_STATE_CLOSED', `A batch of a ${engine} engine was used after its commit. Take a new one with engine.batch().`, {
    details: { engine },
  });
}

/** An iterator has an entry only after `next()` returned true. */
export function noEntryError(engine: string): StateError {
  return new StateError(
    'MR_STATE_MISUSE',
    `An iterator of a ${engine} engine was asked for an entry where it has none. Call next() first, and read only after it returned true.`,
    { details: { engine } },
  );
}

/** Engines disagree about empty keys (one aborts the process), so none takes them. */
export function checkKey(engine: string, key: Uint8Array): void {
  if (key.length === 0) {
    throw new StateError(
      'MR_STATE_MISUSE',
      `A key written to a ${engine} engine is empty. A key has at least one byte: give it a prefix.`,
      {
        details: { engine },
      },
    );
  }
}
