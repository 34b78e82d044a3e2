/** The public handle of an application instance. Kafka Streams: `org.apache.kafka.streams.KafkaStreams`. */
import { createTask } from '../engine/task.ts';
import { StreamsError, TopologyError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import type { Timer } from '../time.ts';
import { Topology } from '../topology/topology.ts';
import type { ClientState } from './client-state.ts';
import type { TaskMetadata } from './events.ts';
import { StreamsInstance } from './instance.ts';
import { type LocalKeyValueStore, localKeyValueStore } from './local-store.ts';
import { type KafkaStreamsOptions, resolveOptions, type RuntimeOptions } from './options.ts';
import { watchSignals } from './signals.ts';

export interface CloseOptions {
  /** Ends waiting after this time; what is still under way is dropped and replayed by the next owner. Default: wait. */
  readonly timeoutMs?: number | undefined;
}

/**
 * One instance of a stream processing application. Instances with the same `applicationId` share its partitions.
 *
 * Life: `CREATED` → `start()` or `run()` → `REBALANCING` ⇄ `RUNNING` → `close()` → `NOT_RUNNING`; a failure that the instance does not recover from ends in `ERROR`. It runs once.
 */
export class KafkaStreams implements AsyncDisposable {
  readonly #options: RuntimeOptions;
  readonly #instance: StreamsInstance;
  readonly #storeNames: readonly string[];
  #starting: Promise<void> | undefined;
  #closing: Promise<boolean> | undefined;

  /**
   * @throws MR_CONFIG_INVALID for an option that is missing or impossible
   * @throws MR_FEATURE_UNAVAILABLE for `exactly_once_v2`
   * @throws MR_TOPOLOGY_INVALID for a topology without sources
   */
  constructor(topology: Topology, options: KafkaStreamsOptions) {
    if (!(topology instanceof Topology)) {
      throw new StreamsError('MR_CONFIG_INVALID', 'the first argument is no topology: give what build() of a StreamsBuilder returns');
    }
    const { globalStores, subtopologies } = topology.plan;
    if (subtopologies.length + globalStores.length === 0) {
      throw new TopologyError('the topology reads no topic, so there is nothing to run: add a stream or a table');
    }
    this.#options = resolveOptions(options);
    const stores = [...subtopologies.flatMap((subtopology) => subtopology.stores), ...globalStores.map(({ store }) => store)];
    this.#storeNames = stores.map(({ spec }) => spec.name);
    this.#instance = new StreamsInstance(topology.plan, this.#options, createTask);
  }

  get state(): ClientState {
    return this.#instance.states.state;
  }

  get metrics(): Metrics {
    return this.#options.metrics;
  }

  /** The tasks of this instance, as of now. Kafka Streams: `metadataForLocalThreads`. */
  tasks(): readonly TaskMetadata[] {
    return this.#instance.tasks();
  }

  /**
   * A key-value store of this instance, for reading. Its tasks may move: every call sees those that run then.
   *
   * @throws MR_STORE_UNAVAILABLE if the topology has no such store; each call, while no task of this instance has it
   */
  store<K, V>(name: string): LocalKeyValueStore<K, V> {
    return localKeyValueStore(name, this.#storeNames, () => this.#instance.stores(name));
  }

  /**
   * Connects, ensures topics and joins the group; tasks start afterwards, in the background. Waits for brokers and source topics as long as the options say.
   *
   * @throws MR_STATE_INVALID if it was started before
   * @throws MR_SOURCE_TOPIC_MISSING, MR_INTERNAL_TOPIC_INVALID, MR_COPARTITION_MISMATCH, MR_TOPIC_UNKNOWN, MR_CLIENT_FATAL, MR_CLIENT_RETRIABLE (nobody answered in time), or
   * an error of the state backend
   */
  async start(): Promise<void> {
    if (this.#starting !== undefined || this.state !== 'CREATED') {
      throw new StreamsError(
        'MR_STATE_INVALID',
        `an instance starts once; this one is ${this.state}. Make another KafkaStreams to start again`,
        { details: { state: this.state } },
      );
    }
    this.#starting = this.#instance.start();
    await this.#starting;
  }

  /**
   * Starts, and runs until `signal` aborts, `close()` is called, or a signal of the process arrives where `handleSignals` is set. Resolves when everything is closed; rejects with
   * the failure that the instance could not recover from.
   */
  async run(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    const stop = (): void => void this.close({ timeoutMs: this.#options.closeTimeoutMs });
    const unwatch = this.#options.handleSignals ? watchSignals(this.#options.signals, stop, this.#options.log) : undefined;
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (signal?.aborted === true) {
        await this.close();
        return;
      }
      try {
        await this.start();
      } catch (error) {
        // Stopped while it was starting: that is what was asked for.
        if (this.#closing !== undefined && this.state === 'NOT_RUNNING') return;
        throw error;
      }
      await this.#instance.finished;
    } finally {
      signal?.removeEventListener('abort', stop);
      unwatch?.();
    }
  }

  /**
   * Commits, closes tasks and stores, leaves the group (see `leaveOnClose`) and disconnects. Resolves with true when that is done, with false if the time was over first: then what
   * was under way is dropped, which the next owner of the tasks replays. A last commit that fails because of the brokers or a rebalance is logged and replayed by the next owner too;
   * any other failure ends in the state `ERROR` and rejects `run()`. Never rejects; calling it again returns the first answer.
   */
  close(options: CloseOptions = {}): Promise<boolean> {
    return (this.#closing ??= this.#close(options.timeoutMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().then(() => {});
  }

  async #close(timeoutMs: number | undefined): Promise<boolean> {
    const instance = this.#instance;
    instance.stop();
    if (this.#starting === undefined) {
      if (instance.states.canMoveTo('NOT_RUNNING')) instance.states.moveTo('NOT_RUNNING');
      return true;
    }
    const ended = this.#ended();
    if (timeoutMs === undefined) {
      await ended;
      return true;
    }
    let timer: Timer | undefined;
    const late = new Promise<false>((resolve) => {
      timer = this.#options.clock.setTimer(() => resolve(false), timeoutMs);
    });
    const inTime = await Promise.race([ended.then(() => true), late]);
    timer?.cancel();
    if (!inTime) {
      this.#options.log.warn('closing took longer than allowed: what is under way is dropped', { timeoutMs });
      await instance.force();
    }
    return inTime;
  }

  /** Whoever called `start` or `run` hears of failures there. */
  async #ended(): Promise<void> {
    try {
      await this.#starting;
      await this.#instance.finished;
    } catch {
      // Told there.
    }
  }
}
