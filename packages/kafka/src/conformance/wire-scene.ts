/** What the tests of a wire work with: a wire behind proxies, requests that a broker answers at once or late, and the end of all of it. */
import { silentLogger, systemClock } from '@millrace/core/kafka';
import { createTopicsApi } from '../protocol/messages/create-topics.ts';
import { deleteTopicsApi } from '../protocol/messages/delete-topics.ts';
import { fetchApi } from '../protocol/messages/fetch.ts';
import { metadataApi } from '../protocol/messages/metadata.ts';
import { decodeResponse, encodeRequest } from '../protocol/message.ts';
import type { ResponseOf } from '../protocol/schema.ts';
import { WireError } from '../wire/wire-error.ts';
import type { Channel, NodeSelector, WireContext, WirePort } from '../wire/wire-port.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface WireConformanceOptions {
  /** For the name of the suite. */
  readonly name: string;
  /** A wire with these bootstrap addresses (`host:port`). */
  readonly createWire: (addresses: readonly string[], context: WireContext) => WirePort;
  /** Where a broker listens without TLS and SASL. */
  readonly address: () => { readonly host: string; readonly port: number };
  /** Names of features that the cluster has finalized, e.g. `transaction.version`. */
  readonly features: readonly string[];
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const metadataVersion = 7;
const fetchVersion = 11;
const createTopicsVersion = 5;
const deleteTopicsVersion = 4;
const generousMs = 20_000;

export class WireScene {
  readonly wire: WirePort;
  readonly proxy: TcpProxy;
  readonly #options: WireConformanceOptions;
  readonly #proxies: TcpProxy[];
  readonly #topics: string[] = [];

  private constructor(options: WireConformanceOptions, proxies: TcpProxy[], proxy: TcpProxy, wire: WirePort) {
    this.#options = options;
    this.#proxies = proxies;
    this.proxy = proxy;
    this.wire = wire;
  }

  /** Runs `body` with a wire whose only bootstrap address is a proxy before the broker; everything is closed afterwards. */
  static async run(
    options: WireConformanceOptions,
    body: (scene: WireScene) => Promise<void>,
    setting: { readonly isListening?: boolean; readonly deadAddresses?: number } = {},
  ): Promise<void> {
    const proxy = new TcpProxy(options.address());
    await proxy.listen();
    const proxies = [proxy];
    const addresses = [`${proxy.host}:${proxy.port}`];
    for (let count = setting.deadAddresses ?? 0; count > 0; count--) {
      const dead = new TcpProxy(options.address());
      await dead.listen();
      addresses.unshift(`${dead.host}:${dead.port}`);
      await dead.close();
    }
    if (setting.isListening === false) await proxy.close();
    const wire = options.createWire(addresses, { clientId: 'conformance', clock: systemClock, log: silentLogger });
    const scene = new WireScene(options, proxies, proxy, wire);
    try {
      await body(scene);
    } finally {
      await scene.#end();
    }
  }

  /** One more way to the broker. */
  async secondProxy(): Promise<TcpProxy> {
    const proxy = new TcpProxy(this.#options.address());
    await proxy.listen();
    this.#proxies.push(proxy);
    return proxy;
  }

  /** Makes a node known whose address is the proxy's. */
  learnNode(id: number, proxy: TcpProxy = this.proxy): void {
    this.wire.learnNodes([{ id, host: proxy.host, port: proxy.port }]);
  }

  /** Asks for topics that do not exist: the answer repeats their names, which tells whose answer it is. */
  async askNames(node: NodeSelector, channel: Channel, names: readonly string[], options: RequestOptions = {}): Promise<(string | null)[]> {
    const { topics } = await this.#metadata(node, channel, names, options);
    return topics.map(({ name }) => name);
  }

  async ask(node: NodeSelector, channel: Channel, options: RequestOptions = {}): Promise<ResponseOf<typeof metadataApi>> {
    return this.#metadata(node, channel, [], options);
  }

  /** Creates a topic with one empty partition and waits until it can be read. */
  async createTopic(): Promise<string> {
    const name = `wire-${Math.random().toString(36).slice(2)}`;
    const request = { topics: [{ name, numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }], timeoutMs: generousMs };
    await this.#admin(encodeRequest(createTopicsApi, createTopicsVersion, request), createTopicsApi, createTopicsVersion);
    this.#topics.push(name);
    while ((await this.fetch('any', 'admin', name, 0)).error !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return name;
  }

  /** Reads an empty partition, which the broker answers after `maxWaitMs`. */
  async fetch(
    node: NodeSelector,
    channel: Channel,
    topic: string,
    maxWaitMs: number,
    options: RequestOptions = {},
  ): Promise<{ readonly error: number }> {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
    const request = { replicaId: -1, maxWaitMs, minBytes: 1, maxBytes: 1000, topics: [{ topic, partitions }], forgottenTopicsData: [] };
    const body = encodeRequest(fetchApi, fetchVersion, request);
    const answer = await this.wire.request(node, channel, fetchApi, fetchVersion, body, { timeoutMs: generousMs, ...options });
    const response = decodeResponse(fetchApi, fetchVersion, answer);
    return { error: response.responses[0]?.partitions[0]?.errorCode ?? -1 };
  }

  async #metadata(
    node: NodeSelector,
    channel: Channel,
    names: readonly string[],
    options: RequestOptions,
  ): Promise<ResponseOf<typeof metadataApi>> {
    const body = encodeRequest(metadataApi, metadataVersion, { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false });
    const answer = await this.wire.request(node, channel, metadataApi, metadataVersion, body, { timeoutMs: generousMs, ...options });
    return decodeResponse(metadataApi, metadataVersion, answer);
  }

  async #admin(body: Uint8Array, api: typeof createTopicsApi | typeof deleteTopicsApi, version: number): Promise<void> {
    await this.wire.request('any', 'admin', api, version, body, { timeoutMs: generousMs });
  }

  async #end(): Promise<void> {
    this.proxy.release();
    if (this.#topics.length > 0) {
      const body = encodeRequest(deleteTopicsApi, deleteTopicsVersion, { topicNames: this.#topics, timeoutMs: generousMs });
      // A wire that the test closed cannot clean up; the topic is empty and its name its own.
      await this.#admin(body, deleteTopicsApi, deleteTopicsVersion).catch(() => {});
    }
    await this.wire.close();
    for (const proxy of this.#proxies) await proxy.close();
  }
}

/** The error that `work` rejects with, and after how long. */
export async function failureOf(work: Promise<unknown>): Promise<{ readonly error: WireError; readonly afterMs: number }> {
  const start = performance.now();
  try {
    await work;
  } catch (error) {
    if (error instanceof WireError) return { error, afterMs: performance.now() - start };
    throw error;
  }
  throw new Error('it did not reject');
}
