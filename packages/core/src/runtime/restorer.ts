/**
 * Replays changelogs into the tasks that need it, several at once, beside the processing of those that are ready. It has a reader of its own, so that a restore does not
 * block the input; it ends by position against the end taken at its start. A task can be taken away at any point: what was replayed stays and is a prefix of the log (I2).
 * Kafka Streams: `StoreChangelogReader`, `DefaultStateUpdater`.
 */
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { PartitionReader, PollResult, ReaderOptions, ReadIssue, StreamsClient } from '../kafka/port.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import { changelogBounds, changelogMissing } from './changelog-bounds.ts';
import type { RebuildReason } from './events.ts';
import type { Preparation } from './input-preparation.ts';
import type { RuntimeOptions } from './options.ts';
import type { OwnedTask } from './owned-task.ts';
import { recordsBelow } from './restore-batch.ts';
import { type HeldBack, RestorePreparation } from './restore-preparation.ts';
import { RestoreReport } from './restore-report.ts';
import {
  type ChangelogBounds,
  decideRestore,
  isRecreated,
  mayLoseRows,
  mismatchError,
  type RestoreDecision,
  type RestoreRange,
} from './restore-task.ts';
import { noteTopicIds } from './state-identity.ts';

export interface RestorerInit {
  readonly client: StreamsClient;
  readonly options: RuntimeOptions;
  /** What the sources of a topic that doubles as changelog need before its records are decoded; nothing for nearly every topology. */
  readonly preparationsOf: (topic: string) => readonly Preparation[];
  /** Called when {@link Restorer.takeOutcomes} has something new. */
  readonly onOutcome: () => void;
}

/** A task that is complete, or cannot be restored. */
export interface RestoreOutcome {
  readonly owned: OwnedTask;
  readonly error: unknown;
}

/** Restored and not written, bytes, above which a task's engine is written to. */
const flushBytes = 4 * 1024 * 1024;
const pollMs = 100;

interface Entry {
  readonly owned: OwnedTask;
  ranges: RestoreRange[];
  phase: 'new' | 'reading';
  /** Set if the reader found that the positions are impossible. */
  forced: RebuildReason | undefined;
  unwrittenBytes: number;
  readonly report: RestoreReport;
  cancelled: boolean;
  /** The step under way that touches the task; whoever takes the task away waits for it. */
  busy: Promise<void> | undefined;
}

export class Restorer {
  readonly #init: RestorerInit;
  readonly #entries = new Map<OwnedTask, Entry>();
  readonly #byPartition = new Map<TopicPartition, { readonly entry: Entry; readonly range: RestoreRange }>();
  #reader: PartitionReader | undefined;
  #outcomes: RestoreOutcome[] = [];
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #closed = false;
  readonly #closing = new AbortController();
  readonly #preparation: RestorePreparation;

