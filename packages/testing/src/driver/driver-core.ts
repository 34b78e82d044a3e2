/**
 * The driver below its two faces: topics, tasks, the group's offsets and a wall clock that the test moves. It follows Java's test driver: a record runs through the
 * whole topology, punctuation and commit included, before the next one is taken; what it produced to a topic that is read goes back in.
 */
import { type MetricSample, MetricsRegistry, StreamsError, type Topology } from '@millrace/core';
import { CacheBudget, type ErrorHandlers, type SubtopologyPlan, type Task, topicName, type TopologyPlan } from '@millrace/core/engine';
import { ApplicationTopics } from '@millrace/core/runtime';
import { type CommittedOffset, topicPartition, type TopicPartition } from '@millrace/core/kafka';
import type { StateDirectory } from '@millrace/state';
import { OutputCapture } from '../topics/output-capture.ts';
import type { RecordBytes } from '../topics/partition-log.ts';
import { TopicLogs } from '../topics/topic-logs.ts';
import { checkCrash, checkRebalance, type CrashOptions, type RebalanceOptions } from './disturbances.ts';
import type { ResolvedOptions } from './driver-options.ts';
import { GlobalSlot } from './global-slot.ts';
import { InputPartitioner } from './input-partitioner.ts';
import { manyPartitions, onePartition, type PartitionModel, type TaskLayout } from './partition-model.ts';
import { SerdePreparation } from './serde-preparation.ts';
import { settle, type Steps } from './steps.ts';
import { TaskSlot, type TaskSurroundings } from './task-slot.ts';

/** Bytes of one task that are not committed before the driver commits by itself. */
const maxUncommittedBytes = 64 * 1024 * 1024;

