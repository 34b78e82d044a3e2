/** For bytes of the local state that are not what the store wrote. */
import { StreamsError } from '../errors.ts';

/** `kind` is what messages call the store. */
export function unreadableState(kind: string, store: string): StreamsError {
  return new StreamsError(
    'MR_STATE_INVALID',
    `the local state of ${kind} ${store} cannot be read; remove it, and it is restored from the changelog`,
    { details: { store } },
  );
}
