/** Small files that are there as a whole or not at all. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { classify } from '../classify.ts';
import { StateError } from '../errors.ts';

/**
 * Replaces the file: written beside it, flushed to the disk, renamed over it. With `flush: false` a power failure may leave the old content, or none;
 * a crash of the process may not.
 */
export function writeAtomically(path: string, content: string, flush: boolean): void {
  const beside = `${path}.tmp`;
  try {
    const file = openSync(beside, 'w');
    try {
      const bytes = Buffer.from(content);
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      if (flush) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
    if (flush) flushDirectory(dirname(path));
  } catch (error) {
    throw classify(error, { action: 'write a file', directory: path });
  }
}

/** The file's content as JSON, `undefined` if there is no such file. Throws `MR_STATE_CORRUPT` if it is not JSON. */
export function readJson(path: string): unknown {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw classify(error, { action: 'read a file', directory: path });
  }
  try {
    const parsed: unknown = JSON.parse(content);
    return parsed;
  } catch (cause) {
    throw corruptFile(path, 'is not JSON', cause);
  }
}

/** A file of ours that says what none of ours would. */
export function corruptFile(path: string, what: string, cause?: unknown): StateError {
  return new StateError(
    'MR_STATE_CORRUPT',
    `The file ${path} ${what}. Delete the folder it lies in: its state is then restored from the changelogs.`,
    {
      details: { file: path },
      cause,
    },
  );
}

/** So that the renaming survives a power failure; Windows has no such call and does not need it. */
function flushDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
