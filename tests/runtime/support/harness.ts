/** Instances on an embedded cluster under one virtual clock: every history is the same on every machine. */
import { type KafkaStreamsOptions, KafkaStreams } from '@millrace/core/runtime';
import { type RecordProducer, type StreamsClient, silentLogger, topicPartition } from '@millrace/core/kafka';
import type { Topology } from '@millrace/core';
import { EmbeddedKafka, type EmbeddedKafkaOptions, VirtualClock, seededRandom } from '@millrace/embedded-kafka';
import { clientOver } from '@millrace/kafka';
import { type ApiDescription, decodeResponse, encodeRequest, type RequestInputOf, type ResponseOf } from '@millrace/kafka/protocol';
import { memory } from '@millrace/state/memory';

export interface TestRecord {
  readonly key?: string | null;
  readonly value: string | null;
  readonly partition?: number;
  readonly timestamp?: number;
}

/** A failure that a test plans: stops an instance as a crash would. */
export class Crash extends Error {}

export class Harness {
  readonly clock: VirtualClock;
  readonly cluster: EmbeddedKafka;
  readonly #random = seededRandom(7);
  readonly #instances = new Set<KafkaStreams>();
  #client: StreamsClient | undefined;
  #producer: RecordProducer | undefined;

  private constructor(clock: VirtualClock, cluster: EmbeddedKafka) {
    this.clock = clock;
    this.cluster = cluster;
  }

  static async start(options: EmbeddedKafkaOptions = {}): Promise<Harness> {
    const clock = new VirtualClock();
    const cluster = await EmbeddedKafka.start({ clock, seed: 1, ...options });
    return new Harness(clock, cluster);
  }

  /** An instance with quick settings; it is closed with the harness. */
  instance(topology: Topology, options: Partial<KafkaStreamsOptions> = {}): KafkaStreams {
    const app = new KafkaStreams(topology, {
      applicationId: 'app',
      client: clientOver(this.cluster.wire(), { random: () => this.#random() }),
      state: memory(),
      clock: this.clock,
      commitIntervalMs: 200,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 20_000,
      heartbeatIntervalMs: 500,
      topicTimeoutMs: 5_000,
      taskTimeoutMs: 30_000,
      producer: { lingerMs: 5, deliveryTimeoutMs: 20_000 },
      ...options,
    });
    this.#instances.add(app);
    return app;
  }

  async until(condition: () => boolean, what: string, limitMs = 120_000): Promise<void> {
    const deadline = this.clock.monotonic() + limitMs;
    await this.clock.settle();
    while (!condition()) {
      if (this.clock.monotonic() > deadline) throw new Error(`after ${limitMs} ms of virtual time: ${what}`);
      await this.clock.advance(20);
    }
  }

  async running(...apps: readonly KafkaStreams[]): Promise<void> {
    await this.until(() => apps.every((app) => app.state === 'RUNNING'), 'all instances are RUNNING');
  }

  /** Writes records, to the partition of the key unless one is given. */
  async produce(topic: string, records: readonly TestRecord[]): Promise<void> {
    const producer = await this.#open(topic);
    const partitions = producer.partitionCount(topic) ?? 1;
    const empty = new Uint8Array(0);
    records.forEach((record, index) => {
      const key = record.key === undefined || record.key === null ? null : Buffer.from(record.key);
      const value = record.value === null ? null : Buffer.from(record.value);
      producer
        .partition(topic, record.partition ?? index % partitions)
        .append(
          record.timestamp ?? this.clock.now(),
          key ?? empty,
          key === null ? -1 : 0,
          key?.length ?? 0,
          value ?? empty,
          value === null ? -1 : 0,
          value?.length ?? 0,
          null,
        );
    });
    await this.clock.run(producer.flush());
  }

  /** After a topic was made again: who wrote to the one before refuses to go on. */
  async renewClient(): Promise<void> {
    if (this.#client !== undefined) await this.clock.run(this.#client.close());
    this.#client = undefined;
    this.#producer = undefined;
  }

  /** The committed offset of a partition under the application's group; null if there is none. */
  async committed(topic: string, partition: number, groupId = 'app'): Promise<number | null> {
    const tp = topicPartition(topic, partition);
    const offsets = await this.clock.run((await this.client()).admin().groupOffsets(groupId, [tp]));
    return offsets.get(tp)?.offset ?? null;
  }

  async client(): Promise<StreamsClient> {
    if (this.#client === undefined) {
      const client = clientOver(this.cluster.wire(), { random: () => this.#random() }).create({
        clientId: 'test',
        clock: this.clock,
        log: silentLogger,
      });
      await this.clock.run(client.connect());
      this.#client = client;
    }
    return this.#client;
  }

  /** One request to the only broker, for what the client has no call for. */
  async raw<A extends ApiDescription>(api: A, version: number, request: RequestInputOf<A>): Promise<ResponseOf<A>> {
    const wire = this.cluster.wire()({ clientId: 'test', clock: this.clock, log: silentLogger });
    const body = await this.clock.run(
      wire.request('any', 'admin', api, version, encodeRequest(api, version, request), { timeoutMs: 5_000 }),
    );
    await this.clock.run(wire.close());
    return decodeResponse(api, version, body);
  }

  async close(): Promise<void> {
    for (const app of this.#instances) await this.clock.run(app.close({ timeoutMs: 60_000 }));
    if (this.#client !== undefined) await this.clock.run(this.#client.close());
    await this.cluster.close();
  }

  async #open(topic: string): Promise<RecordProducer> {
    this.#producer ??= (await this.client()).producer({
      lingerMs: 0,
      compression: 'none',
      maxBatchBytes: 100_000,
      maxBufferedBytes: 64_000_000,
      deliveryTimeoutMs: 30_000,
    });
    await this.clock.run(this.#producer.lookUp([topic]));
    return this.#producer;
  }
}
