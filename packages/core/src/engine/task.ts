/**
 * The task: a state machine over one partition group of a set of sub-topologies (see `contract.ts`). It holds the parts together and decides nothing itself: queues choose
 * the record, nodes run it, the state manager commits. Nothing here reads a clock (I5), and no promise is made between `enqueue` and the end of `process` (I1).
 * Kafka Streams: `StreamTask`.
 */
import type { MaybePromise } from '@millrace/state';
import { invariant, StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Acknowledged, CommittedOffset, Output } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { Counter } from '../metrics.ts';
import { outsideStore } from '../stores/outside-store.ts';
import { CacheBudget } from '../stores/record-cache.ts';
import { RecordContext } from '../stores/record-context.ts';
import { Collector } from './collector.ts';
import type { ChangelogState, CommitRequest, Task, TaskInit } from './contract.ts';
import { DeadLetterSender } from './dead-letter-sender.ts';
import { DroppedRecords } from './dropped-records.ts';
import { ErrorPolicy } from './error-policy.ts';
import { buildNodes, type NodeGraph } from './node-graph.ts';
import type { NodeServices } from './node.ts';
import { InputOffsets } from './input-offsets.ts';
import { KeptTimes } from './kept-times.ts';
import { PartitionGroup } from './partition-group.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { SourceRows } from './source-rows.ts';
import { StateManager } from './state-manager.ts';
import { TaskPunctuations } from './task-punctuations.ts';

/** Creates a task in the state `created`: restore its changelogs, take its positions, then `start` it. */
export function createTask(init: TaskInit): Task {
  return new StreamTask(init);
}

type Phase = 'created' | 'running' | 'suspended' | 'closed';

class StreamTask implements Task {
  readonly id: string;
  readonly #init: TaskInit;
  readonly #output: Output;
  readonly #log: Logger;
  readonly #context = new RecordContext();
  readonly #dropped: DroppedRecords;
  readonly #policy: ErrorPolicy;
  readonly #collector: Collector;
  readonly #state: StateManager;
  readonly #group: PartitionGroup;
  readonly #graph: NodeGraph;
  readonly #punctuations: TaskPunctuations;
  readonly #processed: Counter;
  readonly #punctuated: Counter;
  /** Times that processors committed with the offsets (`ProcessorMetadata`), merged over the inputs. */
  readonly #times = new KeptTimes();
  readonly #offsets: InputOffsets;
  /** By source topic that doubles as changelog, while it is restored. */
  readonly #sourceRows = new Map<TopicPartition, SourceRows | undefined>();
  #inputs: readonly TopicPartition[];
  #phase: Phase = 'created';
  /** Processors are being initialised. */
  #starting = false;
  #nowMs = 0;
  #commitNeeded = false;
  #commitRequested = false;

