/** The test driver over any state engine: as `TopologyTestDriver`, and every method that runs the topology is awaited. */
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
import { StoreAccess, type StorePartition } from '../stores/store-access.ts';
import { AsyncTestInputTopic, type RunInTurn } from '../topics/async-test-input-topic.ts';
import type { InputTopicOptions } from '../topics/input-encoder.ts';
import { type OutputTopicOptions, TestOutputTopic } from '../topics/test-output-topic.ts';
import type { CrashOptions, RebalanceOptions } from './disturbances.ts';
import { DriverCore } from './driver-core.ts';
import { forwardMs, type OpenOptions, resolveOpenOptions } from './driver-options.ts';
import { runAwaiting, type Steps } from './steps.ts';

/** Made by `TopologyTestDriver.open`. Calls run in the order in which they were made, awaited or not. */
export class AsyncTopologyTestDriver {
  readonly #core: DriverCore;
  readonly #stores: StoreAccess;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(core: DriverCore) {
    this.#core = core;
    this.#stores = new StoreAccess(core);
  }

  /** @internal Use `TopologyTestDriver.open`. */
  static async open(topology: Topology, options: OpenOptions): Promise<AsyncTopologyTestDriver> {
    const resolved = resolveOpenOptions(options);
    const directory = await options.state.open({ applicationId: resolved.applicationId, now: () => resolved.startMs });
    let core: DriverCore;
    try {
      // A driver starts with empty topics: state of another run would be ahead of them.
      for (const { taskId } of directory.storedTasks()) await directory.dropTask(taskId);
      core = new DriverCore(topology, resolved, directory, options.state.durable);
    } catch (error) {
      await directory.close();
      throw error;
    }
    await runAwaiting(core.start());
    return new AsyncTopologyTestDriver(core);
  }

  /** As `TopologyTestDriver.createInputTopic`. @throws MR_TOPIC_UNKNOWN */
  createInputTopic<K, V>(topic: string, options: InputTopicOptions<K, V>): AsyncTestInputTopic<K, V> {
    this.#core.checkInputTopic(topic);
    return new AsyncTestInputTopic(this.#core, this.#run, topic, options);
  }

  /** As `TopologyTestDriver.createOutputTopic`. */
  createOutputTopic<K, V>(topic: string, options: OutputTopicOptions<K, V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(this.#core.logs, topic, options);
  }

  /** As `TopologyTestDriver.advanceWallClockTime`. */
  async advanceWallClockTime(duration: Duration): Promise<void> {
    const ms = forwardMs('advanceWallClockTime', duration);
    await this.#run(() => this.#core.advanceWallClock(ms));
  }

  /** Wall clock, ms since 1970. */
  get wallClockMs(): number {
    return this.#core.nowMs;
  }

  /** Every topic that was written so far, internal ones included, by name. */
  producedTopicNames(): readonly string[] {
    return this.#core.logs.producedTopics;
  }

  /** As `TopologyTestDriver.commit`. */
  async commit(): Promise<void> {
    await this.#run(() => this.#core.commit());
  }

  /** As `TopologyTestDriver.crash`. */
  async crash(options: CrashOptions = {}): Promise<void> {
    await this.#run(() => this.#core.crash(options));
  }

  /** As `TopologyTestDriver.rebalance`. */
  async rebalance(options: RebalanceOptions = {}): Promise<void> {
    await this.#run(() => this.#core.rebalance(options));
  }

  /** Names of all stores. */
  get storeNames(): readonly string[] {
    return this.#stores.names;
  }

  /** As `TopologyTestDriver.getStateStore`. */
  getStateStore(name: string, where: StorePartition = {}): unknown {
    return this.#stores.find(name, where);
  }

  /** As `TopologyTestDriver.getAllStateStores`. */
  getAllStateStores(where: StorePartition = {}): ReadonlyMap<string, unknown> {
    return this.#stores.all(where);
  }

  /** As `TopologyTestDriver.getKeyValueStore`. */
  getKeyValueStore<K, V>(name: string, where: StorePartition = {}): KeyValueStore<K, V> {
    return this.#stores.keyValue(name, where);
  }

  /** As `TopologyTestDriver.getTimestampedKeyValueStore`. */
  getTimestampedKeyValueStore<K, V>(name: string, where: StorePartition = {}): TimestampedKeyValueStore<K, V> {
    return this.#stores.timestampedKeyValue(name, where);
  }

  /** As `TopologyTestDriver.getVersionedKeyValueStore`. */
  getVersionedKeyValueStore<K, V>(name: string, where: StorePartition = {}): VersionedStore<K, V> {
    return this.#stores.versioned(name, where);
  }

  /** As `TopologyTestDriver.getWindowStore`. */
  getWindowStore<K, V>(name: string, where: StorePartition = {}): WindowStore<K, V> {
    return this.#stores.window(name, where);
  }

  /** As `TopologyTestDriver.getTimestampedWindowStore`. */
  getTimestampedWindowStore<K, V>(name: string, where: StorePartition = {}): TimestampedWindowStore<K, V> {
    return this.#stores.timestampedWindow(name, where);
  }

  /** As `TopologyTestDriver.getSessionStore`. */
  getSessionStore<K, V>(name: string, where: StorePartition = {}): SessionStore<K, V> {
    return this.#stores.session(name, where);
  }

  /** All metrics as they are now. */
  metrics(): readonly MetricSample[] {
    return this.#core.metrics();
  }

  /** Commits, closes processors and stores, deletes the state. What was written can still be read. Closing twice does nothing. */
  async close(): Promise<void> {
    await this.#run(() => this.#core.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #run: RunInTurn = <T>(start: () => Steps<T>): Promise<T> => {
    const result = this.#last.then(() => runAwaiting(start()));
    this.#last = result.catch(() => {});
    return result;
  };
}
