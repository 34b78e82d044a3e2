/** State on LevelDB. Importing this loads no native code; opening does. */
import type { StateBackend } from '../backend.ts';
import { type DirectoryOptions, diskBackend } from '../directory/disk-backend.ts';
import type { DurableEngine } from '../directory/durable-engine.ts';
import { loadClassicLevel } from './binding.ts';
import { LevelDbEngine } from './leveldb-engine.ts';
import { levelDbKind } from './leveldb-handle.ts';

export type { DirectoryOptions } from '../directory/disk-backend.ts';
export { LevelDbEngine } from './leveldb-engine.ts';
export type { LevelDbEngineOptions } from './leveldb-engine.ts';

/** LevelDB as an engine of state directories. */
export const levelDbEngine: DurableEngine = {
  kind: levelDbKind,
  load: async () => {
    await loadClassicLevel();
  },
  open: (options) => LevelDbEngine.open(options),
};

/** State in a directory, one LevelDB database a task. Needs the package `classic-level`, else `open` throws `MR_STATE_ENGINE_UNAVAILABLE`. */
export function leveldb(options: DirectoryOptions): StateBackend {
  return diskBackend(levelDbEngine, options);
}