  constructor(init: TaskInit) {
    this.id = init.id;
    this.#init = init;
    this.#output = init.output;
    this.#log = init.log;
    const { settings, metrics, log } = init;
    this.#dropped = new DroppedRecords(init.id, metrics, log, this.#context);
    this.#policy = new ErrorPolicy(init.id, settings.handlers, this.#context, this.#dropped, (letters, stops) =>
      this.#collector.sendDeadLetters(letters, stops),
    );
    const deadLetters = metrics.counter('dead-letter-records-total', { 'task-id': init.id });
    const deadLetterSender = new DeadLetterSender(init.output, init.partition, deadLetters, init.lastWords);
    this.#collector = new Collector(init.output, this.#policy, this.#dropped, init.partition, this.#context, deadLetterSender);
    this.#punctuations = new TaskPunctuations(init.id, this.#context, this.#policy);
    this.#context.open = false;
    this.#context.keepsRaw = settings.handlers.deadLetterTopic !== undefined;
    const budget = init.cacheBudget ?? (settings.cacheBytes > 0 ? new CacheBudget(settings.cacheBytes) : null);
    this.#state = new StateManager({
      taskId: init.id,
      applicationId: settings.applicationId,
      partition: init.partition,
      engine: init.engine,
      output: init.output,
      plans: init.subtopologies.flatMap((plan) => plan.stores),
      context: this.#context,
      cacheBudget: budget !== null && budget.limitBytes > 0 ? budget : null,
      readCacheBytes: settings.readCacheBytes,
      dropped: (reason) => this.#dropped.add(reason, null, 0),
    });
    const services: NodeServices = {
      applicationId: settings.applicationId,
      taskId: init.id,
      context: this.#context,
      policy: this.#policy,
      dropped: this.#dropped,
      log,
      metrics,
      emitIntervalMs: settings.emitIntervalMs,
      nowMs: () => this.#nowMs,
      streamTime: () => this.#group.streamTime,
      keepTime: (name, current) => this.#times.keep(name, current),
      requestCommit: () => {
        this.#commitRequested = true;
      },
      schedule: (node, startMs, intervalMs, type, punctuate) =>
        this.#punctuations.add(node, startMs, intervalMs, type, punctuate, {
          nowMs: this.#nowMs,
          streamTime: this.#group.streamTime,
          starting: this.#starting,
        }),
      store: (name) => this.#state.store(name),
      storeWriters: new Map(
        init.subtopologies.flatMap(({ stores }) =>
          stores.flatMap(({ spec, writer }) => (writer === undefined ? [] : [[spec.name, writer] as const])),
        ),
      ),
      globalStore: init.globalStore,
    };
    this.#graph = buildNodes(init, services, this.#collector);
    const tags = { 'task-id': init.id };
    this.#group = new PartitionGroup(this.#graph.queues, settings.maxTaskIdleMs, metrics.counter('enforced-processing-total', tags));
    this.#offsets = new InputOffsets({ taskId: init.id, log, group: this.#group, state: this.#state, times: this.#times });
    this.#inputs = this.#graph.queues.map((queue) => queue.tp);
    this.#processed = metrics.counter('process-total', tags);
    this.#punctuated = metrics.counter('punctuate-total', tags);
    metrics.gauge('active-buffer-count', tags, () => this.#group.queues.reduce((sum, queue) => sum + queue.size, 0));
    if (budget !== null && init.cacheBudget === undefined) metrics.gauge('cache-size-bytes-total', tags, () => budget.usedBytes);
  }

  // ---- before the first record ----

  get inputs(): readonly TopicPartition[] {
    return this.#inputs;
  }

  get changelogs(): readonly ChangelogState[] {
    return this.#state.changelogs;
  }

  get hasState(): boolean {
    return this.#state.hasState;
  }

  restore(batch: FetchedRecords): void {
    this.#expect('created');
    this.#state.restore(this.#rowsOf(batch));
  }

  /** Of a source topic that doubles as changelog, what the table made of its records. */
  #rowsOf(batch: FetchedRecords): FetchedRecords {
    const { tp } = batch;
    const changelog = this.#state.changelogs.find((state) => state.tp === tp);
    if (changelog?.isSource !== true) return batch;
    if (!this.#sourceRows.has(tp)) {
      const partitionTime = changelog.position === undefined ? -1 : (this.#state.input(tp)?.partitionTime ?? -1);
      this.#sourceRows.set(tp, this.#graph.createSourceRows(tp, partitionTime));
    }
    return this.#sourceRows.get(tp)?.of(batch) ?? batch;
  }

  flushRestore(): MaybePromise<void> {
    this.#expect('created');
    return this.#state.flushRestore();
  }

  noteRestored(tp: TopicPartition, end: number): void {
    this.#expect('created');
    this.#state.noteRestored(tp, end);
  }

  wipe(recreated: readonly string[] = []): MaybePromise<void> {
    this.#expect('created');
    this.#sourceRows.clear();
    return this.#state.wipe('logged', recreated);
  }

  takePosition(tp: TopicPartition, committed: CommittedOffset | null): number | undefined {
    this.#expect('created', 'suspended', 'running');
    const queue = this.#group.queue(tp);
    invariant(
      this.#phase !== 'running' || queue.position === undefined,
      `task ${this.id} has a position in ${tp.topic} and reads on from there`,
    );
    return this.#offsets.take(tp, committed, this.#phase === 'suspended');
  }

  start(nowMs: number): void {
    this.#expect('created');
    invariant(!this.#state.hasOtherFormat, `I2: task ${this.id} starts on rows that its stores misread`);
    this.#nowMs = nowMs;
    this.#dropped.advance(nowMs);
    this.#sourceRows.clear();
    this.#graph.createProcessors();
    this.#phase = 'running';
    this.#context.closed = false;
    this.#starting = this.#context.open = true;
    try {
      for (const node of this.#graph.processors) node.init();
    } finally {
      this.#starting = this.#context.open = false;
    }
  }

  // ---- running ----

  enqueue(batch: FetchedRecords): void {
    this.#expect('running');
    const queue = this.#group.queue(batch.tp);
    const hadHead = queue.head !== null;
    queue.add(batch);
    if (!hadHead && queue.head !== null) this.#group.offer(queue);
    if (queue.advanced) this.#commitNeeded = true;
  }

  addInput(source: string, topic: string): TopicPartition {
    this.#expect('created', 'running', 'suspended');
    const queue = this.#graph.createQueue(source, topic);
    const { tp } = queue;
    invariant(!this.#inputs.includes(tp), `task ${this.id} reads ${topic} already`);
    this.#group.add(queue);
    this.#inputs = [...this.#inputs, tp];
    return tp;
  }

  noteProgress(tp: TopicPartition, position: number, end: number): void {
    this.#group.queue(tp).noteProgress(position, end);
  }

  seek(tp: TopicPartition, offset: number): void {
    this.#expect('running');
    this.#group.queue(tp).startAt(offset, undefined);
  }

  queued(tp: TopicPartition): number {
    return this.#group.queue(tp).size;
  }

  ready(nowMs: number): boolean {
    return this.#phase === 'running' && !this.#collector.waiting && this.#group.ready(nowMs);
  }

  process(limit: number, nowMs: number): number {
    this.#expect('running');
    this.#nowMs = nowMs;
    this.#dropped.advance(nowMs);
    const group = this.#group;
    const output = this.#output;
    const maxUncommittedBytes = this.#init.settings.maxUncommittedBytes;
    let ran = 0;
    this.#context.open = true;
    try {
      while (ran < limit && !this.#collector.waiting && group.ready(nowMs)) {
        const queue = group.take() as PartitionQueue;
        this.#run(queue);
        group.putBack(queue);
        ran++;
        if (group.streamTime >= this.#punctuations.streamDueMs) this.#punctuated.add(this.#punctuations.runStream(group.streamTime));
        if (this.#uncommittedBytes >= maxUncommittedBytes) {
          this.#commitRequested = true;
          break;
        }
        if (output.full) break;
      }
    } finally {
      this.#context.open = false;
    }
    if (ran > 0) {
      this.#commitNeeded = true;
      this.#processed.add(ran);
    }
    return ran;
  }

  punctuate(nowMs: number): number {
    this.#expect('running');
    this.#nowMs = nowMs;
    this.#dropped.advance(nowMs);
    let fired: number;
    this.#context.open = true;
    try {
      fired = this.#punctuations.runWall(nowMs);
    } finally {
      this.#context.open = false;
    }
    if (fired > 0) {
      this.#commitNeeded = true;
      this.#punctuated.add(fired);
    }
    return fired;
  }

  nextDueMs(): number | undefined {
    if (this.#phase !== 'running') return undefined;
    const due = Math.min(this.#punctuations.wallDueMs, this.#dropped.dueMs, this.#group.idleUntilMs ?? Number.POSITIVE_INFINITY);
    return due === Number.POSITIVE_INFINITY ? undefined : due;
  }

  get commitNeeded(): boolean {
    return this.#commitNeeded;
  }

  get commitRequested(): boolean {
    return this.#commitRequested;
  }

  get unresolvedTopics(): readonly string[] {
    return this.#collector.unresolvedTopics;
  }

  retryUnresolved(): void {
    this.#collector.retry();
  }

  // ---- commit ----

  prepareCommit(): CommitRequest {
    this.#expect('running', 'suspended');
    this.#context.open = true;
    try {
      this.#state.flush();
    } finally {
      this.#context.open = false;
    }
    const { inputs, offsets, times } = this.#offsets.next();
    this.#state.take(inputs, times);
    this.#collector.uncommittedBytes = 0;
    this.#commitNeeded = false;
    this.#commitRequested = false;
    return { offsets };
  }

  writeUnlogged(): MaybePromise<void> {
    this.#expect('running', 'suspended');
    return this.#state.writeUnlogged();
  }

  completeCommit(acknowledged: ReadonlyMap<TopicPartition, Acknowledged>): MaybePromise<void> {
    this.#expect('running', 'suspended');
    invariant(
      !this.#collector.waiting,
      `task ${this.id} completes a commit while records wait for topics: ${this.#collector.unresolvedTopics.join(', ')}`,
    );
    return this.#state.complete(acknowledged);
  }

  // ---- leaving ----

  suspend(): void {
    if (this.#phase === 'suspended') return;
    this.#expect('running', 'created');
    this.#group.clear();
    if (this.#phase === 'running') this.#phase = 'suspended';
  }

  resume(nowMs: number): void {
    this.#expect('suspended');
    this.#nowMs = nowMs;
    this.#dropped.advance(nowMs);
    this.#phase = 'running';
  }

  abort(): void {
    if (this.#phase === 'closed') return;
    this.#closeProcessors((error) =>
      this.#log.warn('a processor failed to close while its task was aborted', { taskId: this.id, error: String(error) }),
    );
    this.#state.reset();
    this.#collector.clear();
    this.#group.clear();
    this.#group.streamTime = -1;
    for (const queue of this.#group.queues) {
      queue.startAt(undefined, -1);
      queue.advanced = false;
    }
    this.#times.clear();
    this.#offsets.clear();
    this.#context.clear();
    this.#context.closed = true;
    this.#commitNeeded = this.#commitRequested = false;
    this.#phase = 'created';
  }

  close(): void {
    if (this.#phase === 'closed') return;
    let failure: { readonly error: unknown } | undefined;
    this.#closeProcessors((error) => (failure ??= { error }));
    this.#dropped.close();
    this.#state.reset();
    this.#collector.clear();
    this.#group.clear();
    this.#phase = 'closed';
    this.#context.closed = true;
    this.#init.metrics.remove({ 'task-id': this.id });
    if (failure !== undefined) throw failure.error;
  }

  store(name: string): unknown {
    const store = this.#state.store(name);
    return store === undefined ? undefined : outsideStore(store, this.#context);
  }

  get storeNames(): readonly string[] {
    return this.#state.storeNames;
  }

  // ---- inside ----

  get #uncommittedBytes(): number {
    return this.#collector.uncommittedBytes + this.#state.uncommittedBytes;
  }

  #run(queue: PartitionQueue): void {
    const context = this.#context;
    const record = queue.head;
    invariant(record !== null, 'a queue without a head was chosen');
    context.defined = true;
    context.topic = queue.tp.topic;
    context.partition = queue.tp.partition;
    context.offset = queue.headOffset;
    context.timestamp = queue.timestamp;
    context.record = context.input = record;
    context.batch = queue.headBatch;
    context.index = queue.headIndex;
    context.written = false;
    try {
      queue.source.process(record);
    } catch (error) {
      throw this.#policy.escaped(queue.source.name, error);
    }
    if (context.missed !== null) {
      queue.readAhead.missed(context.missed);
      context.missed = null;
    }
    queue.readAhead.processed();
    queue.advance();
  }

  #closeProcessors(failed: (error: unknown) => void): void {
    for (const node of this.#graph.processors) {
      try {
        node.close();
      } catch (error) {
        failed(error);
      }
    }
    this.#graph.dropProcessors();
    this.#punctuations.clear();
  }

  #expect(...phases: readonly Phase[]): void {
    if (phases.includes(this.#phase)) return;
    throw new StreamsError(
      this.#phase === 'closed' ? 'MR_CLOSED' : 'MR_STATE_INVALID',
      `task ${this.id} is ${this.#phase}; this needs it ${phases.join(' or ')}`,
      {
        details: { taskId: this.id },
      },
    );
  }
}
