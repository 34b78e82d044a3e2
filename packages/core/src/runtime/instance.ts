/**
 * An instance from its start to its last close: runs the loop, serves what the group asks between two turns, recovers from failures or ends with them.
 */
import type { Task, TaskInit } from '../engine/contract.ts';
import { globalTaskId } from '../engine/global-task.ts';
import { StreamsError } from '../errors.ts';
import type { TopologyPlan } from '../topology/plan.ts';
import { ApplicationTopics } from './application-topics.ts';
import { type ClientState, ClientStateMachine } from './client-state.ts';
import type { TaskToReplay } from './committer.ts';
import type { AssignedTask, TaskAssignment, TaskHost } from './coordinator.ts';
import type { TaskMetadata } from './events.ts';
import { Mailbox } from './mailbox.ts';
import type { RuntimeOptions, UncaughtDecision } from './options.ts';
import { OpenedParts, type Parts } from './parts.ts';
import { checkDeadLetterTopic, lookUpSinks } from './output-topics.ts';
import { decideRecovery, FailureStreak, isReplayed, pauseBeforeReplay } from './recovery.ts';

export class StreamsInstance implements TaskHost {
  readonly #options: RuntimeOptions;
  readonly #topics: ApplicationTopics;
  readonly #states: ClientStateMachine;
  readonly #mailbox = new Mailbox();
  readonly #closing = new AbortController();
  readonly #opened: OpenedParts;
  #parts: Parts | undefined;
  #finished: Promise<void> | undefined;
  /** The group cannot be served any more. */
  #fatal: StreamsError | undefined;
  /** An assignment is in force: between it and the next barrier tasks may be opened. */
  #inForce = false;
  /** Point in `clock.monotonic()` at which tasks that were closed after a failure are opened again. */
  #reopenMs: number | undefined;
  #forced = false;
  /** Set while the tasks are lost and not yet closed: whatever fails meanwhile fails because of it. */
  #abandoned: StreamsError | undefined;
  readonly #failures = new FailureStreak();
  /** Of tasks whose engine did not take their last commit, by their id. The commits of other tasks say nothing of these. */
  readonly #engineFailures = new Map<string, FailureStreak>();
  /** The failure for which the whole application was asked to stop, and until when to wait for the group's answer. */
  #applicationStop: { readonly error: unknown; readonly untilMs: number } | undefined;

