/** `memory()`: tasks without a disk. For tests, and for state that may be rebuilt from its changelog on every start. */
import { randomUUID } from 'node:crypto';
import { checkBackendOptions, isFunction } from '../backend-options.ts';
import type { BackendRequest, StateBackend, StateDirectory, StoredTask, TaskState } from '../backend.ts';
import type { StateEngine } from '../engine.ts';
import { StateError } from '../errors.ts';
import { checkName } from '../names.ts';
import { memoryKind } from './memory-content.ts';
import { MemoryEngine } from './memory-engine.ts';

export interface MemoryOptions {
  /** Makes the process id of each instance. Default: a random UUID; give one that counts where a run must be repeatable. */
  readonly createProcessId?: (() => string) | undefined;
}

/**
 * A backend that keeps every task in memory: nothing survives its `close`. Synchronous throughout.
 *
 * @throws MR_CONFIG_INVALID for an option that there is not, and for what an option cannot be
 */
export function memory(options: MemoryOptions = {}): StateBackend {
  checkBackendOptions(memoryKind, options, { createProcessId: isFunction });
  const createProcessId = options.createProcessId ?? randomUUID;
  return {
    kind: memoryKind,
    durable: false,
    synchronous: true,
    open(request: BackendRequest): StateDirectory {
      checkName('application id', request.applicationId);
      return new MemoryDirectory(createProcessId(), request.now);
    },
  };
}

class MemoryDirectory implements StateDirectory {
  readonly processId: string;
  readonly location: string = 'memory';
  readonly #now: () => number;
  readonly #tasks = new Map<string, MemoryTask>();
  #open = true;

  constructor(processId: string, now: () => number) {
    this.processId = processId;
    this.#now = now;
  }

  storedTasks(): readonly StoredTask[] {
    this.#checkOpen();
    const now = this.#now();
    return [...this.#tasks.values()].map((task) => ({ taskId: task.taskId, checkpointHint: task.checkpointHint, lastOpenMs: now }));
  }

  /** Nothing to divide: memory engines have no buffers beside their content. */
  setTaskBudget(_tasks: number): void {
    this.#checkOpen();
  }

  openTask(taskId: string): TaskState {
    this.#checkOpen();
    checkName('task id', taskId);
    this.#checkNotOpen(taskId);
    const task = new MemoryTask(taskId, () => this.#tasks.delete(taskId));
    this.#tasks.set(taskId, task);
    return task;
  }

  dropTask(taskId: string): void {
    this.#checkOpen();
    checkName('task id', taskId);
    this.#checkNotOpen(taskId);
  }

  close(): void {
    for (const task of this.#tasks.values()) task.close();
    this.#open = false;
  }

  #checkNotOpen(taskId: string): void {
    if (!this.#tasks.has(taskId)) return;
    throw new StateError('MR_STATE_DIRECTORY_LOCKED', `Task ${taskId} is open in this instance already. Close it first.`, {
      details: { taskId },
    });
  }

  #checkOpen(): void {
    if (!this.#open) throw new StateError('MR_STATE_CLOSED', 'The state of this instance was used after it was closed.', { details: {} });
  }
}

class MemoryTask implements TaskState {
  readonly taskId: string;
  readonly engine: StateEngine = new MemoryEngine({ ephemeral: true });
  readonly existed: boolean = false;
  readonly ageMs: number = 0;
  readonly #onClose: () => void;
  #checkpointHint: ReadonlyMap<string, number> = new Map();
  #closed = false;

  constructor(taskId: string, onClose: () => void) {
    this.taskId = taskId;
    this.#onClose = onClose;
  }

  get checkpointHint(): ReadonlyMap<string, number> {
    return this.#checkpointHint;
  }

  noteCheckpoint(offsets: ReadonlyMap<string, number>): void {
    this.#checkpointHint = new Map(offsets);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.engine.close();
    this.#onClose();
  }

  destroy(): void {
    this.close();
  }
}
