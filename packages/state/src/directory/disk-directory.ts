/** An instance's slot as the contract's state directory: its tasks on disk, open and closed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StateDirectory, StoredTask, TaskState } from '../backend.ts';
import { classify } from '../classify.ts';
import { StateError } from '../errors.ts';
import { checkName } from '../names.ts';
import { DiskTask } from './disk-task.ts';
import type { DurableEngine } from './durable-engine.ts';
import { makeDirectory } from './make-directory.ts';
import type { Slot } from './slot.ts';
import { readTaskFile, writeTaskFile } from './task-file.ts';

/** How many tasks share the memory until the runtime says: a guess on the safe side. */
const defaultTaskBudget = 8;

export interface DiskDirectoryOptions {
  readonly slot: Slot;
  readonly engine: DurableEngine;
  readonly memoryBytes: number;
  readonly now: () => number;
}

export class DiskDirectory implements StateDirectory {
  readonly processId: string;
  readonly location: string;
  readonly #options: DiskDirectoryOptions;
  readonly #slot: Slot;
  readonly #tasks = new Map<string, DiskTask>();
  readonly #opening = new Map<string, Promise<DiskTask>>();
  #taskBudget = defaultTaskBudget;
  #closing: Promise<void> | undefined = undefined;

  constructor(options: DiskDirectoryOptions) {
    this.#options = options;
    this.#slot = options.slot;
    this.processId = options.slot.processId;
    this.location = options.slot.directory;
  }

  storedTasks(): readonly StoredTask[] {
    this.#checkOpen();
    return this.#taskNames().map((taskId) => {
      const open = this.#tasks.get(taskId);
      const file = open ?? readTaskFile(join(this.#slot.tasksDirectory, taskId));
      return { taskId, checkpointHint: file.checkpoint, lastOpenMs: file.lastOpenMs };
    });
  }

  setTaskBudget(tasks: number): void {
    this.#checkOpen();
    this.#taskBudget = Math.max(1, Math.floor(tasks));
  }

  async openTask(taskId: string): Promise<TaskState> {
    this.#checkOpen();
    checkName('task id', taskId);
    this.#checkNotOpen(taskId);
    const opening = this.#openTask(taskId);
    this.#opening.set(taskId, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(taskId);
    }
  }

  dropTask(taskId: string): void {
    this.#checkOpen();
    checkName('task id', taskId);
    this.#checkNotOpen(taskId);
    if (this.#taskNames().includes(taskId)) this.#slot.discard(join(this.#slot.tasksDirectory, taskId));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    const results = await Promise.allSettled([...this.#tasks.values()].map((task) => task.close()));
    await this.#slot.release();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #openTask(taskId: string): Promise<DiskTask> {
    const { engine, memoryBytes, now } = this.#options;
    const directory = join(this.#slot.tasksDirectory, taskId);
    const databaseDirectory = join(directory, 'db');
    makeDirectory(databaseDirectory);
    const existed = namesIn(databaseDirectory).length > 0;
    const opened = await engine.open({ directory: databaseDirectory, memoryBytes: Math.floor(memoryBytes / this.#taskBudget) });
    try {
      const file = existed ? readTaskFile(directory) : { lastOpenMs: now(), checkpoint: new Map<string, number>() };
      if (!existed) writeTaskFile(directory, file, true);
      const task = new DiskTask({
        taskId,
        directory,
        engine: opened,
        existed,
        file,
        now,
        onClosed: () => this.#tasks.delete(taskId),
        discard: () => this.#slot.discard(directory),
      });
      this.#tasks.set(taskId, task);
      return task;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  #taskNames(): readonly string[] {
    return namesIn(this.#slot.tasksDirectory).sort();
  }

  #checkNotOpen(taskId: string): void {
    if (!this.#tasks.has(taskId) && !this.#opening.has(taskId)) return;
    throw new StateError('MR_STATE_DIRECTORY_LOCKED', `Task ${taskId} is open in this instance already. Close it first.`, {
      details: { taskId, directory: this.location },
    });
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new StateError('MR_STATE_CLOSED', 'The state directory of this instance was used after it was closed.', {
      details: { directory: this.location },
    });
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw classify(error, { action: 'read the state directory', directory });
  }
}
