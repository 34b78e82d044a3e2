/**
 * A store that may be read and not written: what processors get of the stores that every instance keeps whole, which only their own processor fills.
 * Made once where a node asks for the store; a read is then a direct call of the store's own method. Kafka Streams: `AbstractReadOnlyDecorator`.
 */
import { StreamsError } from '../errors.ts';
import type { KeyValueStore, ReadOnlyKeyValueStore, TableStore } from './faces.ts';
import type { ReadOnlySessionStore, SessionStore } from './session-faces.ts';
import type { VersionedStore, VersionedTable } from './versioned-faces.ts';
import type { ReadOnlyWindowStore, WindowStore } from './window-faces.ts';

type Reads =
  | keyof ReadOnlyKeyValueStore<unknown, unknown>
  | keyof ReadOnlyWindowStore<unknown, unknown>
  | keyof ReadOnlySessionStore<unknown, unknown>
  | Exclude<keyof VersionedStore<unknown, unknown>, 'put' | 'delete'>
  | Extract<keyof TableStore<unknown, unknown> | keyof VersionedTable<unknown, unknown>, `lookup${string}`>;

type Writes = Exclude<
  | keyof KeyValueStore<unknown, unknown>
  | keyof WindowStore<unknown, unknown>
  | keyof SessionStore<unknown, unknown>
  | keyof VersionedStore<unknown, unknown>,
  Reads
>;

/** Complete by their types: a method that a face gets must be put on one of the two sides. */
const reads: Record<Exclude<Reads, 'name'>, true> = {
  all: true,
  approximateNumEntries: true,
  backwardAll: true,
  backwardFetch: true,
  backwardFetchAll: true,
  backwardFetchRange: true,
  backwardFindSessions: true,
  backwardFindSessionsRange: true,
  fetch: true,
  fetchAll: true,
  fetchAt: true,
  fetchRange: true,
  fetchSession: true,
  findSessions: true,
  findSessionsRange: true,
  get: true,
  getAsOf: true,
  lookup: true,
  lookupAsOf: true,
  prefixScan: true,
  range: true,
  reverseAll: true,
  reverseRange: true,
};

const writes: Record<Writes, true> = { delete: true, put: true, putAll: true, putIfAbsent: true, remove: true };

/** Every method of a public face that reads. */
export const storeReads: readonly string[] = Object.keys(reads);
/** Every method of a public face that writes. */
export const storeWrites: readonly string[] = Object.keys(writes);

/**
 * The store's reads, whatever its kind.
 *
 * Its writes throw MR_STORE_UNAVAILABLE.
 */
export function readOnlyStore(store: object): object {
  const methods = store as Readonly<Record<string, unknown>>;
  const name = String(methods['name']);
  const face: Record<string, unknown> = { name };
  for (const method of storeReads) {
    const read = methods[method];
    if (typeof read === 'function') face[method] = read.bind(store);
  }
  for (const method of storeWrites) {
    if (typeof methods[method] !== 'function') continue;
    face[method] = (): never => {
      throw new StreamsError(
        'MR_STORE_UNAVAILABLE',
        `the store ${name} can only be read here: the processor that fills it from its topic alone writes it`,
        {
          details: { store: name },
        },
      );
    };
  }
  return Object.freeze(face);
}
