/**
 * The task as its drivers see it: the run loop, the test driver, the simulator.
 *
 * A task is a state machine over one partition group of a *set* of sub-topologies: records in, outputs and offsets out. It reads no clock, creates no promise between
 * `enqueue` and the end of `process` (I1, I5), and gives the same bytes for the same calls (I6). Life: `created` → (restore …) → `start` → (enqueue, process,
 * punctuate, commit …) → `suspend` → `resume` or `close`; `abort` at any time drops what is not committed and starts afresh (I4).
 */
import type { MaybePromise, StateEngine } from '@millrace/state';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Acknowledged, CommittedOffset, Output } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RecordMetadata, StreamRecord } from '../record.ts';
import type { CacheBudget } from '../stores/record-cache.ts';
import type { SubtopologyPlan, TopologySettings } from '../topology/plan.ts';

/** Where a failure happened, for handlers. Kafka Streams: `ErrorHandlerContext`. */
export interface ErrorContext extends RecordMetadata {
  readonly taskId: string;
  readonly node: string;
  readonly timestamp: number;
  /** The input record's bytes as they came, null where the failure has no input record (punctuation). */
  readonly rawKey: Uint8Array | null;
  readonly rawValue: Uint8Array | null;
}

/** `fail` stops the task with a typed error, `continue` drops the record and counts it. A dead letter topic comes with KIP-1034. */
export type HandlerDecision = 'fail' | 'continue';

export type DeserializationHandler = (context: ErrorContext, error: unknown) => HandlerDecision;
/** `record` is null for a punctuation. */
export type ProcessingHandler = (context: ErrorContext, record: StreamRecord<unknown, unknown> | null, error: unknown) => HandlerDecision;
/** For records that cannot be serialised for a sink, and for batches that the broker refused. Never asked for internal topics: losing one would break I2. */
export type ProductionHandler = (
  context: {
    readonly taskId: string | undefined;
    readonly topic: string;
    readonly partition: number | undefined;
    readonly node: string | undefined;
  },
  error: unknown,
  phase: 'serialization' | 'send',
) => HandlerDecision;

export interface ErrorHandlers {
  readonly deserialization: DeserializationHandler;
  readonly processing: ProcessingHandler;
  readonly production: ProductionHandler;
}

export interface TaskSettings extends TopologySettings {
  readonly applicationId: string;
  readonly handlers: ErrorHandlers;
  /** Kafka Streams: `max.task.idle.ms`. -1: never wait. */
  readonly maxTaskIdleMs: number;
  /** Records of a partition above which the driver is asked to pause it. Kafka Streams: `buffered.records.per.partition`. */
  readonly bufferedRecordsPerPartition: number;
  /** Uncommitted entries and outputs, bytes, above which the task asks for a commit (I7). */
  readonly maxUncommittedBytes: number;
  /** See `OperatorContext.emitIntervalMs`. */
  readonly emitIntervalMs: number;
  /** Bytes of clean entries that the stores of this task keep as read cache. */
  readonly readCacheBytes: number;
}

export interface TaskInit {
  /** `<subtopology>_<partition>`. */
  readonly id: string;
  readonly partition: number;
  /** Usually one; all of them in the synchronous test driver. */
  readonly subtopologies: readonly SubtopologyPlan[];
  /** By source node: its topics that have this partition (patterns resolved). Names as on the cluster. */
  readonly sourceTopics: ReadonlyMap<string, readonly string[]>;
  readonly engine: StateEngine;
  readonly output: Output;
  readonly settings: TaskSettings;
  /** Record cache that this task shares with others of its thread; absent: `settings.cacheBytes` for itself. */
  readonly cacheBudget?: CacheBudget | undefined;
  /** The stores that every instance keeps whole, to read: see `GlobalTask.store`. Absent: there are none. */
  readonly globalStore?: ((name: string) => unknown) | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** A changelog partition of the task. */
export interface ChangelogState {
  readonly tp: TopicPartition;
  readonly store: string;
  /** Offset from which to restore: behind what the engine holds, as committed in the same batch as the data. Undefined: nothing is held, restore from the log's start. */
  readonly position: number | undefined;
  /** The changelog is a source topic (optimisation): restore only up to where the task goes on reading it, its committed offset or `inputPosition` if that is later. */
  readonly isSource: boolean;
  /** Of a source topic: the input position kept with stores that have no changelog. */
  readonly inputPosition?: number | undefined;
}

export interface CommitRequest {
  /** What to commit for every input partition that has a position, metadata included (partition time and operator times, Base64 as Kafka Streams writes it). */
  readonly offsets: ReadonlyMap<TopicPartition, CommittedOffset>;
}

export interface Task {
  readonly id: string;
  readonly inputs: readonly TopicPartition[];
  readonly changelogs: readonly ChangelogState[];
  /** True if the engine held state of this task when it was opened. */
  readonly hasState: boolean;

