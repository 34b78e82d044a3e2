/**
 * The port between the runtime and a Kafka client. Membership, reading, producing and administration are separate capabilities: membership says
 * which partitions we own under which generation, the reader only reads what it is told.
 *
 * Offsets and timestamps are numbers, keys and values bytes. No promise per record on any path. Every rejection is a `ClientError` whose kind says
 * what must happen next. Time comes from the injected clock.
 */
import type { ClientError } from '../errors.ts';
import type { Headers } from '../headers.ts';
import type { Clock } from '../time.ts';
import type { FetchedRecords } from './fetched-records.ts';
import type { TopicPartition } from './topic-partition.ts';

// ---- reading ----

/** `committed` hides aborted and undecided transactional records. */
export type Isolation = 'committed' | 'uncommitted';

/** What is wrong with one partition; the others go on. The partition is not fetched again before `seek`, `assign` or `unassign`. */
export type ReadIssue =
  | {
      readonly kind: 'outOfRange';
      readonly tp: TopicPartition;
      readonly position: number;
      readonly logStart: number;
      readonly logEnd: number;
    }
  /** The topic has another id than when the partition was assigned: it was deleted and made again. */
  | { readonly kind: 'recreated'; readonly tp: TopicPartition; readonly error: ClientError }
  | { readonly kind: 'missingTopic'; readonly tp: TopicPartition; readonly error: ClientError }
  | { readonly kind: 'unauthorised'; readonly tp: TopicPartition; readonly error: ClientError }
  /** A batch whose checksum or structure is wrong, at `position`. */
  | { readonly kind: 'corrupt'; readonly tp: TopicPartition; readonly position: number; readonly error: ClientError };

/** What an answer of the broker said of a partition, also when it brought no records. */
export interface PartitionProgress {
  readonly tp: TopicPartition;
  /** Where the next record handed out will come from (not where the next fetch starts): everything below was in a batch of this or an earlier poll. */
  readonly position: number;
  /** End of the readable log under the reader's isolation. */
  readonly end: number;
  readonly logStart: number;
}

export interface PollResult {
  readonly batches: readonly FetchedRecords[];
  /** One entry for each partition of which the broker said something since the last poll. */
  readonly progress: readonly PartitionProgress[];
  readonly issues: readonly ReadIssue[];
}

export interface PollLimits {
  /** Wait at most this long for something to hand out. 0 = only what is buffered. */
  readonly maxWaitMs: number;
  /** Soft: whole batches are handed out. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PartitionReader {
  /** Adds partitions, or replaces their position. Topic ids are remembered from here on where the broker offers them. */
  assign(positions: ReadonlyMap<TopicPartition, number>): void;
  /** Buffered data of these partitions is dropped at once: no later poll returns it. */
  unassign(tps: readonly TopicPartition[]): void;
  seek(tp: TopicPartition, offset: number): void;
  /** Stops handing out and fetching ahead; what is buffered is kept within the limits. */
  pause(tps: readonly TopicPartition[]): void;
  resume(tps: readonly TopicPartition[]): void;
  position(tp: TopicPartition): number;
  /** Returns as soon as anything is there to hand out. Serves partitions in turn: none starves. One poll at a time. */
  poll(limits: PollLimits): Promise<PollResult>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly isolation: Isolation;
  /** `main` and `restore` use separate connections, so that a restore does not block the input. */
  readonly role: 'main' | 'restore' | 'global';
  /** Bytes fetched ahead and not handed out, over all partitions. Every partition has a reserved minimum of it (one batch), so that none starves another. */
  readonly maxBufferedBytes: number;
  /** Largest fetch of one partition, bytes. Default 1 MiB. */
  readonly maxPartitionBytes?: number | undefined;
}

// ---- group ----

export interface GroupMetadata {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
}

export interface MemberView {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  readonly userData: Uint8Array;
}

export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Uint8Array;
}

