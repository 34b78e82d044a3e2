/** One request to one node: the version is chosen, the bodies are encoded and decoded, every failure becomes a ClientError. Nothing is retried here. */
import { ClientError } from '@millrace/core/kafka';
import { decodeResponse, encodeRequest } from '../protocol/message.ts';
import type { ApiDescription, RequestInputOf, ResponseOf } from '../protocol/schema.ts';
import { commonVersion } from '../wire/versions.ts';
import type { Channel, NodeSelector, NodeVersions, WirePort } from '../wire/wire-port.ts';
import type { ClientContext } from './context.ts';
import { asClientError, closedError } from './failure.ts';
import type { SpokenApi } from './spoken-versions.ts';

export interface CallOptions {
  /** From the call to the answer. Default: the context's `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** About how large the request is, bytes; worth telling for large ones. */
  readonly requestBytes?: number | undefined;
}

export interface Answer<A extends ApiDescription> {
  readonly version: number;
  readonly response: ResponseOf<A>;
}

export class Requester {
  readonly #wire: WirePort;
  readonly #context: ClientContext;
  readonly #closing = new AbortController();

  constructor(wire: WirePort, context: ClientContext) {
    this.#wire = wire;
    this.#context = context;
  }

  /** Aborts when the client closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Versions and features of a node, of the wire's latest connection to it.
   * @throws ClientError
   */
  async versions(node: NodeSelector, options: CallOptions = {}): Promise<NodeVersions> {
    if (this.#closing.signal.aborted) throw closedError('The Kafka client');
    try {
      return await this.#wire.versions(node, { timeoutMs: options.timeoutMs ?? this.#context.requestTimeoutMs, signal: options.signal });
    } catch (error) {
      if (this.#closing.signal.aborted) throw closedError('The Kafka client');
      throw asClientError(error, `Asking node ${node} for its versions`, { node: String(node) });
    }
  }

  /**
   * Sends one request in the highest version that both sides speak.
   * @throws ClientError `retriable` where the wire failed in a way that can pass, else `fatal`
   */
  async call<A extends ApiDescription>(
    node: NodeSelector,
    channel: Channel,
    wanted: SpokenApi<A>,
    request: RequestInputOf<A> | ((version: number) => RequestInputOf<A>),
    options: CallOptions = {},
  ): Promise<Answer<A>> {
    const { api } = wanted;
    const versions = await this.versions(node, options);
    const version = spokenVersion(versions, wanted, node);
    try {
      const body = encodeRequest(api, version, typeof request === 'function' ? request(version) : request, options.requestBytes);
      const answer = await this.#wire.request(node, channel, api, version, body, {
        timeoutMs: options.timeoutMs ?? this.#context.requestTimeoutMs,
        signal: options.signal,
      });
      return { version, response: decodeResponse(api, version, answer) };
    } catch (error) {
      if (this.#closing.signal.aborted) throw closedError('The Kafka client');
      throw asClientError(error, `${api.name} to node ${node}`, { node: String(node), api: api.name });
    }
  }

  /** Every later call fails. */
  close(): void {
    this.#closing.abort();
  }
}

/**
 * The version in which client and node speak an API.
 * @throws ClientError `fatal`, naming the API, the versions wanted and those offered
 */
export function spokenVersion(versions: NodeVersions, wanted: SpokenApi, node: NodeSelector): number {
  const version = commonVersion(versions, wanted.api, wanted);
  if (version !== undefined) return version;
  const offered = versions.apis.get(wanted.api.key);
  const offers = offered === undefined ? 'does not offer it' : `offers ${offered.min} to ${offered.max}`;
  throw new ClientError(
    'fatal',
    `${wanted.api.name} version ${wanted.min} to ${wanted.max} is needed (for ${wanted.reason}), but node ${node} ${offers}: use brokers that speak one of these versions`,
    { details: { node: String(node), api: wanted.api.name } },
  );
}
