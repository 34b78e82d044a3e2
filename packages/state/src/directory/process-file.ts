/** `process.json` of a slot: whose it is, and what made it. Readable without any engine. */
import { join } from 'node:path';
import { StateError } from '../errors.ts';
import { corruptFile, readJson, writeAtomically } from './atomic-file.ts';

/** Raised when folders of an older version could not be read any more. */
export const directoryFormat = 1;

export interface ProcessFile {
  readonly engine: string;
  /** A UUID that stays with the slot. */
  readonly processId: string;
}

/** The slot's marker; `undefined` if it is new. Throws `MR_STATE_FORMAT_UNKNOWN` or `MR_STATE_CORRUPT`. */
export function readProcessFile(slot: string): ProcessFile | undefined {
  const path = join(slot, 'process.json');
  const content = readJson(path);
  if (content === undefined) return undefined;
  const fields: Record<string, unknown> = typeof content === 'object' && content !== null ? { ...content } : {};
  const { format, engine, processId } = fields;
  if (typeof format === 'number' && format > directoryFormat) {
    throw new StateError(
      'MR_STATE_FORMAT_UNKNOWN',
      `The state in ${slot} has format ${format}; this version of @millrace/state knows formats up to ${directoryFormat}. ` +
        'Use the version that wrote it or a newer one, or another directory.',
      { details: { directory: slot, format } },
    );
  }
  if (format !== directoryFormat || typeof engine !== 'string' || typeof processId !== 'string') {
    throw corruptFile(path, 'is not a marker of a state directory');
  }
  return { engine, processId };
}

export function writeProcessFile(slot: string, file: ProcessFile): void {
  writeAtomically(join(slot, 'process.json'), `${JSON.stringify({ format: directoryFormat, ...file })}\n`, true);
}

/** Throws `MR_STATE_ENGINE_MISMATCH` if another engine made the slot. */
export function checkEngine(slot: string, file: ProcessFile, kind: string): void {
  if (file.engine === kind) return;
  throw new StateError(
    'MR_STATE_ENGINE_MISMATCH',
    `The state in ${slot} was written by the engine ${file.engine}, and this instance uses ${kind}. ` +
      `Use ${file.engine}, or give this one a directory of its own: it then restores from the changelogs.`,
    { details: { directory: slot, engine: kind, found: file.engine } },
  );
}
