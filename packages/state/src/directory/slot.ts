/**
 * Slots: an instance's own folder, and the lock on it.
 *
 * The lock is the lock file of a tiny database of the slot's engine. Node has no file locks; the engines do, taken from the operating system, which
 * frees them when the process dies, however it dies. A file with a process id in it would need guesses: ids are used again, and mean nothing
 * between containers that share a volume.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { classify } from '../classify.ts';
import type { StateEngine } from '../engine.ts';
import { StateError } from '../errors.ts';
import type { DurableEngine } from './durable-engine.ts';
import { makeDirectory } from './make-directory.ts';
import { checkEngine, readProcessFile, writeProcessFile } from './process-file.ts';
import { holdDirectory } from './process-registry.ts';

/** More instances than this on one directory are a mistake. */
const mostSlots = 1000;
/** The lock's database holds nothing. */
const lockMemoryBytes = 0;

export interface SlotRequest {
  /** `<directory>/<applicationId>`; exists. */
  readonly applicationDirectory: string;
  readonly engine: DurableEngine;
  readonly createProcessId: () => string;
}

export class Slot {
  readonly directory: string;
  readonly processId: string;
  readonly #lock: StateEngine;
  readonly #letGo: () => void;

  private constructor(directory: string, processId: string, lock: StateEngine, letGo: () => void) {
    this.directory = directory;
    this.processId = processId;
    this.#lock = lock;
    this.#letGo = letGo;
  }

  /** Locks the lowest slot that nobody has. Throws what {@link DurableEngine.open} throws, and the errors of markers. */
  static async claim(request: SlotRequest): Promise<Slot> {
    for (let number = 0; number < mostSlots; number += 1) {
      const slot = await Slot.#tryClaim(join(request.applicationDirectory, `slot-${number}`), request);
      if (slot !== undefined) return slot;
    }
    throw new StateError(
      'MR_STATE_DIRECTORY_LOCKED',
      `All ${mostSlots} slots in ${request.applicationDirectory} are locked by running instances. Stop some, or use another directory.`,
      { details: { directory: request.applicationDirectory } },
    );
  }

  static async #tryClaim(directory: string, { engine, createProcessId }: SlotRequest): Promise<Slot | undefined> {
    const lockDirectory = join(directory, 'lock');
    makeDirectory(lockDirectory);
    // Before the lock: another engine must not touch this one's files, not even to find them locked.
    const found = readProcessFile(directory);
    if (found !== undefined) checkEngine(directory, found, engine.kind);
    const letGo = holdDirectory(directory);
    if (letGo === undefined) return undefined;
    let lock: StateEngine;
    try {
      lock = await engine.open({ directory: lockDirectory, memoryBytes: lockMemoryBytes });
    } catch (error) {
      letGo();
      if (error instanceof StateError && error.code === 'MR_STATE_DIRECTORY_LOCKED') return undefined;
      throw error;
    }
    try {
      return new Slot(directory, markSlot(directory, engine, createProcessId), lock, letGo);
    } catch (error) {
      await lock.close();
      letGo();
      throw error;
    }
  }

  get tasksDirectory(): string {
    return join(this.directory, 'tasks');
  }

  /** Takes a folder out of sight at once, then deletes it; what a crash leaves of it goes when the slot is claimed next. */
  discard(directory: string): void {
    const trash = join(this.directory, 'trash');
    const inTrash = join(trash, randomUUID());
    try {
      mkdirSync(trash, { recursive: true });
      renameSync(directory, inTrash);
      rmSync(inTrash, { recursive: true, force: true });
    } catch (error) {
      throw classify(error, { action: 'delete the state', directory });
    }
  }

  async release(): Promise<void> {
    try {
      await this.#lock.close();
    } finally {
      this.#letGo();
    }
  }
}

/** With the lock held: makes the marker, or takes the process id from it, and empties the trash. */
function markSlot(directory: string, engine: DurableEngine, createProcessId: () => string): string {
  makeDirectory(join(directory, 'tasks'));
  try {
    rmSync(join(directory, 'trash'), { recursive: true, force: true });
  } catch (error) {
    throw classify(error, { action: 'empty the trash', directory });
  }
  const found = readProcessFile(directory);
  if (found !== undefined) {
    checkEngine(directory, found, engine.kind);
    return found.processId;
  }
  const made = { engine: engine.kind, processId: createProcessId() };
  writeProcessFile(directory, made);
  return made.processId;
}

/** The markers of an application's slots, lowest slot first. */
export function readMarkers(applicationDirectory: string): readonly { readonly slot: string; readonly engine: string }[] {
  let names: readonly string[];
  try {
    names = readdirSync(applicationDirectory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw classify(error, { action: 'read the state directory', directory: applicationDirectory });
  }
  return names
    .filter((name) => /^slot-\d+$/.test(name))
    .sort((left, right) => Number(left.slice(5)) - Number(right.slice(5)))
    .flatMap((name) => {
      const marker = readProcessFile(join(applicationDirectory, name));
      return marker === undefined ? [] : [{ slot: name, engine: marker.engine }];
    });
}
