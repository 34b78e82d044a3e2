/** One application of the hand-over on the broker: its topics, its input, what it has written and committed, and its two kinds of process. */
import { setTimeout as delay } from 'node:timers/promises';
import { KafkaStreams, type RestoreEvent, type Topology } from '@millrace/core';
import { decodeOffsetMetadata } from '@millrace/core/engine';
import { type StreamsClient, type TopicPartition, formatTopicPartition, Headers, silentLogger, topicPartition } from '@millrace/core/kafka';
import { kafka } from '@millrace/kafka';
import { rocksdb } from '@millrace/state/rocksdb';
import { bootstrap } from '../support/broker.ts';
import { createTopics, ends } from '../support/topics.ts';
import type { JavaServer } from './handover-java.ts';
import { type InputRecord, inputTopics, placesBefore, placesTopic, waveOf, wavesPerPart } from './handover-input.ts';
import { type LogRecord, partitionsWithPrefix, readTopics } from './handover-log.ts';
import { type Format, storeKinds } from './handover-topology.ts';

export const formats: readonly Format[] = ['default', 'headers'];

/** What was committed with an offset. */
type CommittedTimes = ReturnType<typeof decodeOffsetMetadata>;

/** The end of a part: how far each topic was written, and what was committed with the offsets, by format and partition without the run's name. */
export interface Mark {
  readonly ends: ReadonlyMap<TopicPartition, number>;
  readonly times: ReadonlyMap<string, CommittedTimes>;
}

export class Run {
  readonly name: string;
  readonly marks: Mark[] = [];
  readonly #client: StreamsClient;
  readonly #baseMs: number;
  readonly #topologies: ReadonlyMap<Format, Topology>;

  /** Names of runs that are compared must be of one length: some rows hold names of topics. */
  constructor(name: string, client: StreamsClient, baseMs: number) {
    this.name = name;
    this.#client = client;
    this.#baseMs = baseMs;
    this.#topologies = new Map(formats.map((format) => [format, storeKinds(`${name}-in`, `${this.applicationId(format)}-out`, format)]));
  }

  applicationId(format: Format): string {
    return `${this.name}-${format}`;
  }

  topology(format: Format): Topology {
    return this.#topologies.get(format) as Topology;
  }

