/** Names that become folders: application ids and task ids, refused where a file system could read them as something else. */
import { StateError } from './errors.ts';

/**
 * Kafka allows `[a-zA-Z0-9._-]` in topic names, and an application id is part of those: the same characters are safe in paths. Names of dots alone
 * are directions in a path; a leading dot is kept for files of our own.
 */
const safeName = /^[a-zA-Z0-9_-][a-zA-Z0-9._-]*$/;
const longestName = 200;

/** Throws `MR_STATE_NAME_UNSAFE` unless the name can be a folder on every file system. `what` is for the message: `application id`. */
export function checkName(what: string, name: string): void {
  if (safeName.test(name) && name.length <= longestName && !name.endsWith('.')) return;
  throw new StateError(
    'MR_STATE_NAME_UNSAFE',
    `The ${what} ${JSON.stringify(name)} cannot be a folder of the state directory. Use 1 to ${longestName} of the characters a-z, A-Z, 0-9, ".", "_" ` +
      'and "-", with a dot neither first nor last.',
    { details: { name } },
  );
}
