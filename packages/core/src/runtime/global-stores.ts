/**
 * The global stores of an instance: read to the end of their topics before a task runs, and kept up with them afterwards by a reader and a loop of their own. They belong to
 * no group: every instance reads every partition. What ends the loop ends the instance, since joins would go on with rows that never change.
 * Kafka Streams: `GlobalStreamThread`.
 */
import type { StateDirectory, TaskState } from '@millrace/state';
import type { ChangelogState } from '../engine/contract.ts';
import { createGlobalTask, type GlobalTask, globalTaskId } from '../engine/global-task.ts';
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { ClusterAdmin, PartitionReader, PollResult, ReadIssue, StreamsClient, TopicDescription } from '../kafka/port.ts';
import { formatTopicPartition, type TopicPartition, topicPartition } from '../kafka/topic-partition.ts';
import { sleep } from '../time.ts';
import type { GlobalStorePlan } from '../topology/plan.ts';
import { deleteRetention } from './changelog-bounds.ts';
import type { RebuildReason } from './events.ts';
import { preparationOf } from './input-preparation.ts';
import type { RuntimeOptions } from './options.ts';
import { RestoreReport } from './restore-report.ts';
import { type ChangelogBounds, decideRestore, type RestoreRange } from './restore-task.ts';
import { type RetryContext, retrying } from './retry.ts';
import { openSerdes, serdeUses } from './serde-openings.ts';
import { noteOfTopicId, noteTopicIds } from './state-identity.ts';

export interface GlobalStoresInit {
  readonly plans: readonly GlobalStorePlan[];
  readonly client: StreamsClient;
  readonly directory: StateDirectory;
  readonly options: RuntimeOptions;
  /** Ends the waiting for brokers. */
  readonly signal: AbortSignal;
  /** The stores cannot be kept up any more. */
  readonly onFatal: (error: StreamsError) => void;
}

/** Applied and not written, bytes, above which the engine is written to. */
const flushBytes = 4 * 1024 * 1024;
/** Handed out by one poll at most, so that the tasks' turn comes soon. */
const pollBytes = 1024 * 1024;
const pollMs = 100;
const pauseMs = 250;

export class GlobalStores {
  readonly #init: GlobalStoresInit;
  readonly #state: TaskState;
  readonly #task: GlobalTask;
  readonly #reader: PartitionReader;
  readonly #preparations = new Map<string, readonly ((batch: FetchedRecords) => Promise<void> | void)[]>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #nextCommitMs = 0;
  #failed = false;

  private constructor(init: GlobalStoresInit, state: TaskState, task: GlobalTask, reader: PartitionReader) {
    this.#init = init;
    this.#state = state;
    this.#task = task;
    this.#reader = reader;
    for (const { source } of init.plans) {
      for (const { name } of source.topics) {
        this.#preparations.set(name, [...preparationOf(source.keySerde, name, 'key'), ...preparationOf(source.valueSerde, name, 'value')]);
      }
    }
  }

  /**
   * Opens the stores, reads their topics to where they end now, and goes on reading. Leaves nothing open if that fails.
   *
   * @throws MR_SOURCE_TOPIC_MISSING if a topic does not appear in time
   */
  static async open(init: GlobalStoresInit): Promise<GlobalStores> {
    const { client, directory, options, plans } = init;
    const state = await directory.openTask(globalTaskId);
    let reader: PartitionReader | undefined;
    let task: GlobalTask | undefined;
    let stores: GlobalStores;
    try {
      const { applicationId, clock, handlers, log, metrics, readCacheBytes, taskTimeoutMs } = options;
      const uses = serdeUses({
        applicationId,
        nodes: plans.map(({ source }) => source),
        stores: plans.map(({ store }) => store),
        sourceTopics: new Map(plans.map(({ source }) => [source.name, source.topics.map(({ name }) => name)])),
      });
      const retry = { clock, log, timeoutMs: taskTimeoutMs, signal: init.signal };
      if (uses.length > 0) await retrying('open the serdes of the global stores', retry, async () => openSerdes(uses, state.engine));
      task = createGlobalTask({ plans, applicationId, engine: state.engine, handlers, readCacheBytes, metrics, log });
      reader = client.reader({ isolation: 'uncommitted', role: 'global', maxBufferedBytes: options.bufferedBytes });
      stores = new GlobalStores(init, state, task, reader);
      await stores.#bootstrap(client.admin());
    } catch (error) {
      task?.close();
      await reader?.close();
      await state.close();
      throw error;
    }
    stores.#running = stores.#run();
    return stores;
  }

  /** The public face of a store; undefined if there is none of this name. */
  store(name: string): unknown {
    return this.#task.store(name);
  }

  /** The store itself, for the processors of tasks. */
  sharedStore(name: string): unknown {
    return this.#task.sharedStore(name);
  }

