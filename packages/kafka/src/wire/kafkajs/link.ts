/** One kafkajs broker object with one connection. It is thrown away at the first failure: a reused one fails its next request for no reason. */
import { Buffer } from 'node:buffer';
import { responseBodyStart } from '../../protocol/header.ts';
import { isFlexible } from '../../protocol/message.ts';
import type { ApiDescription } from '../../protocol/schema.ts';
import type { Address, Link, LinkOpening } from '../link.ts';
import { WireError } from '../wire-error.ts';
import { kafkajsFailure } from './failure.ts';
import { checkPool, type KafkajsBroker, type KafkajsCluster, type KafkajsConnection, type KafkajsRequestQueue } from './internals.ts';

const noTaggedFields = Buffer.alloc(1);

export function openKafkajsLink(cluster: KafkajsCluster, address: Address): LinkOpening {
  let connection: KafkajsConnection | undefined;
  let isCancelled = false;
  const name = `${address.host}:${address.port}`;
  const open = async (): Promise<Link> => {
    try {
      const pool = await cluster.connectionPoolBuilder.build({ host: address.host, port: address.port, rack: address.rack ?? null });
      connection = checkPool(pool);
      if (isCancelled) throw new WireError('disconnected', 'opening the connection was given up', { maybeSent: false });
      quieten(connection.requestQueue);
      const broker = cluster.brokerPool.createBroker({ logger: cluster.rootLogger, nodeId: null, versions: null, connectionPool: pool });
      await broker.connect();
      return new KafkajsLink(broker, connection, name);
    } catch (error) {
      if (connection !== undefined) drop(connection);
      throw error instanceof WireError ? error : kafkajsFailure(error, name, false);
    }
  };
  return {
    link: open(),
    cancel: () => {
      isCancelled = true;
      if (connection !== undefined) drop(connection);
    },
  };
}

class KafkajsLink implements Link {
  readonly #broker: KafkajsBroker;
  readonly #connection: KafkajsConnection;
  readonly #address: string;

  constructor(broker: KafkajsBroker, connection: KafkajsConnection, address: string) {
    this.#broker = broker;
    this.#connection = connection;
    this.#address = address;
  }

  isOpen(): boolean {
    // False too when the SASL session nears its end: a new connection logs in, since kafkajs would renew the session of this one between requests that
    // are under way, which brokers refuse when it comes too soon.
    return this.#broker.isConnected();
  }

  async send(api: ApiDescription, version: number, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    try {
      const answer = await this.#connection.send({
        request: {
          apiKey: api.key,
          apiVersion: version,
          apiName: api.name,
          encode: () => Promise.resolve(payload(body, isFlexible(api, version))),
        },
        response: {
          decode: (received) => Promise.resolve({ received }),
          parse: (decoded) => Promise.resolve(Reflect.get(decoded, 'received')),
        },
        requestTimeout: timeoutMs,
        logResponseError: false,
      });
      if (!(answer instanceof Uint8Array)) throw new WireError('configuration', 'kafkajs returned no bytes: install kafkajs 2.2.4');
      return answer.subarray(responseBodyStart(api, version, answer));
    } catch (error) {
      throw error instanceof WireError ? error : kafkajsFailure(error, this.#address, true);
    }
  }

  destroy(): void {
    drop(this.#connection);
  }
}

/** kafkajs writes request header 1; the one byte that makes it header 2 goes before the body. It takes anything with these two buffers. */
function payload(body: Uint8Array, flexible: boolean): { readonly buf: Buffer; readonly buffer: Buffer } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const buffer = flexible ? Buffer.concat([noTaggedFields, bytes]) : bytes;
  return { buf: buffer, buffer };
}

/**
 * Takes two timers from a connection: the check for pending requests, which runs every millisecond for ever once there was an answer, and the check for
 * time-outs ten times a second, since the wire has exact ones.
 */
function quieten(queue: KafkajsRequestQueue): void {
  queue.enforceRequestTimeout = false;
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
}

function drop(connection: KafkajsConnection): void {
  // Pending requests must go first: disconnecting waits for them, for ever with a frozen broker.
  connection.requestQueue.rejectAll(new Error('the connection was closed by this side'));
  connection.disconnect().catch(() => {
    // It is thrown away: whatever it says changes nothing.
  });
  connection.socket?.destroy();
}
