/**
 * The Processor API: what a node does, and what it may ask of the task that runs it. Synchronous throughout: no promise exists on the record path (I1).
 * Kafka Streams: `org.apache.kafka.streams.processor.api`.
 */
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RecordMetadata, StreamRecord } from '../record.ts';
import type { Duration } from '../time.ts';
import type { Ignored } from './synchronous.ts';

/** One instance a task; a new one after every abort, so that state kept in fields never survives what it was computed from (I4). */
export interface Processor<in KIn, in VIn, out KOut, out VOut> {
  /** Called once, before the first record. Stores are open and restored. */
  init?(context: ProcessorContext<KOut, VOut>): Ignored;
  /** Done when it returns: a promise is refused (MR_ASYNC_RESULT), and no handler may continue over that. */
  process(record: StreamRecord<KIn, VIn>): Ignored;
  /** Called once, when the task closes or is suspended for good. Nothing may be forwarded. */
  close?(): void;
}

/** `stream`: fires with the task's stream time. `wall`: with the wall clock. Kafka Streams: `PunctuationType`. */
export type PunctuationType = 'stream' | 'wall';

/** A schedule that can be cancelled; cancelling twice does nothing. */
export interface Cancellable {
  cancel(): void;
}

/** Called with the time that made it due: the task's stream time, or the wall clock. Kafka Streams: `Punctuator`. */
export type Punctuator = (timestamp: number) => Ignored;

export interface ScheduleOptions {
  /**
   * Calls come at this time and whole intervals behind it, ms since 1970, whenever the task starts: on the hour, say. One that has passed already is not made up for.
   * KIP-1146.
   */
  readonly startMs?: number | undefined;
}

/** What every processor may ask. Kafka Streams: `ProcessingContext`. */
export interface ProcessingContext {
  readonly applicationId: string;
  /** `<subtopology>_<partition>`. */
  readonly taskId: string;
  /** Topic, partition and offset of the input record being processed; undefined in `init`. In a punctuation: topic null-like (`''`), partition and offset -1. */
  readonly recordMetadata: RecordMetadata | undefined;
  /**
   * A store that is connected to this node, or a global store, which can only be read: its writes throw MR_STORE_UNAVAILABLE. In the processor of a global store that
   * store, to write too.
   *
   * @throws MR_STORE_UNAVAILABLE if the store does not exist or is not connected.
   */
  getStateStore<S>(name: string): S;
  /**
   * Calls `punctuate` every `interval`, at most once for each step of time however far it went. Without `startMs` stream time counts its intervals from the first record
   * on, the wall clock from now.
   *
   * @throws MR_ARGUMENT_INVALID for an interval below 1 ms or a start before 1970, and in the processor of a global store; MR_CLOSED after the processor was closed.
   */
  schedule(interval: Duration, type: PunctuationType, punctuate: Punctuator, options?: ScheduleOptions): Cancellable;
  /** Asks for a commit soon; it happens after the current records. @throws MR_CLOSED after the processor was closed. */
  commit(): void;
  /** Wall clock in ms as of the current step of the loop. */
  readonly currentSystemTimeMs: number;
  /**
   * The task's stream time in ms: the largest timestamp picked for processing; -1 before the first record.
   *
   * @throws MR_ARGUMENT_INVALID in the processor of a global store, which has none.
   */
  readonly currentStreamTimeMs: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface ProcessorContext<in K, in V> extends ProcessingContext {
  /**
   * Hands a record to every child in order, or to the child of that name. Depth first: a child is done when it returns.
   *
   * @throws MR_ARGUMENT_INVALID for a child that does not exist and for what is no record; MR_STATE_INVALID while the task is not calling this processor;
   * MR_CLOSED after it was closed.
   */
  forward(record: StreamRecord<K, V>, childName?: string): void;
}

/** What the operators of the DSL may ask beyond user code. */
export interface OperatorContext<in K, in V> extends ProcessorContext<K, V> {
  /** Counts a dropped record (`dropped-records-total`) and logs it at a bounded rate. `reason` is a fixed text, e.g. `null key`. */
  dropped(reason: string): void;
  /** True if somebody would receive what this node forwards. */
  readonly hasChildren: boolean;
  /**
   * Keeps a time over restarts: `current` is asked at every commit, and a negative answer is none. Names are shared by the whole task.
   *
   * @returns the time that was committed last; -1 if there is none.
   */
  keepTime(name: string, current: () => number): number;
  /** Runs `close` once, when the task closes or is suspended for good, after the processor's own. */
  onClose(close: () => void): void;
  /** Milliseconds of wall clock between two emission checks of on-close windows and outer joins: 1000, 0 in the test driver. */
  readonly emitIntervalMs: number;
}

/** Creates a node's processor; called once a task and again after an abort. Must return a new instance each time. */
export type ProcessorFactory<KIn, VIn, KOut, VOut> = () => Processor<KIn, VIn, KOut, VOut>;

/** A processor of any types, as graph and engine hold it: what is put in was made for what comes out, which the builder has checked. */
export type AnyProcessor = Processor<never, never, unknown, unknown>;

/** Decides a record's timestamp from the record. Returns ms since 1970; a negative one drops the record. Kafka Streams: `TimestampExtractor`. */
export type TimestampExtractor = (record: SourceRecord, partitionTime: number) => number;

/** A decoded input record as timestamp extractors see it. */
export interface SourceRecord extends RecordMetadata {
  readonly key: unknown;
  readonly value: unknown;
  /** As Kafka has it; -1 if the record has none. */
  readonly timestamp: number;
  readonly headers: import('../headers.ts').Headers;
}

/**
 * Chooses partitions of a sink: one, several in an array or a Set (multicast), an empty one for none (the record is dropped and counted), or undefined for the default (murmur2 of the key).
 * Anything else is refused: MR_ASYNC_RESULT for a promise, MR_ARGUMENT_INVALID for the rest, and for a partition that there is not. Kafka Streams: `StreamPartitioner`.
 */
export type StreamPartitioner<K, V> = {
  // Written as a method for its bivariance, so that a stream of texts is a stream of texts or null.
  partition(key: K, value: V, topic: string, partitions: number): number | readonly number[] | ReadonlySet<number> | undefined;
}['partition'];

/** Chooses a sink's topic per record. The topic must exist. A promise is refused (MR_ASYNC_RESULT), and so is what names no topic (MR_NULL_RESULT). */
export type TopicExtractor<K, V> = (
  value: V,
  key: K,
  metadata: RecordMetadata & { readonly timestamp: number; readonly headers: import('../headers.ts').Headers },
) => string;
