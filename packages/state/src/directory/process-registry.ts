/**
 * Which directories this process holds, over all copies of this package in it.
 *
 * Lock files alone do not tell: the operating system's locks belong to the process, so a second lock by the same process succeeds, and with LevelDB even
 * the failed attempt gives the first lock away (it opens and closes the file, and closing any descriptor of a file drops the process's lock on it). So
 * a directory that this process holds must not be tried at all. Within a thread a registry tells; over threads the list of open files does, where
 * the system has one.
 */
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const registryKey = Symbol.for('millrace.state.held-directories');
const openFiles = '/proc/self/fd';

/** Takes the directory for this process. `undefined` if the process has it already; otherwise call what is returned to let go. */
export function holdDirectory(directory: string): (() => void) | undefined {
  const path = realpathSync(directory);
  const held = heldDirectories();
  if (held.has(path) || isOpenInAnyThread(join(path, 'LOCK'))) return undefined;
  held.add(path);
  return () => held.delete(path);
}

function heldDirectories(): Set<string> {
  // The property is ours: nobody else has reason to use the symbol.
  const holder = globalThis as { [registryKey]?: Set<string> };
  return (holder[registryKey] ??= new Set());
}

function isOpenInAnyThread(file: string): boolean {
  let descriptors: readonly string[];
  try {
    descriptors = readdirSync(openFiles);
  } catch {
    return false; // no such list on this system
  }
  return descriptors.some((descriptor) => targetOf(join(openFiles, descriptor)) === file);
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // closed meanwhile, as the descriptor of the listing itself
  }
}
