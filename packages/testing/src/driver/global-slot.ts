/** The global stores of a driver: a task without a group, fed with what its topics got before any other task goes on, as Java's test driver does it. */
import { type CacheBudget, createGlobalTask, type GlobalTask, globalTaskId } from '@millrace/core/engine';
import { topicPartition } from '@millrace/core/kafka';
import { openSerdes, type SerdeUse, serdeUses } from '@millrace/core/runtime';
import type { ErrorHandlers, GlobalStorePlan } from '@millrace/core/engine';
import type { StateDirectory, TaskState } from '@millrace/state';
import { viewOf } from '../topics/record-view.ts';
import { settle, type Steps } from './steps.ts';
import type { TaskSurroundings } from './task-slot.ts';

export class GlobalSlot {
  readonly #task: GlobalTask;
  readonly #surroundings: TaskSurroundings;
  readonly #state: TaskState;
  readonly #partitionCount: (topic: string) => number;

  private constructor(surroundings: TaskSurroundings, state: TaskState, task: GlobalTask, partitionCount: (topic: string) => number) {
    this.#surroundings = surroundings;
    this.#state = state;
    this.#task = task;
    this.#partitionCount = partitionCount;
  }

  /** Opens the database and reads the topics to their ends. Leaves nothing open if that fails. */
  static *open(
    plans: readonly GlobalStorePlan[],
    surroundings: TaskSurroundings,
    cacheBudget: CacheBudget,
    handlers: ErrorHandlers,
    partitionCount: (topic: string) => number,
    directory: StateDirectory,
    nowMs: number,
  ): Steps<GlobalSlot> {
    const { log, metrics, settings } = surroundings;
    const state = yield* settle(directory.openTask(globalTaskId));
    try {
      const { applicationId, readCacheBytes } = settings;
      yield* settle(openSerdes(usesOf(plans, applicationId), state.engine));
      const task = createGlobalTask({ plans, applicationId, engine: state.engine, cacheBudget, handlers, readCacheBytes, metrics, log });
      const slot = new GlobalSlot(surroundings, state, task, partitionCount);
      if (task.storeNames.some((name) => task.otherFormat(name) !== undefined)) yield* settle(task.wipe());
      task.start(nowMs);
      yield* slot.#read(nowMs, true);
      return slot;
    } catch (error) {
      yield* settle(state.close());
      throw error;
    }
  }

  get storeNames(): readonly string[] {
    return this.#task.storeNames;
  }

  store(name: string): unknown {
    return this.#task.store(name);
  }

  /** The store itself, for the processors of tasks. */
  sharedStore(name: string): unknown {
    return this.#task.sharedStore(name);
  }

  /** Applies what the topics got since the last call. */
  *feed(nowMs: number): Steps<void> {
    yield* this.#read(nowMs, false);
  }

  *#read(nowMs: number, isRestore: boolean): Steps<void> {
    const { logs, serdes } = this.#surroundings;
    for (const topic of this.#task.topics) {
      for (let partition = 0; partition < this.#partitionCount(topic); partition++) {
        const tp = topicPartition(topic, partition);
        const log = logs.log(tp);
        const position = this.#task.position(tp) ?? log.start;
        if (log.end <= position) continue;
        const batch = viewOf(tp, log.read(position), log.end);
        yield* serdes.prepare(tp, batch);
        if (isRestore) this.#task.restore(batch, nowMs);
        else this.#task.apply(batch, nowMs);
      }
    }
  }

  *commit(): Steps<void> {
    yield* settle(this.#task.commit());
  }

  /** Closes processors and database and deletes the state. */
  *destroy(): Steps<void> {
    this.#task.close();
    yield* settle(this.#state.destroy());
  }

  /** Leaves as a killed process does. `keepState`: the disk survives. */
  *crash(keepState: boolean): Steps<void> {
    this.#task.close();
    yield* settle(keepState ? this.#state.close() : this.#state.destroy());
  }
}

/** What must be opened before the stores are. */
function usesOf(plans: readonly GlobalStorePlan[], applicationId: string): readonly SerdeUse[] {
  const sources = plans.map(({ source }) => source);
  const sourceTopics = new Map(sources.map((source) => [source.name, source.topics.map(({ name }) => name)]));
  return serdeUses({ applicationId, nodes: sources, stores: plans.map(({ store }) => store), sourceTopics });
}
