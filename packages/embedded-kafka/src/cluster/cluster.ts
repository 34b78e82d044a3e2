/**
 * The state of the whole cluster: brokers, topics, groups, ids. Shared by all brokers, which differ only in what they lead and coordinate: a request handler
 * asks it on behalf of one node. Nothing in here knows the protocol.
 */
import { type Clock, systemClock } from '@millrace/core/kafka';
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import { GroupCoordinator } from '../groups/group-coordinator.ts';
import { anySeed, type Random, randomKafkaUuid, seededRandom } from '../random.ts';
import { Broker } from './broker.ts';
import { type ClusterOptions, type ClusterSettings, clusterSettings } from './cluster-settings.ts';
import { coordinatorOf } from './coordinator-node.ts';
import { Maintenance } from './maintenance.ts';
import { OwnedTimers } from './owned-timers.ts';
import { checkPlacement, placeReplicas } from './replica-placement.ts';
import { type Partition, Topic } from './topic.ts';
import { TopicConfigs } from './topic-configs.ts';
import { collisionFault, configsFault, nameFault, type Refusal } from './topic-rules.ts';

export interface TopicRequest {
  readonly name: string;
  /** -1 = the cluster's default. */
  readonly partitions: number;
  /** -1 = the cluster's default. */
  readonly replicationFactor: number;
  /** Replicas by partition, where the client chose them. */
  readonly assignments?: readonly (readonly number[])[] | undefined;
  readonly configs: Iterable<readonly [name: string, value: string | null]>;
}

export class Cluster {
  readonly clusterId: string;
  readonly settings: ClusterSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly brokers: ReadonlyMap<number, Broker>;
  readonly groups: GroupCoordinator;
  readonly maintenance: Maintenance;
  readonly #timers: OwnedTimers;
  readonly #topics = new Map<string, Topic>();
  readonly #topicsById = new Map<string, Topic>();
  /** Coordinators that were moved by hand, by group. */
  readonly #movedGroups = new Map<string, number>();
  #topicsMade = 0;
  #nextProducerId = 0;

  /** @throws EmbeddedKafkaError MR_EMBEDDED_ARGUMENT_INVALID */
  constructor(options: ClusterOptions = {}) {
    this.settings = clusterSettings(options);
    this.clock = this.#timers = new OwnedTimers(options.clock ?? systemClock);
    this.random = options.random ?? seededRandom(options.seed ?? anySeed());
    this.clusterId = randomKafkaUuid(this.random);
    this.brokers = new Map(Array.from({ length: this.settings.brokers }, (_, index) => [index + 1, new Broker(index + 1)]));
    const { groupInitialRebalanceDelayMs, groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs, groupMaxSize } = this.settings;
    this.groups = new GroupCoordinator(
      this.clock,
      {
        initialRebalanceDelayMs: groupInitialRebalanceDelayMs,
        minSessionTimeoutMs: groupMinSessionTimeoutMs,
        maxSessionTimeoutMs: groupMaxSessionTimeoutMs,
        maxSize: groupMaxSize,
      },
      this.random,
      (groupId) => this.coordinator(groupId),
    );
    this.maintenance = new Maintenance(this, this.clock, this.settings);
  }

  // ---- brokers ----

  /** Ids of the brokers that are up, ascending. */
  get up(): readonly number[] {
    return [...this.brokers.values()].filter(({ isUp }) => isUp).map(({ id }) => id);
  }

  /** Any broker takes a controller's requests and passes them on; this is the one that Metadata names. -1 if none is up. */
  get controller(): number {
    return this.up[0] ?? -1;
  }

