/**
 * Runs a trial as an application on a cluster outside this process, one record after the other. Its clock stands still, its reads come in rounds and it commits when it is told to, so
 * the run is the same every time however long the brokers take; nothing sleeps or asks again.
 */
import type { Topology } from '@millrace/core';
import { MetricsRegistry } from '@millrace/core';
import { KafkaStreams } from '@millrace/core/runtime';
import {
  type ClientFactory,
  type FetchedRecords,
  formatTopicPartition,
  type RecordProducer,
  silentLogger,
  systemClock,
  type StreamsClient,
  type TopicPartition,
} from '@millrace/core/kafka';
import { memory } from '@millrace/state/memory';
import { buildTopology } from '#cases/interpreter/build-topology';
import { type JsonObject, numberOf, textOf } from '#cases/json';
import { driverOptions } from '#cases/run-case';
import { looseChangelogs } from './driven-run.ts';
import { byPlace, type History, type RecordParts } from './history.ts';
import { Lock } from './lock.ts';
import { type LockedClients, lockedClients } from './locked-client.ts';
import { PipedRecords, type Place } from './piped-records.ts';
import { SteppedClock } from './stepped-clock.ts';
import { append, handlersOf, InputTurns, inputTopicsOf, topicsOf } from './surroundings.ts';
import type { Application, ApplicationRun } from './lock-step.ts';
import type { Trial } from './trial.ts';

/** By the clock that stands still: nothing is committed before it is moved by this. */
const commitIntervalMs = 1_000;
/** What only a failure takes: machines are loaded. */
const stepLimitMs = 60_000;
/** Longer than the clock of any trial runs. */
const neverMs = 1_000_000_000;

/** A cluster with what trials use in common. */
export interface Cluster {
  readonly factory: ClientFactory;
  /** Connected. */
  readonly client: StreamsClient;
  /** Writes the inputs. */
  readonly producer: RecordProducer;
}

export async function openCluster(factory: ClientFactory): Promise<Cluster> {
  const client = factory.create({ clientId: 'inputs', clock: systemClock, log: silentLogger });
  await client.connect();
  const producer = client.producer({
    lingerMs: 0,
    compression: 'none',
    maxBatchBytes: 100_000,
    maxBufferedBytes: 64_000_000,
    deliveryTimeoutMs: 60_000,
  });
  return { factory, client, producer };
}

/** Applications on a cluster outside this process. */
export function onCluster(cluster: Cluster): Application {
  return { wallClockStands: true, start: (trial, outputs) => SteppedRun.start(trial, cluster, outputs) };
}

export class SteppedRun implements ApplicationRun {
  readonly #trial: Trial;
  readonly #topology: Topology;
  readonly #cluster: Cluster;
  readonly #clock: SteppedClock;
  readonly #lock = new Lock();
  readonly #clients: LockedClients;
  readonly #app: KafkaStreams;
  readonly #turns: InputTurns;
  readonly #topics: ReadonlySet<string>;
  readonly #piped = new PipedRecords();

