/** Turns what file systems and bindings throw into errors with a code and a remedy. */
import { StateError, type StateErrorCode } from './errors.ts';

/** Where it happened; `action` completes "could not …". */
export interface Place {
  readonly action: string;
  readonly engine?: string | undefined;
  readonly directory?: string | undefined;
  readonly taskId?: string | undefined;
}

interface ErrorClass {
  readonly code: StateErrorCode;
  /** Codes of Node and of abstract-level, on the error or its cause. */
  readonly codes: readonly string[];
  /** What the engines' texts say where their code says only "IO error". */
  readonly text: RegExp;
  readonly remedy: string;
}

const classes: readonly ErrorClass[] = [
  {
    code: 'MR_STATE_DISK_FULL',
    codes: ['ENOSPC', 'EDQUOT'],
    text: /no space left|quota exceeded/i,
    remedy: 'Free space on the volume, then start again: what was committed is still there.',
  },
  {
    code: 'MR_STATE_DIRECTORY_LOCKED',
    codes: ['LEVEL_LOCKED'],
    text: /already held by process|lock hold by current process/i,
    remedy: 'Another instance has it open. Stop that one, or give this one a directory of its own.',
  },
  {
    code: 'MR_STATE_DIRECTORY_UNWRITABLE',
    codes: ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'],
    text: /permission denied|read-only file ?system|not a directory|operation not permitted/i,
    remedy: 'Give the process a directory that it may create and write to.',
  },
  {
    code: 'MR_STATE_CORRUPT',
    codes: ['LEVEL_CORRUPTION'],
    text: /corruption/i,
    remedy: 'Delete the folder of this task: its state is then restored from the changelog.',
  },
];

const otherwise = { code: 'MR_STATE_IO', remedy: 'See the cause; what was committed before is still there.' } as const;

/** The error as a StateError; one that is a StateError already stays as it is. */
export function classify(error: unknown, place: Place): StateError {
  if (error instanceof StateError) return error;
  const found = findClass(error) ?? otherwise;
  const where = place.directory === undefined ? '' : ` in ${place.directory}`;
  const details: Record<string, string> = {};
  if (place.engine !== undefined) details['engine'] = place.engine;
  if (place.directory !== undefined) details['directory'] = place.directory;
  if (place.taskId !== undefined) details['taskId'] = place.taskId;
  return new StateError(found.code, `Could not ${place.action}${where}: ${causeText(error)}. ${found.remedy}`, { details, cause: error });
}

/** The class by code, of the error or of what caused it, else by text. */
function findClass(error: unknown): ErrorClass | undefined {
  const chain = causes(error);
  return (
    classes.find((candidate) => chain.some((link) => candidate.codes.includes(codeOf(link) ?? ''))) ??
    classes.find((candidate) => chain.some((link) => candidate.text.test(messageOf(link))))
  );
}

/** What it says innermost, where bindings put the facts. */
function causeText(error: unknown): string {
  const chain = causes(error);
  return messageOf(chain[chain.length - 1]).replace(/\.$/, '');
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [error];
  let link = error;
  // Five links are more than any binding makes; a limit, in case an error causes itself.
  while (link instanceof Error && link.cause !== undefined && chain.length < 5) {
    link = link.cause;
    chain.push(link);
  }
  return chain;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
