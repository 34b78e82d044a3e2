/**
 * A store as those see it who are no processor: queries and tests. Their writes are calls of their own; a processor writes only while its task calls it, which the store itself checks
 * by the context.
 */
import { StreamsError } from '../errors.ts';
import { storeReads, storeWrites } from './read-only-store.ts';
import type { RecordContext } from './record-context.ts';

/** By store, so that it is the same object whoever asks. */
const faces = new WeakMap<object, object>();

/** The public methods of a store, whatever its kind. A read is a direct call of the store's own method. */
export function outsideStore(store: object, context: RecordContext): object {
  let face = faces.get(store);
  if (face === undefined) {
    face = createFace(store, context);
    faces.set(store, face);
  }
  return face;
}

function createFace(store: object, context: RecordContext): object {
  const methods = store as Readonly<Record<string, unknown>>;
  const face: Record<string, unknown> = { name: methods['name'] };
  for (const method of storeReads) {
    const read = methods[method];
    if (typeof read === 'function') face[method] = read.bind(store);
  }
  for (const method of storeWrites) {
    const write = methods[method];
    if (typeof write !== 'function') continue;
    face[method] = (...args: unknown[]): unknown => {
      const { open } = context;
      context.open = true;
      try {
        return write.apply(store, args);
      } finally {
        context.open = open;
      }
    };
  }
  return Object.freeze(face);
}

/** Why a store does not take a write while its task is in no call. */
export function writtenOutside(store: string): StreamsError {
  return new StreamsError(
    'MR_STATE_INVALID',
    `store ${store} was written while its task was not calling a processor, where no commit would have the write; write in init, process or a punctuation, before they return`,
    { details: { store } },
  );
}
