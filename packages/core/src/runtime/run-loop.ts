/**
 * One turn after the other: read, queue, process for a slice of time, punctuate, commit when due. Everything that touches tasks happens here or between two turns, so tasks
 * see one caller (I1). Between slices the loop yields, so that heartbeats and sockets live however busy it is. Kafka Streams: `StreamThread.runOnce`.
 */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { ClusterAdmin, PartitionReader, ReadIssue } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Counter } from '../metrics.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { Committer, TaskToReplay } from './committer.ts';
import { resolveUnknownTopics } from './committer.ts';
import type { TaskCoordinator } from './coordinator.ts';
import { decideIssue } from './input-issues.ts';
import { InputPreparation } from './input-preparation.ts';
import type { Mailbox } from './mailbox.ts';
import type { RuntimeOptions } from './options.ts';
import type { OutputHolder } from './output-holder.ts';
import type { OwnedTask } from './owned-task.ts';
import type { Purger } from './purger.ts';
import { retrying } from './retry.ts';
import type { TaskRegistry } from './task-registry.ts';

export interface RunLoopInit {
  readonly options: RuntimeOptions;
  readonly topics: ApplicationTopics;
  readonly mailbox: Mailbox;
  readonly registry: TaskRegistry;
  readonly reader: PartitionReader;
  readonly admin: ClusterAdmin;
  readonly output: OutputHolder;
  readonly coordinator: TaskCoordinator;
  readonly committer: Committer;
  readonly purger: Purger;
  /** Tasks whose engine failed at a commit. */
  readonly onReplay: (failed: readonly TaskToReplay[]) => Promise<void>;
}

/** Handed out by one poll at most, so that a slice of work follows soon. */
const pollBytes = 8 * 1024 * 1024;
/** How long a poll waits while a partition is held back: that it goes on is seen between two polls. */
const heldPollMs = 20;

export class RunLoop {
  readonly #init: RunLoopInit;
  readonly #preparation: InputPreparation;
  readonly #commits: Counter;
  readonly #commitTime: Counter;
  readonly #polled: Counter;
  readonly #overruns: Counter;
  readonly #blockedTime: Counter;
  #nextCommitMs: number;
  /** Where the next slice starts, so that a busy task does not always come first. */
  #turn = 0;

  constructor(init: RunLoopInit) {
    this.#init = init;
    const { options } = init;
    this.#preparation = new InputPreparation({ topics: init.topics, options, assignmentOf: (tp) => init.registry.assignmentOf(tp) });
    const tags = { 'client-id': options.clientId };
    this.#commits = options.metrics.counter('commit-total', tags);
    this.#commitTime = options.metrics.counter('commit-time-ms-total', tags);
    this.#polled = options.metrics.counter('poll-records-total', tags);
    this.#overruns = options.metrics.counter('session-overrun-total', tags);
    this.#blockedTime = options.metrics.counter('blocked-time-ns-total', tags);
    this.#nextCommitMs = options.clock.monotonic() + options.commitIntervalMs;
  }

