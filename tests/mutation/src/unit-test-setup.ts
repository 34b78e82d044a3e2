/** Runs before each test file: switches the fault on, and afterwards says which faults the file reached. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, expect, inject } from 'vitest';
import { installSwitch } from './fault-switch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The number of the fault that is on; -1 for none. */
    readonly millraceFault: number;
  }
}

const on = inject('millraceFault');
const state = installSwitch(on);

afterAll(() => {
  const directory = process.env['MILLRACE_FAULTS'];
  const { testPath } = expect.getState();
  if (on >= 0 || directory === undefined || testPath === undefined) return;
  const file = relative(join(import.meta.dirname, '..', '..', '..'), testPath);
  const name = createHash('sha256').update(file).digest('hex').slice(0, 16);
  writeFileSync(join(directory, `reached-${name}.json`), JSON.stringify({ file, faults: [...state.reached] }));
});
