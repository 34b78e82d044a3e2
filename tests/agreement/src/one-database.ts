/**
 * A backend whose tasks share one database of a durable engine, each under a prefix of its own. Opening a database takes longer than a case takes, and here all tasks die at once: so
 * the database is closed and opened again once a crash and not once a task, and stays open where the disk is lost: what comes after has other prefixes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StateBackend, StateDirectory, StateEngine, StoredTask, TaskState } from '@millrace/state';
import type { rocksDbEngine } from '@millrace/state/rocksdb';
import { PrefixedEngine } from './prefixed-engine.ts';

/** What opens a database. */
type DurableEngine = typeof rocksDbEngine;

const memoryBytes = 8 * 1024 * 1024;

/** Directories are made below `root`, one a run, and are gone when it is closed. */
export function oneDatabase(engine: DurableEngine, root: string): StateBackend {
  return {
    kind: engine.kind,
    durable: true,
    synchronous: false,
    open: async () => {
      await engine.load();
      return new SharedDirectory(engine, root);
    },
  };
}

class SharedDirectory implements StateDirectory {
  readonly processId = '00000000-0000-4000-8000-000000000000';
  readonly location: string;
  readonly #engine: DurableEngine;
  /** Of the tasks that have state, by their id. */
  readonly #prefixes = new Map<string, number>();
  #nextPrefix = 0;
  #database: StateEngine | undefined;
  readonly #open = new Set<string>();

  constructor(engine: DurableEngine, root: string) {
    this.#engine = engine;
    this.location = mkdtempSync(join(root, 'millrace-agreement-'));
  }

  storedTasks(): readonly StoredTask[] {
    return [...this.#prefixes.keys()].map((taskId) => ({ taskId, checkpointHint: new Map(), lastOpenMs: 0 }));
  }

  setTaskBudget(): void {}

  async openTask(taskId: string): Promise<TaskState> {
    if (this.#open.has(taskId)) throw new Error(`task ${taskId} is open already`);
    this.#database ??= await this.#engine.open({ directory: join(this.location, 'db'), memoryBytes });
    const existed = this.#prefixes.has(taskId);
    const prefix = this.#prefixes.get(taskId) ?? this.#nextPrefix++;
    this.#prefixes.set(taskId, prefix);
    this.#open.add(taskId);
    const engine = new PrefixedEngine(this.#database, prefix, () => this.#closed(taskId));
    return {
      taskId,
      engine,
      existed,
      ageMs: 0,
      noteCheckpoint: () => {},
      close: () => engine.close(),
      destroy: () => {
        this.#prefixes.delete(taskId);
        return engine.close();
      },
    };
  }

  dropTask(taskId: string): void {
    if (this.#open.has(taskId)) throw new Error(`task ${taskId} is open`);
    this.#prefixes.delete(taskId);
  }

  async close(): Promise<void> {
    await this.#database?.close();
    rmSync(this.location, { recursive: true, force: true });
  }

  async #closed(taskId: string): Promise<void> {
    this.#open.delete(taskId);
    if (this.#open.size > 0 || this.#prefixes.size === 0) return;
    const database = this.#database;
    this.#database = undefined;
    await database?.close();
  }
}
