/** A task that this instance owns, with what the runtime keeps of it beside the engine's task. */
import type { TaskState } from '@millrace/state';
import type { Task } from '../engine/contract.ts';
import type { CommittedOffset } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { AssignedTask } from './coordinator.ts';
import type { TaskPhase } from './events.ts';

/** Most records of one `process` call: keeps one slow call from overrunning its slice by much. */
const largestLimit = 2_048;

export class OwnedTask {
  /** Its topics may become more, where a pattern is read. */
  assigned: AssignedTask;
  readonly state: TaskState;
  readonly task: Task;
  phase: TaskPhase = 'restoring';
  /** What the group has of its inputs, as of the last assignment or commit. */
  readonly committed: Map<TopicPartition, CommittedOffset> = new Map();
  readonly endOffsets: Map<TopicPartition, number> = new Map();
  readonly paused: Set<TopicPartition> = new Set();
  #limit = 64;

  constructor(assigned: AssignedTask, state: TaskState, task: Task) {
    this.assigned = assigned;
    this.state = state;
    this.task = task;
  }

  get id(): string {
    return this.assigned.id;
  }

  /** How many records to process in one call, from how long the last call took. */
  get limit(): number {
    return this.#limit;
  }

  noteCall(records: number, elapsedMs: number, sliceMs: number): void {
    if (elapsedMs > sliceMs / 2) this.#limit = Math.max(1, Math.floor((this.#limit * sliceMs) / (4 * elapsedMs)));
    else if (elapsedMs < sliceMs / 8 && records === this.#limit) this.#limit = Math.min(largestLimit, this.#limit * 2);
  }

  /** Sum of the changelog offsets its state reaches to. */
  offsetSum(): number {
    return this.task.changelogs.reduce((sum, changelog) => sum + (changelog.position ?? 0), 0);
  }

  /** Notes beside the engine how far it reaches, for the assignor of the next start. */
  noteCheckpoint(): void {
    const offsets = new Map<string, number>();
    for (const { tp, position } of this.task.changelogs) if (position !== undefined) offsets.set(`${tp.topic}/${tp.partition}`, position);
    this.state.noteCheckpoint(offsets);
  }
}