export class DriverCore {
  readonly plan: TopologyPlan;
  readonly logs: TopicLogs = new TopicLogs();
  readonly #options: ResolvedOptions;
  readonly #topics: ApplicationTopics;
  #model: PartitionModel;
  readonly #directory: StateDirectory;
  readonly #durable: boolean;
  readonly #output: OutputCapture;
  readonly #metrics = new MetricsRegistry();
  readonly #committed = new Map<TopicPartition, CommittedOffset>();
  readonly #surroundings: TaskSurroundings;
  readonly #changelogTopics: ReadonlySet<string>;
  readonly #partitioner: InputPartitioner;
  #slots: TaskSlot[] = [];
  /** The tasks are those of one thread: they share its record cache. */
  #cacheBudget: CacheBudget;
  /** Undefined where the topology has no global stores. */
  #global: GlobalSlot | undefined;
  /** Sorted. */
  readonly #globalTopics: readonly string[];
  #nowMs: number;
  /** Where every log ended at the last commit. */
  #committedEnds: ReadonlyMap<TopicPartition, number> = new Map();
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(topology: Topology, options: ResolvedOptions, directory: StateDirectory, durable: boolean) {
    // JavaScript may pass anything: a builder, most often.
    const plan = (topology as Topology | null | undefined)?.plan;
    if (plan === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', 'the first argument is no topology: give what build() of a StreamsBuilder returns');
    }
    this.plan = plan;
    this.#options = options;
    this.#directory = directory;
    this.#durable = durable;
    this.#nowMs = options.startMs;
    this.#cacheBudget = new CacheBudget(this.plan.settings.cacheBytes);
    this.#topics = new ApplicationTopics(options.applicationId, this.plan);
    this.#model = this.#modelWith(options.topics);
    this.#globalTopics = this.plan.globalStores.flatMap(({ source }) => source.topics.map(({ name }) => name)).sort();
    this.#partitioner = new InputPartitioner((topic) => this.#model.partitionCount(topic));
    this.#output = new OutputCapture(this.logs, (topic) => this.#model.partitionCount(topic));
    this.#changelogTopics = new Set(this.plan.subtopologies.flatMap((subtopology) => changelogsOf(subtopology, options.applicationId)));
    this.#surroundings = {
      logs: this.logs,
      output: this.#output,
      lastWords: this.#output.lastWords,
      metrics: this.#metrics,
      log: options.log,
      committed: this.#committed,
      serdes: new SerdePreparation(this.plan.globalStores),
      globalStore: (name) => this.#global?.sharedStore(name),
      settings: {
        ...this.plan.settings,
        applicationId: options.applicationId,
        handlers: options.handlers,
        maxTaskIdleMs: options.maxTaskIdleMs,
        bufferedRecordsPerPartition: Number.MAX_SAFE_INTEGER,
        maxUncommittedBytes,
        emitIntervalMs: 0,
        readCacheBytes: 0,
      },
    };
    this.#surroundings.serdes.take(this.#model.tasks);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get inputTopics(): readonly string[] {
    return this.#globalTopics.length === 0 ? this.#model.inputTopics : [...this.#model.inputTopics, ...this.#globalTopics].sort();
  }

  get taskIds(): readonly string[] {
    return this.#slots.map((slot) => slot.task.id);
  }

  /** Opens the tasks. Call it once, first. After a failure the driver is closed. */
  *start(): Steps<void> {
    try {
      yield* this.#openTasks();
      yield* this.#run();
    } catch (error) {
      this.#failure = { error };
      yield* this.close();
      throw error;
    }
  }

  /** Puts a record on an input topic and runs until nothing is left to do. */
  *pipe(topic: string, record: RecordBytes, partition: number | undefined): Steps<void> {
    const tp = topicPartition(topic, this.#partitioner.choose(topic, record.key, partition));
    yield* this.#guarded(this.#pipe(tp, record));
  }

  *advanceWallClock(ms: number): Steps<void> {
    yield* this.#guarded(this.#advance(ms));
  }

  /** Commits every task, then runs what the flushed caches brought. */
  *commit(): Steps<void> {
    yield* this.#guarded(this.#commitAndRun());
  }

  /** All tasks die at once and start again from what is committed. Also what brings a stopped driver back. */
  *crash(options: CrashOptions): Steps<void> {
    this.#checkOpen();
    checkCrash(options);
    const keepState = (options.state ?? (this.#durable ? 'kept' : 'lost')) === 'kept';
    if (keepState && !this.#durable) {
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        'A memory engine does not survive a crash. Leave `state` away, or open the driver on a durable engine.',
      );
    }
    this.#output.drop();
    for (const slot of this.#slots) yield* slot.crash(keepState);
    this.#slots = [];
    if (this.#global !== undefined) yield* this.#global.crash(keepState);
    this.#global = undefined;
    if ((options.produced ?? 'lost') === 'lost') this.logs.takeBack(this.#committedEnds);
    this.#output.takeAcknowledged();
    this.#failure = undefined;
    yield* this.#guarded(this.#reopen());
  }

  /** Commits, then lets the group hand the tasks out anew. */
  *rebalance(options: RebalanceOptions): Steps<void> {
    checkRebalance(options);
    yield* this.#guarded(this.#handOut(options));
  }

  /** Commits, closes the processors, deletes the state. What was produced can still be read. */
  *close(): Steps<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#failure === undefined) yield* this.#commit();
      for (const slot of this.#slots) yield* slot.destroy();
      if (this.#global !== undefined) yield* this.#global.destroy();
    } finally {
      this.#slots = [];
      this.#global = undefined;
      yield* settle(this.#directory.close());
    }
  }

  /** The store of one partition's task; undefined if there is none of this name. */
  store(name: string, partition: number | undefined): unknown {
    this.#checkOpen();
    const global = this.#global?.store(name);
    if (global !== undefined) return global;
    const owners = this.#slots.filter((slot) => slot.task.storeNames.includes(name));
    if (owners.length > 1 && partition === undefined) {
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        `Store ${name} has ${owners.length} partitions here. Say which one: \`{ partition: 0 }\`.`,
        {
          details: { store: name },
        },
      );
    }
    const owner = partition === undefined ? owners[0] : owners.find((slot) => slot.task.id.endsWith(`_${partition}`));
    return owner?.task.store(name);
  }

  get storeNames(): readonly string[] {
    const global = this.#global?.storeNames ?? [];
    return [...new Set([...global, ...this.#slots.flatMap((slot) => slot.task.storeNames)])].sort();
  }

  metrics(): readonly MetricSample[] {
    return this.#metrics.collect();
  }

  /** @throws MR_TOPIC_UNKNOWN if no source reads the topic. */
  checkInputTopic(topic: string): void {
    if (this.inputTopics.includes(topic) || this.#isMatched(topic)) return;
    throw new StreamsError(
      'MR_TOPIC_UNKNOWN',
      `The topology does not read topic ${topic}. It reads: ${this.inputTopics.join(', ') || 'nothing'}.`,
      { details: { topic } },
    );
  }

  *#pipe(tp: TopicPartition, record: RecordBytes): Steps<void> {
    yield* this.#adopt(tp.topic);
    this.logs.pipe(tp, record);
    yield* this.#run();
  }

  *#advance(ms: number): Steps<void> {
    this.#nowMs += ms;
    for (const { task } of this.#slots) task.punctuate(this.#nowMs);
    this.#output.deliver();
    if (this.#options.commitEachRecord) yield* this.#commit();
    yield* this.#run();
  }

  *#commitAndRun(): Steps<void> {
    yield* this.#commit();
    yield* this.#run();
  }

  *#reopen(): Steps<void> {
    yield* this.#openTasks();
    yield* this.#run();
  }

  *#handOut(options: RebalanceOptions): Steps<void> {
    yield* this.#commit();
    for (const { task } of this.#slots) task.suspend();
    if (options.move === true) {
      for (const slot of this.#slots) yield* slot.destroy();
      yield* this.#openTasks();
    } else {
      for (const slot of this.#slots) {
        slot.takePositions();
        slot.task.resume(this.#nowMs);
      }
    }
    yield* this.#run();
  }

  *#openTasks(): Steps<void> {
    this.#slots = [];
    this.#cacheBudget = new CacheBudget(this.plan.settings.cacheBytes);
    const { globalStores } = this.plan;
    if (globalStores.length > 0 && this.#global === undefined) {
      const partitionCount = (topic: string): number => this.#model.partitionCount(topic);
      const handlers = this.#globalHandlers();
      this.#global = yield* GlobalSlot.open(
        globalStores,
        this.#surroundings,
        this.#cacheBudget,
        handlers,
        partitionCount,
        this.#directory,
        this.#nowMs,
      );
    }
    for (const layout of this.#model.tasks) this.#slots.push(yield* this.#openTask(layout));
  }

  /** Java's test driver passes over what a global store's topic has that cannot be decoded, whatever the application is told to do; the application itself does not. */
  #globalHandlers(): ErrorHandlers {
    const { handlers, partitions } = this.#options;
    return partitions === undefined ? { ...handlers, deserialization: () => 'continue' } : handlers;
  }

  #openTask(layout: TaskLayout): Steps<TaskSlot> {
    return TaskSlot.open(layout, this.#surroundings, this.#cacheBudget, this.#directory, this.#nowMs);
  }

  /** Processes until every task has nothing left that it may process now. */
  *#run(): Steps<void> {
    this.#output.deliver();
    yield* this.#feed();
    for (let worked = true; worked;) {
      worked = false;
      for (const { task } of this.#inOrder()) {
        if (!hasRecords(task) || !task.ready(this.#nowMs)) continue;
        const processed = task.process(1, this.#nowMs);
        this.#output.deliver();
        const asked = task.commitRequested;
        if (asked || this.#options.commitEachRecord) yield* this.#commit();
        yield* this.#feed();
        // A task that stopped because its limit of uncommitted bytes was reached goes on after the commit.
        worked ||= processed > 0 || asked;
      }
      // A record that cannot be decoded leaves its dead letter when it is handed over.
      if (!this.#output.deliver()) continue;
      yield* this.#feed();
      worked = true;
    }
  }

  /** The tasks as they take their turns. */
  #inOrder(): readonly TaskSlot[] {
    return this.#options.descendingTasks ? this.#slots.slice().reverse() : this.#slots;
  }

  /** True if a source reads the topic by its pattern. */
  #isMatched(topic: string): boolean {
    if (!this.#topics.hasPatterns) return false;
    return this.#topics.subtopologies.some((subtopology) => this.#topics.sourceTopics(subtopology, [topic]).includes(topic));
  }

  #modelWith(existing: readonly string[]): PartitionModel {
    const { partitions } = this.#options;
    return partitions === undefined ? onePartition(this.#topics, existing) : manyPartitions(this.#topics, existing, partitions);
  }

  /** A topic that appears while the driver runs: the tasks of sources that read it by a pattern go on with it. */
  *#adopt(topic: string): Steps<void> {
    if (this.#model.inputTopics.includes(topic) || !this.#isMatched(topic)) return;
    const before = this.#model;
    const model = this.#modelWith([...before.existing, topic]);
    for (const internal of this.#topics.internal.keys()) {
      if (model.partitionCount(internal) === before.partitionCount(internal)) continue;
      throw new StreamsError(
        'MR_INTERNAL_TOPIC_INVALID',
        `Topic ${topic} has more partitions than ${internal} was made for (${before.partitionCount(internal)}). Put it into the driver's option \`topics\`, or give it no more partitions than the others.`,
        { details: { topic } },
      );
    }
    this.#model = model;
    this.#surroundings.serdes.take(model.tasks);
    for (const layout of model.tasks) {
      const slot = this.#slots.find(({ task }) => task.id === layout.id);
      if (slot !== undefined) slot.takeTopics(layout.sourceTopics);
      else this.#slots.push(yield* this.#openTask(layout));
    }
  }

  *#feed(): Steps<void> {
    if (this.#topics.hasPatterns) for (const topic of this.logs.takeNewTopics()) yield* this.#adopt(topic);
    if (this.#global !== undefined) {
      yield* this.#global.feed(this.#nowMs);
      // As Java's driver flushes global stores: it shows in which rows the record cache evicts.
      if (this.#options.commitEachRecord) yield* this.#global.commit();
    }
    for (const slot of this.#slots) yield* slot.feed(this.#options.descendingTasks);
  }

  *#commit(): Steps<void> {
    const tasks = this.#inOrder()
      .map((slot) => slot.task)
      .filter((task) => task.commitNeeded);
    const requests = tasks.map((task) => task.prepareCommit());
    this.#output.deliver();
    for (const task of tasks) yield* settle(task.writeUnlogged());
    for (const { offsets } of requests) for (const [tp, offset] of offsets) this.#committed.set(tp, offset);
    const acknowledged = this.#output.takeAcknowledged();
    for (const task of tasks) yield* settle(task.completeCommit(acknowledged));
    if (this.#global !== undefined) yield* this.#global.commit();
    this.#committedEnds = this.logs.ends();
    for (const [tp, { offset }] of this.#committed) if (!this.#changelogTopics.has(tp.topic)) this.logs.log(tp).trim(offset);
  }

  /** Runs `steps`, which have not begun; a failure stops the driver, as it stops an application whose handlers say `fail`. */
  *#guarded(steps: Steps<void>): Steps<void> {
    this.#checkOpen();
    if (this.#failure !== undefined) {
      throw new StreamsError(
        'MR_CLOSED',
        'The driver stopped at an earlier failure, which is the cause of this error. What was produced before it can be read; crash() starts again from what is committed.',
        { cause: this.#failure.error },
      );
    }
    try {
      yield* steps;
    } catch (error) {
      this.#failure = { error };
      this.#output.drop();
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new StreamsError('MR_CLOSED', 'The driver was used after it was closed.');
  }
}

function changelogsOf(subtopology: SubtopologyPlan, applicationId: string): readonly string[] {
  return subtopology.stores.flatMap((store) => (store.changelog === undefined ? [] : [topicName(applicationId, store.changelog)]));
}

/** Asked before `ready`: the wait for empty inputs (`maxTaskIdleMs`) begins when something is there to wait with, as in Kafka Streams' driver. */
function hasRecords(task: Task): boolean {
  return task.inputs.some((tp) => task.queued(tp) > 0);
}