  // ---- before the first record ----

  /** Applies changelog records. They are written in big pieces, with the position behind them; call `flushRestore` once a poll, so that what is left stays bounded. */
  restore(batch: FetchedRecords): void;
  /** Writes what `restore` left, with the position behind it. Rejects too if a piece before failed. */
  flushRestore(): MaybePromise<void>;
  /**
   * The changelog is read up to `end`: the task's own records must follow there. If those of the first commit do not, somebody else wrote in between, and the state is not the
   * replay of a prefix (I2). Without this call only holes between own records are seen.
   */
  noteRestored(tp: TopicPartition, end: number): void;
  /** Drops everything the engine holds of these stores: the changelog was recreated or truncated below the position (I2). */
  wipe(): MaybePromise<void>;
  /**
   * Takes over the committed offset of an input and returns where to read from: the later of it and the position kept with stores that have no changelog; undefined where
   * there is neither (then the reset policy decides). While the task runs, for an input that was added.
   */
  takePosition(tp: TopicPartition, committed: CommittedOffset | null): number | undefined;
  /** Creates the processors (their `init` runs). All changelogs are restored. */
  start(nowMs: number): void;

  // ---- running ----

  /** Queues fetched records; runs none. Decodes the first one of an empty queue, as Kafka Streams does: throws where the deserialization handler or the timestamp extractor fails. */
  enqueue(batch: FetchedRecords): void;
  /**
   * One more topic of a source that reads by a pattern, of which this partition appeared while the task lives: processors, schedules and stores stay. Take its position next.
   *
   * @throws MR_ARGUMENT_INVALID if there is no source of this name.
   */
  addInput(source: string, topic: string): TopicPartition;
  /** What the broker last said of an input, after the records below `position` were enqueued: decides whether an empty queue may have more coming (`max.task.idle.ms`). */
  noteProgress(tp: TopicPartition, position: number, end: number): void;
  /** The reader goes on at `offset`, behind or before what it read so far: what is queued is still processed, then the input stands there. */
  seek(tp: TopicPartition, offset: number): void;
  /** Records queued of an input. */
  queued(tp: TopicPartition): number;
  /** True if there is a record to process at `nowMs`. */
  ready(nowMs: number): boolean;
  /**
   * Runs at most `limit` records, lowest timestamp first, and the stream-time punctuations they make due. Returns how many ran. Stops early when the output is full or
   * the uncommitted limit is reached.
   */
  process(limit: number, nowMs: number): number;
  /** Fires the wall-clock punctuations due at `nowMs`. Returns how many fired. */
  punctuate(nowMs: number): number;
  /** When the next wall-clock punctuation, or the end of idling, is due; undefined if none. */
  nextDueMs(): number | undefined;
  /** Something ran since the last commit. */
  readonly commitNeeded: boolean;
  /** A processor asked for a commit, or a limit was reached (I7). */
  readonly commitRequested: boolean;
  /**
   * Topics that records wait for because their partition count is not known (dynamic sinks); nothing is processed until `retryUnresolved` sent them. The flush of a commit
   * may add some too: look after `prepareCommit`, and send them before the producer is flushed.
   */
  readonly unresolvedTopics: readonly string[];
  retryUnresolved(): void;

  // ---- commit: prepareCommit → await flush → writeUnlogged → await commit of offsets → completeCommit ----

  /** Flushes the caches (runs operators), takes the entries to be written. Processing may go on afterwards; it belongs to the next commit. */
  prepareCommit(): CommitRequest;
  /** Writes stores without a changelog, with the input positions they include: before the offsets are committed. */
  writeUnlogged(): MaybePromise<void>;
  /**
   * After Kafka has the offsets: one engine batch with data, changelog offsets, input offsets and times.
   *
   * @throws MR_INVARIANT (I2) if a changelog was not contiguous: the caller closes and restores.
   */
  completeCommit(acknowledged: ReadonlyMap<TopicPartition, Acknowledged>): MaybePromise<void>;

  // ---- leaving ----

  /** Drops queued records; stores stay open with their clean entries. After a commit, before a rebalance. */
  suspend(): void;
  /** Goes on after `suspend`: positions are taken anew with `takePosition`. */
  resume(nowMs: number): void;
  /** Drops everything that is not committed and the processors with it; `start` makes new ones (I4). */
  abort(): void;
  /** Closes the processors. The engine belongs to the caller. */
  close(): void;

  /** For queries and tests: the public face of a store; undefined if there is none of this name. */
  store(name: string): unknown;
  readonly storeNames: readonly string[];
}
