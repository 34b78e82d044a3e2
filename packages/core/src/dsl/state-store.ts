/** Stores that processors use by name. Kafka Streams: `StoreBuilder` and the suppliers of `Stores`. */
import type { Serde } from '../serde/serde.ts';
import type { KeyValueStoreSpec, Persistence } from '../stores/store-spec.ts';
import { loggingOf, persistenceOf } from './store-options.ts';

export interface StateStoreOptions<K, V> {
  readonly name: string;
  /** @default the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** @default the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /**
   * Keeps a timestamp with each value: entries are `{ value, timestamp }`, as in the stores of tables.
   *
   * @default false
   */
  readonly timestamped?: boolean | undefined;
  /** Holds back changelog records until the next commit. @default false, unlike in the stores of tables */
  readonly caching?: boolean | undefined;
  /** False: no changelog. An object: configuration of the changelog topic on top of the defaults. @default true */
  readonly logging?: boolean | Readonly<Record<string, string>> | undefined;
  /** @default the builder's */
  readonly persistence?: Persistence | undefined;
  /** Keeps so many entries and evicts the least recently used; in memory only. Kafka Streams: `Stores.lruMap`. */
  readonly maxEntries?: number | undefined;
}

export function stateStoreSpec<K, V>(options: StateStoreOptions<K, V>, persistence: Persistence): KeyValueStoreSpec {
  return {
    kind: 'keyValue',
    name: options.name,
    timestamped: options.timestamped ?? false,
    persistence: persistenceOf(options, persistence, options.name),
    caching: options.caching ?? false,
    logging: loggingOf(options.logging),
    keySerde: options.key,
    valueSerde: options.value,
    maxEntries: options.maxEntries,
  };
}
