/** The client behind the port: one cluster view and one wire, shared by everything it makes. */
import {
  ClientError,
  type ClientFactory,
  type ClientFeatures,
  type Clock,
  type ClusterAdmin,
  type GroupHandler,
  type GroupMember,
  type Logger,
  type MemberOptions,
  type PartitionReader,
  type ProducerOptions,
  type ReaderOptions,
  type RecordProducer,
  type StreamsClient,
} from '@millrace/core/kafka';
import { txnOffsetCommitApi } from '../protocol/messages/txn-offset-commit.ts';
import type { NodeVersions, WireFactory } from '../wire/wire-port.ts';
import { Admin } from './admin/admin.ts';
import { Cluster } from './cluster.ts';
import { type ClientContext, defaultTimes } from './context.ts';
import { asClientError, closedError } from './failure.ts';
import { Member } from './group/member.ts';
import { Producer } from './producer/producer.ts';
import { Reader } from './reader/reader.ts';
import { spokenVersion } from './requester.ts';
import * as spoken from './spoken-versions.ts';

export interface ClientOptions {
  /** Jitter and choice of nodes, from 0 to below 1. Default: Math.random; a simulator gives its own. */
  readonly random?: (() => number) | undefined;
  /** Default 100. */
  readonly retryBackoffMs?: number | undefined;
  /** Default 1,000. */
  readonly retryBackoffMaxMs?: number | undefined;
  /** Longest wait for one answer. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest time of an operation of several attempts. Default 60,000. */
  readonly operationTimeoutMs?: number | undefined;
  /** Shows in the brokers' logs and quotas. Default: what the application gives. */
  readonly clientId?: string | undefined;
}

/** The names of {@link ClientOptions}. */
export const clientOptionNames: Readonly<Record<keyof ClientOptions, true>> = {
  random: true,
  retryBackoffMs: true,
  retryBackoffMaxMs: true,
  requestTimeoutMs: true,
  operationTimeoutMs: true,
  clientId: true,
};

/** A client over any wire: for tests on an embedded cluster, and for wires of your own. */
export function clientOver(wireFactory: WireFactory, options: ClientOptions = {}): ClientFactory {
  return { create: (context) => new WireClient(wireFactory, options, context) };
}

/** The first TxnOffsetCommit that carries generation and member (KIP-447). */
const firstFencedOffsetCommit = 3;

class WireClient implements StreamsClient {
  readonly clock: Clock;
  readonly #cluster: Cluster;
  readonly #closeWire: () => Promise<void>;
  readonly #open = new Set<() => Promise<void>>();
  #hasMember = false;
  #isClosed = false;

  constructor(
    wireFactory: WireFactory,
    options: ClientOptions,
    given: { readonly clientId: string; readonly clock: Clock; readonly log: Logger },
  ) {
    const context: ClientContext = {
      clientId: options.clientId ?? given.clientId,
      clock: given.clock,
      log: given.log,
      random: options.random ?? Math.random,
      retryBackoffMs: options.retryBackoffMs ?? defaultTimes.retryBackoffMs,
      retryBackoffMaxMs: options.retryBackoffMaxMs ?? defaultTimes.retryBackoffMaxMs,
      requestTimeoutMs: options.requestTimeoutMs ?? defaultTimes.requestTimeoutMs,
      operationTimeoutMs: options.operationTimeoutMs ?? defaultTimes.operationTimeoutMs,
    };
    const wire = wireFactory(context);
    this.clock = given.clock;
    this.#cluster = new Cluster(wire, context);
    this.#closeWire = () => wire.close();
  }

  async connect(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ClientFeatures> {
    const versions = await this.#cluster.requester.versions('any', { signal: options.signal });
    for (const needed of spoken.neededApis) spokenVersion(versions, needed, 'any');
    await this.#cluster.fetchMetadata([], { signal: options.signal });
    return featuresOf(versions);
  }

  admin(): ClusterAdmin {
    this.#checkOpen();
    return new Admin(this.#cluster);
  }

  reader(options: ReaderOptions): PartitionReader {
    return this.#track(
      (onClose) => new Reader(this.#cluster, options, onClose),
      (reader) => reader.close(),
    );
  }

  /** One at a time: the joins of two members would wait for each other on the connection that they share. */
  member(options: MemberOptions, handler: GroupHandler): GroupMember {
    if (this.#hasMember)
      throw new ClientError('fatal', 'This client has a group member already: make a client for each member, or close the other one first');
    this.#hasMember = true;
    return this.#track(
      (onClose) =>
        new Member(this.#cluster, options, handler, () => {
          this.#hasMember = false;
          onClose();
        }),
      (member) => member.close({ leave: false }),
    );
  }

  producer(options: ProducerOptions): RecordProducer {
    return this.#track(
      (onClose) => new Producer(this.#cluster, options, onClose),
      (producer) => producer.close({ timeoutMs: 0 }),
    );
  }

  /** Closes what was made and not closed, without waiting for what is on its way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#open].map((close) => close()));
    this.#cluster.close();
    try {
      await this.#closeWire();
    } catch (error) {
      throw asClientError(error, 'Closing the connections');
    }
  }

  #track<T extends object>(make: (onClose: () => void) => T, close: (made: T) => Promise<void>): T {
    this.#checkOpen();
    const closeMade = (): Promise<void> => close(made);
    const made = make(() => this.#open.delete(closeMade));
    this.#open.add(closeMade);
    return made;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError('The Kafka client');
  }
}

function featuresOf({ apis: offered }: NodeVersions): ClientFeatures {
  const reaches = (key: number, version: number): boolean => (offered.get(key)?.max ?? -1) >= version;
  return {
    topicIds: reaches(spoken.metadata.api.key, 10) && reaches(spoken.fetch.api.key, 13),
    staticMembers: reaches(spoken.joinGroup.api.key, spoken.joinGroup.min),
    deleteRecords: offered.has(spoken.deleteRecords.api.key),
    transactions: reaches(txnOffsetCommitApi.key, firstFencedOffsetCommit) && reaches(spoken.offsetFetch.api.key, spoken.offsetFetch.min),
  };
}