  /** Its connections break, what it led goes to other replicas, what it coordinated to other brokers. */
  stopBroker(broker: Broker): void {
    if (!broker.isUp) return;
    broker.isUp = false;
    for (const partition of this.partitions()) {
      if (partition.leader === broker.id) partition.electLeader(partition.replicas.find((id) => this.#isUp(id)) ?? -1);
    }
    this.groups.followNodes();
    broker.disconnectAll();
  }

  /** Partitions without a leader get one again, which knows of producers what a broker finds in its log. What moved away stays where it is. */
  startBroker(broker: Broker): void {
    if (broker.isUp) return;
    broker.isUp = true;
    for (const partition of this.partitions()) {
      if (partition.leader !== -1 || !partition.replicas.includes(broker.id)) continue;
      partition.log.expireProducers(this.clock.now(), this.settings.producerIdExpirationMs);
      partition.electLeader(broker.id);
    }
    this.groups.followNodes();
  }

  #isUp(id: number): boolean {
    return this.brokers.get(id)?.isUp === true;
  }

  inSyncReplicas(partition: Partition): readonly number[] {
    const up = partition.replicas.filter((id) => this.#isUp(id));
    return up.length === 0 ? partition.replicas.slice(0, 1) : up;
  }

  offlineReplicas(partition: Partition): readonly number[] {
    return partition.replicas.filter((id) => !this.#isUp(id));
  }

  /** The node that coordinates a group; -1 if no broker is up. */
  coordinator(groupId: string): number {
    const moved = this.#movedGroups.get(groupId);
    return moved !== undefined && this.#isUp(moved) ? moved : coordinatorOf(groupId, [...this.brokers.keys()], this.up);
  }

  moveCoordinator(groupId: string, node: number): void {
    this.#movedGroups.set(groupId, node);
    this.groups.followNodes();
  }

  // ---- topics ----

  topics(): Iterable<Topic> {
    return this.#topics.values();
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  topicById(id: string): Topic | undefined {
    return this.#topicsById.get(id);
  }

  *partitions(): Generator<Partition, void, undefined> {
    for (const topic of this.#topics.values()) yield* topic.partitions;
  }

  /** Bytes in all logs. */
  get sizeBytes(): number {
    let size = 0;
    for (const partition of this.partitions()) size += partition.log.sizeBytes;
    return size;
  }

  /** Whether `bytes` more find room. Before it says no, retention is asked to make some. */
  storageFault(bytes: number): Refusal | undefined {
    const { maxBytes } = this.settings;
    if (this.sizeBytes + bytes <= maxBytes) return undefined;
    this.maintenance.retain();
    if (this.sizeBytes + bytes <= maxBytes) return undefined;
    const message = `The logs of this cluster hold ${this.sizeBytes} bytes, ${bytes} more are over its limit: start it with a larger maxBytes than ${maxBytes}, or let retention delete.`;
    return { errorCode: brokerErrorCodes.POLICY_VIOLATION, message };
  }

  /** Makes a topic, or with `validateOnly` only says what it would be. */
  createTopic(request: TopicRequest, options: { readonly validateOnly?: boolean | undefined } = {}): Topic | Refusal {
    const { name } = request;
    const fault = nameFault(name) ?? this.#existsFault(name) ?? collisionFault(name, this.#topics.keys());
    if (fault !== undefined) return fault;
    const replicas = this.#replicasFor(request);
    if ('errorCode' in replicas) return replicas;
    const configs = [...request.configs];
    const configFault = configsFault(configs);
    if (configFault !== undefined) return configFault;
    const own = new Map(configs.map(([key, value]) => [key, value ?? '']));
    const topic = new Topic(name, randomKafkaUuid(this.random), new TopicConfigs(own, this.settings.topicDefaults));
    this.#addPartitions(topic, replicas);
    if (options.validateOnly === true) return topic;
    this.#topicsMade++;
    this.#topics.set(name, topic);
    this.#topicsById.set(topic.id, topic);
    return topic;
  }

  #existsFault(name: string): Refusal | undefined {
    return this.#topics.has(name)
      ? { errorCode: brokerErrorCodes.TOPIC_ALREADY_EXISTS, message: `Topic '${name}' already exists.` }
      : undefined;
  }

  #replicasFor(request: TopicRequest): readonly (readonly number[])[] | Refusal {
    const { assignments } = request;
    if (assignments !== undefined && assignments.length > 0) {
      if (request.partitions !== -1 || request.replicationFactor !== -1) {
        const message = 'A manual partition assignment was specified, but numPartitions or replicationFactor was not set to -1.';
        return { errorCode: brokerErrorCodes.INVALID_REQUEST, message };
      }
      return checkPlacement(assignments, new Set(this.brokers.keys())) ?? assignments;
    }
    const partitions = request.partitions === -1 ? this.settings.defaultPartitions : request.partitions;
    const replicationFactor = request.replicationFactor === -1 ? this.settings.defaultReplicationFactor : request.replicationFactor;
    if (partitions <= 0)
      return { errorCode: brokerErrorCodes.INVALID_PARTITIONS, message: 'Number of partitions was set to an invalid non-positive value.' };
    return placeReplicas(this.up, 0, partitions, replicationFactor, this.#topicsMade);
  }

  #addPartitions(topic: Topic, replicas: readonly (readonly number[])[]): void {
    const nowMs = this.clock.now();
    for (const brokers of replicas) {
      topic.addPartition(brokers, brokers.find((id) => this.#isUp(id)) ?? -1, nowMs, nowMs + this.settings.newPartitionDelayMs);
    }
  }

  /** Adds partitions until there are `count`. */
  growTopic(topic: Topic, count: number, assignments: readonly (readonly number[])[] | null, validateOnly: boolean): Refusal | undefined {
    const existing = topic.partitions.length;
    if (count <= existing) {
      const message = `The topic ${topic.name} currently has ${existing} partition(s); ${count} would not be an increase.`;
      return { errorCode: brokerErrorCodes.INVALID_PARTITIONS, message };
    }
    const added = count - existing;
    const replicationFactor = topic.partitions[0]?.replicas.length ?? this.settings.defaultReplicationFactor;
    if (assignments !== null && assignments.length !== added) {
      const message = `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`;
      return { errorCode: brokerErrorCodes.INVALID_REPLICA_ASSIGNMENT, message };
    }
    const fault = assignments === null ? undefined : checkPlacement(assignments, new Set(this.brokers.keys()), replicationFactor);
    if (fault !== undefined) return fault;
    const replicas = assignments ?? placeReplicas(this.up, existing, added, replicationFactor, (topic.partitions[0]?.replicas[0] ?? 1) - 1);
    if ('errorCode' in replicas) return replicas;
    if (!validateOnly) this.#addPartitions(topic, replicas);
    return undefined;
  }

  deleteTopic(topic: Topic): void {
    this.#topics.delete(topic.name);
    this.#topicsById.delete(topic.id);
    this.groups.forgetTopic(topic.name);
    topic.delete();
  }

  /** Replaces the settings that a topic has of its own. */
  configureTopic(topic: Topic, own: ReadonlyMap<string, string>): void {
    topic.configure(new TopicConfigs(own, this.settings.topicDefaults));
  }

  // ---- producers ----

  takeProducerId(): number {
    return this.#nextProducerId++;
  }

  /** Nothing happens by itself any more. */
  close(): void {
    this.#timers.close();
    for (const broker of this.brokers.values()) {
      broker.isUp = false;
      broker.disconnectAll();
    }
  }
}
