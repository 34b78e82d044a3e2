/** Makes the store object of a specification: one place to add a kind. */
import { StreamsError } from '../errors.ts';
import type { Serde } from '../serde/serde.ts';
import { HeadedChangelog } from './headed-changelog.ts';
import { JoinBufferStore } from './join-buffer.ts';
import { PlainKeyValueStore, TimestampedStore } from './key-value-store.ts';
import { LruStore, TimestampedLruStore } from './lru-store.ts';
import type { ManagedStore } from './managed-store.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { OuterJoinStore } from './outer-join-store.ts';
import { SessionWindowStore } from './session-store.ts';
import type { KeyValueStoreSpec, StoreSpec } from './store-spec.ts';
import { SuppressStore } from './suppress-buffer.ts';
import { VersionedKeyValueStore } from './versioned-store.ts';
import { JoinWindows, PlainWindowStore, TimestampedWindows } from './window-store.ts';

/**
 * @throws MR_SERDE_MISSING if the specification has no serde (the builder refuses such a store before).
 */
export function createStore(spec: StoreSpec, taskEnvironment: StoreEnvironment): ManagedStore {
  const environment = withHeaders(spec, taskEnvironment);
  const keySerde = required(spec.keySerde, spec.name, 'key');
  const valueSerde = required(spec.valueSerde, spec.name, 'value');
  switch (spec.kind) {
    case 'keyValue':
      return keyValueStore(spec, environment, keySerde, valueSerde);
    case 'window':
      if (spec.logsHeaders === true) return new JoinWindows(spec, environment, keySerde, valueSerde);
      return spec.timestamped
        ? new TimestampedWindows(spec, environment, keySerde, valueSerde)
        : new PlainWindowStore(spec, environment, keySerde, valueSerde);
    case 'session':
      return new SessionWindowStore(spec, environment, keySerde, valueSerde);
    case 'versioned':
      return new VersionedKeyValueStore(spec, environment, keySerde, valueSerde);
    case 'outerJoin':
      return new OuterJoinStore(spec, environment, keySerde, valueSerde, required(spec.rightValueSerde, spec.name, 'value'));
    case 'suppressBuffer':
      return new SuppressStore(spec, environment, keySerde, valueSerde);
    case 'joinBuffer':
      return new JoinBufferStore(spec, environment, keySerde, valueSerde);
  }
}

function keyValueStore(
  spec: KeyValueStoreSpec,
  environment: StoreEnvironment,
  keySerde: Serde<unknown>,
  valueSerde: Serde<unknown>,
): ManagedStore {
  if (spec.maxEntries !== undefined) {
    return spec.timestamped
      ? new TimestampedLruStore(spec.name, environment, keySerde, valueSerde, spec.maxEntries, true, spec.caching)
      : new LruStore(spec.name, environment, keySerde, valueSerde, spec.maxEntries, false, spec.caching);
  }
  return spec.timestamped
    ? new TimestampedStore(spec.name, environment, keySerde, valueSerde, spec.caching, spec.forgetsTimestamps ?? false)
    : new PlainKeyValueStore(spec.name, environment, keySerde, valueSerde, spec.caching);
}

/** The length of no headers: a number of one byte. */
const noHeadersBytes = 1;

function withHeaders(spec: StoreSpec, environment: StoreEnvironment): StoreEnvironment {
  const { changelog, context } = environment;
  if (spec.logsHeaders === true)
    return changelog === null ? environment : { ...environment, changelog: new HeadedChangelog(changelog, context, false) };
  // Rows in memory are those of the default format.
  if (spec.format !== 'headers' || spec.persistence === 'inMemory') return environment;
  return {
    ...environment,
    headersBytes: noHeadersBytes,
    changelog: changelog === null ? null : new HeadedChangelog(changelog, context, true),
  };
}

function required(serde: Serde<unknown> | undefined, store: string, role: 'key' | 'value'): Serde<unknown> {
  if (serde === undefined)
    throw new StreamsError('MR_SERDE_MISSING', `store ${store} has no ${role} serde; give one where it is declared`, {
      details: { store },
    });
  return serde;
}
