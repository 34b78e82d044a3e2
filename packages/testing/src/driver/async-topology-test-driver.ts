/** The test driver over any state engine: as `TopologyTestDriver`, and every method that runs the topology is awaited. */
import type { Duration, Topology } from '@millrace/core';
import { AsyncTestInputTopic, type RunInTurn } from '../topics/async-test-input-topic.ts';
import type { InputTopicOptions } from '../topics/input-encoder.ts';
import type { CrashOptions, RebalanceOptions } from './disturbances.ts';
import { DriverCore } from './driver-core.ts';
import { forwardMs, type OpenOptions, resolveOpenOptions } from './driver-options.ts';
import { DriverReads } from './driver-reads.ts';
import { runAwaiting, type Steps } from './steps.ts';

/** Made by `TopologyTestDriver.open`. Calls run in the order in which they were made, awaited or not. */
export class AsyncTopologyTestDriver extends DriverReads {
  readonly #core: DriverCore;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(core: DriverCore) {
    super(core);
    this.#core = core;
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

  /** As `TopologyTestDriver.advanceWallClockTime`. */
  async advanceWallClockTime(duration: Duration): Promise<void> {
    const ms = forwardMs('advanceWallClockTime', duration);
    await this.#run(() => this.#core.advanceWallClock(ms));
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