  /** Ends the loop, writes what was applied, and closes everything. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#reader.close();
    try {
      if (!this.#failed) await this.#task.commit();
      this.#task.close();
    } finally {
      await this.#state.close();
    }
  }

  // ---- before the tasks run ----

  async #bootstrap(admin: ClusterAdmin): Promise<void> {
    const { options } = this.#init;
    const { clock, log } = options;
    const startedMs = clock.monotonic();
    const descriptions = await this.#describe(admin);
    const partitions = [...descriptions].flatMap(([topic, { partitions: count }]) =>
      Array.from({ length: count }, (_, partition) => topicPartition(topic, partition)),
    );
    const bounds = await this.#bounds(admin, descriptions, partitions);
    const changelogs = partitions.map((tp): ChangelogState => {
      const store = this.#storeOf(tp.topic);
      return { tp, store, position: this.#task.position(tp), isSource: false, otherFormat: this.#task.otherFormat(store) };
    });
    const { ranges, rebuild } = decideRestore(changelogs, bounds, this.#state.ageMs);
    if (rebuild !== undefined) {
      // The topic is the truth and the store its copy: whatever happened to the topic, nothing is lost by reading it again.
      log.warn('the local state of the global stores is dropped and rebuilt', { reason: rebuild.reason, detail: rebuild.detail });
      await this.#task.wipe();
    }
    const ids = new Map<string, string>();
    for (const [topic, { id }] of descriptions) if (id !== undefined) ids.set(topic, id);
    await noteTopicIds(this.#state.engine, ids);
    this.#task.start(clock.now());
    this.#reader.assign(new Map(ranges.map(({ start, tp }) => [tp, start])));
    await this.#restore(ranges, rebuild?.reason);
    await this.#commit();
    log.info('the global stores are complete', { topics: [...descriptions.keys()], elapsedMs: clock.monotonic() - startedMs });
  }

  /** Reads until every range has come to its end. */
  async #restore(ranges: readonly RestoreRange[], rebuild: RebuildReason | undefined): Promise<void> {
    const report = new RestoreReport(globalTaskId, this.#init.options);
    const waiting = new Map(ranges.filter((range) => !range.done).map((range) => [range.tp, range]));
    for (const range of waiting.values()) report.start(range, rebuild);
    while (waiting.size > 0) {
      if (this.#init.signal.aborted) {
        for (const range of waiting.values()) report.suspended(range);
        throw new StreamsError('MR_CLOSED', 'the instance was closed while it read its global stores');
      }
      const { batches, progress } = await this.#poll(this.#retry(), true);
      for (const { count, tp } of batches) {
        const range = waiting.get(tp);
        if (range !== undefined) range.records += count;
      }
      for (const { position, tp } of progress) {
        const range = waiting.get(tp);
        if (range === undefined) continue;
        range.position = Math.max(range.position, position);
        report.progress(range);
        if (position < range.end) continue;
        range.done = true;
        waiting.delete(tp);
        report.end(range);
      }
    }
  }

