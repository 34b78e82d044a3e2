/**
 * Connections inside the process, for the wire that all carriers share. Requests and answers travel as events of their own (a microtask each), so that nothing
 * happens inside the caller's call; under a virtual clock the same calls give the same history.
 */
import { type ApiDescription } from '@millrace/kafka/protocol';
import { type Address, type Connector, type Link, type LinkOpening, WireError } from '@millrace/kafka/wire';
import type { Cluster } from '../cluster/cluster.ts';
import { Connection } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';

export class InProcessConnector implements Connector {
  readonly #cluster: Cluster;
  readonly #dispatcher: Dispatcher;
  readonly #clientId: string;

  constructor(cluster: Cluster, dispatcher: Dispatcher, clientId: string) {
    this.#cluster = cluster;
    this.#dispatcher = dispatcher;
    this.#clientId = clientId;
  }

  bootstrap(): Promise<readonly Address[]> {
    return Promise.resolve(Array.from(this.#cluster.brokers.values(), ({ host, port }) => ({ host, port })));
  }

  open(address: Address): LinkOpening {
    return { link: this.#connect(address), cancel: () => {} };
  }

  async #connect({ host, port }: Address): Promise<Link> {
    // Who connects learns a moment later what became of it.
    await Promise.resolve();
    const broker = [...this.#cluster.brokers.values()].find((each) => each.host === host && each.port === port);
    if (broker?.isUp !== true)
      throw new WireError('refused', `nobody listens at ${host}:${port}`, { details: { host, port }, maybeSent: false });
    return new InProcessLink(new Connection(broker, this.#dispatcher, { clientHost: '/127.0.0.1', onClose: () => {} }), this.#clientId);
  }

  /** Links belong to the wire, which destroys them. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

class InProcessLink implements Link {
  readonly #connection: Connection;
  readonly #clientId: string;

  constructor(connection: Connection, clientId: string) {
    this.#connection = connection;
    this.#clientId = clientId;
  }

  isOpen(): boolean {
    return !this.#connection.isClosed;
  }

  send(api: ApiDescription, version: number, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      queueMicrotask(() => {
        this.#connection.submit({ apiKey: api.key, version, clientId: this.#clientId, body }, (outcome) => {
          queueMicrotask(() => {
            if (outcome.kind === 'answer') resolve(outcome.body);
            else if (outcome.kind === 'none') resolve(new Uint8Array(0));
            else reject(new WireError('disconnected', 'the broker closed the connection before it answered'));
          });
        });
      });
    });
  }

  destroy(): void {
    this.#connection.close();
  }
}
