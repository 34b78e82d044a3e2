/** A running cluster: what a test or an example holds in its hands. */
import { type Logger, silentLogger } from '@millrace/core/kafka';
import type { ApiDescription } from '@millrace/kafka/protocol';
import { ConnectionWire, type WireFactory } from '@millrace/kafka/wire';
import type { Broker } from './cluster/broker.ts';
import { Cluster } from './cluster/cluster.ts';
import type { ClusterOptions } from './cluster/cluster-settings.ts';
import type { Partition, Topic } from './cluster/topic.ts';
import { EmbeddedKafkaError } from './errors.ts';
import { Dispatcher } from './front/dispatcher.ts';
import { InProcessConnector } from './front/in-process-connector.ts';
import { type Interceptor, Interceptors } from './front/interceptors.ts';
import { TcpListener } from './front/tcp-listener.ts';
import { type StoredRecord, storedRecords } from './log/stored-records.ts';

/** Where the brokers listen for TCP clients. */
export interface ListenOptions {
  /** Default 127.0.0.1. There is neither TLS nor authentication: think before listening elsewhere. */
  readonly host?: string | undefined;
  /** One a broker, in the order of their ids; 0 or none = a free one. */
  readonly ports?: readonly number[] | undefined;
}

export interface EmbeddedKafkaOptions extends ClusterOptions {
  /** Listens for TCP clients too, `true`: on free loopback ports. Default: in-process wires only. */
  readonly listen?: boolean | ListenOptions | undefined;
  /** Where refused and failed requests are told. Default: nowhere. */
  readonly log?: Logger | undefined;
}

export interface TopicOptions {
  /** Default: the cluster's `defaultPartitions`. */
  readonly partitions?: number | undefined;
  /** Default: the cluster's `defaultReplicationFactor`. */
  readonly replicationFactor?: number | undefined;
  readonly configs?: Readonly<Record<string, string>> | undefined;
}

/** Topics and partitions by name; without a partition, all of them. */
export interface CompactOptions {
  readonly topic?: string | undefined;
  /** Closes the active segments first, so that everything up to now is compacted. Default false: as a real cleaner, which leaves the active segment alone. */
  readonly roll?: boolean | undefined;
}

