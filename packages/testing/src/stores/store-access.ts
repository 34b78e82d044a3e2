/** The stores of a driver by name and kind, with errors that say what there is instead. */
import {
  type KeyValueStore,
  type SessionStore,
  type StoreSpec,
  StreamsError,
  type TimestampedKeyValueStore,
  type TimestampedWindowStore,
  type VersionedStore,
  type WindowStore,
} from '@millrace/core';
import type { DriverCore } from '../driver/driver-core.ts';
import { UntimestampedStore } from './untimestamped-store.ts';
import { UntimestampedWindowStore } from './untimestamped-window-store.ts';

/** Which partition of a store is meant. Not needed where there is only one. */
export interface StorePartition {
  readonly partition?: number | undefined;
}

export class StoreAccess {
  readonly #driver: DriverCore;
  readonly #specs: ReadonlyMap<string, StoreSpec>;

  constructor(driver: DriverCore) {
    this.#driver = driver;
    const { globalStores, subtopologies } = driver.plan;
    const stores = [...subtopologies.flatMap((subtopology) => subtopology.stores), ...globalStores.map(({ store }) => store)];
    this.#specs = new Map(stores.map(({ spec }) => [spec.name, spec]));
  }

  get names(): readonly string[] {
    return this.#driver.storeNames;
  }

  /** The public face of a store; undefined if there is none of this name. */
  find(name: string, where: StorePartition): unknown {
    return this.#driver.store(name, where.partition);
  }

  /** All of them, by name. @throws MR_ARGUMENT_INVALID if one has several partitions and none is given */
  all(where: StorePartition): ReadonlyMap<string, unknown> {
    return new Map(this.names.map((name) => [name, this.find(name, where)]));
  }

  /** Of a timestamped store: the values without their timestamps. @throws MR_STORE_UNAVAILABLE */
  keyValue<K, V>(name: string, where: StorePartition): KeyValueStore<K, V> {
    const spec = this.#require(name);
    if (spec.kind !== 'keyValue') throw this.#otherKind(spec, 'a key-value store');
    // The types of keys and values are the caller's word; that it is a key-value store was just read from its spec.
    if (spec.timestamped) return new UntimestampedStore(this.#open(name, where) as TimestampedKeyValueStore<K, V>);
    return this.#open(name, where) as KeyValueStore<K, V>;
  }

  /** @throws MR_STORE_UNAVAILABLE */
  timestampedKeyValue<K, V>(name: string, where: StorePartition): TimestampedKeyValueStore<K, V> {
    const spec = this.#require(name);
    if (spec.kind !== 'keyValue' || !spec.timestamped) throw this.#otherKind(spec, 'a timestamped key-value store');
    // As in `keyValue`.
    return this.#open(name, where) as TimestampedKeyValueStore<K, V>;
  }

  /** @throws MR_STORE_UNAVAILABLE */
  versioned<K, V>(name: string, where: StorePartition): VersionedStore<K, V> {
    const spec = this.#require(name);
    if (spec.kind !== 'versioned') throw this.#otherKind(spec, 'a versioned store');
    // As in `keyValue`.
    return this.#open(name, where) as VersionedStore<K, V>;
  }

  /** Of a timestamped store: the values without their timestamps. @throws MR_STORE_UNAVAILABLE */
  window<K, V>(name: string, where: StorePartition): WindowStore<K, V> {
    const spec = this.#require(name);
    if (spec.kind !== 'window') throw this.#otherKind(spec, 'a window store');
    // As in `keyValue`.
    if (spec.timestamped) return new UntimestampedWindowStore(this.#open(name, where) as TimestampedWindowStore<K, V>);
    return this.#open(name, where) as WindowStore<K, V>;
  }

  /** @throws MR_STORE_UNAVAILABLE */
  timestampedWindow<K, V>(name: string, where: StorePartition): TimestampedWindowStore<K, V> {
    const spec = this.#require(name);
    if (spec.kind !== 'window' || !spec.timestamped) throw this.#otherKind(spec, 'a timestamped window store');
    // As in `keyValue`.
    return this.#open(name, where) as TimestampedWindowStore<K, V>;
  }

  /** @throws MR_STORE_UNAVAILABLE */
  session<K, V>(name: string, where: StorePartition): SessionStore<K, V> {
    const spec = this.#require(name);
    if (spec.kind !== 'session') throw this.#otherKind(spec, 'a session store');
    // As in `keyValue`.
    return this.#open(name, where) as SessionStore<K, V>;
  }

  #open(name: string, where: StorePartition): unknown {
    const store = this.#driver.store(name, where.partition);
    if (store !== undefined) return store;
    throw new StreamsError(
      'MR_STORE_UNAVAILABLE',
      `Store ${name} has no partition ${where.partition ?? 0} here. Tasks: ${this.#driver.taskIds.join(', ') || 'none'}.`,
      {
        details: { store: name, partition: where.partition },
      },
    );
  }

  #require(name: string): StoreSpec {
    const spec = this.#specs.get(name);
    if (spec !== undefined) return spec;
    const others = [...this.#specs.keys()].sort().join(', ') || 'none';
    throw new StreamsError('MR_STORE_UNAVAILABLE', `The topology has no store ${name}. Its stores: ${others}.`, {
      details: { store: name },
    });
  }

  #otherKind(spec: StoreSpec, wanted: string): StreamsError {
    return new StreamsError(
      'MR_STORE_UNAVAILABLE',
      `Store ${spec.name} is ${kindOf(spec)}, not ${wanted}. Read it with the getter of its kind.`,
      {
        details: { store: spec.name },
      },
    );
  }
}

function kindOf(spec: StoreSpec): string {
  switch (spec.kind) {
    case 'keyValue':
      return spec.timestamped ? 'a timestamped key-value store' : 'a key-value store without timestamps';
    case 'window':
      return spec.timestamped ? 'a timestamped window store' : 'a window store without timestamps';
    case 'session':
    case 'versioned':
      return `a ${spec.kind} store`;
    case 'outerJoin':
    case 'suppressBuffer':
    case 'joinBuffer':
      return 'a buffer of an operator';
  }
}
