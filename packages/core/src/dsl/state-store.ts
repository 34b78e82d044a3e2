/** Stores that processors use by name. Kafka Streams: `StoreBuilder` and the suppliers of `Stores`. */
import { StreamsError, TopologyError } from '../errors.ts';
import { checkedElsewhere, checkOneOf, checkOptions, isFlag, isLogging, isSerde, isText, type OptionChecks } from '../option-checks.ts';
import type { Serde } from '../serde/serde.ts';
import type { Persistence, StoreSpec } from '../stores/store-spec.ts';
import type { Duration } from '../time.ts';
import { windowDuration } from '../windows/window-duration.ts';
import { isPersistence, loggingOf, persistenceOf, versionedStore } from './store-settings.ts';

interface StateStoreBase<K, V> {
  readonly name: string;
  /** @default the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** @default the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /** Holds back changelog records until the next commit. @default false, unlike in the stores of tables */
  readonly caching?: boolean | undefined;
  /** False: no changelog. An object: configuration of the changelog topic on top of the defaults. @default true */
  readonly logging?: boolean | Readonly<Record<string, string>> | undefined;
  /** @default the builder's */
  readonly persistence?: Persistence | undefined;
}

/** Key to value: {@link KeyValueStore}. */
export interface KeyValueStateStoreOptions<K, V> extends StateStoreBase<K, V> {
  readonly kind?: 'keyValue' | undefined;
  /**
   * Keeps a timestamp with each value: entries are `{ value, timestamp }`, as in the stores of tables.
   *
   * @default false
   */
  readonly timestamped?: boolean | undefined;
  /** Keeps so many entries and evicts the least recently used; in memory only. Kafka Streams: `Stores.lruMap`. */
  readonly maxEntries?: number | undefined;
  /** Of other kinds, which `kind` must name. */
  readonly retention?: undefined;
  readonly windowSize?: undefined;
  readonly historyRetention?: undefined;
}

/** Key and start of a window to value: {@link WindowStore}. */
export interface WindowStateStoreOptions<K, V> extends StateStoreBase<K, V> {
  readonly kind: 'window';
  /** As for key-value stores. @default false */
  readonly timestamped?: boolean | undefined;
  /** How long a window is kept behind the latest start in the store; at least `windowSize`. */
  readonly retention: Duration;
  /** The end of windows that are read back. */
  readonly windowSize: Duration;
  /** Several values a key and start, which null does not delete; never cached. @default false */
  readonly retainDuplicates?: boolean | undefined;
}

/** Key, start and end to value: {@link SessionStore}. */
export interface SessionStateStoreOptions<K, V> extends StateStoreBase<K, V> {
  readonly kind: 'session';
  /** How long a session is kept behind the latest end in the store. */
  readonly retention: Duration;
}

/** Key and time to value: {@link VersionedStore}. Always persistent, never cached. */
export interface VersionedStateStoreOptions<K, V> extends Omit<StateStoreBase<K, V>, 'caching' | 'persistence'> {
  readonly kind: 'versioned';
  /** How long versions are kept behind the latest time in the store. */
  readonly historyRetention: Duration;
  /** What expires together. @default as for tables */
  readonly segmentInterval?: Duration | undefined;
}

const baseOptions: OptionChecks<StateStoreBase<never, never> & { readonly kind?: unknown }> = {
  kind: checkedElsewhere,
  name: isText,
  key: isSerde,
  value: isSerde,
  caching: isFlag,
  logging: isLogging,
  persistence: isPersistence,
};

/** By kind. What another kind of store has is told where the kind is known. */
const storeKinds: {
  readonly keyValue: OptionChecks<KeyValueStateStoreOptions<never, never>>;
  readonly window: OptionChecks<WindowStateStoreOptions<never, never>>;
  readonly session: OptionChecks<SessionStateStoreOptions<never, never>>;
  readonly versioned: OptionChecks<VersionedStateStoreOptions<never, never>>;
} = {
  keyValue: {
    ...baseOptions,
    timestamped: isFlag,
    maxEntries: checkedElsewhere,
    retention: checkedElsewhere,
    windowSize: checkedElsewhere,
    historyRetention: checkedElsewhere,
  },
  window: {
    ...baseOptions,
    timestamped: isFlag,
    retention: checkedElsewhere,
    windowSize: checkedElsewhere,
    retainDuplicates: isFlag,
  },
  session: { ...baseOptions, retention: checkedElsewhere },
  versioned: { ...baseOptions, historyRetention: checkedElsewhere, segmentInterval: checkedElsewhere },
};

export type StateStoreOptions<K, V> =
  | KeyValueStateStoreOptions<K, V>
  | WindowStateStoreOptions<K, V>
  | SessionStateStoreOptions<K, V>
  | VersionedStateStoreOptions<K, V>;

/** A store that is a topic's copy: the topic itself is what it is restored from, so that it has no changelog. */
export type CopyStoreOptions = StateStoreOptions<unknown, unknown> & { readonly logging?: false | undefined };