  /** One turn. */
  async turn(): Promise<void> {
    const { options, registry, output, purger } = this.#init;
    if (output.producer.full) await this.#waitForRoom();
    else {
      await this.#read();
      this.#process();
    }
    this.#punctuate();
    this.#resumeInputs();
    const waiting = registry.running.filter((owned) => owned.task.unresolvedTopics.length > 0);
    if (waiting.length > 0) await resolveUnknownTopics(waiting, output, options.topicTimeoutMs);
    if (this.#commitDue()) await this.commit();
    purger.tick();
    await options.clock.yield();
  }

  /** Commits whatever needs it. */
  async commit(): Promise<void> {
    const { options, registry, committer } = this.#init;
    const started = options.clock.monotonic();
    this.#nextCommitMs = started + options.commitIntervalMs;
    const tasks = registry.running.filter((owned) => owned.task.commitNeeded);
    if (tasks.length === 0) return;
    const failed = await committer.commit(tasks);
    const ended = options.clock.monotonic();
    this.#commits.add(1);
    this.#commitTime.add(ended - started);
    this.#nextCommitMs = ended + options.commitIntervalMs;
    if (failed.length > 0) await this.#init.onReplay(failed);
  }

  // ---- input ----

  async #read(): Promise<void> {
    const { reader, registry, mailbox } = this.#init;
    const maxWaitMs = this.#waitMs();
    const result = await reader.poll(
      maxWaitMs === 0 ? { maxWaitMs, maxBytes: pollBytes } : { maxWaitMs, maxBytes: pollBytes, signal: mailbox.waitSignal() },
    );
    const preparation = this.#preparation;
    this.#enqueue(preparation.needed ? preparation.pass(result.batches) : result.batches);
    for (const { tp, position, end } of result.progress) {
      const owned = registry.ownerOf(tp);
      if (owned === undefined) continue;
      owned.endOffsets.set(tp, end);
      // What is held back is not with the task: a position behind it would be committed as if it were. But that there is more is told, or else the task takes the partition for read
      // to its end, and goes on with later records of others.
      if (preparation.holds(tp)) {
        this.#pause(owned, tp);
        owned.task.noteProgress(tp, 0, end);
      } else owned.task.noteProgress(tp, position, end);
    }
    for (const issue of result.issues) await this.#onIssue(issue);
  }

  /** Ends what waits in the background. */
  close(): void {
    this.#preparation.close();
  }

