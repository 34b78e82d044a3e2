/** What the descriptions of stores have in common, whoever asks for the store: a table, a processor, a join, windows. */
import { StreamsError } from '../errors.ts';
import { oneOf, type OptionCheck } from '../option-checks.ts';
import type { Serde } from '../serde/serde.ts';
import type { Persistence, VersionedStoreSpec } from '../stores/store-spec.ts';
import type { Duration } from '../time.ts';
import { windowDuration } from '../windows/window-duration.ts';

/** What is said of a versioned store beside its history. */
interface VersionedStoreOptions<K, V> {
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
  readonly logging?: boolean | Readonly<Record<string, string>> | undefined;
  readonly segmentInterval?: Duration | undefined;
}

export const isPersistence: OptionCheck = oneOf('persistent', 'inMemory');

/** `{}` for true, the configuration where one is given, undefined for no changelog. */
export function loggingOf(logging: boolean | Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  if (logging === false) return undefined;
  return logging === true || logging === undefined ? {} : { ...logging };
}

/** @throws MR_ARGUMENT_INVALID for an LRU store that shall be persistent or has no room. */
export function persistenceOf(
  options: { readonly persistence?: Persistence | undefined; readonly maxEntries?: number | undefined },
  fallback: Persistence,
  store: string,
): Persistence {
  const { maxEntries } = options;
  if (maxEntries === undefined) return options.persistence ?? fallback;
  if (options.persistence === 'persistent') {
    throw new StreamsError('MR_ARGUMENT_INVALID', `the store "${store}" has maxEntries, so it is kept in memory; leave out persistence`, {
      details: { store },
    });
  }
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `maxEntries of the store "${store}" must be a positive integer, got ${maxEntries}`, {
      details: { store },
    });
  }
  return 'inMemory';
}

/** A store that keeps the history of its rows. */
export function versionedStore<K, V>(name: string, options: VersionedStoreOptions<K, V>, historyRetention: Duration): VersionedStoreSpec {
  const historyRetentionMs = windowDuration(historyRetention, `historyRetention of the store "${name}"`, 0);
  const { segmentInterval } = options;
  return {
    kind: 'versioned',
    name,
    persistence: 'persistent',
    caching: false,
    logging: loggingOf(options.logging),
    keySerde: options.key,
    valueSerde: options.value,
    historyRetentionMs,
    segmentIntervalMs:
      segmentInterval === undefined
        ? defaultSegmentIntervalMs(historyRetentionMs)
        : windowDuration(segmentInterval, `segmentInterval of the store "${name}"`, 1),
  };
}

/** Kafka Streams: `RocksDbVersionedKeyValueBytesStoreSupplier.defaultSegmentInterval`. */
function defaultSegmentIntervalMs(historyRetentionMs: number): number {
  if (historyRetentionMs <= 60_000) return Math.max(Math.floor(historyRetentionMs / 3), 2_000);
  if (historyRetentionMs <= 300_000) return Math.max(Math.floor(historyRetentionMs / 5), 20_000);
  if (historyRetentionMs <= 3_600_000) return Math.max(Math.floor(historyRetentionMs / 12), 60_000);
  return Math.max(Math.floor(historyRetentionMs / 24), 300_000);
}
