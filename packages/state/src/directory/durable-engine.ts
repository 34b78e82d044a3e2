/** What a state directory needs of an engine that keeps its data on disk. One value of this kind an engine. */
import type { StateEngine } from '../engine.ts';

export interface OpenEngineOptions {
  /** Made if it does not exist. */
  readonly directory: string;
  /** The database's share of memory, in bytes. */
  readonly memoryBytes: number;
}

export interface DurableEngine {
  /** As in {@link StateEngine.kind}; written into the directory. */
  readonly kind: string;
  /** Loads the native code. Throws `MR_STATE_ENGINE_UNAVAILABLE` where there is none. */
  load(): Promise<void>;
  /**
   * Opens or creates a database and holds its lock, which the operating system frees when the process dies. Throws `MR_STATE_DIRECTORY_LOCKED` if
   * another process has it.
   */
  open(options: OpenEngineOptions): Promise<StateEngine>;
}
