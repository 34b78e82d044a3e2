/** What the questions to a broker are asked with: single requests over a wire, with names that nobody else uses. */
import { silentLogger, sleep, systemClock } from '@millrace/core/kafka';
import {
  type ApiDescription,
  type BatchStamp,
  brokerErrorCodes as code,
  createTopicsApi,
  decodeResponse,
  encodeRequest,
  fetchApi,
  initProducerIdApi,
  listOffsetsApi,
  metadataApi,
  produceApi,
  readBatchHeader,
  RecordBatchBuilder,
  type RequestInputOf,
  type ResponseOf,
} from '@millrace/kafka/protocol';
import type { Channel, WireFactory, WirePort } from '@millrace/kafka/wire';
import { expect } from 'vitest';

export interface PlainRecord {
  readonly key?: string | null;
  readonly value?: string | null;
  readonly timestamp?: number;
}

export const noBytes = new Uint8Array(0);
export const noUuid = 'AAAAAAAAAAAAAAAAAAAAAA';
export const unknownUuid = 'AAAAAAAAQACAAAAAAAAABw';

export function batchOf(records: readonly PlainRecord[], stamp: BatchStamp = {}): Uint8Array {
  const builder = new RecordBatchBuilder({ maxBytes: 10_000_000 });
  for (const { key = 'k', value = 'v', timestamp = 100 } of records) {
    const keyBytes = key === null ? noBytes : Buffer.from(key);
    const valueBytes = value === null ? noBytes : Buffer.from(value);
    builder.append(
      timestamp,
      keyBytes,
      key === null ? -1 : 0,
      keyBytes.length,
      valueBytes,
      value === null ? -1 : 0,
      valueBytes.length,
      null,
    );
  }
  return builder.finish(stamp);
}

export const oneRecord = batchOf([{}]);

export interface FetchOptions {
  readonly version?: number;
  readonly topicId?: string;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly maxWaitMs?: number;
  readonly isolationLevel?: number;
  readonly currentLeaderEpoch?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
}

export class BrokerScene {
  readonly #wire: () => WireFactory;
  #port: WirePort | undefined;
  #names = 0;
  /** A broker; with one broker, the leader and coordinator of everything. */
  node = 0;

  /** @param wire of a cluster that accepts any timestamp and lets groups form without delay */
  constructor(wire: () => WireFactory) {
    this.#wire = wire;
  }

  async open(): Promise<void> {
    this.#port = await this.connect();
  }

  async close(): Promise<void> {
    await this.#port?.close();
  }

  get port(): WirePort {
    if (this.#port === undefined) throw new Error('the scene is not open');
    return this.#port;
  }

  readonly unique = (text: string): string => `${text}-${process.pid}-${systemClock.now().toString(36)}-${this.#names++}`;

  readonly ask = async <A extends ApiDescription>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
    channel: Channel = 'admin',
    to: number | 'any' = this.node,
    over: WirePort = this.port,
  ): Promise<ResponseOf<A>> =>
    decodeResponse(
      api,
      version,
      await over.request(to, channel, api, version, encodeRequest(api, version, request), { timeoutMs: 20_000 }),
    );

  readonly listOffset = async (
    topic: string,
    timestamp: number,
    version = 7,
  ): Promise<ResponseOf<typeof listOffsetsApi>['topics'][number]['partitions'][number] | undefined> => {
    const answer = await this.ask(listOffsetsApi, version, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
    });
    return answer.topics[0]?.partitions[0];
  };

  /** Creates a topic of one partition and waits until it serves. Returns its id. */
  readonly create = async (topic: string, configs: Readonly<Record<string, string>> = {}): Promise<string> => {
    const answer = await this.ask(createTopicsApi, 7, {
      timeoutMs: 10_000,
      topics: [
        {
          name: topic,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
    });
    expect(answer.topics[0]).toMatchObject({ errorCode: 0 });
    while ((await this.listOffset(topic, -1))?.errorCode !== 0) await sleep(systemClock, 20);
    return answer.topics[0]?.topicId ?? '';
  };

  readonly produce = async (
    topic: string,
    records: Uint8Array | null,
    options: { readonly acks?: number; readonly version?: number; readonly topicId?: string } = {},
  ): Promise<ResponseOf<typeof produceApi>['responses'][number]['partitionResponses'][number] | undefined> => {
    const { acks = -1, version = 11, topicId = noUuid } = options;
    const answer = await this.ask(
      produceApi,
      version,
      { acks, timeoutMs: 5000, topicData: [{ name: topic, topicId, partitionData: [{ index: 0, records }] }] },
      'produce',
    );
    return answer.responses[0]?.partitionResponses[0];
  };

  readonly initProducer = async (): Promise<ResponseOf<typeof initProducerIdApi>> => {
    for (;;) {
      const answer = await this.ask(initProducerIdApi, 5, { transactionalId: null, transactionTimeoutMs: 60_000 });
      // A broker that has just started has no ids to give yet.
      if (answer.errorCode !== code.COORDINATOR_LOAD_IN_PROGRESS) return answer;
      await sleep(systemClock, 50);
    }
  };

  readonly fetch = (topic: string, fetchOffset: number, options: FetchOptions = {}): Promise<ResponseOf<typeof fetchApi>> => {
    const {
      version = 12,
      topicId = noUuid,
      maxBytes = 1_000_000,
      partitionMaxBytes = 1_000_000,
      maxWaitMs = 0,
      currentLeaderEpoch = -1,
      ...session
    } = options;
    return this.ask(
      fetchApi,
      version,
      {
        maxWaitMs,
        minBytes: 1,
        maxBytes,
        ...session,
        topics: [{ topic, topicId, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes, currentLeaderEpoch }] }],
        forgottenTopicsData: [],
      },
      'fetch',
    );
  };

  readonly partitionOf = (
    answer: ResponseOf<typeof fetchApi>,
  ): ResponseOf<typeof fetchApi>['responses'][number]['partitions'][number] | undefined => answer.responses[0]?.partitions[0];

  /** Base offsets of the whole batches in an answer. */
  readonly basesOf = (answer: ResponseOf<typeof fetchApi>): number[] => {
    const bytes = this.partitionOf(answer)?.records ?? noBytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const bases: number[] = [];
    for (let header = readBatchHeader(view, 0); header !== undefined; header = readBatchHeader(view, header.end))
      bases.push(header.baseOffset);
    return bases;
  };

  /** A client with connections of its own. */
  readonly connect = async (): Promise<WirePort> => {
    const made = this.#wire()({ clientId: 'behaviour', clock: systemClock, log: silentLogger });
    const { brokers } = await this.ask(metadataApi, 12, { topics: [] }, 'admin', 'any', made);
    made.learnNodes(brokers.map(({ nodeId, host, port: listening }) => ({ id: nodeId, host, port: listening })));
    this.node = brokers[0]?.nodeId ?? 0;
    return made;
  };
}
