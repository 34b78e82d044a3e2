/**
 * The stores of a task and what the engine says of them: opening, restoring, and the two batches of a commit (design §4 step 12, §5). What is on disk is a prefix of the
 * acknowledged changelog, because positions and data are in one batch (I2).
 * Kafka Streams: `ProcessorStateManager`.
 */
import type { EngineBatch, MaybePromise, StateEngine } from '@millrace/state';
import { invariant, StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Acknowledged, Output, OutputPartition } from '../kafka/port.ts';
import { formatTopicPartition, topicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import { createStore } from '../stores/create-store.ts';
import type { ManagedStore } from '../stores/managed-store.ts';
import { ReadCache } from '../stores/read-cache.ts';
import type { CacheBudget } from '../stores/record-cache.ts';
import type { RecordContext } from '../stores/record-context.ts';
import { hasSameChangelog, type RowFormat, rowFormatOf } from '../stores/row-format.ts';
import { type StorePlan, topicName } from '../topology/plan.ts';
import type { ChangelogState } from './contract.ts';
import { describeError, ProcessingError } from './error-policy.ts';
import {
  decodeNumber,
  encodeNumbers,
  firstStorePrefix,
  lastStorePrefix,
  metaEnd,
  metaKey,
  metaKinds,
  metaStart,
  parseMetaKey,
  storePrefix,
} from './state-layout.ts';

/** A restore batch is written at this size, without waiting for a flush. */
const restoreBatchBytes = 4 << 20;

/** Where an input stands, and the partition time that goes with it. */
export interface InputPosition {
  readonly offset: number;
  readonly partitionTime: number;
}

const noTimes: ReadonlyMap<string, bigint> = new Map();

/** A store with its changelog. */
interface OpenStore {
  readonly store: ManagedStore;
  readonly prefix: Uint8Array;
  readonly changelog: ChangelogOf | undefined;
}

class ChangelogOf {
  readonly tp: TopicPartition;
  readonly store: ManagedStore;
  readonly isSource: boolean;
  readonly output: OutputPartition | null;
  /** Behind what the engine holds. */
  position: number | undefined;
  /** Behind what was applied but not yet written in a restore. */
  restored: number | undefined;
  /** Offset that the next own record must get, where nobody else writes; undefined if it is not known. */
  next: number | undefined;
  /** Records appended when the commit under way was prepared, and when the last one that completed was. */
  appendedAtTake = 0;
  appendedAtCommit = 0;

  constructor(tp: TopicPartition, store: ManagedStore, isSource: boolean, output: OutputPartition | null) {
    this.tp = tp;
    this.store = store;
    this.isSource = isSource;
    this.output = output;
  }
}

export interface StateManagerInit {
  readonly taskId: string;
  readonly applicationId: string;
  readonly partition: number;
  readonly engine: StateEngine;
  readonly output: Output;
  readonly plans: readonly StorePlan[];
  readonly context: RecordContext;
  readonly cacheBudget: CacheBudget | null;
  readonly readCacheBytes: number;
  readonly dropped: (reason: string) => void;
  /** The stores are copies of topics, though they have no changelogs: whatever they hold can be read again. */
  readonly isCopy?: boolean | undefined;
}

export class StateManager {
  readonly #engine: StateEngine;
  readonly #taskId: string;
  readonly #stores: OpenStore[] = [];
  readonly #byName = new Map<string, ManagedStore>();
  readonly #changelogs = new Map<TopicPartition, ChangelogOf>();
  readonly #readCache: ReadCache;
  /** Entries about stores that came or went, to be in the first batch that is written. */
  #opening: ((batch: EngineBatch) => void)[] = [];
  /** Some of them concern rows of stores that are there: they are written before the task starts. */
  #hasStaleRows = false;
  readonly #inputs = new Map<string, InputPosition>();
  readonly #unloggedInputs = new Map<string, InputPosition>();
  /** Stores whose rows, if there are any, are in no changelog. */
  readonly #unloggedStores = new Set<string>();
  /** By store, as the engine has it. */
  readonly #rowFormats = new Map<string, RowFormat>();
  /** By store: what it is now, where its rows are of another format and must go first. */
  readonly #otherFormats = new Map<string, RowFormat>();
  /** Times of operators as the engine has them. */
  readonly times: Map<string, bigint> = new Map();
  readonly hasState: boolean;
  #restoreBatch: EngineBatch | null = null;
  #restoreBytes = 0;
  /** A piece that is being written while more comes. */
  #restoreWrites: Promise<void> | undefined;
  #main: EngineBatch | null = null;
  #unlogged: EngineBatch | null = null;
  #takenInputs: ReadonlyMap<TopicPartition, InputPosition> | null = null;
  #takenTimes: ReadonlyMap<string, bigint> = noTimes;

  constructor(init: StateManagerInit) {
    this.#engine = init.engine;
    this.#taskId = init.taskId;
    this.#readCache = new ReadCache(init.readCacheBytes);
    const prefixes = new Map<string, number>();
    const positions = new Map<string, number>();
    this.#load(prefixes, positions);
    this.hasState = positions.size + this.#inputs.size + this.#unloggedInputs.size > 0;
    const removed = new Map(prefixes);
    for (const plan of init.plans) {
      removed.delete(plan.spec.name);
      const existed = prefixes.has(plan.spec.name);
      this.#open(plan, this.#prefixOf(plan.spec.name, prefixes), positions, init, existed);
    }
    for (const [name, id] of removed) this.#forget(name, id);
    const silent = new Set(init.plans.flatMap(({ changelog, spec }) => (changelog === undefined ? [ownChangelog(init, spec.name)] : [])));
    for (const topic of positions.keys()) {
      // That a store without a changelog once had one is not forgotten: it has rows that the store may have lost since.
      if (!this.#changelogs.has(topicPartition(topic, init.partition)) && !silent.has(topic))
        this.#opening.push((batch) => batch.delete(metaKey(metaKinds.changelog, topic)));
    }
  }

  get storeNames(): readonly string[] {
    return [...this.#byName.keys()];
  }

  store(name: string): ManagedStore | undefined {
    return this.#byName.get(name);
  }

  get changelogs(): readonly ChangelogState[] {
    return [...this.#changelogs.values()].map(({ tp, store, position, isSource }) => ({
      tp,
      store: store.name,
      position,
      isSource,
      inputPosition: isSource ? this.#unloggedInputs.get(tp.topic)?.offset : undefined,
      otherFormat: this.otherFormat(store.name),
    }));
  }

  /** For people: how the store's rows on disk differ from what it reads; undefined if they do not. Until `wipe` the store must not be read. */
  otherFormat(store: string): string | undefined {
    const now = this.#otherFormats.get(store);
    return now === undefined ? undefined : `"${this.#rowFormats.get(store)}", not "${now}"`;
  }

  /** Some store has rows that it would misread. */
  get hasOtherFormat(): boolean {
    return this.#otherFormats.size > 0;
  }

  get uncommittedBytes(): number {
    let bytes = 0;
    for (const { store } of this.#stores) bytes += store.uncommittedBytes;
    return bytes;
  }

  /** Position and partition time that stores without a changelog include. */
  unloggedInput(tp: TopicPartition): InputPosition | undefined {
    return this.#unloggedInputs.get(tp.topic);
  }

  /** Position and partition time of the last commit that the engine knows. */
  input(tp: TopicPartition): InputPosition | undefined {
    return this.#inputs.get(tp.topic);
  }

  // ---- restore ----

  restore(records: FetchedRecords): void {
    const changelog = this.#changelogs.get(records.tp);
    if (changelog === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `${formatTopicPartition(records.tp)} is no changelog of task ${this.#taskId}`, {
        details: { taskId: this.#taskId, topic: records.tp.topic, partition: records.tp.partition },
      });
    }
    const batch = (this.#restoreBatch ??= this.#newBatch());
    for (let i = 0; i < records.count; i++) {
      const offset = records.offset(i);
      // What the engine holds already must not be applied again over newer entries of the same poll.
      if (changelog.position !== undefined && offset < changelog.position) continue;
      this.#restoreBytes += changelog.store.restore(records, i, batch);
    }
    changelog.restored = records.nextOffset;
    if (this.#restoreBytes < restoreBatchBytes || this.#restoreWrites !== undefined) return;
    const writing = this.flushRestore();
    if (!(writing instanceof Promise)) return;
    this.#restoreWrites = writing;
    // Whoever flushes next hears of a failure.
    writing.catch(() => {});
  }

  flushRestore(): MaybePromise<void> {
    const writing = this.#restoreWrites;
    if (writing !== undefined) {
      this.#restoreWrites = undefined;
      return writing.then(() => this.flushRestore());
    }
    const moved = [...this.#changelogs.values()].filter(({ restored }) => restored !== undefined);
    if (this.#restoreBatch === null && moved.length === 0 && !this.#hasStaleRows) return undefined;
    const batch = this.#restoreBatch ?? this.#newBatch();
    this.#restoreBatch = null;
    this.#restoreBytes = 0;
    const positions = new Map<ChangelogOf, number>();
    for (const changelog of moved) {
      const position = changelog.restored as number;
      changelog.restored = undefined;
      changelog.store.finishRestore?.(batch);
      // A store in memory starts over after a restart, so no position is kept for it.
      if (!changelog.store.volatile) batch.put(metaKey(metaKinds.changelog, changelog.tp.topic), encodeNumbers(position));
      positions.set(changelog, position);
    }
    const written = this.#write(batch);
    const note = (): void => {
      for (const [changelog, position] of positions) changelog.position = position;
    };
    if (written instanceof Promise) return written.then(note);
    note();
    return undefined;
  }

  noteRestored(tp: TopicPartition, end: number): void {
    const changelog = this.#changelogs.get(tp);
    if (changelog !== undefined) changelog.next = end;
  }

  /**
   * Drops data and positions; prefixes stay. `logged`: only what changelogs have, since the rest is nowhere else. Its positions stay with it, but in inputs that were made again: their
   * offsets say nothing of what it includes.
   */
  wipe(what: 'logged' | 'all', recreated: readonly string[]): MaybePromise<void> {
    this.reset();
    const batch = this.#newBatch();
    for (const { prefix, changelog } of this.#stores)
      if (changelog !== undefined || what === 'all') batch.deleteRange(prefix, nextPrefix(prefix));
    for (const { tp } of this.#changelogs.values()) batch.delete(metaKey(metaKinds.changelog, tp.topic));
    for (const topic of this.#inputs.keys()) batch.delete(metaKey(metaKinds.input, topic));
    for (const name of this.times.keys()) batch.delete(metaKey(metaKinds.time, name));
    this.#inputs.clear();
    this.times.clear();
    for (const topic of what === 'all' ? [...this.#unloggedInputs.keys()] : recreated) {
      batch.delete(metaKey(metaKinds.unloggedInput, topic));
      this.#unloggedInputs.delete(topic);
    }
    for (const changelog of this.#changelogs.values()) changelog.position = undefined;
    for (const [name, format] of this.#otherFormats) batch.put(metaKey(metaKinds.rowFormat, name), Buffer.from(format));
    this.#otherFormats.clear();
    return this.#write(batch);
  }

  // ---- commit ----

  /** Flushes the record caches, in registration order (S-149). */
  flush(): void {
    for (const { store } of this.#stores) this.#flushStore(store);
    // Kafka Streams goes through the stores once. An update that a flush brought into a cache before it would be in no changelog when its input is committed, so go on
    // until nothing is left; in graphs whose stores are registered upstream first, once is enough.
    for (let rounds = 0; this.#stores.some(({ store }) => store.unflushed); rounds++) {
      invariant(rounds < 1000, `record caches of task ${this.#taskId} are never empty: their flushes feed each other in a circle`);
      for (const { store } of this.#stores) this.#flushStore(store);
    }
  }

  /** A failure below a flush has no input record of its own to name: it names the store. Kafka Streams: `ProcessorStateException`. */
  #flushStore(store: ManagedStore): void {
    try {
      store.flush();
    } catch (error) {
      if (!(error instanceof ProcessingError)) throw error;
      throw new ProcessingError(
        'MR_PROCESSING',
        `the record cache of store ${store.name} cannot be flushed (${describeError(error.cause)})`,
        {
          details: { ...error.details, store: store.name },
          cause: error.cause,
        },
      );
    }
  }

  /** Takes what is to be written; `inputs` are the positions that it includes, `times` those of operators. */
  take(inputs: ReadonlyMap<TopicPartition, InputPosition>, times: ReadonlyMap<string, bigint> = noTimes): void {
    const main = (this.#main ??= this.#newBatch());
    let unlogged = this.#unlogged;
    for (const { store, changelog } of this.#stores) {
      if (changelog !== undefined) store.take(main);
      else store.take((unlogged ??= this.#newBatch()));
    }
    for (const changelog of this.#changelogs.values()) changelog.appendedAtTake = changelog.output?.appended ?? 0;
    for (const [tp, { offset, partitionTime }] of inputs) {
      main.put(metaKey(metaKinds.input, tp.topic), encodeNumbers(offset, partitionTime));
      unlogged?.put(metaKey(metaKinds.unloggedInput, tp.topic), encodeNumbers(offset, partitionTime));
    }
    for (const [name, time] of times) {
      if (this.times.get(name) !== time) main.put(metaKey(metaKinds.time, name), encodeNumbers(Number(time)));
    }
    this.#unlogged = unlogged;
    this.#takenInputs = inputs;
    this.#takenTimes = new Map(times);
  }

  writeUnlogged(): MaybePromise<void> {
    const batch = this.#unlogged;
    if (batch === null) return undefined;
    this.#unlogged = null;
    const inputs = this.#takenInputs as ReadonlyMap<TopicPartition, InputPosition>;
    const note = (): void => {
      for (const [tp, position] of inputs) this.#unloggedInputs.set(tp.topic, position);
      for (const { store, changelog } of this.#stores) if (changelog === undefined) store.settle();
    };
    const written = this.#write(batch);
    if (written instanceof Promise) return written.then(note);
    note();
    return undefined;
  }

  complete(acknowledged: ReadonlyMap<TopicPartition, Acknowledged>): MaybePromise<void> {
    const batch = this.#main;
    const inputs = this.#takenInputs;
    if (batch === null || inputs === null) {
      throw new StreamsError('MR_STATE_INVALID', `task ${this.#taskId} has no commit to complete: call prepareCommit first`, {
        details: { taskId: this.#taskId },
      });
    }
    invariant(this.#unlogged === null, `I2: task ${this.#taskId} completes a commit before its stores without a changelog were written`);
    const positions = this.#positionsAfter(acknowledged, inputs);
    for (const [changelog, position] of positions) {
      if (!changelog.store.volatile) batch.put(metaKey(metaKinds.changelog, changelog.tp.topic), encodeNumbers(position));
    }
    this.#main = null;
    this.#takenInputs = null;
    const times = this.#takenTimes;
    const note = (): void => {
      for (const [name, time] of times) this.times.set(name, time);
      for (const [changelog, position] of positions) changelog.position = changelog.next = position;
      for (const changelog of this.#changelogs.values()) changelog.appendedAtCommit = changelog.appendedAtTake;
      for (const [tp, position] of inputs) this.#inputs.set(tp.topic, position);
      for (const { store, changelog } of this.#stores) if (changelog !== undefined) store.settle();
    };
    const written = this.#write(batch);
    if (written instanceof Promise) return written.then(note);
    note();
    return undefined;
  }

  /** Drops everything that is only in memory. */
  reset(): void {
    for (const { store } of this.#stores) store.reset();
    this.#main = null;
    this.#unlogged = null;
    this.#takenInputs = null;
    this.#restoreBatch = null;
    this.#restoreBytes = 0;
    this.#restoreWrites = undefined;
    for (const changelog of this.#changelogs.values()) {
      changelog.restored = changelog.next = undefined;
      changelog.appendedAtTake = changelog.appendedAtCommit = changelog.output?.appended ?? 0;
      if (changelog.store.volatile) changelog.position = undefined;
    }
  }

  /** Where each changelog stands with what was taken. */
  #positionsAfter(
    acknowledged: ReadonlyMap<TopicPartition, Acknowledged>,
    inputs: ReadonlyMap<TopicPartition, InputPosition>,
  ): Map<ChangelogOf, number> {
    const positions = new Map<ChangelogOf, number>();
    for (const changelog of this.#changelogs.values()) {
      if (changelog.isSource) {
        const input = inputs.get(changelog.tp);
        if (input !== undefined) positions.set(changelog, input.offset);
        continue;
      }
      const appended = changelog.appendedAtTake - changelog.appendedAtCommit;
      if (appended === 0) continue;
      const ack = acknowledged.get(changelog.tp);
      const place = formatTopicPartition(changelog.tp);
      invariant(ack !== undefined, `I2: ${appended} record(s) of changelog ${place} were not acknowledged when the commit completed`);
      // What was appended after the commit was prepared may be acknowledged too, but is not in the batch. Too low a position only replays a little more.
      const later = (changelog.output?.appended ?? 0) - changelog.appendedAtTake;
      const { next } = changelog;
      // So many records end there only if they follow on what was restored or committed before, and on each other. The producer knows of the hole between its own records alone:
      // neither of what came in before the first one, nor that a task was elsewhere meanwhile.
      const isContiguous = next === undefined || later > 0 ? ack.contiguous : ack.lastOffset + 1 - appended === next;
      invariant(isContiguous, `I2: the offsets of changelog ${place} have a hole: another process writes to it`);
      positions.set(changelog, Math.max(ack.lastOffset + 1 - later, changelog.position ?? 0));
    }
    return positions;
  }

  #newBatch(): EngineBatch {
    const batch = this.#engine.batch();
    for (const operation of this.#opening) operation(batch);
    return batch;
  }

  #write(batch: EngineBatch): MaybePromise<void> {
    if (batch.size === 0) return undefined;
    // Each batch made so far has them, and one that comes must not delete again what this one brings. If it fails, the engine is closed.
    this.#opening = [];
    this.#hasStaleRows = false;
    return batch.commit();
  }

  #load(prefixes: Map<string, number>, positions: Map<string, number>): void {
    const iterator = this.#engine.iterate({ gte: metaStart, lt: metaEnd });
    try {
      while (iterator.next()) {
        const { kind, name } = parseMetaKey(iterator.key);
        const value = iterator.value;
        if (kind === metaKinds.store) prefixes.set(name, decodeNumber(value, 0));
        else if (kind === metaKinds.changelog) positions.set(name, decodeNumber(value, 0));
        else if (kind === metaKinds.input)
          this.#inputs.set(name, { offset: decodeNumber(value, 0), partitionTime: decodeNumber(value, 1) });
        else if (kind === metaKinds.unloggedInput)
          this.#unloggedInputs.set(name, { offset: decodeNumber(value, 0), partitionTime: decodeNumber(value, 1) });
        else if (kind === metaKinds.unloggedStore) this.#unloggedStores.add(name);
        else if (kind === metaKinds.rowFormat) this.#rowFormats.set(name, Buffer.from(value).toString());
        else if (kind === metaKinds.time) this.times.set(name, Buffer.from(value.buffer, value.byteOffset, value.length).readBigInt64BE(0));
      }
    } finally {
      iterator.close();
    }
  }

  #prefixOf(name: string, prefixes: Map<string, number>): Uint8Array {
    let id = prefixes.get(name);
    if (id === undefined) {
      id = Math.max(firstStorePrefix - 1, ...prefixes.values()) + 1;
      invariant(id <= lastStorePrefix, `the engine of task ${this.#taskId} has no room for another store`);
      prefixes.set(name, id);
      const value = encodeNumbers(id);
      this.#opening.push((batch) => batch.put(metaKey(metaKinds.store, name), value));
    }
    return storePrefix(id);
  }

  #forget(name: string, id: number): void {
    const prefix = storePrefix(id);
    this.#opening.push((batch) => {
      batch.deleteRange(prefix, nextPrefix(prefix));
      batch.delete(metaKey(metaKinds.store, name));
      batch.delete(metaKey(metaKinds.unloggedStore, name));
      batch.delete(metaKey(metaKinds.rowFormat, name));
    });
  }

  /**
   * Notes which stores have no changelog. One that gets a changelog later must be empty: its rows would be missing there, and with them in every restore (I2). If it had that changelog
   * before, what was deleted meanwhile is still in it, and would come back.
   *
   * @throws MR_CHANGELOG_INCOMPLETE
   */
  #noteLogging(name: string, prefix: Uint8Array, changelog: string | undefined, hadChangelog: boolean): void {
    const key = metaKey(metaKinds.unloggedStore, name);
    const wasUnlogged = this.#unloggedStores.has(name);
    if (changelog === undefined) {
      if (!wasUnlogged) this.#opening.push((batch) => batch.put(key, encodeNumbers(1)));
      return;
    }
    if (!wasUnlogged) return;
    if (hadChangelog || this.#hasRows(prefix)) {
      throw new StreamsError(
        'MR_CHANGELOG_INCOMPLETE',
        `store ${name} of task ${this.#taskId} was written without a changelog, so ${changelog} does not have what changed meanwhile and a restore would lose it; ` +
          'give the store another name, switch its logging off again, or delete the local state of the application and the topic to begin anew',
        { details: { store: name, taskId: this.#taskId, topic: changelog } },
      );
    }
    this.#opening.push((batch) => batch.delete(key));
  }

  /**
   * Rows are there, but nothing says up to where of this changelog: they came from another one, as when the topology's optimisation was switched. A source topic has what the table is made
   * of, so it is made anew; a changelog of the store's own does not have them, and a restore would lose them (I2).
   *
   * @throws MR_CHANGELOG_INCOMPLETE
   */
  #judgeStrangeRows(name: string, prefix: Uint8Array, { isSource, tp }: ChangelogOf): void {
    if (!this.#hasRows(prefix)) return;
    if (!isSource) {
      throw new StreamsError(
        'MR_CHANGELOG_INCOMPLETE',
        `store ${name} of task ${this.#taskId} has rows that came from another topic than ${tp.topic}, so this changelog does not have them and a restore would lose them; ` +
          'build the topology with the optimisation that it had before, give the store another name, or reset the application to begin anew',
        { details: { store: name, taskId: this.#taskId, topic: tp.topic } },
      );
    }
    this.#hasStaleRows = true;
    this.#opening.push((batch) => batch.deleteRange(prefix, nextPrefix(prefix)));
  }

  /**
   * Whether the store can read what is there. Rows of another format go in `wipe`, if they can be made anew; the note of what they are is changed with them. A directory that says nothing
   * is taken to have what the store has.
   *
   * @throws MR_STORE_FORMAT_MISMATCH
   */
  #judgeFormat({ changelog, spec }: StorePlan, prefix: Uint8Array, position: number | undefined, isCopy: boolean): void {
    const { name } = spec;
    const [was, now] = [this.#rowFormats.get(name), rowFormatOf(spec)];
    if (was === now) return;
    if (was !== undefined && (position !== undefined || this.#hasRows(prefix))) {
      if (!isCopy && (changelog === undefined || !hasSameChangelog(was, now)))
        throw this.#formatMismatch(name, was, now, changelog !== undefined);
      // Rows that no position goes with are dropped or refused for that.
      if (isCopy || position !== undefined) {
        this.#otherFormats.set(name, now);
        return;
      }
    }
    this.#opening.push((batch) => batch.put(metaKey(metaKinds.rowFormat, name), Buffer.from(now)));
  }

  #formatMismatch(name: string, was: RowFormat, now: RowFormat, isLogged: boolean): StreamsError {
    const why = isLogged ? 'its changelog has records of the former format, too' : 'it has no changelog to make them anew from';
    return new StreamsError(
      'MR_STORE_FORMAT_MISMATCH',
      `store ${name} of task ${this.#taskId} has rows of the format "${was}" on disk and is built as "${now}" now, and ${why}; ` +
        `give the store another name, build it as it was, or reset the application${isLogged ? '' : ' with its local state'} to begin anew`,
      { details: { store: name, taskId: this.#taskId, format: now, formatOnDisk: was } },
    );
  }

  #hasRows(prefix: Uint8Array): boolean {
    const iterator = this.#engine.iterate({ gte: prefix, lt: nextPrefix(prefix) });
    try {
      return iterator.next();
    } finally {
      iterator.close();
    }
  }

  #open(plan: StorePlan, prefix: Uint8Array, positions: ReadonlyMap<string, number>, init: StateManagerInit, existed: boolean): void {
    const { spec, changelog } = plan;
    const topic = changelog === undefined ? ownChangelog(init, spec.name) : topicName(init.applicationId, changelog);
    const tp = topicPartition(topic, init.partition);
    this.#noteLogging(spec.name, prefix, changelog === undefined ? undefined : topic, positions.has(topic));
    const output = changelog === undefined || plan.changelogIsSource ? null : init.output.partition(topic, init.partition);
    const store = createStore(spec, {
      taskId: init.taskId,
      engine: init.engine,
      prefix,
      context: init.context,
      changelog: output,
      serdeTopic: topic,
      cacheBudget: init.cacheBudget,
      volatile: init.engine.ephemeral === true && changelog !== undefined,
      readCache: this.#readCache,
      dropped: init.dropped,
    });
    let state: ChangelogOf | undefined;
    if (changelog !== undefined) {
      state = new ChangelogOf(tp, store, plan.changelogIsSource, output);
      if (!store.volatile) state.position = positions.get(topic);
      if (existed && !store.volatile && state.position === undefined) this.#judgeStrangeRows(spec.name, prefix, state);
      state.appendedAtTake = state.appendedAtCommit = output?.appended ?? 0;
      this.#changelogs.set(tp, state);
    }
    if (!store.volatile) this.#judgeFormat(plan, prefix, state?.position, init.isCopy === true);
    this.#stores.push({ store, prefix, changelog: state });
    this.#byName.set(spec.name, store);
  }
}

/** Of a store, if it is logged. */
function ownChangelog({ applicationId }: StateManagerInit, store: string): string {
  return `${applicationId}-${store}-changelog`;
}

/** The first key behind every key of the prefix. */
function nextPrefix(prefix: Uint8Array): Uint8Array {
  return storePrefix((((prefix[0] as number) << 8) | (prefix[1] as number)) + 1);
}