  /** Creates the topics that several runs read and write. */
  static async createTopics(client: StreamsClient, runs: readonly Run[]): Promise<void> {
    const topics = runs.flatMap((run) => [
      ...inputTopics.map(({ name, partitions }) => [`${run.name}-in-${name}`, partitions] as const),
      [`${run.name}-in-${placesTopic}`, 1] as const,
      ...formats.flatMap((format) => run.#topicsOf(format, 'sink').map((name) => [name, 1] as const)),
    ]);
    for (const count of new Set(topics.map(([, partitions]) => partitions))) {
      const names = topics.flatMap(([name, partitions]) => (partitions === count ? [name] : []));
      await createTopics(client, names, count);
    }
  }

  /** Loads the rows of the global table that this part begins with. Returns their epoch, if there are any. */
  async places(part: number): Promise<string | undefined> {
    const records = placesBefore(part, this.#baseMs);
    await this.#load(records);
    return records.at(-1)?.value ?? undefined;
  }

  /**
   * Loads the waves of a part, each when the one before is processed.
   *
   * @param check throws if whoever processes them has failed
   */
  async waves(part: number, check: () => void): Promise<void> {
    for (let wave = 0; wave < wavesPerPart; wave++) {
      await this.#load(waveOf(part, wave, this.#baseMs));
      for (const format of formats) await this.#processed(format, check);
    }
  }

  async mark(): Promise<void> {
    const times = new Map<string, CommittedTimes>();
    for (const format of formats) {
      const offsets = await this.#client.admin().groupOffsets(this.applicationId(format), await this.#sources(format));
      for (const [tp, offset] of offsets) {
        times.set(`${format} ${formatTopicPartition(tp).replaceAll(this.name, 'run')}`, decodeOffsetMetadata(offset?.metadata));
      }
    }
    this.marks.push({ ends: await ends(this.#client, await partitionsWithPrefix(this.#client, this.name)), times });
  }

  /** Everything in its topics, by their names with `run` for the run's. */
  async logs(): Promise<ReadonlyMap<string, readonly LogRecord[]>> {
    return readTopics(this.#client, await partitionsWithPrefix(this.#client, this.name), this.name);
  }

  /** Where a topic ended at the end of a part, by its partitions. */
  endsOf(topic: string, part: number): readonly number[] {
    const name = topic.replace('run', this.name);
    const found = [...(this.marks[part]?.ends ?? [])].filter(([tp]) => tp.topic === name);
    return found.sort(([a], [b]) => a.partition - b.partition).map(([, end]) => end);
  }

  /** Starts the application of a format in Java; returns what Java says of its topology. */
  startJava(server: JavaServer, format: Format, directory: string): Promise<string> {
    return server.start({
      'app-id': this.applicationId(format),
      in: `${this.name}-in`,
      out: `${this.applicationId(format)}-out`,
      'state-dir': directory,
      format,
      optimize: format === 'default' ? 'reuse.ktable.source.topics' : 'none',
    });
  }

  /** The application of a format as Millrace's, not started. */
  millrace(format: Format, directory: string, onRestore: (event: RestoreEvent) => void): KafkaStreams {
    return new KafkaStreams(this.topology(format), {
      applicationId: this.applicationId(format),
      client: kafka({ brokers: bootstrap().split(',') }),
      state: rocksdb({ directory }),
      log: silentLogger,
      onRestore,
      commitIntervalMs: 100,
      repartitionPurgeIntervalMs: '1h',
      // What a window or join emits must not depend on the wall clock.
      unstable: { emitIntervalMs: 0 },
    });
  }

  #topicsOf(format: Format, kind: 'source' | 'sink'): readonly string[] {
    const { subtopologies } = this.topology(format).toJSON();
    const nodes = subtopologies.filter(({ isGlobal }) => !isGlobal).flatMap((subtopology) => subtopology.nodes);
    const topics = nodes.filter((node) => node.kind === kind).flatMap((node) => node.topics ?? []);
    return topics.filter(({ internal }) => !internal).map(({ name }) => name);
  }

  /** What the group of a format reads: inputs, and topics of its own between its sub-topologies. */
  async #sources(format: Format): Promise<readonly TopicPartition[]> {
    const own = await partitionsWithPrefix(this.#client, `${this.applicationId(format)}-`);
    const inputs = inputTopics.filter(({ name }) => this.#topicsOf(format, 'source').includes(`${this.name}-in-${name}`));
    return [
      ...inputs.flatMap(({ name, partitions }) =>
        Array.from({ length: partitions }, (_, partition) => topicPartition(`${this.name}-in-${name}`, partition)),
      ),
      ...own.filter((tp) => /-(repartition|topic)$/.test(tp.topic)),
    ];
  }

  async #load(records: readonly InputRecord[]): Promise<void> {
    if (records.length === 0) return;
    const topicOf = (record: InputRecord): string => `${this.name}-in-${record.topic}`;
    const producer = this.#client.producer({
      lingerMs: 0,
      compression: 'none',
      maxBatchBytes: 65_536,
      maxBufferedBytes: 8_388_608,
      deliveryTimeoutMs: 60_000,
    });
    const none = new Uint8Array(0);
    try {
      await producer.lookUp([...new Set(records.map(topicOf))]);
      for (const record of records) {
        const [key, value] = [Buffer.from(record.key), record.value === null ? none : Buffer.from(record.value)];
        const headers = record.header === undefined ? null : new Headers().add('trace', record.header);
        producer
          .partition(topicOf(record), record.partition)
          .append(record.timestamp, key, 0, key.length, value, record.value === null ? -1 : 0, value.length, headers);
      }
      await producer.flush();
    } finally {
      await producer.close();
    }
  }

  /** Waits until the group has committed all that its topics hold. Whoever commits an input has written what came of it. */
  async #processed(format: Format, check: () => void): Promise<void> {
    const sources = await this.#sources(format);
    const deadline = Date.now() + 90_000;
    for (;;) {
      check();
      const committed = await this.#client.admin().groupOffsets(this.applicationId(format), sources);
      const targets = await ends(this.#client, sources);
      const behind = sources.filter((tp) => (committed.get(tp)?.offset ?? 0) < (targets.get(tp) ?? 0));
      if (behind.length === 0) return;
      if (Date.now() > deadline) throw new Error(`not processed: ${behind.map(formatTopicPartition).join(', ')}`);
      await delay(100);
    }
  }
}
