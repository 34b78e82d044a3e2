/** Runs a topology in the test's own process, without Kafka and without waiting. Kafka Streams: `TopologyTestDriver`. */
import type {
  Duration,
  KeyValueStore,
  MetricSample,
  SessionStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  Topology,
  VersionedStore,
  WindowStore,
} from '@millrace/core';
import { memory } from '@millrace/state/memory';
import { StoreAccess, type StorePartition } from '../stores/store-access.ts';
import type { InputTopicOptions } from '../topics/input-encoder.ts';
import { TestInputTopic } from '../topics/test-input-topic.ts';
import { type OutputTopicOptions, TestOutputTopic } from '../topics/test-output-topic.ts';
import { AsyncTopologyTestDriver } from './async-topology-test-driver.ts';
import type { CrashOptions, RebalanceOptions } from './disturbances.ts';
import { DriverCore } from './driver-core.ts';
import { forwardMs, type OpenOptions, resolveOptions, type TopologyTestDriverOptions } from './driver-options.ts';
import { runNow, settle } from './steps.ts';

/**
 * ```ts
 * using driver = new TopologyTestDriver(topology);
 * const lines = driver.createInputTopic('lines', { key: serdes.string(), value: serdes.string() });
 * const counts = driver.createOutputTopic('counts', { key: serdes.string(), value: serdes.long() });
 * lines.pipeInput('to be or not to be');
 * counts.readKeyValuesToMap();
 * ```
 *
 * Without options it is Java's driver: one task over the whole topology, one partition a topic, a commit after every record. Caches then never collapse updates of
 * two records, and nothing shows of partitions or restarts; `partitions` makes the driver truthful about these.
 */
export class TopologyTestDriver {
  readonly #core: DriverCore;
  readonly #stores: StoreAccess;

  /**
   * Opens the stores in memory and starts the processors.
   *
   * @throws MR_ARGUMENT_INVALID for options that make no sense; MR_COPARTITION_MISMATCH; and whatever `init` of a processor throws
   */
  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    const resolved = resolveOptions(options);
    const backend = memory({ createProcessId: () => 'test' });
    const directory = runNow(settle(backend.open({ applicationId: resolved.applicationId, now: () => resolved.startMs })));
    this.#core = new DriverCore(topology, resolved, directory, backend.durable);
    this.#stores = new StoreAccess(this.#core);
    runNow(this.#core.start());
  }

  /**
   * A driver over any state engine. Its methods that run the topology are awaited.
   *
   * @throws as the constructor, and MR_STATE_… where the state cannot be opened
   */
  static async open(topology: Topology, options: OpenOptions): Promise<AsyncTopologyTestDriver> {
    return AsyncTopologyTestDriver.open(topology, options);
  }

  /**
   * A topic to pipe records to.
   *
   * @throws MR_TOPIC_UNKNOWN if the topology does not read it
   */
  createInputTopic<K, V>(topic: string, options: InputTopicOptions<K, V>): TestInputTopic<K, V> {
    this.#core.checkInputTopic(topic);
    return new TestInputTopic(this.#core, topic, options);
  }

  /** A topic to read what the topology wrote, internal topics (`<applicationId>-<store>-changelog` …) included. Topics of one name share their queue. */
  createOutputTopic<K, V>(topic: string, options: OutputTopicOptions<K, V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(this.#core.logs, topic, options);
  }

  /** Moves the wall clock forward, fires the punctuations that are due (each at most once), and runs what they brought. */
  advanceWallClockTime(duration: Duration): void {
    runNow(this.#core.advanceWallClock(forwardMs('advanceWallClockTime', duration)));
  }

  /** Wall clock, ms since 1970. */
  get wallClockMs(): number {
    return this.#core.nowMs;
  }

  /** Every topic that was written so far, internal ones included, by name. */
  producedTopicNames(): readonly string[] {
    return this.#core.logs.producedTopics;
  }

  /** Commits all tasks: caches are flushed. Happens by itself after every record unless `commit` is `manual`. */
  commit(): void {
    runNow(this.#core.commit());
  }

  /** All tasks die and start again from what is committed: stores are restored, records behind the committed offsets run again. Also starts a driver again that a failure stopped. */
  crash(options: CrashOptions = {}): void {
    runNow(this.#core.crash(options));
  }

  /** Commits, and has the tasks suspended and resumed, or moved to where their state must be restored. */
  rebalance(options: RebalanceOptions = {}): void {
    runNow(this.#core.rebalance(options));
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

  /** Commits, closes processors and stores. What was written can still be read. Closing twice does nothing. */
  close(): void {
    runNow(this.#core.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
