/**
 * The task as its drivers see it: the run loop, the test driver, the simulator.
 *
 * A task is a state machine over one partition group of a *set* of sub-topologies: records in, outputs and offsets out. It reads no clock, creates no promise between
 * `enqueue` and the end of `process` (I1, I5), and gives the same bytes for the same calls (I6). Life: `created` → (restore …) → `start` → (enqueue, process,
 * punctuate, commit …) → `suspend` → `resume` or `close`; `abort` at any time drops what is not committed and starts afresh (I4).
 */
import type { MaybePromise, StateEngine } from '@millrace/state';
import type { Headers } from '../headers.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Acknowledged, CommittedOffset, Output } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RecordMetadata, StreamRecord } from '../record.ts';
import type { CacheBudget } from '../stores/record-cache.ts';
import type { SubtopologyPlan, TopologySettings } from '../topology/plan.ts';
import type { DeadLetter } from './dead-letter.ts';

/** Where a failure happened, for handlers. Kafka Streams: `ErrorHandlerContext`. */
export interface ErrorContext extends RecordMetadata {
  readonly taskId: string;
  readonly node: string;
  readonly timestamp: number;
  /**
   * The input record's bytes as they came; null where the failure has no input record (punctuation), and for a row that waited in a buffer or cache if its bytes were not kept with it
   * (they are if there is a dead letter topic, and until a restart).
   */
  readonly rawKey: Uint8Array | null;
  readonly rawValue: Uint8Array | null;
  /** Of the record that failed, as it was when it came to `node`. A copy; without headers in a punctuation. */
  readonly headers: Headers;
  /**
   * A sink has taken this very record before the failure. Kafka Streams lets go of an input's bytes then, so a dead letter that it makes by itself has neither key nor value; the letters
   * that Millrace makes for `deadLetterTopic` are the same. A handler of your own may put `rawKey` and `rawValue` into its letters all the same.
   */
  readonly written: boolean;
}

/**
 * `fail` stops the task with a typed error, `continue` drops the record and counts it. Where `ErrorHandlers.deadLetterTopic` is set, either word also sends a dead letter there;
 * an object sends what it holds instead. Letters of `continue` are outputs like others, in the order of the failures and acknowledged before the input's offset is committed;
 * those of `fail` are sent before the task is given up. Kafka Streams: `Response` of its handlers.
 */
export type HandlerDecision = 'fail' | 'continue' | HandlerAnswer;

/** A decision with dead letters of the handler's own making; `deadLetter` makes one of the usual shape. */
export interface HandlerAnswer {
  readonly decision: 'fail' | 'continue';
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * `retry` closes the tasks without committing and goes on from the last commit, for failures that may pass (an error of kind `retriable`: brokers away, replicas missing). For any other
 * failure it counts as `fail`. Kafka Streams: `ProductionExceptionHandlerResponse.RETRY`.
 */
export type ProductionDecision = HandlerDecision | 'retry';

export type DeserializationHandler = (context: ErrorContext, error: unknown) => HandlerDecision;
/** `record` is null for a punctuation. */
export type ProcessingHandler = (context: ErrorContext, record: StreamRecord<unknown, unknown> | null, error: unknown) => HandlerDecision;

/** What could not be written, and where. */
export interface ProductionErrorContext {
  /** Undefined in phase `send`: a batch holds records of many tasks. */
  readonly taskId: string | undefined;
  /** The topic that was to be written. */
  readonly topic: string;
  readonly partition: number | undefined;
  readonly node: string | undefined;
  /** Which half of the record could not be encoded; undefined in phase `send`. */
  readonly origin: 'key' | 'value' | undefined;
  /** The record that could not be encoded; null in phase `send`. */
  readonly record: StreamRecord<unknown, unknown> | null;
  /** The input that was being processed; undefined in phase `send`, when many others have followed it. */
  readonly source: ErrorContext | undefined;
  /** The records that the broker refused, as bytes, good for the time of the call; undefined in phase `serialization`. */
  readonly refused: FetchedRecords | undefined;
}

/**
 * For records that cannot be serialised for a sink, and for batches that the broker refused. Never asked for internal topics, since losing a record of one would break I2, nor for
 * failures that concern the whole application: rights that are missing, a topic's name that is not legal, a producer that another one replaced.
 */
export type ProductionHandler = (context: ProductionErrorContext, error: unknown, phase: 'serialization' | 'send') => ProductionDecision;

export interface ErrorHandlers {
  readonly deserialization: DeserializationHandler;
  readonly processing: ProcessingHandler;
  /**
   * For the processors that fill global stores: where it says `continue`, a row is missing in every instance from then on. Dead letters are not sent. Default: `fail`.
   * Kafka Streams: `processing.exception.handler.global.enabled` (KIP-1270).
   */
  readonly globalProcessing?: ProcessingHandler | undefined;
  readonly production: ProductionHandler;
  /**
   * Where a record goes that tells of each failure on which a handler answered with a plain word. Must exist. Default: none. Not for global stores, as in Kafka Streams: every
   * instance would send its own. Kafka Streams: `errors.dead.letter.queue.topic.name`.
   */
  readonly deadLetterTopic?: string | undefined;
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
  /** Takes the dead letters of a failure that stops the task, to send them however the task ends. Absent: they go into `output`, and share its fate. */
  readonly lastWords?: ((letters: readonly DeadLetter[]) => void) | undefined;
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
  /** The store's rows are of another format than it reads, and what they are and should be: `wipe` before anything else. */
  readonly otherFormat?: string | undefined;
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
  /**
   * Drops what the engine holds of stores that have a changelog: one was recreated or truncated below the position (I2). What no changelog has is nowhere else, and stays, as
   * does where its inputs stand; but not in inputs that are among the topics that were `recreated`, whose offsets mean other records now.
   */
  wipe(recreated?: readonly string[]): MaybePromise<void>;
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
  /** Fires the wall-clock punctuations due at `nowMs`, and logs what is due. Returns how many fired. */
  punctuate(nowMs: number): number;
  /** When the next wall-clock punctuation, the end of idling, or a line in the log about dropped records is due; undefined if none. `punctuate` is to be called then. */
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
