/**
 * The client's view of the cluster: nodes, topics with their ids, leaders and group coordinators, all from its own requests.
 * A view is always a little old; whoever hits an old entry says so (`refresh`, `noteLeader`, `coordinators.forget`) and tries again.
 */
import { ClientError, sleep, type Clock } from '@millrace/core/kafka';
import type { NodeAddress, NodeSelector, WirePort } from '../wire/wire-port.ts';
import { backoffMs } from './backoff.ts';
import type { ClientContext } from './context.ts';
import { Coordinators } from './coordinators.ts';
import { asClientError, brokerFailure, closedError } from './failure.ts';
import { Requester, type CallOptions } from './requester.ts';
import * as spoken from './spoken-versions.ts';
import { TopicTable, toTopicMetadata, type TopicMetadata } from './topic-table.ts';

/** A node as answers of several APIs tell it. */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** How old the view may get without any error before it is asked for again. Kafka: `metadata.max.age.ms`. */
const maxAgeMs = 300_000;

export class Cluster {
  readonly context: ClientContext;
  readonly requester: Requester;
  readonly coordinators: Coordinators;
  readonly #wire: WirePort;
  readonly #topics = new TopicTable();
  readonly #listeners = new Set<() => void>();
  #nodes = new Map<number, NodeAddress>();
  #controller = -1;
  #refreshing: Promise<void> | undefined;
  #refreshedAtMs = -Infinity;
  #refreshedInterest = -1;
  #failures = 0;
  /** Refreshes in a row that brought nothing new. Kafka: the equivalent responses of KIP-580. */
  #unchanged = 0;