  #enqueue(batches: readonly FetchedRecords[]): void {
    const { registry, options } = this.#init;
    for (const batch of batches) {
      const owned = registry.ownerOf(batch.tp);
      if (owned === undefined) continue;
      owned.task.enqueue(batch);
      this.#polled.add(batch.count);
      if (owned.task.queued(batch.tp) > options.bufferedRecordsPerPartition) this.#pause(owned, batch.tp);
    }
  }

  #pause(owned: OwnedTask, tp: TopicPartition): void {
    if (owned.paused.has(tp)) return;
    owned.paused.add(tp);
    this.#init.reader.pause([tp]);
  }

  /** How long the next poll may wait: not at all while there is work. */
  #waitMs(): number {
    const { options, mailbox, registry } = this.#init;
    if (!mailbox.empty) return 0;
    const now = options.clock.now();
    const longestMs = this.#preparation.waiting ? Math.min(heldPollMs, options.pollMs) : options.pollMs;
    let waitMs = Math.min(longestMs, Math.max(0, this.#nextCommitMs - options.clock.monotonic()));
    for (const { task } of registry.running) {
      if (task.ready(now)) return 0;
      const due = task.nextDueMs();
      if (due !== undefined) waitMs = Math.min(waitMs, Math.max(0, due - now));
    }
    return waitMs;
  }

  #resumeInputs(): void {
    const { reader, registry, options } = this.#init;
    for (const owned of registry.running) {
      if (owned.paused.size === 0) continue;
      for (const tp of owned.paused) {
        if (owned.task.queued(tp) > options.bufferedRecordsPerPartition || this.#preparation.holds(tp)) continue;
        owned.paused.delete(tp);
        reader.resume([tp]);
      }
    }
  }

  async #onIssue(issue: ReadIssue): Promise<void> {
    const { options, registry, topics, reader, admin, coordinator } = this.#init;
    const owned = registry.ownerOf(issue.tp);
    // Of a partition that was given back meanwhile.
    if (owned === undefined) return;
    const decision = decideIssue(issue, owned.id, topics, options.clock.now());
    if (decision.kind === 'fail') throw decision.error;
    if (decision.kind === 'rejoin') {
      coordinator.requestRejoin(decision.reason);
      return;
    }
    const retry = { clock: options.clock, log: options.log, timeoutMs: options.taskTimeoutMs, onRetry: () => coordinator.noteProgress() };
    const offsets = await retrying('look up where to go on', retry, () =>
      admin.listOffsets(new Map([[issue.tp, decision.query]]), { isolation: 'uncommitted' }),
    );
    const offset = offsets.get(issue.tp);
    if (offset === undefined) return;
    options.metrics.counter('offset-resets-total', { 'client-id': options.clientId }).add(1);
    options.log.warn('an offset out of range was reset, as the source declares', {
      topic: issue.tp.topic,
      partition: issue.tp.partition,
      offset,
      issue: issue.kind,
    });
    reader.seek(issue.tp, offset);
    this.#preparation.drop(issue.tp);
    // Else a position that lies ahead, as after a truncation, would be committed as if everything up to it were processed.
    owned.task.seek(issue.tp, offset);
  }

  // ---- work ----

  #process(): void {
    const { options, registry, output } = this.#init;
    const { clock, sliceMs } = options;
    const running = registry.running;
    if (running.length === 0) return;
    const end = clock.monotonic() + sliceMs;
    for (let worked = 0; ; worked = 0) {
      for (let count = 0; count < running.length; count++) {
        if (output.producer.full) return;
        this.#turn = (this.#turn + 1) % running.length;
        const owned = running[this.#turn] as OwnedTask;
        const before = clock.monotonic();
        const records = owned.task.process(owned.limit, clock.now());
        if (records === 0) continue;
        worked += records;
        const after = clock.monotonic();
        this.#noteCall(owned, records, after - before);
        if (owned.task.commitRequested || after >= end) return;
      }
      if (worked === 0) return;
    }
  }

  /** A call that held the thread for longer than the session time-out has cost the membership: the user must hear of it by name. */
  #noteCall(owned: OwnedTask, records: number, elapsedMs: number): void {
    const { options } = this.#init;
    owned.noteCall(records, elapsedMs, options.sliceMs);
    if (elapsedMs < options.sessionTimeoutMs) return;
    this.#overruns.add(1);
    options.log.error(
      'processing held the thread for longer than the session time-out, so the group gave the tasks away: make the operator faster, or raise sessionTimeoutMs',
      {
        taskId: owned.id,
        elapsedMs,
        sessionTimeoutMs: options.sessionTimeoutMs,
        records,
        operators: this.#init.topics
          .subtopology(owned.assigned.subtopology)
          ?.plan.nodes.flatMap((node) => (node.kind === 'processor' ? [node.name] : [])),
      },
    );
  }

  #punctuate(): void {
    const { options, registry } = this.#init;
    const now = options.clock.now();
    for (const { task } of registry.running) {
      const due = task.nextDueMs();
      if (due !== undefined && due <= now) task.punctuate(now);
    }
  }

  #commitDue(): boolean {
    const { options, registry } = this.#init;
    if (options.clock.monotonic() >= this.#nextCommitMs) return true;
    // Asked for where nothing ran yet, as in `init`, it waits for the first record: the others must not commit in every turn because of it.
    return registry.running.some(({ task }) => task.commitRequested && task.commitNeeded);
  }

  /** The output is full: until the brokers took some of it nothing is processed, but whoever posts is served. */
  async #waitForRoom(): Promise<void> {
    const { options, output, mailbox } = this.#init;
    const started = options.clock.monotonic();
    const drained = output.drained();
    // If something is posted first, the failure of what is awaited here comes up at the next flush.
    drained.catch(() => {});
    const signal = mailbox.waitSignal();
    let wake = (): void => {};
    const woken = new Promise<void>((resolve) => {
      wake = (): void => resolve();
      if (signal.aborted) wake();
      else signal.addEventListener('abort', wake, { once: true });
    });
    try {
      await Promise.race([drained, woken]);
    } finally {
      // The signal outlives this wait.
      signal.removeEventListener('abort', wake);
    }
    this.#blockedTime.add((options.clock.monotonic() - started) * 1e6);
  }
}
