/**
 * A store as those see it who are no processor: queries and tests. Their writes are calls of their own; a processor writes only while its task calls it, which the store itself checks
 * by the context. Such handles outlive the task: when it is closed they throw, instead of showing the nothing that is left.
 */
import { StreamsError } from '../errors.ts';
import type { StoreIterator } from './faces.ts';
import { storeReads, storeWrites } from './read-only-store.ts';
import type { RecordContext } from './record-context.ts';

/** By store, so that it is the same object whoever asks. */
const faces = new WeakMap<object, object>();

/** Reads that return a row or a number; every other one returns an iterator. */
const pointReads: ReadonlySet<string> = new Set([
  'approximateNumEntries',
  'fetchAt',
  'fetchSession',
  'get',
  'getAsOf',
  'lookup',
  'lookupAsOf',
]);

/** The public methods of a store, whatever its kind. Once the task is closed every call throws MR_CLOSED, also those of iterators that are open. */
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
  const name = String(methods['name']);
  const face: Record<string, unknown> = { name };
  for (const method of storeReads) {
    const read = methods[method];
    if (typeof read !== 'function') continue;
    const isPoint = pointReads.has(method);
    face[method] = (...args: unknown[]): unknown => {
      checkOpen(name, context);
      const found: unknown = read.apply(store, args);
      // What reads but point reads return, in every kind of store.
      return isPoint ? found : new OutsideIterator(name, context, found as StoreIterator<unknown>);
    };
  }
  for (const method of storeWrites) {
    const write = methods[method];
    if (typeof write !== 'function') continue;
    face[method] = (...args: unknown[]): unknown => {
      checkOpen(name, context);
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

function checkOpen(store: string, context: RecordContext): void {
  if (!context.closed) return;
  throw new StreamsError(
    'MR_CLOSED',
    `store ${store} is closed, as its task is; get it anew from what runs now, and read what must outlive it before it closes`,
    {
      details: { store },
    },
  );
}

class OutsideIterator<T> implements StoreIterator<T> {
  readonly #store: string;
  readonly #context: RecordContext;
  readonly #rows: StoreIterator<T>;

  constructor(store: string, context: RecordContext, rows: StoreIterator<T>) {
    this.#store = store;
    this.#context = context;
    this.#rows = rows;
  }

  next(): IteratorResult<T, undefined> {
    checkOpen(this.#store, this.#context);
    return this.#rows.next();
  }

  return(): IteratorResult<T, undefined> {
    this.close();
    return { done: true, value: undefined };
  }

  /** Also good when the task is closed. */
  close(): void {
    this.#rows.close();
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Why a store does not take a write while its task is in no call. */
export function writtenOutside(store: string): StreamsError {
  return new StreamsError(
    'MR_STATE_INVALID',
    `store ${store} was written while its task was not calling a processor, where no commit would have the write; write in init, process or a punctuation, before they return`,
    { details: { store } },
  );
}
