/**
 * A store of the whole instance: the stores of its running tasks read as one. Reads see what was processed, committed or not, on this instance only.
 */
import { StreamsError } from '../errors.ts';
import type { KeyValue, ReadOnlyKeyValueStore } from '../stores/faces.ts';

export interface LocalKeyValueStore<K, V> {
  readonly name: string;
  /** Undefined if no task of this instance has the key. */
  get(key: K): V | undefined;
  /** Every entry, task by task; within a task by the bytes of the key. */
  all(): IterableIterator<KeyValue<K, V>>;
  approximateNumEntries(): number;
}

/**
 * @param current the stores by task, as of each call: tasks come and go
 * @param known the names of all stores of the topology
 * @throws MR_STORE_UNAVAILABLE if the topology has no such store; and from each call while no task of the instance has it
 */
export function localKeyValueStore<K, V>(
  name: string,
  known: readonly string[],
  current: () => ReadonlyMap<string, unknown>,
): LocalKeyValueStore<K, V> {
  if (!known.includes(name)) {
    const others = known.toSorted().join(', ') || 'none';
    throw new StreamsError('MR_STORE_UNAVAILABLE', `the topology has no store ${name}; its stores: ${others}`, {
      details: { store: name },
    });
  }
  const stores = (): readonly ReadOnlyKeyValueStore<K, V>[] => {
    // The name and the types are the caller's claim, as with `getStateStore`.
    const found = [...current().values()] as ReadOnlyKeyValueStore<K, V>[];
    if (found.length > 0) return found;
    throw new StreamsError(
      'MR_STORE_UNAVAILABLE',
      `no running task of this instance has a store ${name}: it may run elsewhere, be restoring, or not be started`,
      { details: { store: name } },
    );
  };
  return {
    name,
    get(key) {
      for (const store of stores()) {
        const value = store.get(key);
        if (value !== undefined) return value;
      }
      return undefined;
    },
    *all() {
      for (const store of stores()) yield* store.all();
    },
    approximateNumEntries: () => stores().reduce((sum, store) => sum + store.approximateNumEntries(), 0),
  };
}
