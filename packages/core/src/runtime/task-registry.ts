/**
 * The tasks of this instance: opened, restored, run, suspended over a rebalance with their stores open, resumed or closed. Called by the run loop only, so that no two
 * steps overlap (I4). Kafka Streams: `TaskManager`, `Tasks`.
 */
import type { StateDirectory, StateEngine } from '@millrace/state';
import type { Task, TaskInit, TaskSettings } from '../engine/contract.ts';
import { globalTaskId } from '../engine/global-task.ts';
import { StreamsError } from '../errors.ts';
import type { ClusterAdmin, PartitionReader } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import { CacheBudget } from '../stores/record-cache.ts';
import type { SubtopologyPlan } from '../topology/plan.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { AssignedTask, TaskAssignment, TaskCoordinator } from './coordinator.ts';
import type { TaskMetadata } from './events.ts';
import { takeCommittedOffsets } from './input-positions.ts';
import type { RuntimeOptions } from './options.ts';
import type { GlobalStores } from './global-stores.ts';
import type { OutputHolder } from './output-holder.ts';
import { OwnedTask } from './owned-task.ts';
import { compareInputs, inputsToCompare } from './recreated-inputs.ts';
import type { Restorer } from './restorer.ts';
import { type RetryContext, retrying } from './retry.ts';
import { openSerdes, serdeUses } from './serde-openings.ts';
import { statelessState } from './stateless-state.ts';
import { compareTaskIds } from './task-id.ts';
import { runningActive } from './user-data.ts';

export interface TaskRegistryInit {
  readonly options: RuntimeOptions;
  readonly topics: ApplicationTopics;
  readonly admin: ClusterAdmin;
  readonly directory: StateDirectory;
  readonly coordinator: TaskCoordinator;
  readonly output: OutputHolder;
  readonly reader: PartitionReader;
  readonly restorer: Restorer;
  readonly createTask: (init: TaskInit) => Task;
  /** Undefined where the topology has none. */
  readonly globalStores: GlobalStores | undefined;
  /** Ends the waiting for what serdes need. */
  readonly signal: AbortSignal;
}

export class TaskRegistry {
  readonly #init: TaskRegistryInit;
  readonly #owned = new Map<string, OwnedTask>();
  readonly #byInput = new Map<TopicPartition, OwnedTask>();
  /** How often each input was assigned to the reader. */
  readonly #assignments = new Map<TopicPartition, number>();
  /** What the group wants us to run, also while it is not open. */
  #assigned: readonly AssignedTask[] = [];
  #running: readonly OwnedTask[] = [];
  readonly #cacheBudget: CacheBudget | undefined;

  constructor(init: TaskRegistryInit) {
    this.#init = init;
    const { cacheBytes } = init.topics.plan.settings;
    this.#cacheBudget = cacheBytes > 0 ? new CacheBudget(cacheBytes) : undefined;
  }

  /** Tasks that process, sorted; the array is replaced when it changes. */
  get running(): readonly OwnedTask[] {
    return this.#running;
  }

  get all(): Iterable<OwnedTask> {
    return this.#owned.values();
  }

  /** True if everything that was assigned runs. */
  get allRunning(): boolean {
    return this.#running.length === this.#assigned.length;
  }

  ownerOf(tp: TopicPartition): OwnedTask | undefined {
    return this.#byInput.get(tp);
  }

  /** A number that changes whenever an input is read anew; undefined while it is not read. */
  assignmentOf(tp: TopicPartition): number | undefined {
    return this.#byInput.has(tp) ? this.#assignments.get(tp) : undefined;
  }

  /** Also of a task that is closed after a failure and opened again later. */
  owns(taskId: string): boolean {
    return this.#owned.has(taskId) || this.#assigned.some((task) => task.id === taskId);
  }