  /** Waits for topics that do not exist yet. */
  async #describe(admin: ClusterAdmin): Promise<ReadonlyMap<string, TopicDescription>> {
    const { clock, log, topicTimeoutMs } = this.#init.options;
    const { topics } = this.#task;
    const deadline = clock.monotonic() + topicTimeoutMs;
    for (let waited = false; ; waited = true) {
      const described = await retrying('describe the topics of global stores', this.#retry(), () => admin.describeTopics(topics));
      const found = new Map<string, TopicDescription>();
      for (const [topic, description] of described) if (description !== undefined) found.set(topic, description);
      const missing = topics.filter((topic) => !found.has(topic));
      if (missing.length === 0) return found;
      if (clock.monotonic() >= deadline || this.#init.signal.aborted) {
        throw new StreamsError(
          'MR_SOURCE_TOPIC_MISSING',
          `topics of global stores ${missing.join(', ')} do not exist after waiting ${topicTimeoutMs} ms. Create them: topics that the application reads are never created by Millrace`,
          { details: { topic: missing[0] } },
        );
      }
      if (!waited) log.warn('topics of global stores do not exist yet, waiting for them', { topics: missing, timeoutMs: topicTimeoutMs });
      await sleep(clock, pauseMs, this.#init.signal);
    }
  }

  async #bounds(
    admin: ClusterAdmin,
    descriptions: ReadonlyMap<string, TopicDescription>,
    partitions: readonly TopicPartition[],
  ): Promise<ReadonlyMap<TopicPartition, ChangelogBounds>> {
    const query = (what: 'earliest' | 'latest'): Promise<ReadonlyMap<TopicPartition, number>> =>
      retrying(`look up ${what} offsets of global stores`, this.#retry(), () =>
        admin.listOffsets(new Map(partitions.map((tp) => [tp, what])), { isolation: 'uncommitted' }),
      );
    const [starts, ends, configs] = await Promise.all([
      query('earliest'),
      query('latest'),
      // Only state that was there before can be too old.
      this.#state.existed
        ? retrying('read settings of the topics of global stores', this.#retry(), () => admin.topicConfigs([...descriptions.keys()]))
        : undefined,
    ]);
    const bounds = new Map<TopicPartition, ChangelogBounds>();
    for (const tp of partitions) {
      const logStart = starts.get(tp);
      const logEnd = ends.get(tp);
      if (logStart === undefined || logEnd === undefined) throw topicGone(tp, undefined);
      bounds.set(tp, {
        logStart,
        logEnd,
        topicId: descriptions.get(tp.topic)?.id,
        notedId: noteOfTopicId(this.#state.engine, tp.topic),
        committed: undefined,
        deleteRetentionMs: deleteRetention(configs?.get(tp.topic)),
      });
    }
    return bounds;
  }

  // ---- afterwards ----

  async #run(): Promise<void> {
    const { clock, log } = this.#init.options;
    const { signal } = this.#stopping;
    try {
      while (!signal.aborted) {
        // As a consumer does, it waits for the brokers however long they are away: joins go on with the rows that are there.
        await this.#poll({ ...this.#retry(), timeoutMs: Number.POSITIVE_INFINITY, signal }, false);
        if (clock.monotonic() >= this.#nextCommitMs) await this.#commit();
        await clock.yield();
      }
    } catch (error) {
      // What was applied of a batch is not known: the next start goes on from the last commit.
      this.#failed = true;
      if (signal.aborted) {
        log.warn('the global stores failed while they were closed', { error });
        return;
      }
      const { message } = error instanceof Error ? error : new Error(String(error));
      this.#init.onFatal(
        error instanceof StreamsError
          ? error
          : new StreamsError('MR_PROCESSING', `the global stores cannot be kept up (${message})`, {
              details: { taskId: globalTaskId },
              cause: error,
            }),
      );
    }
  }

  async #poll(retry: RetryContext, isRestore: boolean): Promise<PollResult> {
    const { clock } = this.#init.options;
    const { signal } = retry;
    const result = await retrying('read the topics of global stores', retry, () =>
      this.#reader.poll({ maxWaitMs: pollMs, maxBytes: pollBytes, signal }),
    );
    for (const issue of result.issues) throw issueError(issue);
    for (const batch of result.batches) {
      for (const prepare of this.#preparations.get(batch.tp.topic) ?? []) {
        await retrying('prepare records of a global store', { ...retry, timeoutMs: Number.POSITIVE_INFINITY }, async () => prepare(batch));
      }
      if (isRestore) this.#task.restore(batch, clock.now());
      else this.#task.apply(batch, clock.now());
      if (this.#task.uncommittedBytes >= flushBytes) await this.#commit();
    }
    return result;
  }

  async #commit(): Promise<void> {
    const { clock, commitIntervalMs } = this.#init.options;
    await this.#task.commit();
    this.#nextCommitMs = clock.monotonic() + commitIntervalMs;
    // Only the age counts: no assignor asks for the lag of global stores.
    this.#state.noteCheckpoint(new Map());
  }

  #retry(): RetryContext {
    const { clock, log, taskTimeoutMs } = this.#init.options;
    return { clock, log, timeoutMs: taskTimeoutMs, signal: this.#init.signal };
  }

  #storeOf(topic: string): string {
    const plan = this.#init.plans.find(({ source }) => source.topics.some(({ name }) => name === topic));
    return plan?.store.spec.name ?? topic;
  }
}

/** None of them goes away by itself; the next start rebuilds what no longer fits the topic. */
function issueError(issue: ReadIssue): StreamsError {
  const { tp } = issue;
  const place = formatTopicPartition(tp);
  switch (issue.kind) {
    case 'outOfRange':
      return new StreamsError(
        'MR_CHANGELOG_TRUNCATED',
        `the global store's topic ${place} has records from ${issue.logStart} to ${issue.logEnd} and the store is at ${issue.position}: ` +
          'records in between are lost to it. Start the instance again to have the store rebuilt',
        { details: { topic: tp.topic, partition: tp.partition } },
      );
    case 'recreated':
      return new StreamsError(
        'MR_TOPIC_RECREATED',
        `the global store's topic ${place} was deleted and made again. Start the instance again to have the store rebuilt`,
        { details: { topic: tp.topic, partition: tp.partition }, cause: issue.error },
      );
    case 'missingTopic':
      return topicGone(tp, issue.error);
    case 'unauthorised':
    case 'corrupt':
      return issue.error;
  }
}

function topicGone(tp: TopicPartition, cause: unknown): StreamsError {
  return new StreamsError(
    'MR_SOURCE_TOPIC_MISSING',
    `the global store's topic ${formatTopicPartition(tp)} was deleted while the application runs`,
    {
      details: { topic: tp.topic, partition: tp.partition },
      cause,
    },
  );
}
