/**
 * The seam below the Kafka client: something that carries the bytes of requests to a broker and brings the bytes of the answer.
 * It owns connections, TLS, authentication and framing; what the bytes mean, retries and time of day are the business of the client above.
 */
import type { Logger, Clock } from '@millrace/core/kafka';
import type { ApiDescription } from '../protocol/schema.ts';

/**
 * A broker serves the requests of one connection one after the other, so that a parked join or a long fetch would hold up
 * whatever follows it. Each channel is a connection of its own to each node, opened on first use.
 */
export type Channel =
  | 'group'
  | 'control'
  | 'fetch'
  | 'restore'
  | 'global'
  /** Long polls of a reader that has read everything, beside its busy channel, so that they delay no partition that has more. */
  | 'fetch-idle'
  | 'restore-idle'
  | 'global-idle'
  | 'produce'
  | 'admin';

export const channels: readonly Channel[] = [
  'group',
  'control',
  'fetch',
  'restore',
  'global',
  'fetch-idle',
  'restore-idle',
  'global-idle',
  'produce',
  'admin',
];

/** A node by its id, or whichever node answers: a known one or a bootstrap address. */
export type NodeSelector = number | 'any';

export interface NodeAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}

/** Versions that a node speaks, bounds inclusive. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** What a node said of itself when asked for ApiVersions. */
export interface NodeVersions {
  readonly apis: ReadonlyMap<number, VersionRange>;
  /** Finalized feature levels of the cluster by name, e.g. `transaction.version`; empty where the broker is too old to tell. */
  readonly features: ReadonlyMap<string, number>;
  /** Epoch of the features: the higher, the newer. -1 where it is not known. */
  readonly featuresEpoch: number;
}

export interface WireRequestOptions {
  /** From the call to the answer, connecting included. Exact, whatever the library below was configured with. */
  readonly timeoutMs: number;
  /** Gives up waiting; a late answer is dropped. */
  readonly signal?: AbortSignal | undefined;
}

export interface WirePort {
  /**
   * Sends one request and resolves with the body of its answer, header taken off. Requests of one node and channel are sent in the order of the calls.
   * Nothing is retried.
   * @throws WireError
   */
  request(
    node: NodeSelector,
    channel: Channel,
    api: ApiDescription,
    version: number,
    body: Uint8Array,
    options: WireRequestOptions,
  ): Promise<Uint8Array>;
  /**
   * The versions and features of a node, asked once a connection: after a reconnect they are asked anew.
   * @throws WireError
   */
  versions(node: NodeSelector, options: WireRequestOptions): Promise<NodeVersions>;
  /** The nodes of the latest Metadata answer: the whole list. Connections to nodes that are gone or moved are closed. */
  learnNodes(nodes: readonly NodeAddress[]): void;
  /** Closes every connection. What is pending rejects with `closed`, and so does every later call. */
  close(): Promise<void>;
}

/** What a wire needs of the client. */
export interface WireContext {
  /** Sent in every request's header; shows in the broker's logs, metrics and quotas. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Made by a user's configuration (`kafkajs(...)`, `platformatic(...)`), called by the client. */
export type WireFactory = (context: WireContext) => WirePort;