  private constructor(trial: Trial, topology: Topology, cluster: Cluster, topics: ReadonlySet<string>) {
    const metrics = new MetricsRegistry();
    this.#trial = trial;
    this.#topology = topology;
    this.#cluster = cluster;
    this.#topics = topics;
    this.#clock = new SteppedClock(driverOptions(trial.testCase).startMs ?? 0);
    this.#turns = new InputTurns(trial.partitions);
    this.#clients = lockedClients(cluster.factory, this.#lock, () => queued(metrics) > 0);
    this.#app = new KafkaStreams(topology, {
      applicationId: trial.applicationId,
      client: this.#clients.factory,
      state: memory(),
      clock: this.#clock,
      log: silentLogger,
      metrics,
      commitIntervalMs,
      repartitionPurgeIntervalMs: neverMs,
      handlers: handlersOf(trial),
      producer: { lingerMs: 0 },
      onStateChange: (state) => {
        if (state === 'RUNNING') this.#lock.noteRunning();
      },
      onUncaughtError: (error) => {
        this.#lock.fail(error);
        return 'shutdownClient';
      },
      unstable: { emitIntervalMs: 0 },
    });
  }

  /** `outputs`: topics that the topology writes. @throws what the application fails with */
  static async start(trial: Trial, cluster: Cluster, outputs: Iterable<string>): Promise<SteppedRun> {
    const { topology } = buildTopology(trial.testCase);
    const topics = topicsOf(trial, topology.plan, outputs);
    const run = new SteppedRun(trial, topology, cluster, topics);
    const specs = [...topics].map((name) => ({ name, partitions: trial.partitions, replicationFactor: 1, configs: {} }));
    for (const result of (await cluster.client.admin().createTopics(specs)).values()) if (result instanceof Error) throw result;
    try {
      await cluster.producer.lookUp([...inputTopicsOf(trial)]);
      await run.#app.start();
      await run.#lock.idle(stepLimitMs);
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** Takes one input through, and commits until a commit writes nothing more. */
  async step(index: number): Promise<void> {
    this.#take(this.#trial.testCase.inputs[index] ?? {});
    await this.#lock.idle(stepLimitMs);
    for (let before = -1; before < this.#lock.totalWritten;) {
      before = this.#lock.totalWritten;
      this.#clock.pass(commitIntervalMs);
      this.#turn();
      await this.#lock.idle(stepLimitMs);
    }
  }

  /** What is in the topics. @throws if there is more than the application wrote */
  async history(): Promise<History> {
    const { applicationId } = this.#trial;
    const written = this.#lock.outputs;
    const ends = await this.#cluster.client.admin().listOffsets(new Map(written.map((tp) => [tp, 'latest'])), { isolation: 'uncommitted' });
    for (const tp of written) {
      if (ends.get(tp) === this.#lock.end(tp)) continue;
      throw new Error(`${formatTopicPartition(tp)} ends at ${ends.get(tp)}, and ${this.#lock.end(tp)} records were written to it`);
    }
    const records = this.#piped.without(await readAll(this.#cluster.client, ends));
    return {
      topics: byPlace(applicationId, records, looseChangelogs(applicationId, this.#topology.plan)),
      stores: {},
      hasStores: false,
    };
  }

  async close(): Promise<void> {
    await this.#app.close({ timeoutMs: 60_000 });
    const admin = this.#cluster.client.admin();
    const internal = (await admin.listTopics()).filter((name) => name.startsWith(`${this.#trial.applicationId}-`));
    await admin.deleteTopics([...this.#topics, ...internal]);
  }

  #take(input: JsonObject): void {
    if (input['advanceWallMs'] !== undefined) {
      this.#clock.advanceWall(numberOf(input['advanceWallMs'], 'advanceWallMs'));
      this.#turn();
      return;
    }
    const topic = textOf(input['t'], 't');
    const output = this.#cluster.producer.partition(topic, this.#turns.choose(topic, input));
    // Nothing else writes now.
    this.#piped.add({ name: topic, partition: output.tp.partition, offset: this.#lock.end(output.tp) });
    append(output, input);
    this.#lock.noteInput(output.tp);
    this.#cluster.producer.send();
  }

  #turn(): void {
    for (const reader of this.#clients.readers) reader.turn();
  }
}

/** Records that tasks have not processed. */
function queued(metrics: MetricsRegistry): number {
  return metrics.collect().reduce((sum, { name, value }) => (name === 'active-buffer-count' ? sum + value : sum), 0);
}

type PlacedRecord = RecordParts & Place;

async function readAll(client: StreamsClient, ends: ReadonlyMap<TopicPartition, number>): Promise<readonly PlacedRecord[]> {
  const records: PlacedRecord[] = [];
  const left = new Map(ends);
  const reader = client.reader({ isolation: 'uncommitted', role: 'restore', maxBufferedBytes: 16_000_000 });
  try {
    reader.assign(new Map([...ends.keys()].map((tp) => [tp, 0])));
    while (left.size > 0) {
      const { batches, issues, progress } = await reader.poll({ maxWaitMs: 1_000 });
      if (issues[0] !== undefined) throw new Error(`reading ${formatTopicPartition(issues[0].tp)}: ${issues[0].kind}`);
      for (const batch of batches) for (let index = 0; index < batch.count; index++) records.push(placed(batch, index));
      for (const { position, tp } of progress) if (position >= (left.get(tp) ?? 0)) left.delete(tp);
    }
  } finally {
    await reader.close();
  }
  return records;
}

function placed(batch: FetchedRecords, index: number): PlacedRecord {
  const { partition, topic } = batch.tp;
  const headers = batch.headers(index)?.toArray() ?? [];
  return {
    name: topic,
    partition,
    offset: batch.offset(index),
    key: batch.key(index),
    value: batch.value(index),
    timestamp: batch.timestamp(index),
    headers,
  };
}