export interface RevokeContext {
  readonly metadata: GroupMetadata;
  /** Point on `clock.monotonic()` by which the handler should be done, or the group goes on without us. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** What a member does with a group's decisions. Called one at a time. */
export interface GroupHandler {
  /** A barrier: no join is sent before it settles. Stop, flush, commit, suspend. Heartbeats go on meanwhile. */
  onRevoke(context: RevokeContext): Promise<void>;
  /**
   * Called after the barrier, before every join. `mustReachLeader` (default true): a static member that comes back within its session gets its old place
   * without a rebalance, so that nobody sees its new user data; with true it joins once more under its new member id, with false it keeps the place.
   */
  subscription(): Promise<{
    readonly topics: readonly string[];
    readonly userData: Uint8Array;
    readonly mustReachLeader?: boolean | undefined;
  }>;
  /** On the leader only. Heartbeats go on meanwhile. */
  assign(members: readonly MemberView[], metadata: GroupMetadata): Promise<ReadonlyMap<string, MemberAssignment>>;
  onAssigned(assignment: MemberAssignment, context: { readonly metadata: GroupMetadata; readonly isLeader: boolean }): Promise<void>;
  /** Evicted or fenced: nothing can be committed any more. The member joins again by itself afterwards, unless the error is fatal. */
  onLost(error: ClientError): Promise<void>;
  /** Membership ended for good: the error is fatal. */
  onFatal(error: ClientError): void;
}

export interface CommittedOffset {
  readonly offset: number;
  readonly leaderEpoch?: number | undefined;
  readonly metadata?: string | undefined;
}

export interface GroupMember {
  /** Starts joining in the background; settles when the first join was sent or failed fatally. */
  start(): Promise<void>;
  /** Asks for a rebalance, e.g. because tasks must move or a topic grew. */
  requestRejoin(reason: string): void;
  /** The processing loop is alive: called once a loop. Without it for `progressDeadlineMs` the member leaves, as a stuck consumer must. */
  noteProgress(): void;
  /** As of the last completed join; undefined before it and while lost. */
  metadata(): GroupMetadata | undefined;
  /** Null where nothing is committed. */
  committed(
    tps: readonly TopicPartition[],
    options: { readonly requireStable: boolean },
  ): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>>;
  /** Fenced by generation and member id; never sent with generation -1. */
  commit(offsets: ReadonlyMap<TopicPartition, CommittedOffset>): Promise<void>;
  /** Runs no handler any more. `leave`: tells the group, so that others take over at once. */
  close(options: { readonly leave: boolean }): Promise<void>;
}

export interface MemberOptions {
  readonly groupId: string;
  /** Static membership. */
  readonly instanceId?: string | undefined;
  /** Name of the assignor in the join, e.g. `millrace`. */
  readonly protocolName: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Kafka: `max.poll.interval.ms`. */
  readonly progressDeadlineMs: number;
}

// ---- producing ----

/** Where the records of one topic partition go. Made once, kept: nothing is looked up per record. */
export interface OutputPartition {
  readonly tp: TopicPartition;
  /**
   * Appends one record behind those appended before (I3). The ranges are copied before it returns. A key or value start of -1 means null (its buffer is
   * ignored). A `timestamp` of -1 means none; a Kafka producer then puts in the time at which it takes the record, as Java's does. `headers` null means none.
   * Never throws for a full buffer: see {@link Output.full}.
   */
  append(
    timestamp: number,
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void;
  /** Number of records appended since it was made. */
  readonly appended: number;
}

/** The synchronous half of a producer: what a task writes into. */
export interface Output {
  /** Undefined while the topic is not known: the caller keeps its records and asks the runtime to `lookUp` the topic. */
  partitionCount(topic: string): number | undefined;
  /** The same object for the same topic partition. */
  partition(topic: string, partition: number): OutputPartition;
  /** Bytes appended and not acknowledged. */
  readonly bufferedBytes: number;
  /** The soft limit is reached: stop processing, await `drained`. */
  readonly full: boolean;
}

/** What the broker acknowledged of one partition since the previous flush. */
export interface Acknowledged {
  /** Offset of the last acknowledged record of which the broker told it; -1 if it told none. */
  readonly lastOffset: number;
  /** False if the offsets of what this producer wrote to the partition, now and before, have a hole or are not known: somebody else wrote there, perhaps in its own right. */
  readonly contiguous: boolean;
}

/** A batch that the broker refused for good. `records` are the batch's. */
export interface ProduceFailure {
  readonly tp: TopicPartition;
  readonly error: ClientError;
  readonly records: FetchedRecords;
}

export interface RecordProducer extends Output {
  /** Makes the partition counts of these topics known; rejects with a fatal error naming the topics that do not exist after `timeoutMs`. */
  lookUp(topics: readonly string[], options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  /** Starts sending what is appended without waiting for linger. Non-blocking. */
  send(): void;
  /** Settles when the buffer is below its limit. Rejects with the first failure. */
  drained(): Promise<void>;
  /**
   * Sends everything appended so far and waits until all of it is acknowledged. Rejects with the first failure, and keeps rejecting: a producer that lost a batch
   * must be closed, since what follows the batch must not be committed.
   */
  flush(): Promise<ReadonlyMap<TopicPartition, Acknowledged>>;
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}

export interface ProducerOptions {
  readonly lingerMs: number;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Largest batch of one partition, bytes before compression. */
  readonly maxBatchBytes: number;
  /** Soft limit of everything appended and not acknowledged, bytes. */
  readonly maxBufferedBytes: number;
  /** A batch that is not acknowledged after this time fails, however often it was tried. */
  readonly deliveryTimeoutMs: number;
  /** Decides about a refused batch: `fail` keeps the failure for `flush`, `drop` forgets the batch and goes on. Default: always fail. */
  readonly onFailure?: ((failure: ProduceFailure) => 'fail' | 'drop') | undefined;
}

// ---- administration ----

export interface TopicDescription {
  readonly name: string;
  readonly id: string | undefined;
  readonly partitions: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** -1 = the broker's default. */
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface ClusterAdmin {
  /** Undefined = there is no such topic; it does not throw for it. */
  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription | undefined>>;
  /** Every topic the cluster tells of, for patterns. */
  listTopics(): Promise<readonly string[]>;
  createTopics(topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, 'created' | 'exists' | ClientError>>;
  topicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  /** `latest` under `uncommitted` is the end of the log, under `committed` the last stable offset. A number is a timestamp in ms: the first offset at or after it, or the end. */
  listOffsets(
    queries: ReadonlyMap<TopicPartition, 'earliest' | 'latest' | number>,
    options: { readonly isolation: Isolation },
  ): Promise<ReadonlyMap<TopicPartition, number>>;
  /** Deletes the records below the offsets. */
  deleteRecords(before: ReadonlyMap<TopicPartition, number>): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Committed offsets of a group, without membership: for tools and tests. */
  groupOffsets(groupId: string, tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>>;
}

// ---- entry ----

/** What the cluster behind the client can do. */
export interface ClientFeatures {
  readonly topicIds: boolean;
  readonly staticMembers: boolean;
  readonly deleteRecords: boolean;
  /** Stable offset fetch and generation in transactional offset commits: what exactly-once v2 needs. */
  readonly transactions: boolean;
}

/** One client an instance: owns the connections. Transactions come as a further method (`transactional`) beside `producer`. */
export interface StreamsClient {
  readonly clock: Clock;
  /** Connects and checks that the brokers offer what is needed; rejects with a fatal error that names what is missing, retriable while nobody answers. */
  connect(options?: { readonly signal?: AbortSignal | undefined }): Promise<ClientFeatures>;
  admin(): ClusterAdmin;
  reader(options: ReaderOptions): PartitionReader;
  member(options: MemberOptions, handler: GroupHandler): GroupMember;
  producer(options: ProducerOptions): RecordProducer;
  close(): Promise<void>;
}

/** What a user hands to the runtime: `kafka({ brokers })`, `kafkajs(config)`, `platformatic(config)`. */
export interface ClientFactory {
  create(context: { readonly clientId: string; readonly clock: Clock; readonly log: import('../log.ts').Logger }): StreamsClient;
}
