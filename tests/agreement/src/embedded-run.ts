/** Runs a trial as an application on an embedded cluster, one record after the other, under a virtual clock. */
import type { Topology } from '@millrace/core';
import { KafkaStreams } from '@millrace/core/runtime';
import { type RecordProducer, silentLogger, type StreamsClient } from '@millrace/core/kafka';
import { EmbeddedKafka, seededRandom, VirtualClock } from '@millrace/embedded-kafka';
import { clientOver } from '@millrace/kafka';
import { memory } from '@millrace/state/memory';
import { buildTopology } from '#cases/interpreter/build-topology';
import { textOf } from '#cases/json';
import { type TopicSizes, looseChangelogs } from './driven-run.ts';
import { byPlace, type History } from './history.ts';
import { append, handlersOf, InputTurns, inputTopicsOf, topicsOf } from './surroundings.ts';
import type { Application, ApplicationRun } from './lock-step.ts';
import { PipedRecords } from './piped-records.ts';
import type { Trial } from './trial.ts';

const commitIntervalMs = 50;
/** Virtual time that a step may take. */
const stepLimitMs = 60_000;
/** Longer than anything here runs: what time would take away stays. */
const neverMs = 1_000_000_000;

/** Its clock goes on with every wait. */
export const onEmbeddedCluster: Application = {
  wallClockStands: false,
  start: (trial, outputs) => EmbeddedRun.start(trial, outputs),
};

export class EmbeddedRun implements ApplicationRun {
  readonly #trial: Trial;
  readonly #clock = new VirtualClock();
  readonly #topology: Topology;
  readonly #cluster: EmbeddedKafka;
  readonly #app: KafkaStreams;
  readonly #client: StreamsClient;
  readonly #producer: RecordProducer;
  readonly #turns: InputTurns;
  readonly #piped = new PipedRecords();
  #failure: unknown;

  private constructor(trial: Trial, topology: Topology, cluster: EmbeddedKafka, clock: VirtualClock) {
    const random = seededRandom(7);
    const factory = clientOver(cluster.wire(), { random });
    this.#trial = trial;
    this.#topology = topology;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#turns = new InputTurns(trial.partitions);
    this.#app = new KafkaStreams(topology, {
      applicationId: trial.applicationId,
      client: factory,
      state: memory(),
      clock,
      log: silentLogger,
      commitIntervalMs,
      repartitionPurgeIntervalMs: neverMs,
      handlers: handlersOf(trial),
      producer: { lingerMs: 0 },
      onUncaughtError: (error) => {
        this.#failure = error;
        return 'shutdownClient';
      },
      unstable: { emitIntervalMs: 0, pollMs: 20 },
    });
    this.#client = factory.create({ clientId: 'inputs', clock, log: silentLogger });
    this.#producer = this.#client.producer({
      lingerMs: 0,
      compression: 'none',
      maxBatchBytes: 100_000,
      maxBufferedBytes: 64_000_000,
      deliveryTimeoutMs: 30_000,
    });
  }

  /** `outputs`: topics that the topology writes. @throws what the application fails with */
  static async start(trial: Trial, outputs: Iterable<string>): Promise<EmbeddedRun> {
    const clock = new VirtualClock();
    const cluster = await EmbeddedKafka.start({ clock, seed: 1, retentionCheckIntervalMs: neverMs, compactionIntervalMs: neverMs });
    const { topology } = buildTopology(trial.testCase);
    for (const topic of topicsOf(trial, topology.plan, outputs)) cluster.createTopic(topic, { partitions: trial.partitions });
    const run = new EmbeddedRun(trial, topology, cluster, clock);
    try {
      await clock.run(run.#client.connect());
      await clock.run(run.#producer.lookUp([...inputTopicsOf(trial)]));
      await clock.run(run.#app.start());
      await run.#until(() => run.#app.state === 'RUNNING', 'it runs');
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** Writes one input and waits until the topics have what they should, and everything is committed. */
  async step(index: number, ends: TopicSizes): Promise<void> {
    const input = this.#trial.testCase.inputs[index] ?? {};
    const topic = textOf(input['t'], 't');
    const partition = this.#turns.choose(topic, input);
    // Nothing else writes now.
    this.#piped.add({ name: topic, partition, offset: this.#cluster.log(topic, partition).endOffset });
    append(this.#producer.partition(topic, partition), input);
    await this.#clock.run(this.#producer.flush());
    // What only reads shows nowhere; it has the time of a few polls.
    await this.#clock.advance(2 * commitIntervalMs);
    await this.#until(() => [...ends].every(([name, size]) => this.#sizeOf(name) >= size), `input ${index} is through`);
    await this.#clock.advance(2 * commitIntervalMs);
  }

  /** Lets come what should not come. */
  async history(): Promise<History> {
    await this.#clock.advance(10 * commitIntervalMs);
    this.#check();
    const { applicationId } = this.#trial;
    const stored = this.#cluster.topics().flatMap((name) => this.#cluster.records(name).map((record) => ({ name, ...record })));
    const records = this.#piped.without(stored);
    return { topics: byPlace(applicationId, records, looseChangelogs(applicationId, this.#topology.plan)), stores: {}, hasStores: false };
  }

  async close(): Promise<void> {
    await this.#clock.run(this.#app.close({ timeoutMs: 60_000 }));
    await this.#clock.run(this.#client.close());
    await this.#cluster.close();
  }

  #sizeOf(topic: string): number {
    let size = 0;
    for (let partition = 0; ; partition++) {
      try {
        size += this.#cluster.log(topic, partition).endOffset;
      } catch {
        return size;
      }
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = this.#clock.monotonic() + stepLimitMs;
    while (!condition()) {
      this.#check();
      if (this.#clock.monotonic() > deadline)
        throw new Error(`after ${stepLimitMs} ms of virtual time it is not so that ${what}; state ${this.#app.state}`);
      await this.#clock.advance(20);
    }
  }
}
