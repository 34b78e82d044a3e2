/** A task with its database and its place in the input: what a thread holds of a task, and what a crash takes from it. */
import { type CacheBudget, createTask, type Task, type TaskSettings } from '@millrace/core/engine';
import type { CommittedOffset, Output, TopicPartition } from '@millrace/core/kafka';
import { openSerdes, type SerdeUse, serdeUses } from '@millrace/core/runtime';
import type { DeadLetter, Logger, Metrics } from '@millrace/core';
import type { StateDirectory, TaskState } from '@millrace/state';
import type { LogRecord, PartitionLog } from '../topics/partition-log.ts';
import type { TopicLogs } from '../topics/topic-logs.ts';
import { viewOf } from '../topics/record-view.ts';
import type { SerdePreparation } from './serde-preparation.ts';
import { settle, type Steps } from './steps.ts';
import type { TaskLayout } from './partition-model.ts';

/** What all tasks of a driver share. */
export interface TaskSurroundings {
  readonly logs: TopicLogs;
  readonly output: Output;
  readonly lastWords: (letters: readonly DeadLetter[]) => void;
  readonly settings: TaskSettings;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The group's committed offsets. */
  readonly committed: Map<TopicPartition, CommittedOffset>;
  readonly serdes: SerdePreparation;
  /** A store that every task may read; undefined if there is none of this name. */
  readonly globalStore: (name: string) => unknown;
}

export class TaskSlot {
  readonly task: Task;
  readonly #surroundings: TaskSurroundings;
  readonly #state: TaskState;
  /** Offset of the next record to hand to the task, by input. */
  readonly #positions = new Map<TopicPartition, number>();

  private constructor(surroundings: TaskSurroundings, state: TaskState, task: Task) {
    this.#surroundings = surroundings;
    this.#state = state;
    this.task = task;
  }

  /** Opens the database, restores from the changelogs, takes the committed offsets, and starts the processors. Leaves nothing open if one of these fails. */
  static *open(
    layout: TaskLayout,
    surroundings: TaskSurroundings,
    cacheBudget: CacheBudget,
    directory: StateDirectory,
    nowMs: number,
  ): Steps<TaskSlot> {
    const { globalStore, lastWords, output, settings, metrics, log } = surroundings;
    const state = yield* settle(directory.openTask(layout.id));
    try {
      yield* settle(openSerdes(usesOf(layout, settings.applicationId), state.engine));
      const task = createTask({ ...layout, engine: state.engine, cacheBudget, output, lastWords, settings, globalStore, metrics, log });
      const slot = new TaskSlot(surroundings, state, task);
      yield* slot.#restore();
      slot.takePositions();
      task.start(nowMs);
      return slot;
    } catch (error) {
      yield* settle(state.close());
      throw error;
    }
  }

  /** Where the group's offsets say to go on. An input without one starts at the beginning, as a group without offsets does. */
  takePositions(): void {
    for (const tp of this.task.inputs) this.#takePosition(tp);
  }

  #takePosition(tp: TopicPartition): void {
    const { logs, committed } = this.#surroundings;
    const position = this.task.takePosition(tp, committed.get(tp) ?? null) ?? logs.log(tp).start;
    this.#positions.set(tp, position);
    this.task.noteProgress(tp, position, position);
  }

  /** Goes on with the topics that appeared since, by source; from their beginning. */
  takeTopics(sourceTopics: ReadonlyMap<string, readonly string[]>): void {
    const known = new Set(this.task.inputs.map(({ topic }) => topic));
    for (const [source, topics] of sourceTopics) {
      for (const topic of topics) if (!known.has(topic)) this.#takePosition(this.task.addInput(source, topic));
    }
  }

  /**
   * Hands over what the inputs got since the last call, in the order in which they got their first, as Kafka Streams' driver does: the order decides between equal
   * timestamps. `backwards`: the other way round.
   */
  *feed(backwards: boolean): Steps<void> {
    const { logs, serdes } = this.#surroundings;
    const fed: { readonly tp: TopicPartition; readonly log: PartitionLog; readonly records: readonly LogRecord[] }[] = [];
    for (const [tp, position] of this.#positions) {
      const log = logs.log(tp);
      if (log.end !== position) fed.push({ tp, log, records: log.read(position) });
    }
    fed.sort((one, other) => arrivalOf(one.records) - arrivalOf(other.records));
    if (backwards) fed.reverse();
    for (const { log, records, tp } of fed) {
      const batch = viewOf(tp, records, log.end);
      yield* serdes.prepare(tp, batch);
      this.task.enqueue(batch);
      this.#positions.set(tp, log.end);
      this.task.noteProgress(tp, log.end, log.end);
    }
  }

  /** Closes processors and database; the state stays where it is durable. */
  *close(): Steps<void> {
    this.task.close();
    yield* settle(this.#state.close());
  }

  /** Closes processors and database and deletes the state. */
  *destroy(): Steps<void> {
    this.task.close();
    yield* settle(this.#state.destroy());
  }

  /** Leaves as a killed process does: nothing is committed, the processors are not closed. `keepState`: the disk survives. */
  *crash(keepState: boolean): Steps<void> {
    this.task.abort();
    yield* settle(keepState ? this.#state.close() : this.#state.destroy());
  }

  *#restore(): Steps<void> {
    const { logs, committed, serdes } = this.#surroundings;
    if (this.task.changelogs.some(({ otherFormat }) => otherFormat !== undefined)) yield* settle(this.task.wipe());
    for (const changelog of this.task.changelogs) {
      const log = logs.log(changelog.tp);
      // A source topic that doubles as changelog holds rows that are not processed yet.
      const end = changelog.isSource ? (committed.get(changelog.tp)?.offset ?? log.start) : log.end;
      const records = log.read(changelog.position ?? log.start, end);
      if (records.length === 0) continue;
      const batch = viewOf(changelog.tp, records, end);
      if (changelog.isSource) yield* serdes.prepare(changelog.tp, batch);
      this.task.restore(batch);
    }
    yield* settle(this.task.flushRestore());
  }
}

/** What must be opened before the task is: its serdes, where they ask for it. */
function usesOf({ sourceTopics, subtopologies }: TaskLayout, applicationId: string): readonly SerdeUse[] {
  return subtopologies.flatMap(({ nodes, stores }) => serdeUses({ applicationId, nodes, stores, sourceTopics }));
}

function arrivalOf(records: readonly LogRecord[]): number {
  return records[0]?.arrival ?? 0;
}
