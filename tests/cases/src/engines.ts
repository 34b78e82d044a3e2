/** The engines that cases run on, in a directory of their own that is gone afterwards. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StateBackend, StateDirectory } from '@millrace/state';
import { leveldb } from '@millrace/state/leveldb';
import { rocksdb } from '@millrace/state/rocksdb';
import type { EngineName } from './options.ts';
import { applicationId } from './outputs.ts';

/** Runs `use` with the engine's backend; undefined stands for the synchronous driver in memory. */
export async function withEngine<T>(engine: EngineName, use: (state: StateBackend | undefined) => Promise<T>): Promise<T> {
  if (engine === 'memory') return use(undefined);
  const path = mkdtempSync(join(temporaryRoot(), 'millrace-cases-'));
  try {
    const backend = engine === 'rocksdb' ? rocksdb({ directory: path }) : leveldb({ directory: path });
    const directory = await backend.open({ applicationId, now: () => 0 });
    try {
      return await use(sharing(backend, directory));
    } finally {
      await directory.close();
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Shared memory where there is any: cases ask what comes out, not what a disk survives. */
export function temporaryRoot(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/**
 * Every case has a database of its own, but locking a slot takes as long as running a case: all share one. What a case leaves open when it fails is its driver's to
 * close, as it would be with a directory of its own.
 */
export function sharing(backend: StateBackend, directory: StateDirectory): StateBackend {
  const shared: StateDirectory = {
    processId: directory.processId,
    location: directory.location,
    storedTasks: () => directory.storedTasks(),
    setTaskBudget: (tasks) => directory.setTaskBudget(tasks),
    openTask: (taskId) => directory.openTask(taskId),
    dropTask: (taskId) => directory.dropTask(taskId),
    close: () => {},
  };
  return { kind: backend.kind, durable: backend.durable, synchronous: backend.synchronous, open: () => shared };
}
