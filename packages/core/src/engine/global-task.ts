/**
 * The task of an instance's global stores: every partition of their topics, one engine, no group, no outputs. Records are applied as they come; positions are kept in
 * the same engine batch as the rows they led to, so that a restart goes on where the state stands (I2).
 * Kafka Streams: `GlobalStateUpdateTask`, `GlobalStateManagerImpl`.
 */
import type { MaybePromise, StateEngine } from '@millrace/state';
import { invariant, StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Acknowledged } from '../kafka/port.ts';
import { topicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { Counter, Metrics } from '../metrics.ts';
import type { Processor } from '../processor/processor.ts';
import { StreamRecord } from '../record.ts';
import type { Serde } from '../serde/serde.ts';
import { outsideStore } from '../stores/outside-store.ts';
import type { CacheBudget } from '../stores/record-cache.ts';
import { RecordContext } from '../stores/record-context.ts';
import { type GlobalStorePlan, topicName } from '../topology/plan.ts';
import type { ErrorHandlers } from './contract.ts';
import { DroppedRecords } from './dropped-records.ts';
import { ErrorPolicy } from './error-policy.ts';
import { ProcessorNode } from './node.ts';
import { type InputPosition, StateManager } from './state-manager.ts';
import { noOutput } from './unit-stores.ts';

/** Id of the one global task, in metrics, logs and the state directory. */
export const globalTaskId = 'global';

export interface GlobalTaskInit {
  readonly plans: readonly GlobalStorePlan[];
  readonly applicationId: string;
  readonly engine: StateEngine;
  readonly handlers: ErrorHandlers;
  /** The record cache that its stores share with those of other tasks; undefined: they have none. A test driver has one cache for all, as Kafka Streams' has. */
  readonly cacheBudget?: CacheBudget | undefined;
  readonly readCacheBytes: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface GlobalTask {
  /** The topics that it reads, all partitions of each. */
  readonly topics: readonly string[];
  readonly storeNames: readonly string[];
  /** Offset from which to read: behind what was applied, or before that behind what the engine holds. Undefined: read from the log's start. */
  position(tp: TopicPartition): number | undefined;
  /** For people: how a store's rows on disk differ from what it reads; undefined if they do not. Until `wipe` it must not be read. */
  otherFormat(store: string): string | undefined;
  /** Creates the processors (their `init` runs). */
  start(nowMs: number): void;
  /**
   * As `apply`, for what the topics hold already when the stores are opened: records without a key are left out, and counted in `restore-skipped-records-total`.
   * Kafka Streams leaves them out too, and hands those that come later to the processor.
   */
  restore(batch: FetchedRecords, nowMs: number): void;
  /** Runs every record of the batch. Throws where a record cannot be decoded and the handler says `fail`, and where a processor fails. */
  apply(batch: FetchedRecords, nowMs: number): void;
  /** Rows that the engine does not have yet, bytes (I7). */
  readonly uncommittedBytes: number;
  /** Writes what was applied, with the positions behind it. */
  commit(): MaybePromise<void>;
  /** Drops everything the engine holds: a topic was recreated or truncated below the position. Before `start`. */
  wipe(): MaybePromise<void>;
  /** The public face of a store; undefined if there is none of this name. */
  store(name: string): unknown;
  /** The store itself, for the processors of tasks, which end before it does. */
  sharedStore(name: string): unknown;
  /** Closes the processors. What was not committed is lost; the engine belongs to the caller. */
  close(): void;
}

export function createGlobalTask(init: GlobalTaskInit): GlobalTask {
  return new GlobalStateTask(init);
}

/** One global store's way from bytes to rows. */
interface Input {
  readonly source: string;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly plan: GlobalStorePlan;
  /** The store is in memory alone: what an earlier process read is gone, so that its positions say nothing. */
  readonly volatile: boolean;
  processor: ProcessorNode | undefined;
}

class GlobalStateTask implements GlobalTask {
  readonly topics: readonly string[];
  readonly #init: GlobalTaskInit;
  readonly #context = new RecordContext();
  readonly #dropped: DroppedRecords;
  readonly #policy: ErrorPolicy;
  readonly #state: StateManager;
  /** By topic. */
  readonly #inputs = new Map<string, Input>();
  readonly #skipped: Counter;
  /** Positions that the next commit takes. */
  #advanced = new Map<TopicPartition, InputPosition>();
  /** Positions of volatile stores, which do not outlive the process. */
  readonly #volatilePositions = new Map<TopicPartition, number>();
  #nowMs = 0;

  constructor(init: GlobalTaskInit) {
    this.#init = init;
    this.#context.open = false;
    this.#skipped = init.metrics.counter('restore-skipped-records-total', { 'task-id': globalTaskId });
    this.#dropped = new DroppedRecords(globalTaskId, init.metrics, init.log, this.#context);
    // A row that is left out would be missing in every join from then on, so the handler of streams is not asked to continue over a processor's failure.
    const handlers: ErrorHandlers = { ...init.handlers, processing: init.handlers.globalProcessing ?? ((): 'fail' => 'fail') };
    this.#policy = new ErrorPolicy(globalTaskId, handlers, this.#context, this.#dropped, undefined);
    this.#state = new StateManager({
      taskId: globalTaskId,
      applicationId: init.applicationId,
      partition: 0,
      engine: init.engine,
      output: noOutput,
      plans: init.plans.map((plan) => plan.store),
      context: this.#context,
      cacheBudget: init.cacheBudget !== undefined && init.cacheBudget.limitBytes > 0 ? init.cacheBudget : null,
      readCacheBytes: init.readCacheBytes,
      dropped: (reason) => this.#dropped.add(reason, null, 0),
      isCopy: true,
    });
    for (const plan of init.plans) {
      const { keySerde, name, topics, valueSerde } = plan.source;
      for (const ref of topics) {
        const topic = topicName(init.applicationId, ref);
        this.#inputs.set(topic, {
          source: name,
          keySerde: keySerde.bind?.({ topic, role: 'key' }) ?? keySerde,
          valueSerde: valueSerde.bind?.({ topic, role: 'value' }) ?? valueSerde,
          plan,
          volatile: plan.store.spec.kind === 'keyValue' && plan.store.spec.maxEntries !== undefined,
          processor: undefined,
        });
      }
    }
    this.topics = [...this.#inputs.keys()];
  }

  get storeNames(): readonly string[] {
    return this.#state.storeNames;
  }

  get uncommittedBytes(): number {
    return this.#state.uncommittedBytes;
  }

  position(tp: TopicPartition): number | undefined {
    const key = positionKey(tp);
    if (this.#inputs.get(tp.topic)?.volatile === true) return this.#volatilePositions.get(key);
    return (this.#advanced.get(key) ?? this.#state.unloggedInput(key))?.offset;
  }

  otherFormat(store: string): string | undefined {
    return this.#state.otherFormat(store);
  }

  start(nowMs: number): void {
    invariant(!this.#state.hasOtherFormat, 'I2: the global task starts on rows that its stores misread');
    this.#nowMs = nowMs;
    this.#dropped.advance(nowMs);
    const { applicationId, log, metrics } = this.#init;
    for (const input of this.#inputs.values()) {
      const { processor: plan } = input.plan;
      // What the builder checked: the processor fits what the source hands on.
      const processor = plan.create() as Processor<unknown, unknown, unknown, unknown>;
      const node = new ProcessorNode(plan.name, processor, plan.stores, [], {
        applicationId,
        taskId: globalTaskId,
        context: this.#context,
        policy: this.#policy,
        dropped: this.#dropped,
        log,
        metrics,
        emitIntervalMs: 0,
        nowMs: () => this.#nowMs,
        streamTime: () => {
          throw this.#unsupported(plan.name, 'has no stream time: it sees records of all partitions');
        },
        // Global stores are committed by the clock alone.
        requestCommit: () => undefined,
        keepTime: () => -1,
        schedule: (name) => {
          throw this.#unsupported(name, 'cannot schedule: it only sees records');
        },
        store: (name) => this.#state.store(name),
        storeWriters: new Map(),
        // Those of others, to read.
        globalStore: (name) => this.#state.store(name),
      });
      this.#called(() => node.init());
      input.processor = node;
    }
  }

  restore(batch: FetchedRecords, nowMs: number): void {
    this.#called(() => this.#run(batch, nowMs, true));
  }

  apply(batch: FetchedRecords, nowMs: number): void {
    this.#called(() => this.#run(batch, nowMs, false));
  }

  #run(batch: FetchedRecords, nowMs: number, isRestore: boolean): void {
    const { tp } = batch;
    const input = this.#inputs.get(tp.topic);
    const processor = input?.processor;
    invariant(
      input !== undefined && processor !== undefined,
      `the global task got records of ${tp.topic}, which it does not read, or before its start`,
    );
    this.#nowMs = nowMs;
    this.#dropped.advance(nowMs);
    const from = this.position(tp) ?? 0;
    const context = this.#context;
    for (let index = 0; index < batch.count; index++) {
      if (batch.offset(index) < from) continue;
      if (isRestore && batch.keyStart(index) < 0) {
        this.#skipped.add(1);
        continue;
      }
      const record = this.#decode(input, batch, index);
      if (record === null) continue;
      context.defined = true;
      context.topic = tp.topic;
      context.partition = tp.partition;
      context.offset = batch.offset(index);
      context.timestamp = record.timestamp;
      context.record = context.input = record;
      context.batch = batch;
      context.index = index;
      processor.process(record);
    }
    const key = positionKey(tp);
    const offset = Math.max(from, batch.nextOffset);
    this.#advanced.set(key, { offset, partitionTime: -1 });
    if (input.volatile) this.#volatilePositions.set(key, offset);
  }

  commit(): MaybePromise<void> {
    if (this.#advanced.size === 0) return undefined;
    this.#called(() => this.#state.flush());
    this.#state.take(this.#advanced);
    this.#advanced = new Map();
    const written = this.#state.writeUnlogged();
    const complete = (): MaybePromise<void> => this.#state.complete(noneAcknowledged);
    return written instanceof Promise ? written.then(complete) : complete();
  }

  wipe(): MaybePromise<void> {
    this.#advanced = new Map();
    this.#volatilePositions.clear();
    return this.#state.wipe('all', []);
  }

  store(name: string): unknown {
    const store = this.#state.store(name);
    return store === undefined ? undefined : outsideStore(store, this.#context);
  }

  sharedStore(name: string): unknown {
    return this.#state.store(name);
  }

  close(): void {
    let failure: { readonly error: unknown } | undefined;
    for (const input of this.#inputs.values()) {
      try {
        input.processor?.close();
      } catch (error) {
        failure ??= { error };
      }
      input.processor = undefined;
    }
    this.#dropped.close();
    this.#state.reset();
    this.#context.closed = true;
    this.#init.metrics.remove({ 'task-id': globalTaskId });
    if (failure !== undefined) throw failure.error;
  }

  /** Runs what may call processors: only then may they write. */
  #called(run: () => void): void {
    this.#context.open = true;
    try {
      run();
    } finally {
      this.#context.open = false;
    }
  }

  #unsupported(node: string, what: string): StreamsError {
    return new StreamsError('MR_ARGUMENT_INVALID', `processor ${node} of a global store ${what}`, {
      details: { taskId: globalTaskId, node },
    });
  }

  /** Null if the record is to be dropped. The timestamp is the record's: global tables ask no extractor. */
  #decode(input: Input, batch: FetchedRecords, index: number): StreamRecord<unknown, unknown> | null {
    const { keySerde, valueSerde } = input;
    const keyStart = batch.keyStart(index);
    const valueStart = batch.valueStart(index);
    try {
      const key = keyStart < 0 ? null : keySerde.decode(batch.buffer, keyStart, batch.keyEnd(index));
      const value = valueStart < 0 ? null : valueSerde.decode(batch.buffer, valueStart, batch.valueEnd(index));
      return StreamRecord.fetched(batch, index, batch.timestamp(index), key, value, null, null);
    } catch (error) {
      this.#policy.deserialization(input.source, batch, index, error, false);
      return null;
    }
  }
}

const noneAcknowledged: ReadonlyMap<TopicPartition, Acknowledged> = new Map();

/** The state manager knows inputs by topic, as those of a task have one partition: here the partition is part of the name. A slash is in no topic's name. */
function positionKey(tp: TopicPartition): TopicPartition {
  return topicPartition(`${tp.topic}/${tp.partition}`, 0);
}