  constructor(wire: WirePort, context: ClientContext) {
    this.#wire = wire;
    this.context = context;
    this.requester = new Requester(wire, context);
    this.coordinators = new Coordinators(this.requester, context, (endpoint) => this.#noteNode(endpoint));
  }

  get clock(): Clock {
    return this.context.clock;
  }

  /** Aborts when the client closes. */
  get closing(): AbortSignal {
    return this.requester.closing;
  }

  /** Node id of the controller; any node while none is known. */
  get controller(): NodeSelector {
    return this.#nodes.has(this.#controller) ? this.#controller : 'any';
  }

  /** Topics that every later refresh asks for. */
  watch(topics: Iterable<string>): void {
    for (const topic of topics) this.#topics.watch(topic);
  }

  /** What the last refresh said; undefined while it was never asked for. */
  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /** Node id of the leader, -1 while none is known. */
  leader(topic: string, partition: number): number {
    const leader = this.#topics.get(topic)?.partitions[partition]?.leader ?? -1;
    return this.#nodes.has(leader) ? leader : -1;
  }

  leaderEpoch(topic: string, partition: number): number {
    return this.#topics.get(topic)?.partitions[partition]?.leaderEpoch ?? -1;
  }

  /** Takes over a leader that came with an error in a fetch or produce answer (KIP-951). Returns whether it is news. */
  noteLeader(topic: string, partition: number, leader: number, leaderEpoch: number, endpoints: readonly NodeEndpoint[]): boolean {
    if (leader < 0) return false;
    for (const endpoint of endpoints) this.#noteNode(endpoint);
    const isNews = this.#nodes.has(leader) && this.#topics.noteLeader(topic, partition, leader, leaderEpoch);
    if (isNews) this.#unchanged = 0;
    return isNews;
  }

  /** Called after every refresh. Returns what takes the listener away. */
  onRefresh(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts a refresh if the view has grown old; a failure shows to those who then miss something. */
  refreshIfOld(): void {
    if (this.clock.monotonic() - this.#refreshedAtMs > maxAgeMs) this.refresh().catch(() => undefined);
  }

  /**
   * Asks for all watched topics. Calls while a refresh runs share it; calls in quick succession are spaced by the back-off, which grows while nobody answers or the answers bring nothing
   * new, as long as a partition has no leader.
   * @throws ClientError `retriable` if no node answers
   */
  async refresh(): Promise<void> {
    await this.#sharedRefresh();
    // What was watched after the shared request had left is not in its answer.
    if (this.#topics.interest !== this.#refreshedInterest) await this.#sharedRefresh();
  }

  /**
   * Asks one node after the other until one answers; learns nodes and controller from the answer.
   * @param topics null = all of the cluster
   * @throws ClientError `retriable` if no node answers
   */
  async fetchMetadata(topics: readonly string[] | null, options: CallOptions = {}): Promise<readonly TopicMetadata[]> {
    const candidates = this.#candidates();
    let failure: ClientError | undefined;
    for (const node of candidates) {
      try {
        const { response } = await this.requester.call(
          node,
          'admin',
          spoken.metadata,
          { topics: topics === null ? null : topics.map((name) => ({ name })), allowAutoTopicCreation: false },
          options,
        );
        if (response.errorCode !== 0) throw brokerFailure(response.errorCode, 'Asking for metadata', { node: String(node) });
        this.#learn(response.brokers, response.controllerId);
        return response.topics.map(toTopicMetadata);
      } catch (error) {
        failure = asClientError(error, 'Asking for metadata');
        if (failure.kind !== 'retriable' || options.signal?.aborted === true) throw failure;
        this.context.log.debug('A broker did not answer a metadata request', { node, error: failure.message });
      }
    }
    throw new ClientError(
      'retriable',
      `No broker answered, of ${candidates.length} asked: check that the cluster runs and can be reached`,
      {
        cause: failure,
      },
    );
  }

  close(): void {
    this.requester.close();
    this.#listeners.clear();
  }

  #sharedRefresh(): Promise<void> {
    return (this.#refreshing ??= this.#refresh());
  }

  async #refresh(): Promise<void> {
    const repeated = this.#topics.interest === this.#refreshedInterest || this.#failures > 0;
    const waitedMs = this.clock.monotonic() - this.#refreshedAtMs;
    // Whoever missed something found it, or gave up: the next one begins anew.
    if (waitedMs > 2 * this.context.retryBackoffMaxMs) this.#unchanged = 0;
    const pauseMs = repeated ? backoffMs(this.context, this.#failures + this.#unchanged + 1) - waitedMs : 0;
    if (pauseMs > 0) await sleep(this.clock, pauseMs, this.closing);
    if (this.closing.aborted) throw closedError('The Kafka client');
    const interest = this.#topics.interest;
    try {
      const nodes = this.#nodes;
      let isNews = false;
      for (const topic of await this.fetchMetadata(this.#topics.watched())) isNews = this.#topics.update(topic) || isNews;
      this.#failures = 0;
      this.#unchanged = isNews || !haveSameAddresses(nodes, this.#nodes) ? 0 : this.#unchanged + 1;
    } catch (error) {
      this.#failures++;
      throw error;
    } finally {
      this.#refreshedAtMs = this.clock.monotonic();
      this.#refreshedInterest = interest;
      // Over before anybody hears of it: who still misses something must get a refresh of its own, not this one again.
      this.#refreshing = undefined;
    }
    for (const listener of this.#listeners) listener();
  }

  #learn(brokers: readonly NodeEndpoint[], controllerId: number): void {
    if (brokers.length === 0) return;
    this.#nodes = new Map(brokers.map((broker) => [broker.nodeId, toAddress(broker)]));
    this.#controller = controllerId;
    this.#wire.learnNodes([...this.#nodes.values()]);
  }

  /** A node that came with an answer about something else: new, or at a new address. */
  #noteNode(endpoint: NodeEndpoint): void {
    const { nodeId, host, port } = endpoint;
    const known = this.#nodes.get(nodeId);
    if (known !== undefined && known.host === host && known.port === port) return;
    this.#nodes.set(nodeId, toAddress(endpoint));
    this.#wire.learnNodes([...this.#nodes.values()]);
  }

  /** All known nodes from a random one on, and last whatever the wire can reach. */
  #candidates(): readonly NodeSelector[] {
    const ids = [...this.#nodes.keys()];
    const start = Math.floor(this.context.random() * ids.length);
    return [...ids.slice(start), ...ids.slice(0, start), 'any'];
  }
}

function haveSameAddresses(one: ReadonlyMap<number, NodeAddress>, other: ReadonlyMap<number, NodeAddress>): boolean {
  return one.size === other.size && [...one].every(([id, { host, port }]) => other.get(id)?.host === host && other.get(id)?.port === port);
}

function toAddress({ nodeId, host, port, rack }: NodeEndpoint): NodeAddress {
  return { id: nodeId, host, port, rack };
}
