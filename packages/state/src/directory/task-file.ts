/** `task.json` beside a task's database: hints that can be read without opening it. */
import { join } from 'node:path';
import { StateError } from '../errors.ts';
import { readJson, writeAtomically } from './atomic-file.ts';

export interface TaskFile {
  /** When the task was last open and told its checkpoint; 0 if that is not known, so that its age is beyond any retention. */
  readonly lastOpenMs: number;
  readonly checkpoint: ReadonlyMap<string, number>;
}

const unknown: TaskFile = { lastOpenMs: 0, checkpoint: new Map() };

/**
 * What the file says; {@link unknown} if it is missing or unreadable. Only hints are lost then: the offsets that count lie in the database, and an
 * unknown age makes the runtime restore instead of trusting.
 */
export function readTaskFile(taskDirectory: string): TaskFile {
  let content: unknown;
  try {
    content = readJson(pathOf(taskDirectory));
  } catch (error) {
    if (error instanceof StateError && error.code === 'MR_STATE_CORRUPT') return unknown;
    throw error;
  }
  if (typeof content !== 'object' || content === null) return unknown;
  const { lastOpenMs, checkpoint }: Record<string, unknown> = { ...content };
  if (typeof lastOpenMs !== 'number' || typeof checkpoint !== 'object' || checkpoint === null) return unknown;
  const offsets = Object.entries(checkpoint).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { lastOpenMs, checkpoint: new Map(offsets) };
}

export function writeTaskFile(taskDirectory: string, file: TaskFile, flush: boolean): void {
  const content = { format: 1, lastOpenMs: file.lastOpenMs, checkpoint: Object.fromEntries(file.checkpoint) };
  writeAtomically(pathOf(taskDirectory), `${JSON.stringify(content)}\n`, flush);
}

function pathOf(taskDirectory: string): string {
  return join(taskDirectory, 'task.json');
}