  /** All tasks of the application: this instance may have to run every one with stores, so the memory of engines is divided by their number. */
  noteTasks(tasks: readonly AssignedTask[]): void {
    const withStores = tasks.filter((task) => (this.#init.topics.subtopology(task.subtopology)?.plan.stores.length ?? 0) > 0);
    this.#init.directory.setTaskBudget(Math.max(1, withStores.length));
  }

  /** What the next subscription tells of local state. */
  localTasks(): ReadonlyMap<string, number> {
    const tasks = new Map<string, number>();
    for (const stored of this.#init.directory.storedTasks()) {
      // Every instance has it: it says nothing about who should run what.
      if (stored.taskId === globalTaskId) continue;
      let sum = 0;
      for (const offset of stored.checkpointHint.values()) sum += offset;
      tasks.set(stored.taskId, sum);
    }
    for (const id of this.#owned.keys()) tasks.set(id, runningActive);
    return tasks;
  }

  metadata(): readonly TaskMetadata[] {
    return [...this.#owned.values()]
      .sort((a, b) => compareTaskIds(a.id, b.id))
      .map((owned) => ({
        taskId: owned.id,
        phase: owned.phase,
        inputs: owned.task.inputs,
        committedOffsets: new Map([...owned.committed].map(([tp, committed]) => [tp, committed.offset])),
        endOffsets: new Map(owned.endOffsets),
      }));
  }

  // ---- a rebalance ----

  /** Stops reading and drops what is queued; stores stay open. What ran was committed before. */
  suspendAll(): void {
    const inputs = [...this.#byInput.keys()];
    if (inputs.length > 0) this.#init.reader.unassign(inputs);
    this.#byInput.clear();
    for (const owned of this.#owned.values()) {
      owned.paused.clear();
      if (owned.phase !== 'running') continue;
      owned.task.suspend();
      owned.phase = 'suspended';
    }
    this.#updateRunning();
  }

  /** Takes an assignment: resumes what was suspended, opens what is new, closes what went elsewhere. */
  async assign(assignment: TaskAssignment): Promise<void> {
    this.#assigned = [...assignment.tasks].sort((a, b) => compareTaskIds(a.id, b.id));
    const wanted = new Map(this.#assigned.map((task) => [task.id, task]));
    for (const owned of this.#owned.values()) {
      const next = wanted.get(owned.id);
      if (next === undefined || !assignment.contiguous || !this.#takeTopics(owned, next)) await this.#close(owned);
    }
    await this.openMissing();
  }

  /** Opens every assigned task that is not, and lets all go on from the committed offsets. */
  async openMissing(): Promise<void> {
    const opened: OwnedTask[] = [];
    for (const assigned of this.#assigned) {
      if (this.#owned.has(assigned.id)) continue;
      this.#init.coordinator.noteProgress();
      opened.push(await this.#open(assigned));
    }
    const suspended = [...this.#owned.values()].filter((owned) => owned.phase === 'suspended');
    await takeCommittedOffsets([...opened, ...suspended], {
      coordinator: this.#init.coordinator,
      admin: this.#init.admin,
      topics: this.#init.topics,
      clock: this.#init.options.clock,
      log: this.#init.options.log,
      timeoutMs: this.#init.options.taskTimeoutMs,
      onRetry: () => this.#init.coordinator.noteProgress(),
    });
    for (const owned of suspended) await this.#resume(owned);
    for (const owned of opened) {
      if (owned.task.changelogs.length === 0) this.#begin(owned);
      else this.#init.restorer.add(owned);
    }
  }

  /** A task is restored: its processors are made and it reads on. */
  onRestored(owned: OwnedTask): void {
    if (this.#owned.get(owned.id) === owned && owned.phase === 'restoring') this.#begin(owned);
  }

  // ---- leaving ----

  /** Drops what is not committed: processors, queues, caches. What is on disk stays (I2, I4). */
  async closeDirty(tasks: readonly OwnedTask[] = [...this.#owned.values()]): Promise<void> {
    for (const owned of tasks) {
      await this.#release(owned);
      try {
        owned.task.abort();
        owned.task.close();
      } catch (error) {
        this.#init.options.log.warn('a task failed to close; it is dropped without committing anyway', { taskId: owned.id, error });
      }
      await this.#closeState(owned);
    }
  }

  /** After their last commit. */
  async closeClean(): Promise<void> {
    for (const owned of this.#owned.values()) await this.#close(owned);
  }

  /** The group wants nothing of us any more. */
  forgetAssignment(): void {
    this.#assigned = [];
  }

  // ---- inside ----

  /** True if a task goes on with the topics that it shall have: the same, or more where it reads by a pattern. Its processors and schedules live on then. */
  #takeTopics(owned: OwnedTask, next: AssignedTask): boolean {
    if (sameTopics(next, owned.assigned)) return true;
    const subtopology = this.#init.topics.subtopology(next.subtopology);
    if (owned.phase !== 'suspended' || subtopology === undefined) return false;
    const before = new Set(owned.assigned.sourceTopics);
    const added = new Set(next.sourceTopics.filter((topic) => !before.delete(topic)));
    // A topic is gone: queues do not go.
    if (before.size > 0) return false;
    for (const [source, topics] of this.#init.topics.topicsOfSources(subtopology, added)) {
      for (const topic of topics) owned.task.addInput(source, topic);
    }
    owned.assigned = next;
    return true;
  }

  async #open(assigned: AssignedTask): Promise<OwnedTask> {
    const { options, topics, directory, output } = this.#init;
    const subtopology = topics.subtopology(assigned.subtopology);
    if (subtopology === undefined)
      throw new StreamsError('MR_INVARIANT', `task ${assigned.id} is of no sub-topology`, { details: { taskId: assigned.id } });
    const state = subtopology.plan.stores.length === 0 ? statelessState(assigned.id) : await directory.openTask(assigned.id);
    let owned: OwnedTask;
    try {
      const sourceTopics = topics.topicsOfSources(subtopology, new Set(assigned.sourceTopics));
      await this.#openSerdes(assigned.id, subtopology.plan, sourceTopics, state.engine);
      await this.#compareInputs(assigned, subtopology.plan, state.engine);
      const task = this.#init.createTask({
        id: assigned.id,
        partition: assigned.partition,
        subtopologies: [subtopology.plan],
        sourceTopics,
        engine: state.engine,
        output: output.producer,
        lastWords: output.lastWords,
        settings: this.#settings(),
        cacheBudget: this.#cacheBudget,
        globalStore: (name) => this.#init.globalStores?.sharedStore(name),
        metrics: options.metrics,
        log: options.log,
      });
      owned = new OwnedTask(assigned, state, task);
    } catch (error) {
      await state.close();
      throw error;
    }
    this.#owned.set(owned.id, owned);
    options.metrics.counter('task-created-total', this.#tags()).add(1);
    const { restorer } = this.#init;
    options.metrics.gauge('restore-remaining-records-total', { 'task-id': owned.id }, () => restorer.remaining(owned));
    return owned;
  }

  async #openSerdes(
    taskId: string,
    plan: SubtopologyPlan,
    sourceTopics: ReadonlyMap<string, readonly string[]>,
    engine: StateEngine,
  ): Promise<void> {
    const { options } = this.#init;
    const uses = serdeUses({ applicationId: options.applicationId, nodes: plan.nodes, stores: plan.stores, sourceTopics });
    if (uses.length === 0) return;
    await retrying(`open the serdes of task ${taskId}`, this.#retry(), async () => openSerdes(uses, engine));
  }

  async #compareInputs({ id, sourceTopics }: AssignedTask, { stores }: SubtopologyPlan, engine: StateEngine): Promise<void> {
    const { admin, options } = this.#init;
    const inputs = inputsToCompare(options.applicationId, stores, sourceTopics);
    if (inputs.length === 0) return;
    const described = await retrying(`describe the inputs of task ${id}`, this.#retry(), () => admin.describeTopics(inputs));
    await compareInputs(id, engine, described, options);
  }

  #retry(): RetryContext {
    const { coordinator, options, signal } = this.#init;
    const { clock, log, taskTimeoutMs } = options;
    return { clock, log, timeoutMs: taskTimeoutMs, signal, onRetry: () => coordinator.noteProgress() };
  }

  #settings(): TaskSettings {
    const { options, topics } = this.#init;
    return {
      ...topics.plan.settings,
      applicationId: options.applicationId,
      handlers: options.handlers,
      maxTaskIdleMs: options.maxTaskIdleMs,
      bufferedRecordsPerPartition: options.bufferedRecordsPerPartition,
      maxUncommittedBytes: options.maxUncommittedBytes,
      emitIntervalMs: options.emitIntervalMs,
      readCacheBytes: Math.floor(options.readCacheBytes / Math.max(1, this.#assigned.length)),
    };
  }

  /** First start after a restore, or at once for a task without changelogs. */
  #begin(owned: OwnedTask): void {
    const positions = takePositions(owned);
    owned.task.start(this.#init.options.clock.now());
    this.#read(owned, positions);
  }

  async #resume(owned: OwnedTask): Promise<void> {
    let positions: ReadonlyMap<TopicPartition, number>;
    try {
      positions = takePositions(owned);
    } catch (error) {
      if (!(error instanceof StreamsError) || error.code !== 'MR_TASK_LOST') throw error;
      // Somebody else ran it meanwhile: what this instance holds in memory is stale, what is on disk is a prefix.
      this.#init.options.log.warn('a suspended task ran elsewhere and is opened anew', { taskId: owned.id, error });
      await this.closeDirty([owned]);
      const { coordinator, admin, topics, options, restorer } = this.#init;
      const again = await this.#open(owned.assigned);
      await takeCommittedOffsets([again], {
        coordinator,
        admin,
        topics,
        clock: options.clock,
        log: options.log,
        timeoutMs: options.taskTimeoutMs,
      });
      if (again.task.changelogs.length === 0) this.#begin(again);
      else restorer.add(again);
      return;
    }
    owned.task.resume(this.#init.options.clock.now());
    this.#read(owned, positions);
  }

  #read(owned: OwnedTask, positions: ReadonlyMap<TopicPartition, number>): void {
    owned.phase = 'running';
    for (const tp of positions.keys()) {
      this.#byInput.set(tp, owned);
      this.#assignments.set(tp, (this.#assignments.get(tp) ?? 0) + 1);
    }
    if (positions.size > 0) this.#init.reader.assign(positions);
    this.#updateRunning();
  }

  async #close(owned: OwnedTask): Promise<void> {
    await this.#release(owned);
    try {
      owned.task.close();
    } catch (error) {
      this.#init.options.log.warn('a processor failed to close; its task was committed before', { taskId: owned.id, error });
    }
    await this.#closeState(owned);
  }

  /** Nothing reads for it or restores it afterwards. */
  async #release(owned: OwnedTask): Promise<void> {
    const inputs = owned.task.inputs.filter((tp) => this.#byInput.get(tp) === owned);
    if (inputs.length > 0) this.#init.reader.unassign(inputs);
    for (const tp of inputs) this.#byInput.delete(tp);
    this.#owned.delete(owned.id);
    this.#updateRunning();
    if (owned.phase !== 'restoring') return;
    try {
      await this.#init.restorer.remove(owned);
    } catch (error) {
      this.#init.options.log.warn('what was restored last of a task could not be written; it is restored again', {
        taskId: owned.id,
        error,
      });
    }
    owned.noteCheckpoint();
  }

  async #closeState(owned: OwnedTask): Promise<void> {
    this.#init.options.metrics.remove({ 'task-id': owned.id });
    this.#init.options.metrics.counter('task-closed-total', this.#tags()).add(1);
    try {
      await owned.state.close();
    } catch (error) {
      this.#init.options.log.error('the state of a task failed to close', { taskId: owned.id, error });
    }
  }

  #updateRunning(): void {
    this.#running = [...this.#owned.values()].filter((owned) => owned.phase === 'running').sort((a, b) => compareTaskIds(a.id, b.id));
  }

  #tags(): Readonly<Record<string, string>> {
    return { 'client-id': this.#init.options.clientId };
  }
}

function takePositions(owned: OwnedTask): ReadonlyMap<TopicPartition, number> {
  const positions = new Map<TopicPartition, number>();
  for (const tp of owned.task.inputs) {
    const position = owned.task.takePosition(tp, owned.committed.get(tp) ?? null);
    if (position !== undefined) positions.set(tp, position);
  }
  return positions;
}

function sameTopics(a: AssignedTask, b: AssignedTask): boolean {
  return a.sourceTopics.length === b.sourceTopics.length && a.sourceTopics.every((topic, index) => topic === b.sourceTopics[index]);
}
