/** Runs a topology in the test's own process, without Kafka and without waiting. Kafka Streams: `TopologyTestDriver`. */
import type { Duration, Topology } from '@millrace/core';
import { memory } from '@millrace/state/memory';
import type { InputTopicOptions } from '../topics/input-encoder.ts';
import { TestInputTopic } from '../topics/test-input-topic.ts';
import { AsyncTopologyTestDriver } from './async-topology-test-driver.ts';
import type { CrashOptions, RebalanceOptions } from './disturbances.ts';
import { DriverCore } from './driver-core.ts';
import { forwardMs, type OpenOptions, resolveOptions, type TopologyTestDriverOptions } from './driver-options.ts';
import { DriverReads } from './driver-reads.ts';
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
export class TopologyTestDriver extends DriverReads {
  readonly #core: DriverCore;

  /**
   * Opens the stores in memory and starts the processors.
   *
   * @throws MR_ARGUMENT_INVALID for options that make no sense; MR_COPARTITION_MISMATCH; and whatever `init` of a processor throws
   */
  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    const resolved = resolveOptions(options);
    const backend = memory({ createProcessId: () => 'test' });
    const directory = runNow(settle(backend.open({ applicationId: resolved.applicationId, now: () => resolved.startMs })));
    const core = new DriverCore(topology, resolved, directory, backend.durable);
    super(core);
    this.#core = core;
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

  /** Moves the wall clock forward, fires the punctuations that are due (each at most once), and runs what they brought. */
  advanceWallClockTime(duration: Duration): void {
    runNow(this.#core.advanceWallClock(forwardMs('advanceWallClockTime', duration)));
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

  /** Commits, closes processors and stores. What was written can still be read. Closing twice does nothing. */
  close(): void {
    runNow(this.#core.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
