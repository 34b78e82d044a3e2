/** What the tests of a client work with: clients of one cluster, topics of their own, records that go in and come out, and the end of all of it. */
import {
  type FetchedRecords,
  type Headers,
  type OutputPartition,
  type PartitionReader,
  type PollResult,
  type ProducerOptions,
  type ReaderOptions,
  type RecordProducer,
  sleep,
  type StreamsClient,
  type TopicPartition,
  topicPartition,
} from '@millrace/core/kafka';
import { prepareCompression } from '../protocol/compression/codec.ts';

/** Trouble that only a cluster in the hands of the test can make. */
export interface ClientFaults {
  /** Another broker leads the partition from now on. */
  moveLeader(tp: TopicPartition): Promise<void>;
  /** Another broker coordinates the group from now on. */
  moveCoordinator(groupId: string): Promise<void>;
  /** Cuts every connection. */
  disconnect(): Promise<void>;
}

/** A cluster, and the time that it and its clients live in. */
export interface ClientEnvironment {
  /** A client that is not connected yet. */
  createClient(): StreamsClient;
  /** Runs work to its end; a virtual clock is moved meanwhile. */
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly faults?: ClientFaults | undefined;
  close(): Promise<void>;
}

export interface ClientConformanceOptions {
  /** For the name of the suite. */
  readonly name: string;
  readonly open: () => Promise<ClientEnvironment>;
}

export interface SentRecord {
  readonly key?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly timestamp?: number | undefined;
  readonly headers?: Headers | undefined;
}

export interface ReadRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

const none = new Uint8Array(0);
let counter = 0;

export class ClientScene {
  readonly client: StreamsClient;
  readonly faults: ClientFaults | undefined;
  readonly #environment: ClientEnvironment;
  readonly #clients: StreamsClient[] = [];
  readonly #topics = new Set<string>();

  private constructor(environment: ClientEnvironment) {
    this.#environment = environment;
    this.faults = environment.faults;
    this.client = environment.createClient();
    this.#clients.push(this.client);
  }

  /** Runs `body` with a connected client; clients, topics and environment are gone afterwards. */
  static async run(options: ClientConformanceOptions, body: (scene: ClientScene) => Promise<void>): Promise<void> {
    // Loading a library takes real time, whatever clock the client lives by.
    await prepareCompression('zstd');
    const environment = await options.open();
    try {
      const scene = new ClientScene(environment);
      await environment.run(async () => {
        try {
          await scene.client.connect();
          await body(scene);
        } finally {
          await scene.#close();
        }
      });
    } finally {
      await environment.close();
    }
  }

  /** Another client of the same cluster, as another process would be. */
  async anotherClient(): Promise<StreamsClient> {
    const client = this.#environment.createClient();
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  name(prefix: string): string {
    return `${prefix}-${process.pid}-${this.client.clock.now()}-${counter++}`;
  }

  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = this.name('client');
    const created = await this.client.admin().createTopics([{ name, partitions, replicationFactor: -1, configs }]);
    const result = created.get(name);
    if (result !== 'created') throw new Error(`topic ${name}: ${String(result)}`);
    this.#topics.add(name);
    return name;
  }

  sleep(delayMs: number): Promise<void> {
    return sleep(this.client.clock, delayMs);
  }

  producer(options: Partial<ProducerOptions> = {}, client: StreamsClient = this.client): RecordProducer {
    return client.producer({
      lingerMs: 5,
      compression: 'none',
      maxBatchBytes: 64 * 1024,
      maxBufferedBytes: 8 * 1024 * 1024,
      deliveryTimeoutMs: 30_000,
      ...options,
    });
  }

  reader(positions: ReadonlyMap<TopicPartition, number>, options: Partial<ReaderOptions> = {}): PartitionReader {
    const reader = this.client.reader({ isolation: 'uncommitted', role: 'main', maxBufferedBytes: 4 * 1024 * 1024, ...options });
    reader.assign(positions);
    return reader;
  }

  /** Writes values to a partition and waits until they are acknowledged. */
  async write(tp: TopicPartition, values: readonly string[]): Promise<void> {
    const producer = this.producer();
    await producer.lookUp([tp.topic]);
    for (const value of values) append(producer.partition(tp.topic, tp.partition), { value });
    await producer.flush();
    await producer.close();
  }

  /** Polls until `count` records came, or the time is over. */
  async read(reader: PartitionReader, count: number, limitMs = 20_000): Promise<readonly ReadRecord[]> {
    const records: ReadRecord[] = [];
    await this.poll(
      reader,
      ({ batches }) => {
        for (const batch of batches) records.push(...recordsOf(batch));
        return records.length >= count;
      },
      limitMs,
    );
    return records;
  }

  /** Polls until `isEnough`, or the time is over: the test then sees what is missing. */
  async poll(reader: PartitionReader, isEnough: (result: PollResult) => boolean, limitMs = 20_000): Promise<void> {
    const { clock } = this.client;
    const deadlineMs = clock.monotonic() + limitMs;
    while (clock.monotonic() < deadlineMs) {
      if (isEnough(await reader.poll({ maxWaitMs: Math.max(1, deadlineMs - clock.monotonic()) }))) return;
    }
  }

  /** Waits until `isDone`, or the time is over: the test then sees what is missing. */
  async until(isDone: () => boolean, limitMs = 20_000): Promise<void> {
    const { clock } = this.client;
    const deadlineMs = clock.monotonic() + limitMs;
    while (!isDone() && clock.monotonic() < deadlineMs) await sleep(clock, 20);
  }

  async #close(): Promise<void> {
    try {
      if (this.#topics.size > 0) await this.client.admin().deleteTopics([...this.#topics]);
    } finally {
      await Promise.all(this.#clients.map((client) => client.close()));
    }
  }
}

export function append(output: OutputPartition, { key = null, value = null, timestamp = -1, headers }: SentRecord): void {
  const keyBytes = key === null ? none : Buffer.from(key);
  const valueBytes = value === null ? none : Buffer.from(value);
  output.append(
    timestamp,
    keyBytes,
    key === null ? -1 : 0,
    keyBytes.length,
    valueBytes,
    value === null ? -1 : 0,
    valueBytes.length,
    headers ?? null,
  );
}

export function recordsOf(batch: FetchedRecords): readonly ReadRecord[] {
  return Array.from({ length: batch.count }, (_, index) => ({
    offset: batch.offset(index),
    timestamp: batch.timestamp(index),
    key: text(batch.key(index)),
    value: text(batch.value(index)),
  }));
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

/** What a promise rejects with, undefined if it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Partitions 0 to count - 1 of a topic. */
export function partitionsOf(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => topicPartition(topic, partition));
}

export function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
