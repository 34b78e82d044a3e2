/**
 * The commit: what makes a result final. At-least-once: caches → changelogs and outputs acknowledged → stores without changelog → offsets → one engine batch. Whatever
 * fails, and wherever the process dies, what is on disk is a prefix of the acknowledged changelog (I2) and no offset is committed before its results are acknowledged.
 */
import type { Acknowledged, CommittedOffset } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import { commitOffsets, type OffsetCommitContext } from './offset-commit.ts';
import type { CommitStep } from './options.ts';
import type { OutputHolder } from './output-holder.ts';
import type { OwnedTask } from './owned-task.ts';

/** A task whose engine did not take the commit that Kafka has: it is closed and replayed from its changelog. */
export interface TaskToReplay {
  readonly owned: OwnedTask;
  readonly error: unknown;
}

/** How a commit is done under a processing guarantee. */
export interface Committer {
  /**
   * Commits what these tasks did. Resolves with the tasks whose offsets are committed but whose engine failed.
   *
   * @throws the failure after which none of the tasks may go on: all are to be closed without committing and restored
   */
  commit(tasks: readonly OwnedTask[]): Promise<readonly TaskToReplay[]>;
}

export interface CommitterInit extends OffsetCommitContext {
  readonly output: OutputHolder;
  /** Kafka has the offsets. */
  readonly onCommitted: (offsets: ReadonlyMap<TopicPartition, CommittedOffset>) => void;
  /** The engine of a task has the commit too. */
  readonly onStored: (taskId: string) => void;
}

export class AtLeastOnceCommitter implements Committer {
  readonly #init: CommitterInit;

  constructor(init: CommitterInit) {
    this.#init = init;
  }

  async commit(tasks: readonly OwnedTask[]): Promise<readonly TaskToReplay[]> {
    const { output, onCommitted, onStored } = this.#init;
    this.#step('beforeCommit');
    const offsets = new Map<TopicPartition, CommittedOffset>();
    for (const { task } of tasks) for (const [tp, offset] of task.prepareCommit().offsets) offsets.set(tp, offset);
    await resolveUnknownTopics(tasks, output, this.#init.options.topicTimeoutMs);
    this.#step('afterPrepare');

    const acknowledged = await output.flush();
    this.#step('afterChangelogAck');
    for (const { task } of tasks) await task.writeUnlogged();
    this.#step('afterUnlogged');

    await commitOffsets(offsets, this.#init);
    this.#step('afterOffsetCommit');
    onCommitted(offsets);
    this.#step('beforeEngineBatch');
    const failed = await completeAll(tasks, acknowledged, offsets, onStored);
    this.#step('afterEngineBatch');
    return failed;
  }

  #step(step: CommitStep): void {
    this.#init.options.onStep(step);
  }
}

/** Records that wait for a topic's partition count must be out before the offsets that they came from are committed. */
export async function resolveUnknownTopics(tasks: readonly OwnedTask[], output: OutputHolder, timeoutMs: number): Promise<void> {
  for (;;) {
    const unknown = new Set(tasks.flatMap(({ task }) => [...task.unresolvedTopics]));
    if (unknown.size === 0) return;
    await output.producer.lookUp([...unknown], { timeoutMs });
    for (const { task } of tasks) if (task.unresolvedTopics.length > 0) task.retryUnresolved();
  }
}

async function completeAll(
  tasks: readonly OwnedTask[],
  acknowledged: ReadonlyMap<TopicPartition, Acknowledged>,
  offsets: ReadonlyMap<TopicPartition, CommittedOffset>,
  onStored: (taskId: string) => void,
): Promise<readonly TaskToReplay[]> {
  const failed: TaskToReplay[] = [];
  for (const owned of tasks) {
    try {
      await owned.task.completeCommit(acknowledged);
    } catch (error) {
      failed.push({ owned, error });
      continue;
    }
    for (const tp of owned.task.inputs) {
      const committed = offsets.get(tp);
      if (committed !== undefined) owned.committed.set(tp, committed);
    }
    owned.noteCheckpoint();
    onStored(owned.id);
  }
  return failed;
}
