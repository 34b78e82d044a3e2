/** What a task without stores gets in place of a database: nothing of it needs to survive, so it costs no directory, no memory share and no batch on disk. */
import type { TaskState } from '@millrace/state';
import { MemoryEngine } from '@millrace/state/memory';

export function statelessState(taskId: string): TaskState {
  const engine = new MemoryEngine();
  return {
    taskId,
    engine,
    existed: false,
    ageMs: 0,
    noteCheckpoint: () => {},
    close: () => engine.close(),
    destroy: () => engine.close(),
  };
}
