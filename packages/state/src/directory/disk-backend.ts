/** The backend that all engines on disk share: `<directory>/<applicationId>/slot-N/{process.json, lock/, tasks/<taskId>/{db/, task.json}}`. */
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BackendOptionCheck, checkBackendOptions, isFunction } from '../backend-options.ts';
import type { BackendRequest, StateBackend, StateDirectory } from '../backend.ts';
import { checkName } from '../names.ts';
import { DiskDirectory } from './disk-directory.ts';
import type { DurableEngine } from './durable-engine.ts';
import { makeDirectory } from './make-directory.ts';
import { Slot } from './slot.ts';

/** Options that every backend on disk takes. */
export interface DirectoryOptions {
  /** Where state lies; made if it does not exist. Applications and instances may share it: each takes a folder of its own. */
  readonly directory: string;
  /**
   * Memory for all databases of an instance together, in bytes, where the runtime does not say. Default 256 MiB. Each task gets its share of it, but at
   * least 4 MiB.
   */
  readonly memoryBytes?: number | undefined;
  /** Makes the process id of a new slot. Default: a random UUID. */
  readonly createProcessId?: (() => string) | undefined;
}

const defaultMemoryBytes = 256 * 1024 * 1024;

/** What every backend on disk is asked for. */
export const directoryOptionChecks: { readonly [N in keyof Required<DirectoryOptions>]: BackendOptionCheck } = {
  directory: (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be the path of a directory'),
  memoryBytes: (value) => (Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'must be a whole number of bytes, at least 1'),
  createProcessId: isFunction,
};

/**
 * A backend of the engine over a directory.
 *
 * @throws MR_CONFIG_INVALID without a directory, for an option that there is not, and for what an option cannot be
 */
export function diskBackend(engine: DurableEngine, options: DirectoryOptions): StateBackend {
  checkBackendOptions(engine.kind, options, directoryOptionChecks, 'directory');
  return {
    kind: engine.kind,
    durable: true,
    synchronous: false,
    open: (request) => openDirectory(engine, options, request),
  };
}

/**
 * Claims a slot for the application. Throws `MR_STATE_NAME_UNSAFE`, `MR_STATE_ENGINE_UNAVAILABLE`, `MR_STATE_ENGINE_MISMATCH`, `MR_STATE_FORMAT_UNKNOWN`,
 * `MR_STATE_DIRECTORY_UNWRITABLE`, `MR_STATE_DIRECTORY_LOCKED`, `MR_STATE_DISK_FULL`, `MR_STATE_CORRUPT`, `MR_STATE_IO`.
 */
export async function openDirectory(engine: DurableEngine, options: DirectoryOptions, request: BackendRequest): Promise<StateDirectory> {
  checkName('application id', request.applicationId);
  await engine.load();
  const wanted = applicationDirectory(options, request);
  makeDirectory(wanted);
  const slot = await Slot.claim({
    applicationDirectory: realpathSync(wanted),
    engine,
    createProcessId: options.createProcessId ?? randomUUID,
  });
  return new DiskDirectory({
    slot,
    engine,
    memoryBytes: request.memoryBytes ?? options.memoryBytes ?? defaultMemoryBytes,
    now: request.now,
  });
}

/** Absolute, so that a process may change its working directory. */
export function applicationDirectory(options: DirectoryOptions, request: BackendRequest): string {
  return join(resolve(options.directory), request.applicationId);
}
