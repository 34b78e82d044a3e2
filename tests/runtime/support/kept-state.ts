/** A disk for tests: what a task's engine holds survives its close, can be copied, put back and dropped. Synchronous, so that the virtual clock sees every step. */
import type { BackendRequest, StateBackend, StateDirectory, StateEngine, StoredTask, TaskState } from '@millrace/state';
import { MemoryEngine } from '@millrace/state/memory';

interface KeptTask {
  entries: readonly (readonly [Uint8Array, Uint8Array])[];
  hint: ReadonlyMap<string, number>;
  lastOpenMs: number;
}

export type DiskCopy = ReadonlyMap<string, KeptTask>;

export class KeptDisk {
  readonly #processId: string;
  readonly tasks: Map<string, KeptTask> = new Map();

  /** @param digit makes process ids differ between disks */
  constructor(digit: number) {
    this.#processId = `00000000-0000-4000-8000-${String(digit).padStart(12, '0')}`;
  }

  backend(): StateBackend {
    return { kind: 'memory', durable: true, synchronous: true, open: (request) => this.#open(request) };
  }

  copy(): DiskCopy {
    return new Map([...this.tasks].map(([id, task]) => [id, { ...task }]));
  }

  putBack(copy: DiskCopy): void {
    this.tasks.clear();
    for (const [id, task] of copy) this.tasks.set(id, { ...task });
  }

  #open(request: BackendRequest): StateDirectory {
    const open = new Map<string, TaskState>();
    return {
      processId: this.#processId,
      location: 'memory',
      storedTasks: (): readonly StoredTask[] =>
        [...this.tasks].map(([taskId, { hint, lastOpenMs }]) => ({ taskId, checkpointHint: hint, lastOpenMs })),
      setTaskBudget: () => {},
      openTask: (taskId) => {
        if (open.has(taskId)) throw new Error(`task ${taskId} is open already`);
        const kept = this.tasks.get(taskId);
        const engine = new MemoryEngine();
        const batch = engine.batch();
        for (const [key, value] of kept?.entries ?? []) batch.put(key, value);
        void batch.commit();
        let hint = kept?.hint ?? new Map<string, number>();
        const state: TaskState = {
          taskId,
          engine,
          existed: kept !== undefined,
          ageMs: kept === undefined ? 0 : request.now() - kept.lastOpenMs,
          noteCheckpoint: (offsets) => {
            hint = new Map(offsets);
          },
          close: () => {
            if (!open.delete(taskId)) return;
            this.tasks.set(taskId, { entries: entriesOf(engine), hint, lastOpenMs: request.now() });
            engine.close();
          },
          destroy: () => {
            open.delete(taskId);
            this.tasks.delete(taskId);
            engine.close();
          },
        };
        open.set(taskId, state);
        return state;
      },
      dropTask: (taskId) => {
        if (open.has(taskId)) throw new Error(`task ${taskId} is open`);
        this.tasks.delete(taskId);
      },
      close: () => {
        for (const state of open.values()) void state.close();
      },
    };
  }
}

function entriesOf(engine: StateEngine): readonly (readonly [Uint8Array, Uint8Array])[] {
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  const iterator = engine.iterate({});
  while (iterator.next()) entries.push([iterator.key, iterator.value]);
  iterator.close();
  return entries;
}