export class EmbeddedKafka implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #interceptors = new Interceptors();
  readonly #dispatcher: Dispatcher;
  /** By node; empty if the cluster does not listen. */
  readonly #listeners = new Map<number, TcpListener>();
  #isClosed = false;

  private constructor(options: EmbeddedKafkaOptions) {
    this.#cluster = new Cluster(options);
    this.#dispatcher = new Dispatcher(this.#cluster, this.#interceptors, options.log ?? silentLogger);
  }

  /**
   * Starts a cluster.
   * @throws EmbeddedKafkaError MR_EMBEDDED_ARGUMENT_INVALID, MR_EMBEDDED_LISTEN_FAILED
   */
  static async start(options: EmbeddedKafkaOptions = {}): Promise<EmbeddedKafka> {
    const kafka = new EmbeddedKafka(options);
    const { listen = false } = options;
    if (listen !== false) await kafka.#listen(listen === true ? {} : listen, options.log ?? silentLogger);
    return kafka;
  }

  async #listen({ host = '127.0.0.1', ports = [] }: ListenOptions, log: Logger): Promise<void> {
    for (const [index, broker] of [...this.#cluster.brokers.values()].entries()) {
      this.#listeners.set(broker.id, new TcpListener(broker, this.#dispatcher, log, host, ports[index] ?? 0));
    }
    try {
      await Promise.all(Array.from(this.#listeners.values(), (listener) => listener.open()));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Addresses of all brokers for a client's configuration: `127.0.0.1:PORT,…`.
   * @throws EmbeddedKafkaError MR_EMBEDDED_NOT_LISTENING
   */
  get bootstrap(): string {
    if (this.#listeners.size === 0) {
      throw new EmbeddedKafkaError('MR_EMBEDDED_NOT_LISTENING', 'this cluster serves in-process wires only: start it with listen: true');
    }
    return Array.from(this.#listeners.values(), ({ address }) => address).join(',');
  }

  get clusterId(): string {
    return this.#cluster.clusterId;
  }

  /** Ids of the brokers, whether up or not. */
  get nodes(): readonly number[] {
    return [...this.#cluster.brokers.keys()];
  }

  /** The wire inside the process: hand it to a Kafka client of Millrace. Each client makes its own connections of it. */
  wire(): WireFactory {
    return (context) => {
      this.#assertOpen();
      return new ConnectionWire(context, new InProcessConnector(this.#cluster, this.#dispatcher, context.clientId));
    };
  }

  /**
   * Creates a topic.
   * @throws EmbeddedKafkaError MR_EMBEDDED_TOPIC_REFUSED
   */
  createTopic(name: string, options: TopicOptions = {}): void {
    this.#assertOpen();
    const made = this.#cluster.createTopic({
      name,
      partitions: options.partitions ?? -1,
      replicationFactor: options.replicationFactor ?? -1,
      configs: Object.entries(options.configs ?? {}),
    });
    if ('errorCode' in made) {
      throw new EmbeddedKafkaError('MR_EMBEDDED_TOPIC_REFUSED', `topic "${name}": ${made.message}`, {
        details: { topic: name, kafkaCode: made.errorCode },
      });
    }
  }

  /** @throws EmbeddedKafkaError MR_EMBEDDED_TOPIC_UNKNOWN */
  deleteTopic(name: string): void {
    this.#assertOpen();
    this.#cluster.deleteTopic(this.#topic(name));
  }

  /** Names of all topics, in the order in which they were created. */
  topics(): readonly string[] {
    return Array.from(this.#cluster.topics(), ({ name }) => name);
  }

  /**
   * The records of a topic, or of one partition of it, partition by partition in offset order. A copy.
   * @throws EmbeddedKafkaError MR_EMBEDDED_TOPIC_UNKNOWN
   */
  records(topic: string, partition?: number): readonly StoredRecord[] {
    const partitions = partition === undefined ? this.#topic(topic).partitions : [this.#partition(topic, partition)];
    return partitions.flatMap(({ index, log }) => storedRecords(log, index));
  }

  /**
   * Beginning and end of a partition's log, and its size.
   * @throws EmbeddedKafkaError MR_EMBEDDED_TOPIC_UNKNOWN
   */
  log(
    topic: string,
    partition: number,
  ): { readonly startOffset: number; readonly endOffset: number; readonly sizeBytes: number; readonly leader: number } {
    const { log, leader } = this.#partition(topic, partition);
    return { startOffset: log.startOffset, endOffset: log.endOffset, sizeBytes: log.sizeBytes, leader };
  }

  /**
   * Makes another replica, or any broker, the leader of a partition, in a new leader epoch.
   * @throws EmbeddedKafkaError MR_EMBEDDED_TOPIC_UNKNOWN, MR_EMBEDDED_BROKER_UNKNOWN, MR_EMBEDDED_BROKER_STOPPED
   */
  moveLeader(topic: string, partition: number, node: number): void {
    const moved = this.#partition(topic, partition);
    moved.electLeader(this.#runningBroker(node).id);
  }

  /**
   * Makes another broker the coordinator of a group.
   * @throws EmbeddedKafkaError MR_EMBEDDED_BROKER_UNKNOWN, MR_EMBEDDED_BROKER_STOPPED
   */
  moveCoordinator(groupId: string, node: number): void {
    this.#cluster.moveCoordinator(groupId, this.#runningBroker(node).id);
  }

  /** Cuts all connections of a broker and refuses new ones. Leaders and coordinators move to others, where there are any. */
  async stopBroker(node: number): Promise<void> {
    this.#cluster.stopBroker(this.#broker(node));
    await this.#listeners.get(node)?.close();
  }

  /**
   * Takes connections again, on the same port. Leaders that moved away stay where they are.
   * @throws EmbeddedKafkaError MR_EMBEDDED_BROKER_UNKNOWN, MR_EMBEDDED_LISTEN_FAILED
   */
  async startBroker(node: number): Promise<void> {
    this.#assertOpen();
    const broker = this.#broker(node);
    await this.#listeners.get(node)?.open();
    this.#cluster.startBroker(broker);
  }

  /** Cuts all connections of a broker; it takes new ones at once. */
  disconnect(node: number): void {
    this.#broker(node).disconnectAll();
  }

  /**
   * Decides about the requests of one API before they are served; the first interceptor that does not let a request pass decides.
   * @returns what ends it
   */
  intercept<A extends ApiDescription>(api: A, interceptor: Interceptor<A>): () => void {
    return this.#interceptors.add(api, interceptor);
  }

  /**
   * Compacts now what `cleanup.policy=compact` has asked for.
   * @throws EmbeddedKafkaError MR_EMBEDDED_TOPIC_UNKNOWN
   */
  compact(options: CompactOptions = {}): void {
    const partitions = options.topic === undefined ? this.#cluster.partitions() : this.#topic(options.topic).partitions;
    this.#cluster.maintenance.compact(partitions, options.roll ?? false);
  }

  /** Deletes now what retention lets go of. */
  retain(): void {
    this.#cluster.maintenance.retain();
  }

  /** Ends everything: connections, timers, listeners. Clients see their brokers vanish. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cluster.close();
    await Promise.all(Array.from(this.#listeners.values(), (listener) => listener.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new EmbeddedKafkaError('MR_EMBEDDED_CLOSED', 'the cluster was closed: start another one');
  }

  #topic(name: string): Topic {
    const topic = this.#cluster.topic(name);
    if (topic === undefined)
      throw new EmbeddedKafkaError('MR_EMBEDDED_TOPIC_UNKNOWN', `there is no topic "${name}": create it first`, {
        details: { topic: name },
      });
    return topic;
  }

  #partition(topic: string, index: number): Partition {
    const partition = this.#topic(topic).partitions[index];
    if (partition === undefined) {
      throw new EmbeddedKafkaError('MR_EMBEDDED_TOPIC_UNKNOWN', `topic "${topic}" has no partition ${index}`, {
        details: { topic, partition: index },
      });
    }
    return partition;
  }

  #runningBroker(node: number): Broker {
    const broker = this.#broker(node);
    if (!broker.isUp)
      throw new EmbeddedKafkaError('MR_EMBEDDED_BROKER_STOPPED', `broker ${node} is stopped: start it first`, { details: { node } });
    return broker;
  }

  #broker(node: number): Broker {
    const broker = this.#cluster.brokers.get(node);
    if (broker === undefined) {
      throw new EmbeddedKafkaError('MR_EMBEDDED_BROKER_UNKNOWN', `there is no broker ${node}, only ${this.nodes.join(', ')}`, {
        details: { node },
      });
    }
    return broker;
  }
}