  constructor(plan: TopologyPlan, options: RuntimeOptions, createTask: (init: TaskInit) => Task) {
    this.#options = options;
    this.#topics = new ApplicationTopics(options.applicationId, plan);
    checkDeadLetterTopic(this.#topics, options);
    this.#states = new ClientStateMachine((state, previous) => this.#onState(state, previous));
    this.#opened = new OpenedParts({
      options,
      topics: this.#topics,
      createTask,
      host: this,
      mailbox: this.#mailbox,
      signal: this.#closing.signal,
      onCommitted: () => this.#failures.end(),
      onStored: (taskId) => void this.#engineFailures.delete(taskId),
      onReplay: (failed) => this.#replay(failed),
    });
    const tags = { 'client-id': options.clientId };
    options.metrics.gauge('alive-stream-threads', tags, () => (this.#parts === undefined ? 0 : 1));
    options.metrics.gauge('failed-stream-threads', tags, () => (this.#states.state === 'ERROR' ? 1 : 0));
  }

  get states(): ClientStateMachine {
    return this.#states;
  }

  tasks(): readonly TaskMetadata[] {
    return this.#parts?.registry.metadata() ?? [];
  }

  /** The stores of this name, by task. */
  stores(name: string): ReadonlyMap<string, unknown> {
    const stores = new Map<string, unknown>();
    const global = this.#parts?.globalStores?.store(name);
    if (global !== undefined) stores.set(globalTaskId, global);
    for (const owned of this.#parts?.registry.running ?? []) {
      const store = owned.task.store(name);
      if (store !== undefined) stores.set(owned.id, store);
    }
    return stores;
  }

  /** Connects, ensures topics and joins. Rejects, with everything closed again, if that fails. */
  async start(): Promise<void> {
    this.#states.moveTo('REBALANCING');
    let parts: Parts;
    try {
      parts = await this.#opened.open();
      this.#parts = parts;
      await parts.coordinator.prepare();
      await lookUpSinks(parts.output.producer, this.#topics, this.#options);
      if (this.#closing.signal.aborted) throw new StreamsError('MR_CLOSED', 'the instance was closed while it started');
    } catch (error) {
      const stopped = this.#closing.signal.aborted;
      if (!stopped) this.#states.moveTo('PENDING_ERROR');
      this.#mailbox.close();
      await this.#opened.close({ sendTimeoutMs: 0 });
      this.#parts = undefined;
      this.#states.moveTo(stopped ? 'NOT_RUNNING' : 'ERROR');
      throw error;
    }
    // The loop serves the group's barriers, so it runs before the first join.
    const finished = this.#run(parts);
    this.#finished = finished;
    // Whoever started the instance hears of a failure through `finished`.
    finished.catch(() => {});
    try {
      await parts.coordinator.start();
    } catch (error) {
      this.fail(error instanceof StreamsError ? error : new StreamsError('MR_INVARIANT', 'joining the group failed', { cause: error }));
      await finished;
      throw error;
    }
  }

  /** Settles when the instance has stopped and everything is closed; rejects with what it could not recover from. */
  get finished(): Promise<void> {
    return this.#finished ?? Promise.resolve();
  }

  async #run(parts: Parts): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    let isCommitted = true;
    try {
      while (!this.#closing.signal.aborted) await this.#guardedTurn(parts);
      await parts.loop.commit();
    } catch (error) {
      if (this.#forced) failure = { error: closedTooLate(error) };
      else if (this.#closing.signal.aborted && isReplayed(error)) isCommitted = this.#leaveUncommitted(error);
      else failure = { error };
    }
    if (failure !== undefined) {
      this.#options.log.error('the instance stops because of a failure', { error: failure.error });
      this.#states.moveTo('PENDING_ERROR');
    }
    await this.#closeAll(parts, failure === undefined && isCommitted);
    this.#states.moveTo(failure === undefined ? 'NOT_RUNNING' : 'ERROR');
    if (failure !== undefined) throw failure.error;
  }

  /** Asks the loop to end with a last commit. */
  stop(): void {
    if (this.#states.canMoveTo('PENDING_SHUTDOWN')) this.#states.moveTo('PENDING_SHUTDOWN');
    this.#closing.abort();
    this.#mailbox.wake();
  }

  /** Lets nothing wait any longer: whatever is under way fails. */
  force(): Promise<void> {
    this.#forced = true;
    return this.#opened.force();
  }

  // ---- turns ----

  async #guardedTurn(parts: Parts): Promise<void> {
    try {
      await this.#mailbox.drain();
      if (this.#fatal !== undefined) throw new Unrecoverable(this.#applicationStop?.error ?? this.#fatal);
      if (this.#applicationStop !== undefined && this.#options.clock.monotonic() >= this.#applicationStop.untilMs)
        throw new Unrecoverable(this.#applicationStop.error);
      if (this.#closing.signal.aborted) return;
      parts.coordinator.noteProgress();
      await this.#reopen(parts);
      this.#takeRestored(parts);
      this.#showState(parts);
      if (this.#inForce)
        await parts.cleaner.tick((taskId) => parts.registry.owns(taskId) || (taskId === globalTaskId && parts.globalStores !== undefined));
      await parts.loop.turn();
    } catch (error) {
      if (error instanceof Unrecoverable) throw error.reason;
      // Whoever asked to stop wants no recovery: what is not committed is replayed by the next owner.
      if (this.#closing.signal.aborted) throw error;
      await this.#recover(parts, error);
    }
  }

  /** Opens what was closed after a failure, once its pause is over and the group still wants it here. */
  async #reopen(parts: Parts): Promise<void> {
    if (this.#reopenMs === undefined || !this.#inForce || this.#options.clock.monotonic() < this.#reopenMs) return;
    this.#reopenMs = undefined;
    await parts.registry.openMissing();
  }

  #takeRestored(parts: Parts): void {
    for (const { owned, error } of parts.restorer.takeOutcomes()) {
      if (error !== undefined) throw error;
      parts.registry.onRestored(owned);
    }
  }

  #showState(parts: Parts): void {
    const running = this.#inForce && parts.registry.allRunning;
    const state = this.#states.state;
    if (running && state === 'REBALANCING') this.#states.moveTo('RUNNING');
    else if (!running && state === 'RUNNING') this.#states.moveTo('REBALANCING');
  }

  // ---- what the group asks ----

  async suspend(signal: AbortSignal): Promise<void> {
    const giveUp = (): void =>
      this.#abandon(
        new StreamsError(
          'MR_TASK_LOST',
          'the group went on before the barrier of a rebalance was done: what was not committed is replayed by the next owner',
        ),
      );
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    await this.#mailbox.post(async () => {
      const parts = this.#parts as Parts;
      this.#inForce = false;
      try {
        await parts.loop.commit();
      } finally {
        parts.registry.suspendAll();
        this.#showState(parts);
      }
      if (this.#abandoned !== undefined) throw this.#abandoned;
    });
    signal.removeEventListener('abort', giveUp);
  }

  assign(assignment: TaskAssignment): Promise<void> {
    return this.#mailbox.post(async () => {
      const parts = this.#parts as Parts;
      this.#options.log.info('tasks assigned', { generation: assignment.generation, tasks: assignment.tasks.map((task) => task.id) });
      this.#options.metrics.counter('rebalance-total', { 'client-id': this.#options.clientId }).add(1);
      this.#inForce = true;
      this.#reopenMs = undefined;
      parts.cleaner.restart();
      await parts.registry.assign(assignment);
    });
  }

  lose(error: StreamsError): Promise<void> {
    this.#abandon(error);
    return this.#mailbox.post(async () => {
      const parts = this.#parts as Parts;
      this.#options.log.warn('the membership of the group was lost: tasks are closed without committing', { error });
      this.#inForce = false;
      await this.#dropTasks(parts);
      parts.registry.forgetAssignment();
      this.#showState(parts);
    });
  }

  fail(error: StreamsError): void {
    this.#fatal ??= error;
    this.#mailbox.wake();
  }

  localTasks(): ReadonlyMap<string, number> {
    return this.#parts?.registry.localTasks() ?? new Map();
  }

  noteTasks(tasks: readonly AssignedTask[]): void {
    this.#parts?.registry.noteTasks(tasks);
  }

  // ---- failures ----

  async #recover(parts: Parts, error: unknown): Promise<void> {
    const { clock, log, taskTimeoutMs } = this.#options;
    const failingMs = this.#failures.note(clock.monotonic(), this.#apartMs);
    const failures = this.#failures.count;
    const lost = this.#abandoned;
    const decision =
      lost !== undefined ? 'rejoin' : decideRecovery(error, failingMs, taskTimeoutMs, (uncaught) => this.#askUncaught(uncaught));
    if (decision === 'shutdownClient') throw error;
    log.warn('tasks are closed without committing after a failure', { error, recovery: decision, failures });
    await this.#dropTasks(parts);
    if (decision === 'shutdownApplication') {
      parts.registry.forgetAssignment();
      this.#inForce = false;
      this.#applicationStop ??= { error, untilMs: clock.monotonic() + this.#options.closeTimeoutMs };
      parts.coordinator.requestShutdown();
      return;
    }
    if (decision === 'rejoin') {
      this.#inForce = false;
      parts.coordinator.requestRejoin(error instanceof Error ? error.message : 'a task was lost');
    } else this.#reopenMs = clock.monotonic() + pauseBeforeReplay(failures);
    this.#showState(parts);
  }

  /** Closes every task without committing, and drops what the producer still holds of them. */
  async #dropTasks(parts: Parts): Promise<void> {
    await parts.registry.closeDirty();
    await parts.output.replace();
    await parts.reader.renew();
    this.#abandoned = undefined;
  }

  /** The tasks are somebody else's, also while the loop still waits for something: nothing more may leave, and what waits ends now. */
  #abandon(error: StreamsError): void {
    this.#abandoned ??= error;
    void this.#parts?.output.abandon();
  }

  #askUncaught(error: unknown): UncaughtDecision {
    try {
      return this.#options.onUncaughtError(error);
    } catch (handlerError) {
      this.#options.log.error('the handler of uncaught errors failed: the instance stops', { error: handlerError });
      return 'shutdownClient';
    }
  }

  /** The offsets are committed, but an engine did not take the batch: it is closed and its changelog replayed. */
  async #replay(failed: readonly TaskToReplay[]): Promise<void> {
    const parts = this.#parts as Parts;
    const { clock, log, taskTimeoutMs } = this.#options;
    let pauseMs = 0;
    for (const { owned, error } of failed) {
      log.error('the state of a task did not take a commit: it is closed and replayed from its changelog', { taskId: owned.id, error });
      const streak = this.#engineFailures.get(owned.id) ?? new FailureStreak();
      this.#engineFailures.set(owned.id, streak);
      // A disk that is full, or a second writer to the changelog, does not go away by replaying.
      if (streak.note(clock.monotonic(), this.#apartMs) >= taskTimeoutMs) throw error;
      pauseMs = Math.max(pauseMs, pauseBeforeReplay(streak.count));
    }
    await parts.registry.closeDirty(failed.map(({ owned }) => owned));
    this.#reopenMs = clock.monotonic() + pauseMs;
  }

  /** Longer than what lies between two failures of one cause: a restore with its patience, and a batch that is not acknowledged. */
  get #apartMs(): number {
    return 2 * this.#options.taskTimeoutMs + this.#options.producer.deliveryTimeoutMs;
  }

  // ---- closing ----

  async #closeAll(parts: Parts, clean: boolean): Promise<void> {
    try {
      await (clean ? parts.registry.closeClean() : parts.registry.closeDirty());
    } catch (error) {
      this.#options.log.warn('closing the tasks failed', { error });
    }
    // Handlers that wait for the loop are let go: the member closes next and calls none any more.
    this.#mailbox.close();
    await this.#opened.close({ sendTimeoutMs: clean ? this.#options.closeTimeoutMs : 0 });
    await parts.purger.idle();
    this.#parts = undefined;
  }

  /** The last commit failed for a cause that is nobody's mistake: the instance stops as it was asked to. Returns false. */
  #leaveUncommitted(error: unknown): false {
    this.#options.log.warn('the last commit before closing failed: what it had is replayed by the next owner of the tasks', { error });
    return false;
  }

  #onState(state: ClientState, previous: ClientState): void {
    this.#options.log.info('state changed', { state, previous });
    try {
      this.#options.onStateChange(state, previous);
    } catch (error) {
      this.#options.log.error('the state listener failed', { error });
    }
  }
}

/** Carries a failure past the recovery: the membership is over. */
class Unrecoverable extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('the instance cannot go on');
    this.reason = reason;
  }
}

function closedTooLate(cause: unknown): StreamsError {
  return new StreamsError(
    'MR_CLOSED',
    'closing took longer than allowed: what was under way was dropped, and the next owner of the tasks replays it. Allow more time, or see the cause',
    { cause },
  );
}