  constructor(init: RestorerInit) {
    this.#init = init;
    this.#preparation = new RestorePreparation({
      options: init.options,
      preparationsOf: init.preparationsOf,
      onReady: () => this.#wake.abort(),
      onFailure: (range, error) => {
        const found = this.#byPartition.get(range.tp);
        if (found !== undefined) void this.#failWhenIdle(found.entry, error);
      },
    });
  }

  /** Starts restoring a task whose engine is open; it shows up in the outcomes. */
  add(owned: OwnedTask): void {
    this.#entries.set(owned, {
      owned,
      ranges: [],
      phase: 'new',
      forced: undefined,
      unwrittenBytes: 0,
      report: new RestoreReport(owned.id, this.#init.options),
      cancelled: false,
      busy: undefined,
    });
    this.#wake.abort();
    this.#running ??= this.#run();
  }

  /** Takes a task away. Afterwards nothing touches it any more, and what was replayed is on disk with its position. */
  async remove(owned: OwnedTask): Promise<void> {
    const entry = this.#entries.get(owned);
    this.#outcomes = this.#outcomes.filter((outcome) => outcome.owned !== owned);
    if (entry === undefined) return;
    this.#drop(entry);
    await entry.busy;
    for (const range of entry.ranges) if (!range.done) entry.report.suspended(range);
    await owned.task.flushRestore();
  }

  takeOutcomes(): readonly RestoreOutcome[] {
    const outcomes = this.#outcomes;
    this.#outcomes = [];
    return outcomes;
  }

  /** Records left to read of a task; 0 if it is not being restored. */
  remaining(owned: OwnedTask): number {
    return this.#entries.get(owned)?.ranges.reduce((sum, range) => sum + Math.max(0, range.end - range.position), 0) ?? 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.abort();
    this.#preparation.close();
    this.#wake.abort();
    await this.#reader?.close();
    await this.#running;
  }

  // ---- the loop ----

  async #run(): Promise<void> {
    const { clock } = this.#init.options;
    while (this.#entries.size > 0 && !this.#closed) {
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      await this.#prepare([...this.#entries.values()].filter((entry) => entry.phase === 'new'));
      if (this.#byPartition.size > 0 && !this.#closed) await this.#read();
      await clock.yield();
    }
    this.#running = undefined;
  }

  async #read(): Promise<void> {
    const reader = this.#reader;
    if (reader === undefined) return;
    const touched = new Set<Entry>();
    try {
      await this.#goOn(this.#preparation.takeReady());
      this.#take(await reader.poll({ maxWaitMs: pollMs, signal: this.#wake.signal }), reader, touched);
    } catch (error) {
      if (this.#closed) return;
      // A reader that failed, be it while nobody polled, fails for good: whoever restores next gets another one.
      this.#reader = undefined;
      await reader.close();
      for (const entry of this.#entries.values()) this.#fail(entry, error);
      return;
    }
    for (const entry of touched) await this.#advance(entry);
  }

  #take({ batches, issues, progress }: PollResult, reader: PartitionReader, touched: Set<Entry>): void {
    for (const batch of batches) {
      const found = this.#byPartition.get(batch.tp);
      if (found === undefined) continue;
      if (this.#preparation.passes(batch, found.range)) this.#apply(batch, touched);
      else reader.pause([batch.tp]);
    }
    for (const { tp, position } of progress) {
      const found = this.#byPartition.get(tp);
      if (found === undefined) continue;
      if (this.#preparation.holds(tp)) {
        this.#preparation.noteProgress(tp, position);
        continue;
      }
      found.range.position = Math.max(found.range.position, position);
      touched.add(found.entry);
    }
    for (const issue of issues) this.#onIssue(issue);
  }

  /** Partitions whose records were held back. */
  async #goOn(ready: readonly HeldBack[]): Promise<void> {
    const touched = new Set<Entry>();
    for (const { batches, position, range } of ready) {
      for (const batch of batches) this.#apply(batch, touched);
      const found = this.#byPartition.get(range.tp);
      if (found === undefined) continue;
      range.position = Math.max(range.position, position);
      touched.add(found.entry);
      this.#reader?.resume([range.tp]);
    }
    for (const entry of touched) await this.#advance(entry);
  }

  #apply(batch: FetchedRecords, touched: Set<Entry>): void {
    const found = this.#byPartition.get(batch.tp);
    if (found === undefined) return;
    const { entry, range } = found;
    const records = range.isSource ? recordsBelow(batch, range.end) : batch;
    try {
      entry.owned.task.restore(records);
    } catch (error) {
      this.#fail(entry, error);
      return;
    }
    range.position = Math.max(range.position, records.nextOffset);
    range.records += records.count;
    entry.unwrittenBytes += spanOf(records);
    touched.add(entry);
  }

  /** After a read: writes what is much, tells progress, ends what is complete. */
  async #advance(entry: Entry): Promise<void> {
    if (entry.cancelled) return;
    const completed = entry.ranges.filter((range) => !range.done && range.position >= range.end);
    for (const range of entry.ranges) if (!range.done) entry.report.progress(range);
    for (const range of completed) {
      range.done = true;
      this.#byPartition.delete(range.tp);
    }
    if (completed.length > 0) this.#reader?.unassign(completed.map((range) => range.tp));
    const complete = entry.ranges.every((range) => range.done);
    if (complete || entry.unwrittenBytes >= flushBytes) {
      entry.unwrittenBytes = 0;
      await this.#exclusively(entry, async () => {
        await entry.owned.task.flushRestore();
      });
    }
    if (entry.cancelled) return;
    for (const range of completed) entry.report.end(range);
    if (complete) this.#finish(entry, undefined);
  }

  // ---- bounds ----

  async #prepare(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    let bounds: ReadonlyMap<TopicPartition, ChangelogBounds>;
    try {
      const { client, options } = this.#init;
      const retry = { clock: options.clock, log: options.log, timeoutMs: options.taskTimeoutMs, signal: this.#closing.signal };
      bounds = await changelogBounds(
        entries.map((entry) => entry.owned),
        client.admin(),
        retry,
      );
    } catch (error) {
      for (const entry of entries) this.#fail(entry, error);
      return;
    }
    for (const entry of entries) {
      if (!entry.cancelled) await this.#exclusively(entry, () => this.#begin(entry, bounds));
    }
  }

  async #begin(entry: Entry, bounds: ReadonlyMap<TopicPartition, ChangelogBounds>): Promise<void> {
    const { owned } = entry;
    const { task, state } = owned;
    let decision = decideRestore(task.changelogs, bounds, state.ageMs);
    const first = task.changelogs[0];
    if (entry.forced !== undefined && decision.rebuild === undefined && first !== undefined) {
      decision = { ...decision, rebuild: { reason: entry.forced, tp: first.tp, detail: 'the position was not in the changelog any more' } };
    }
    if (decision.rebuild !== undefined) {
      this.#judge(owned, decision.rebuild);
      const recreated = task.changelogs.filter(({ tp }) => isRecreated(bounds.get(tp) as ChangelogBounds));
      await task.wipe(recreated.map(({ tp }) => tp.topic));
      decision = { rebuild: decision.rebuild, ranges: decideRestore(task.changelogs, bounds, 0).ranges };
    } else if (state.existed && task.changelogs.some(({ position }) => position === undefined)) {
      // Rows that no changelog accounts for go before anybody reads.
      await task.flushRestore();
    }
    entry.forced = undefined;
    const ids = new Map<string, string>();
    for (const { tp } of task.changelogs) {
      const { topicId, notedId } = bounds.get(tp) as ChangelogBounds;
      if (topicId !== undefined && topicId !== notedId) ids.set(tp.topic, topicId);
    }
    await noteTopicIds(state.engine, ids);
    if (entry.cancelled) return;

    entry.ranges = [...decision.ranges];
    entry.phase = 'reading';
    const positions = new Map<TopicPartition, number>();
    for (const range of entry.ranges) {
      if (range.done) continue;
      this.#byPartition.set(range.tp, { entry, range });
      positions.set(range.tp, range.position);
      entry.report.start(range, decision.rebuild?.reason);
    }
    if (positions.size === 0) this.#finish(entry, undefined);
    else this.#assign(positions);
  }

  /** Local state that its changelog does not continue is dropped; where rows may be lost with it, only if the user chose so. */
  #judge(owned: OwnedTask, rebuild: NonNullable<RestoreDecision['rebuild']>): void {
    const { options } = this.#init;
    const lossy = mayLoseRows(rebuild);
    const error = mismatchError(owned.id, rebuild);
    if (lossy && options.stateMismatch === 'stop') throw error;
    options.log.warn('local state is dropped and rebuilt from its changelog', {
      taskId: owned.id,
      reason: rebuild.reason,
      code: lossy ? error.code : undefined,
      detail: rebuild.detail,
    });
  }

  // ---- trouble ----

  #onIssue(issue: ReadIssue): void {
    const found = this.#byPartition.get(issue.tp);
    if (found === undefined) return;
    const { entry } = found;
    const { topic, partition } = issue.tp;
    if (issue.kind === 'outOfRange' || issue.kind === 'recreated') {
      // The log moved while it was read: decide anew from its bounds.
      this.#release(entry);
      entry.forced = issue.kind === 'recreated' ? 'recreated' : 'outOfRange';
      entry.phase = 'new';
      entry.ranges = [];
    } else if (issue.kind === 'missingTopic') {
      this.#fail(entry, changelogMissing(issue.tp, issue.error));
    } else if (issue.kind === 'corrupt') {
      this.#fail(
        entry,
        new StreamsError(
          'MR_RECORD_CORRUPT',
          `changelog ${formatTopicPartition(issue.tp)} has a batch at offset ${issue.position} that cannot be read. Restore the topic, or reset the application`,
          {
            details: { taskId: entry.owned.id, topic, partition, offset: issue.position },
            cause: issue.error,
          },
        ),
      );
    } else this.#fail(entry, issue.error);
  }

  /** For failures that come beside the loop. Who hears of one may close the engine at once, so what is being written is waited for. */
  async #failWhenIdle(entry: Entry, error: unknown): Promise<void> {
    while (entry.busy !== undefined) await entry.busy;
    this.#fail(entry, error);
  }

  #fail(entry: Entry, error: unknown): void {
    if (!entry.cancelled) this.#finish(entry, error);
  }

  #finish(entry: Entry, error: unknown): void {
    this.#drop(entry);
    if (error === undefined) for (const range of entry.ranges) entry.owned.task.noteRestored(range.tp, range.position);
    this.#outcomes.push({ owned: entry.owned, error });
    this.#init.onOutcome();
  }

  // ---- helpers ----

  #drop(entry: Entry): void {
    entry.cancelled = true;
    this.#entries.delete(entry.owned);
    this.#release(entry);
  }

  #release(entry: Entry): void {
    const reading = entry.ranges.filter((range) => this.#byPartition.delete(range.tp)).map((range) => range.tp);
    for (const tp of reading) this.#preparation.drop(tp);
    if (reading.length > 0 && !this.#closed) this.#reader?.unassign(reading);
  }

  /** Runs a step that touches the task; its failure is the task's. */
  async #exclusively(entry: Entry, step: () => Promise<void>): Promise<void> {
    entry.busy = step().catch((error: unknown) => this.#fail(entry, error));
    await entry.busy;
    entry.busy = undefined;
  }

  #assign(positions: ReadonlyMap<TopicPartition, number>): void {
    try {
      this.#openReader().assign(positions);
    } catch (error) {
      // It failed while nobody polled.
      this.#reader = undefined;
      throw error;
    }
  }

  #openReader(): PartitionReader {
    const { client, options } = this.#init;
    const settings: ReaderOptions = { isolation: 'committed', role: 'restore', maxBufferedBytes: options.bufferedBytes };
    return (this.#reader ??= client.reader(settings));
  }
}

/** Bytes of the records of a batch, nearly: from the first to the last, without looking at each. */
function spanOf(batch: FetchedRecords): number {
  if (batch.count === 0) return 0;
  const last = batch.count - 1;
  const from = Math.max(0, batch.keyStart(0));
  return Math.max(batch.count, Math.max(batch.valueEnd(last), batch.keyEnd(last)) - from);
}
