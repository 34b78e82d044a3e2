/** The TCP front of one broker, for anybody's Kafka client: frames in, frames out, one connection a socket. Loopback unless told otherwise. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Logger } from '@millrace/core/kafka';
import {
  apiByKey,
  decodeRequestHeader,
  encodeResponseHeader,
  FrameReader,
  peekRequestHeader,
  ProtocolError,
} from '@millrace/kafka/protocol';
import type { Broker } from '../cluster/broker.ts';
import { EmbeddedKafkaError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { Dispatcher, Outcome } from './dispatcher.ts';

/** A client that sends ahead is read no further once so many of its requests wait. */
const maxWaiting = 64;

export class TcpListener {
  readonly #broker: Broker;
  readonly #dispatcher: Dispatcher;
  readonly #log: Logger;
  readonly #host: string;
  #port: number;
  #server: Server | undefined;

  /** @param port 0 = a free one, kept from the first `open` on */
  constructor(broker: Broker, dispatcher: Dispatcher, log: Logger, host: string, port: number) {
    this.#broker = broker;
    this.#dispatcher = dispatcher;
    this.#log = log;
    this.#host = host;
    this.#port = port;
  }

  /** `host:port`. */
  get address(): string {
    return `${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.#port}`;
  }

  /**
   * Listens; tells the broker where.
   * @throws EmbeddedKafkaError MR_EMBEDDED_LISTEN_FAILED
   */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const details = { node: this.#broker.id, host: this.#host, port: this.#port };
        const message = `broker ${this.#broker.id} cannot listen on ${this.address} (${cause.message}): choose another port, or 0 for a free one`;
        reject(new EmbeddedKafkaError('MR_EMBEDDED_LISTEN_FAILED', message, { details, cause }));
      });
      server.listen(this.#port, this.#host, resolve);
    });
    this.#server = server;
    // A TCP server that listens has an address of this kind.
    this.#port = (server.address() as AddressInfo).port;
    this.#broker.host = this.#host;
    this.#broker.port = this.#port;
  }

  /** Takes no more connections. Those that exist are the broker's to cut. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const frames = new FrameReader();
    const connection = new Connection(this.#broker, this.#dispatcher, {
      clientHost: `/${socket.remoteAddress ?? 'unknown'}`,
      onClose: () => socket.destroy(),
    });
    const mayRead = (): boolean => connection.pending < maxWaiting && !socket.writableNeedDrain;
    const readOn = (): void => {
      if (socket.isPaused() && mayRead()) socket.resume();
    };
    socket.on('data', (chunk) => {
      try {
        for (const frame of frames.push(chunk)) this.#take(frame, connection, socket, readOn);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#log.warn('bytes that are no request: the connection is closed', {
          node: this.#broker.id,
          client: socket.remoteAddress,
          error: error.message,
        });
        connection.close();
      }
      if (!mayRead()) socket.pause();
    });
    socket.on('drain', readOn);
    socket.on('close', () => connection.close());
    // What a broken socket means is told by `close`, which follows.
    socket.on('error', () => {});
  }

  #take(frame: Uint8Array, connection: Connection, socket: Socket, readOn: () => void): void {
    const { apiKey, apiVersion, correlationId } = peekRequestHeader(frame);
    // Of an unknown API not even the header can be read; the dispatcher closes the connection.
    const isKnown = apiByKey(apiKey) !== undefined;
    const { clientId, bodyStart } = isKnown ? decodeRequestHeader(frame) : { clientId: null, bodyStart: frame.length };
    const request = { apiKey, version: apiVersion, clientId: clientId ?? '', body: frame.subarray(bodyStart) };
    connection.submit(request, (outcome) => {
      if (outcome.kind === 'answer') write(socket, outcome, correlationId);
      readOn();
    });
  }
}

function write(socket: Socket, { api, version, body }: Extract<Outcome, { readonly kind: 'answer' }>, correlationId: number): void {
  const header = encodeResponseHeader(api, version, correlationId);
  const head = new Uint8Array(4 + header.length);
  new DataView(head.buffer).setInt32(0, header.length + body.length);
  head.set(header, 4);
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
}
