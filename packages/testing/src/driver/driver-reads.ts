/** What can be read of a driver at any time, without running anything: what was written, stores, metrics. */
import type {
  KeyValueStore,
  MetricSample,
  SessionStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  VersionedStore,
  WindowStore,
} from '@millrace/core';
import { StoreAccess, type StorePartition } from '../stores/store-access.ts';
import { type OutputTopicOptions, TestOutputTopic } from '../topics/test-output-topic.ts';
import type { DriverCore } from './driver-core.ts';

export class DriverReads {
  readonly #core: DriverCore;
  readonly #stores: StoreAccess;

  /** @internal */
  constructor(core: DriverCore) {
    this.#core = core;
    this.#stores = new StoreAccess(core);
  }

  /** A topic to read what the topology wrote, internal topics (`<applicationId>-<store>-changelog` …) included. Topics of one name share their queue. */
  createOutputTopic<K, V>(topic: string, options: OutputTopicOptions<K, V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(this.#core.logs, topic, options);
  }

  /** Wall clock, ms since 1970. */
  get wallClockMs(): number {
    return this.#core.nowMs;
  }

  /** Every topic that was written so far, internal ones included, by name. */
  producedTopicNames(): readonly string[] {
    return this.#core.logs.producedTopics;
  }

  /** Names of all stores. */
  get storeNames(): readonly string[] {
    return this.#stores.names;
  }

  /** A store of any kind; undefined if there is none. After a crash or a rebalance get it anew. */
  getStateStore(name: string, where: StorePartition = {}): unknown {
    return this.#stores.find(name, where);
  }

  /** All stores by name, of one partition where they have several. @throws MR_ARGUMENT_INVALID if one has several and none is given */
  getAllStateStores(where: StorePartition = {}): ReadonlyMap<string, unknown> {
    return this.#stores.all(where);
  }

  /**
   * A key-value store; of a table's store the values without their timestamps.
   *
   * @throws MR_STORE_UNAVAILABLE if there is no such store, or it is of another kind; MR_ARGUMENT_INVALID if it has several partitions and none is given
   */
  getKeyValueStore<K, V>(name: string, where: StorePartition = {}): KeyValueStore<K, V> {
    return this.#stores.keyValue(name, where);
  }

  /** A store of values with timestamps, as tables have them. @throws as `getKeyValueStore` */
  getTimestampedKeyValueStore<K, V>(name: string, where: StorePartition = {}): TimestampedKeyValueStore<K, V> {
    return this.#stores.timestampedKeyValue(name, where);
  }

  /**
   * A versioned store: a history of values per key.
   *
   * @throws as `getKeyValueStore`
   */
  getVersionedKeyValueStore<K, V>(name: string, where: StorePartition = {}): VersionedStore<K, V> {
    return this.#stores.versioned(name, where);
  }

  /** A window store; of a windowed table's store the values without their timestamps. @throws as `getKeyValueStore` */
  getWindowStore<K, V>(name: string, where: StorePartition = {}): WindowStore<K, V> {
    return this.#stores.window(name, where);
  }

  /** A window store of values with timestamps, as windowed tables have them. @throws as `getKeyValueStore` */
  getTimestampedWindowStore<K, V>(name: string, where: StorePartition = {}): TimestampedWindowStore<K, V> {
    return this.#stores.timestampedWindow(name, where);
  }

  /** A session store. @throws as `getKeyValueStore` */
  getSessionStore<K, V>(name: string, where: StorePartition = {}): SessionStore<K, V> {
    return this.#stores.session(name, where);
  }

  /** All metrics as they are now. */
  metrics(): readonly MetricSample[] {
    return this.#core.metrics();
  }
}
