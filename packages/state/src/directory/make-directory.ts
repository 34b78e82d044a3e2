/** Folders of state. */
import { mkdirSync } from 'node:fs';
import { classify } from '../classify.ts';

/** Makes the folder and those above it. Throws `MR_STATE_DIRECTORY_UNWRITABLE` or `MR_STATE_DISK_FULL`. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw classify(error, { action: 'make the state directory', directory });
  }
}
