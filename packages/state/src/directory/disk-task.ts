/** An open task on disk: its database, and the hints beside it. */
import type { TaskState } from '../backend.ts';
import type { StateEngine } from '../engine.ts';
import { type TaskFile, writeTaskFile } from './task-file.ts';

/** Checkpoints are hints: writing them more often would cost more than they are worth. */
const checkpointIntervalMs = 5000;

export interface DiskTaskOptions {
  readonly taskId: string;
  readonly directory: string;
  readonly engine: StateEngine;
  readonly existed: boolean;
  readonly file: TaskFile;
  readonly now: () => number;
  /** Told once, after the engine is closed. */
  readonly onClosed: () => void;
  /** Deletes the task's folder. */
  readonly discard: () => void;
}

export class DiskTask implements TaskState {
  readonly taskId: string;
  readonly engine: StateEngine;
  readonly existed: boolean;
  readonly ageMs: number;
  readonly #options: DiskTaskOptions;
  #checkpoint: ReadonlyMap<string, number>;
  #notedMs: number;
  /** Noted, and not written yet. */
  #pending = false;
  #writtenMs: number;
  #ending: Promise<void> | undefined = undefined;

  constructor(options: DiskTaskOptions) {
    this.#options = options;
    this.taskId = options.taskId;
    this.engine = options.engine;
    this.existed = options.existed;
    const openedMs = options.now();
    this.ageMs = options.existed ? Math.max(0, openedMs - options.file.lastOpenMs) : 0;
    this.#checkpoint = options.file.checkpoint;
    this.#notedMs = options.file.lastOpenMs;
    this.#writtenMs = openedMs;
  }

  get checkpoint(): ReadonlyMap<string, number> {
    return this.#checkpoint;
  }

  get lastOpenMs(): number {
    return this.#notedMs;
  }

  noteCheckpoint(offsets: ReadonlyMap<string, number>): void {
    if (this.#ending !== undefined) return;
    const nowMs = this.#options.now();
    this.#checkpoint = new Map(offsets);
    this.#notedMs = nowMs;
    this.#pending = true;
    // A clock that was set back must not stop the writing.
    if (nowMs - this.#writtenMs >= checkpointIntervalMs || nowMs < this.#writtenMs) this.#write(false);
  }

  close(): Promise<void> {
    this.#ending ??= this.#close();
    return this.#ending;
  }

  destroy(): Promise<void> {
    this.#ending ??= this.#destroy();
    return this.#ending;
  }

  async #close(): Promise<void> {
    try {
      await this.engine.close();
      if (this.#pending) this.#write(true);
    } finally {
      this.#options.onClosed();
    }
  }

  async #destroy(): Promise<void> {
    try {
      await this.engine.close();
      this.#options.discard();
    } finally {
      this.#options.onClosed();
    }
  }

  #write(flush: boolean): void {
    writeTaskFile(this.#options.directory, { lastOpenMs: this.#notedMs, checkpoint: this.#checkpoint }, flush);
    this.#pending = false;
    this.#writtenMs = this.#notedMs;
  }
}
