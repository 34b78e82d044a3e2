/**
 * How a table is kept, and the store that comes of it. Kafka Streams: `Materialized`, `KeyValueStoreMaterializer`.
 *
 * Whether a store is asked for at all shows in generated names: no `store` is no `Materialized`, `store: {}` is one without a name, `store: 'x'` one with.
 */
import { StreamsError } from '../errors.ts';
import { checkedElsewhere, checkOptions, isFlag, isLogging, isSerde, isText, type OptionChecks } from '../option-checks.ts';
import type { Serde } from '../serde/serde.ts';
import type { KeyValueStoreSpec, Persistence, VersionedStoreSpec } from '../stores/store-spec.ts';
import type { Duration } from '../time.ts';
import { validateName } from '../topology/names.ts';
import type { ConnectedStore } from './state-store.ts';
import { isPersistence, loggingOf, persistenceOf, versionedStore } from './store-settings.ts';

export interface StoreOptions<K, V> {
  /** Makes the store readable under this name, and its changelog `<applicationId>-<name>-changelog`. */
  readonly name?: string | undefined;
  /**
   * @default what the table inherits, where the operator aggregates or reads a topic; the builder's for `toTable`, `filter` and `mapValues`, as in Kafka Streams
   */
  readonly key?: Serde<K> | undefined;
  /** @default as for the key; `aggregate` inherits nothing */
  readonly value?: Serde<V> | undefined;
  /**
   * Collapses updates of a key until the next commit; off as well where the builder's `cacheBytes` is 0.
   *
   * @default true
   */
  readonly caching?: boolean | undefined;
  /**
   * False: no changelog, so the store is empty after a loss of the local state. An object: configuration of the changelog topic on top of the defaults.
   *
   * @default true
   */
  readonly logging?: boolean | Readonly<Record<string, string>> | undefined;
  /** @default the builder's */
  readonly persistence?: Persistence | undefined;
  /** Keeps so many entries and evicts the least recently used; in memory only. Kafka Streams: `Stores.lruMap`. */
  readonly maxEntries?: number | undefined;
  /**
   * False: rows are kept without their timestamps, so that those read back have -1; always persistent. For applications that must go on with what
   * `Stores.persistentKeyValueStore` as a table's supplier gave them.
   *
   * @default true
   */
  readonly timestamps?: boolean | undefined;
  /**
   * Keeps every row's history for so long behind the store's time, so that streams join the row of their own time. Always persistent, never cached. Kafka Streams:
   * `Stores.persistentVersionedKeyValueStore`.
   */
  readonly historyRetention?: Duration | undefined;
  /** What expires together in a store with history. @default a part of the history: a third of up to a minute, a 24th of more than an hour */
  readonly segmentInterval?: Duration | undefined;
}

export const storeOptionChecks: OptionChecks<StoreOptions<never, never>> = {
  name: isText,
  key: isSerde,
  value: isSerde,
  caching: isFlag,
  logging: isLogging,
  persistence: isPersistence,
  maxEntries: checkedElsewhere,
  timestamps: isFlag,
  historyRetention: checkedElsewhere,
  segmentInterval: checkedElsewhere,
};

/** A store's name, or its options. */
export type StoreOption<K, V> = string | StoreOptions<K, V>;

/** Options of operators that make tables. */
export interface TableOptions<K, V> {
  /** The node's name; the store's is separate. */
  readonly name?: string | undefined;
  readonly store?: StoreOption<K, V> | undefined;
}

export const tableOptions: OptionChecks<TableOptions<never, never>> = { name: isText, store: checkedElsewhere };

/** Options of `transformValues`. */
export interface TransformValuesOptions<K, V> extends TableOptions<K, V> {
  /** Stores that the transformer uses; it brings those that are described. */
  readonly stores?: readonly ConnectedStore[] | undefined;
}

export const transformValuesOptions: OptionChecks<TransformValuesOptions<never, never>> = { ...tableOptions, stores: checkedElsewhere };

/**
 * The store that a user asked for: undefined if none. Checks its name.
 *
 * @throws MR_ARGUMENT_INVALID for options that there are not.
 */
export function storeOptions<K, V>(option: StoreOption<K, V> | undefined): StoreOptions<K, V> | undefined {
  const options = typeof option === 'string' ? { name: option } : option;
  if (options !== undefined) checkOptions(options, storeOptionChecks, 'store');
  if (options?.name !== undefined) validateName(options.name);
  return options;
}

/** A table's store. */
export function tableStore<K, V>(
  name: string,
  options: StoreOptions<K, V>,
  persistence: Persistence,
): KeyValueStoreSpec | VersionedStoreSpec {
  checkPlace(name, options);
  if (options.historyRetention !== undefined) return versionedStore(name, options, options.historyRetention);
  const forgetsTimestamps = options.timestamps === false;
  return {
    kind: 'keyValue',
    name,
    timestamped: true,
    forgetsTimestamps,
    persistence: forgetsTimestamps ? 'persistent' : persistenceOf(options, persistence, name),
    caching: options.caching ?? true,
    logging: loggingOf(options.logging),
    keySerde: options.key,
    valueSerde: options.value,
    maxEntries: options.maxEntries,
    // Kafka Streams' supplier of such a store knows one format.
    format: forgetsTimestamps ? 'default' : 'builder',
  };
}

/** @throws MR_ARGUMENT_INVALID for options that ask for two kinds of store at once. */
function checkPlace<K, V>(store: string, options: StoreOptions<K, V>): void {
  const kinds = [
    options.historyRetention === undefined ? undefined : 'historyRetention',
    options.timestamps === false ? 'timestamps: false' : undefined,
    options.maxEntries === undefined ? undefined : 'maxEntries',
  ].filter((kind) => kind !== undefined);
  if (kinds.length > 1) throw contradiction(store, kinds.join(' and '));
  if (options.persistence === 'inMemory' && kinds.length > 0 && options.maxEntries === undefined) {
    throw contradiction(store, `${kinds[0]}, which is always persistent, and persistence: 'inMemory'`);
  }
}

function contradiction(store: string, what: string): StreamsError {
  return new StreamsError('MR_ARGUMENT_INVALID', `the store "${store}" has ${what}: choose one of them`, { details: { store } });
}