/**
 * A store that a processor uses: by name, if it was added by `addStateStore` or is kept by a table, or described, and then added with the processor. Several processors
 * may bring the same object. Kafka Streams: `ConnectedStoreProvider`.
 */
export type ConnectedStore = string | StateStoreOptions<unknown, unknown>;

/** @throws MR_ARGUMENT_INVALID for no name, for what another kind of store has, and for a retention that is negative or shorter than the windows. */
function stateStoreSpec<K, V>(options: StateStoreOptions<K, V>, persistence: Persistence): StoreSpec {
  // JavaScript may pass anything.
  const { name, kind } = (options ?? {}) as { readonly name?: unknown; readonly kind?: unknown };
  if (typeof name !== 'string') throw new StreamsError('MR_ARGUMENT_INVALID', `a store needs a name, got ${typeof name}`);
  checkOneOf(kind ?? 'keyValue', Object.keys(storeKinds), `kind of the store "${name}"`);
  checkOptions(options, storeKinds[options.kind ?? 'keyValue'], `the store "${name}"`);
  if (options.kind === 'versioned') return versionedStore(name, options, options.historyRetention);
  const base = {
    name,
    persistence: options.persistence ?? persistence,
    caching: options.caching ?? false,
    logging: loggingOf(options.logging),
    keySerde: options.key,
    valueSerde: options.value,
  };
  switch (options.kind) {
    case undefined:
    case 'keyValue':
      checkKeyValue(name, options);
      return {
        kind: 'keyValue',
        ...base,
        persistence: persistenceOf(options, persistence, name),
        timestamped: options.timestamped ?? false,
        maxEntries: options.maxEntries,
      };
    case 'window': {
      const retentionMs = windowDuration(options.retention, `retention of the store "${name}"`, 0);
      const windowSizeMs = windowDuration(options.windowSize, `windowSize of the store "${name}"`, 0);
      if (retentionMs < windowSizeMs) {
        throw new StreamsError(
          'MR_ARGUMENT_INVALID',
          `retention of the store "${name}" (${retentionMs} ms) must not be less than windowSize (${windowSizeMs} ms)`,
          { details: { store: name } },
        );
      }
      return {
        kind: 'window',
        ...base,
        timestamped: options.timestamped ?? false,
        retentionMs,
        windowSizeMs,
        retainDuplicates: options.retainDuplicates ?? false,
        timeOrdered: false,
      };
    }
    case 'session':
      return {
        kind: 'session',
        ...base,
        retentionMs: windowDuration(options.retention, `retention of the store "${name}"`, 0),
        timeOrdered: false,
      };
  }
}

/** Who forgot the kind must not get a store that keeps everything. The type says so too; JavaScript does not hear it. */
function checkKeyValue(store: string, options: object): void {
  const foreign = ['retention', 'windowSize', 'historyRetention'].find(
    (option) => (options as Readonly<Record<string, unknown>>)[option] !== undefined,
  );
  if (foreign === undefined) return;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `the store "${store}" has ${foreign}, but key-value stores have none: say its kind, 'window', 'session' or 'versioned'`,
    { details: { store } },
  );
}

/** The stores that options describe: the same object is the same store wherever it is given, so that adding it again is no clash of names. */
export class DescribedStores {
  readonly #persistence: Persistence;
  readonly #specs = new Map<object, StoreSpec>();

  constructor(persistence: Persistence) {
    this.#persistence = persistence;
  }

  /** @throws MR_ARGUMENT_INVALID for options that contradict each other. */
  specOf<K, V>(options: StateStoreOptions<K, V>): StoreSpec {
    let spec = this.#specs.get(options);
    if (spec === undefined) {
      spec = stateStoreSpec(options, this.#persistence);
      this.#specs.set(options, spec);
    }
    return spec;
  }

  /**
   * A store that a topic fills.
   *
   * @throws MR_TOPOLOGY_INVALID if it shall have a changelog; MR_ARGUMENT_INVALID as {@link specOf}.
   */
  copySpecOf(options: CopyStoreOptions): StoreSpec {
    // The type says so too; JavaScript does not hear it.
    const logging: unknown = options.logging;
    if (logging !== undefined && logging !== false) {
      throw new TopologyError(`the store "${options.name}" is filled from a topic, so it has no changelog of its own: leave out logging`, {
        details: { store: options.name },
      });
    }
    const spec = this.#specs.get(options) ?? stateStoreSpec({ ...options, logging: false }, this.#persistence);
    this.#specs.set(options, spec);
    return spec;
  }
}

/** Parts the stores that a processor brings from the names of those that were added elsewhere. */
export function connectedStores(
  stores: readonly ConnectedStore[],
  described: DescribedStores,
): { readonly names: readonly string[]; readonly own: readonly StoreSpec[] } {
  return {
    names: stores.filter((store) => typeof store === 'string'),
    own: stores.flatMap((store) => (typeof store === 'string' ? [] : [described.specOf(store)])),
  };
}
