/** State on RocksDB. Importing this loads no native code; opening does. */
import type { StateBackend } from '../backend.ts';
import { type DirectoryOptions, diskBackend } from '../directory/disk-backend.ts';
import type { DurableEngine } from '../directory/durable-engine.ts';
import { loadRocksLevel } from './binding.ts';
import { RocksDbEngine } from './rocksdb-engine.ts';
import { rocksDbKind } from './rocksdb-handle.ts';

export type { DirectoryOptions } from '../directory/disk-backend.ts';
export { RocksDbEngine } from './rocksdb-engine.ts';
export type { RocksDbEngineOptions } from './rocksdb-engine.ts';

/** RocksDB as an engine of state directories. */
export const rocksDbEngine: DurableEngine = {
  kind: rocksDbKind,
  load: async () => {
    await loadRocksLevel();
  },
  open: (options) => RocksDbEngine.open(options),
};

/** State in a directory, one RocksDB database a task. Needs the optional package `@nxtedition/rocksdb`, else `open` throws `MR_STATE_ENGINE_UNAVAILABLE`. */
export function rocksdb(options: DirectoryOptions): StateBackend {
  return diskBackend(rocksDbEngine, options);
}
