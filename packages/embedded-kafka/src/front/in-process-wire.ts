/**
 * The wire inside the process: a connection a node and channel, as over TCP, without sockets. Requests and answers travel as events of their own (a microtask each), so
 * that nothing happens inside the caller's call; under a virtual clock the same calls give the same history.
 */
import type { Timer } from '@millrace/core/kafka';
import { apiVersionsApi, encodeRequest, type ApiDescription } from '@millrace/kafka/protocol';
import {
  type Channel,
  type NodeAddress,
  type NodeSelector,
  type NodeVersions,
  readNodeVersions,
  WireError,
  type WireErrorKind,
  type WireContext,
  type WirePort,
  type WireRequestOptions,
} from '@millrace/kafka/wire';
import type { Broker } from '../cluster/broker.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { Connection } from './connection.ts';
import type { Dispatcher, Outcome } from './dispatcher.ts';

interface Link {
  readonly connection: Connection;
  versions: NodeVersions | undefined;
}

/** The version of ApiVersions that is asked; the cluster always knows it. */
const apiVersionsVersion = 4;

export class InProcessWire implements WirePort {
  readonly #cluster: Cluster;
  readonly #dispatcher: Dispatcher;
  readonly #context: WireContext;
  readonly #links = new Map<string, Link>();
  readonly #pending = new Set<(error: WireError) => void>();
  #isClosed = false;

  constructor(cluster: Cluster, dispatcher: Dispatcher, context: WireContext) {
    this.#cluster = cluster;
    this.#dispatcher = dispatcher;
    this.#context = context;
  }

  request(
    node: NodeSelector,
    channel: Channel,
    api: ApiDescription,
    version: number,
    body: Uint8Array,
    options: WireRequestOptions,
  ): Promise<Uint8Array> {
    const details = { node, channel, api: api.name, version };
    const fail = (kind: WireErrorKind, message: string, maybeSent: boolean): WireError =>
      new WireError(kind, message, { details, maybeSent });
    if (this.#isClosed) return Promise.reject(fail('closed', 'the wire was closed', false));
    if (options.signal?.aborted === true) return Promise.reject(fail('aborted', 'the caller gave up before the request was sent', false));
    return new Promise((resolve, reject) => {
      let isDone = false;
      const settle = (act: () => void): void => {
        if (isDone) return;
        isDone = true;
        timer.cancel();
        options.signal?.removeEventListener('abort', abort);
        this.#pending.delete(refuse);
        act();
      };
      const refuse = (error: WireError): void => settle(() => reject(error));
      const abort = (): void => refuse(fail('aborted', 'the caller gave up', true));
      options.signal?.addEventListener('abort', abort, { once: true });
      this.#pending.add(refuse);
      let link: Link | undefined;
      const timer: Timer = this.#context.clock.setTimer(() => {
        refuse(fail('timeout', `no answer in ${options.timeoutMs} ms`, true));
        // Behind a request that is parked nothing more would be answered.
        link?.connection.close();
      }, options.timeoutMs);
      queueMicrotask(() => {
        if (isDone) return;
        const broker = this.#brokerFor(node);
        if (broker === undefined) return refuse(fail('unknown-node', `there is no node ${node}`, false));
        if (!broker.isUp) return refuse(fail('refused', `node ${broker.id} is stopped`, false));
        link = this.#link(broker, channel);
        link.connection.submit({ apiKey: api.key, version, clientId: this.#context.clientId, body }, (outcome) => {
          queueMicrotask(() => settle(() => deliver(outcome)));
        });
      });
      const deliver = (outcome: Outcome): void => {
        if (outcome.kind === 'answer') resolve(outcome.body);
        else if (outcome.kind === 'none') resolve(new Uint8Array(0));
        else reject(fail('disconnected', 'the connection was closed before the answer', true));
      };
    });
  }

  async versions(node: NodeSelector, options: WireRequestOptions): Promise<NodeVersions> {
    const broker = this.#brokerFor(node);
    const known = broker === undefined ? undefined : this.#links.get(linkKey(broker, 'control'));
    if (known?.versions !== undefined && !known.connection.isClosed) return known.versions;
    const body = encodeRequest(apiVersionsApi, apiVersionsVersion, { clientSoftwareName: 'millrace', clientSoftwareVersion: '1' });
    const answer = await this.request(broker?.id ?? node, 'control', apiVersionsApi, apiVersionsVersion, body, options);
    const { errorCode, versions } = readNodeVersions(apiVersionsVersion, answer);
    if (errorCode !== 0)
      throw new WireError('unsupported', `ApiVersions was answered with error ${errorCode}`, { details: { node, errorCode } });
    const link = broker === undefined ? undefined : this.#links.get(linkKey(broker, 'control'));
    if (link !== undefined) link.versions = versions;
    return versions;
  }

  /** Nodes are known here without being learnt; connections to those that are gone are closed. */
  learnNodes(nodes: readonly NodeAddress[]): void {
    const ids = new Set(nodes.map(({ id }) => id));
    for (const broker of this.#cluster.brokers.values()) {
      if (ids.has(broker.id)) continue;
      for (const [key, link] of this.#links) if (key.startsWith(`${broker.id}/`)) link.connection.close();
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const refuse of this.#pending) refuse(new WireError('closed', 'the wire was closed', { maybeSent: true }));
    for (const { connection } of this.#links.values()) connection.close();
    return Promise.resolve();
  }

  /** Whichever is up stands for any. */
  #brokerFor(node: NodeSelector): Broker | undefined {
    const { brokers, up } = this.#cluster;
    return brokers.get(node === 'any' ? (up[0] ?? 1) : node);
  }

  #link(broker: Broker, channel: Channel): Link {
    const key = linkKey(broker, channel);
    const known = this.#links.get(key);
    if (known !== undefined && !known.connection.isClosed) return known;
    const connection = new Connection(broker, this.#dispatcher, {
      clientHost: '/127.0.0.1',
      onClose: () => {
        if (this.#links.get(key) === link) this.#links.delete(key);
      },
    });
    const link: Link = { connection, versions: undefined };
    this.#links.set(key, link);
    return link;
  }
}

function linkKey(broker: Broker, channel: Channel): string {
  return `${broker.id}/${channel}`;
}
