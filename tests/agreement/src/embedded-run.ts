/** Runs a trial as an application on an embedded cluster, one record after the other, under a virtual clock. */
import type { Topology } from '@millrace/core';
import type { ErrorHandlers } from '@millrace/core/engine';
import { KafkaStreams } from '@millrace/core/runtime';
import { Headers, partitionForKey, type RecordProducer, silentLogger, type StreamsClient } from '@millrace/core/kafka';
import { EmbeddedKafka, seededRandom, VirtualClock } from '@millrace/embedded-kafka';
import { clientOver } from '@millrace/kafka';
import { memory } from '@millrace/state/memory';
import { applicationId } from '#cases/outputs';
import { buildTopology } from '#cases/interpreter/build-topology';
import { textOf } from '#cases/json';
import { driverOptions, inputRecord } from '#cases/run-case';
import { type TopicSizes, looseChangelogs } from './driven-run.ts';
import { byPlace, type History } from './history.ts';
import type { Trial } from './trial.ts';

const commitIntervalMs = 50;
/** Virtual time that a step may take. */
const stepLimitMs = 60_000;
/** Longer than anything here runs: what time would take away stays. */
const neverMs = 1_000_000_000;

export class EmbeddedRun {
  readonly #trial: Trial;
  readonly #clock = new VirtualClock();
  readonly #topology: Topology;
  readonly #cluster: EmbeddedKafka;
  readonly #app: KafkaStreams;
  readonly #client: StreamsClient;
  readonly #producer: RecordProducer;
  /** Where the next record without a key goes, by topic: they take turns, as in the driver. */
  readonly #next = new Map<string, number>();
  #failure: unknown;

  private constructor(trial: Trial, topology: Topology, cluster: EmbeddedKafka, clock: VirtualClock) {
    const random = seededRandom(7);
    const factory = clientOver(cluster.wire(), { random });
    this.#trial = trial;
    this.#topology = topology;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#app = new KafkaStreams(topology, {
      applicationId,
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
    const inputs = trial.testCase.inputs.map(({ t }) => textOf(t, 't'));
    const { topology } = buildTopology(trial.testCase);
    const { globalStores, subtopologies } = topology.plan;
    const sources = subtopologies.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])));
    const read = [...sources, ...globalStores.flatMap(({ source }) => source.topics)].flatMap(({ internal, name }) =>
      internal ? [] : [name],
    );
    const sinks = subtopologies.flatMap(({ nodes }) =>
      nodes.flatMap((node) => (node.kind === 'sink' && typeof node.topic !== 'function' ? [node.topic] : [])),
    );
    const written = sinks.flatMap(({ internal, name }) => (internal ? [] : [name]));
    const { deadLetterTopic } = handlersOf(trial);
    const dead = deadLetterTopic === undefined ? [] : [deadLetterTopic];
    for (const topic of new Set([...inputs, ...read, ...written, ...dead, ...outputs]))
      cluster.createTopic(topic, { partitions: trial.partitions });
    const run = new EmbeddedRun(trial, topology, cluster, clock);
    try {
      await clock.run(run.#client.connect());
      await clock.run(run.#producer.lookUp([...new Set(inputs)]));
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
    const { headers, key, timestamp, value } = inputRecord(input);
    const topic = textOf(input['t'], 't');
    const none = new Uint8Array(0);
    this.#producer
      .partition(topic, this.#partitionOf(topic, key ?? null))
      .append(
        timestamp,
        key ?? none,
        key === null || key === undefined ? -1 : 0,
        key?.length ?? 0,
        value ?? none,
        value === null ? -1 : 0,
        value?.length ?? 0,
        headers.length === 0 ? null : new Headers(headers),
      );
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
    const written = this.#cluster.topics().filter((name) => name.startsWith(`${applicationId}-`) || !this.#inputTopics.has(name));
    const records = written.flatMap((name) => this.#cluster.records(name).map((record) => ({ name, ...record })));
    return { topics: byPlace(records, looseChangelogs(this.#topology.plan)), stores: {}, hasStores: false };
  }

  get #inputTopics(): ReadonlySet<string> {
    return new Set(this.#trial.testCase.inputs.map(({ t }) => textOf(t, 't')));
  }

  async close(): Promise<void> {
    await this.#clock.run(this.#app.close({ timeoutMs: 60_000 }));
    await this.#clock.run(this.#client.close());
    await this.#cluster.close();
  }

  #partitionOf(topic: string, key: Uint8Array | null): number {
    const { partitions } = this.#trial;
    if (key !== null && key !== undefined) return partitionForKey(key, 0, key.length, partitions);
    const next = this.#next.get(topic) ?? 0;
    this.#next.set(topic, (next + 1) % partitions);
    return next;
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

/** Those that the driver is given. */
function handlersOf({ testCase }: Trial): Partial<ErrorHandlers> {
  const { deadLetterTopic, deserialization, processing } = driverOptions(testCase).handlers ?? {};
  return {
    ...(deserialization === undefined ? {} : { deserialization }),
    ...(processing === undefined ? {} : { processing }),
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
  };
}
