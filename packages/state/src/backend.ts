/**
 * The contract of a state backend: directories, locks and the list of tasks, above the engine.
 *
 * `<directory>/<applicationId>/slot-N/{process.json, tasks/<taskId>/…}`: an instance locks the lowest free slot, and the process
 * id belongs to the slot, so instances share a directory safely and an instance that starts again finds its own state.
 */
import type { MaybePromise, StateEngine } from './engine.ts';

/** What `open` is asked for. */
export interface BackendRequest {
  readonly applicationId: string;
  /** Memory for all engines that this instance opens, in bytes; divided by `taskBudget`. */
  readonly memoryBytes?: number | undefined;
  /** Wall clock in ms, for ages and delays (never read directly, so that a simulator can replay). */
  readonly now: () => number;
}

/** State of a task that lies on disk, whether or not this instance owns the task. */
export interface StoredTask {
  /** As the runtime names it, e.g. `0_3`. */
  readonly taskId: string;
  /**
   * Changelog offsets by `topic/partition` as last noted beside the data. A hint for the assignor (lags), not for recovery: the truth lies
   * in the engine, in the same batch as the data.
   */
  readonly checkpointHint: ReadonlyMap<string, number>;
  /** When the task was last open here and noted its checkpoint, in ms of `now`; 0 if that is not known. */
  readonly lastOpenMs: number;
}

/** One task's database, locked for this instance. */
export interface TaskState {
  readonly taskId: string;
  readonly engine: StateEngine;
  /** False if the database was made by this call. */
  readonly existed: boolean;
  /** How long ago the database was last open, in ms; 0 if it is new. Compared with `delete.retention.ms` of the changelog (I2). */
  readonly ageMs: number;
  /**
   * Notes the changelog offsets for `StoredTask.checkpointHint`; written at most every few seconds and on close. It also vouches that the state
   * was as young as that: `ageMs` and `lastOpenMs` count from the last call, so that opening old state without catching up does not make it young.
   */
  noteCheckpoint(offsets: ReadonlyMap<string, number>): void;
  /** Closes the engine and keeps the data. */
  close(): MaybePromise<void>;
  /** Closes the engine and deletes the data. */
  destroy(): MaybePromise<void>;
}

/** An instance's hold on its slot. */
export interface StateDirectory {
  /** A UUID that stays with the slot over restarts. */
  readonly processId: string;
  /** For people: where the state lies, or `memory`. */
  readonly location: string;
  /** Every task with state in this slot. */
  storedTasks(): readonly StoredTask[];
  /** How many tasks this instance may own at most; decides each engine's share of the memory. Applies to engines opened from now on. */
  setTaskBudget(tasks: number): void;
  openTask(taskId: string): MaybePromise<TaskState>;
  /** Deletes a task's state; the task must not be open. */
  dropTask(taskId: string): MaybePromise<void>;
  /** Closes what is still open, gives the lock back. */
  close(): MaybePromise<void>;
}

/** Made by the user (`rocksdb({ directory })`, `memory()`), handed to the runtime, opened once per instance. */
export interface StateBackend {
  /** Engine kind, as in {@link StateEngine.kind}. */
  readonly kind: string;
  readonly durable: boolean;
  /** True if nothing below it returns a promise. */
  readonly synchronous: boolean;
  open(request: BackendRequest): MaybePromise<StateDirectory>;
}
