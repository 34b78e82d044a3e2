/** A TCP proxy before a broker that holds back what passes through it and cuts connections, on demand. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

export class TcpProxy {
  readonly host = '127.0.0.1';
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #port = 0;
  #isHolding = false;
  #accepted = 0;
  #receivedBytes: Buffer[] = [];

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Everything that clients sent since the last call, connection after connection as it came. */
  takeReceived(): Buffer {
    const bytes = Buffer.concat(this.#receivedBytes);
    this.#receivedBytes = [];
    return bytes;
  }

  /** Listens; the first time on a free port, later on the same one. */
  async listen(): Promise<void> {
    const server = createServer((client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.host, resolve);
    });
    // A server that listens on a TCP port has an AddressInfo.
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** From now on answers are held back. */
  hold(): void {
    this.#isHolding = true;
    for (const { upstream } of this.#pairs) upstream.pause();
  }

  /** Lets everything that was held back through. */
  release(): void {
    this.#isHolding = false;
    for (const { upstream } of this.#pairs) upstream.resume();
  }

  /** Breaks every connection, as a crashed machine does. */
  cut(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  /** Breaks every connection and takes no new ones. */
  async close(): Promise<void> {
    this.cut();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const upstream = connect(this.#target);
    const pair = { client, upstream };
    this.#pairs.add(pair);
    client.on('data', (chunk) => {
      this.#receivedBytes.push(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => client.write(chunk));
    if (this.#isHolding) upstream.pause();
    for (const socket of [client, upstream]) {
      socket.on('error', () => this.#end(pair));
      socket.on('close', () => this.#end(pair));
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.upstream.destroy();
  }
}
