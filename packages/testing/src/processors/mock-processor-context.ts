/**
 * The context of one processor without a topology: it keeps what the processor forwards, schedules and asks for, and its stores are real ones in memory.
 * Kafka Streams: `org.apache.kafka.streams.processor.api.MockProcessorContext`.
 */
import {
  type Cancellable,
  type Duration,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type Logger,
  MetricsRegistry,
  type ProcessorContext,
  type PunctuationType,
  type Punctuator,
  type RecordMetadata,
  type ScheduleOptions,
  type Serde,
  silentLogger,
  type StateStoreOptions,
  StreamRecord,
  StreamsError,
} from '@millrace/core';
import { checkedElsewhere, checkOptions, isSerde, isText, notARecord, type OptionChecks, parseSchedule } from '@millrace/core/engine';
import { openMockStores } from './mock-stores.ts';

export interface MockProcessorContextOptions {
  /** @default 'mock' */
  readonly applicationId?: string | undefined;
  /** @default '0_0' */
  readonly taskId?: string | undefined;
  /** Stores that the processor uses: opened in memory, empty, without changelog and record cache. */
  readonly stores?: readonly StateStoreOptions<unknown, unknown>[] | undefined;
  /** Serde of keys of stores that have none of their own. */
  readonly key?: Serde<unknown> | undefined;
  /** Serde of values of stores that have none of their own. */
  readonly value?: Serde<unknown> | undefined;
  /** @default silent */
  readonly log?: Logger | undefined;
}

const contextOptions: OptionChecks<MockProcessorContextOptions> = {
  applicationId: isText,
  taskId: isText,
  stores: checkedElsewhere,
  key: isSerde,
  value: isSerde,
  log: checkedElsewhere,
};

/** What a processor forwarded. */
export interface CapturedForward<K, V> {
  /** As it was handed on: a record is not copied, so later changes of its headers show. */
  readonly record: StreamRecord<K, V>;
  /** Undefined: to all children. */
  readonly childName: string | undefined;
}

/** What a processor scheduled. Nothing fires by itself: call `punctuate`. */
export interface CapturedPunctuator {
  readonly intervalMs: number;
  readonly type: PunctuationType;
  readonly startMs: number | undefined;
  readonly punctuate: Punctuator;
  readonly cancelled: boolean;
  cancel(): void;
}

/** `K` and `V` are the types of what the processor forwards. For processors and fixed-key processors alike. */
export class MockProcessorContext<K = unknown, V = unknown> implements ProcessorContext<K, V>, FixedKeyProcessorContext<K, V> {
  readonly applicationId: string;
  readonly taskId: string;
  readonly log: Logger;
  readonly metrics: MetricsRegistry = new MetricsRegistry();
  /** What the processor is told of its input record; set it before you call the processor. Undefined until then. */
  recordMetadata: RecordMetadata | undefined;
  /** Set it as the test needs it: wall clock, ms since 1970. */
  currentSystemTimeMs = 0;
  /** Set it as the test needs it; -1 stands for no record yet. */
  currentStreamTimeMs = -1;
  readonly #stores: Map<string, unknown>;
  #forwarded: CapturedForward<K, V>[] = [];
  readonly #scheduled: CapturedPunctuator[] = [];
  #committed = false;

  /** @throws MR_SERDE_MISSING, MR_ARGUMENT_INVALID for stores that cannot be opened and options that there are not */
  constructor(options: MockProcessorContextOptions = {}) {
    checkOptions(options, contextOptions, 'MockProcessorContext');
    this.applicationId = options.applicationId ?? 'mock';
    this.taskId = options.taskId ?? '0_0';
    this.log = options.log ?? silentLogger;
    const { key, stores = [], value } = options;
    this.#stores = openMockStores(stores, { key, value }, this);
  }

  /** @throws MR_ARGUMENT_INVALID for what is no record, as a task's context */
  forward(record: StreamRecord<K, V> | FixedKeyRecord<K, V>, childName?: string): void {
    // JavaScript may forward anything. A fixed-key record is a record whose key the types alone protect.
    const given: unknown = record;
    if (!(given instanceof StreamRecord)) throw notARecord(given, 'under test', this.taskId);
    this.#forwarded.push({ record: record as StreamRecord<K, V>, childName });
  }

  /** What was forwarded since the start or `resetForwards`, in order; with a name only what went to that child, what went to all included. */
  forwarded(childName?: string): readonly CapturedForward<K, V>[] {
    if (childName === undefined) return [...this.#forwarded];
    return this.#forwarded.filter((forward) => forward.childName === undefined || forward.childName === childName);
  }

  resetForwards(): void {
    this.#forwarded = [];
  }

  /** @throws MR_ARGUMENT_INVALID as a task's context */
  schedule(interval: Duration, type: PunctuationType, punctuate: Punctuator, options: ScheduleOptions = {}): Cancellable {
    const { intervalMs, startMs } = parseSchedule(interval, type, punctuate, options, { taskId: this.taskId });
    const scheduled = {
      intervalMs,
      type,
      startMs,
      punctuate,
      cancelled: false,
      cancel(): void {
        scheduled.cancelled = true;
      },
    };
    this.#scheduled.push(scheduled);
    return scheduled;
  }

  /** Everything that was scheduled, cancelled ones included, in order. */
  get scheduledPunctuators(): readonly CapturedPunctuator[] {
    return [...this.#scheduled];
  }

  commit(): void {
    this.#committed = true;
  }

  /** True if a commit was asked for since the start or `resetCommit`. */
  get committed(): boolean {
    return this.#committed;
  }

  resetCommit(): void {
    this.#committed = false;
  }

  /** A store of the options, or one that was added. @throws MR_STORE_UNAVAILABLE if there is none of this name */
  getStateStore<S>(name: string): S {
    const store = this.#stores.get(name);
    if (store === undefined) {
      const others = [...this.#stores.keys()].join(', ') || 'none';
      throw new StreamsError('MR_STORE_UNAVAILABLE', `The context was given no store ${name}. Its stores: ${others}.`, {
        details: { taskId: this.taskId, store: name },
      });
    }
    // The caller names the type of the store that it gave.
    return store as S;
  }

  /** Adds a store that the test made itself; one of the same name is replaced. */
  addStateStore(store: { readonly name: string }): void {
    this.#stores.set(store.name, store);
  }
}
