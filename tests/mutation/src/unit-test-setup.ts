/** Runs before each test file: switches the fault on, and afterwards says which faults the file reached. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, expect } from 'vitest';
import { installSwitch } from './fault-switch.ts';

const on = Number(process.env['MILLRACE_FAULT'] ?? -1);
const state = installSwitch(on);

let failed = false;

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true;
  });
});

afterAll(() => {
  const directory = process.env['MILLRACE_FAULTS'];
  const { testPath } = expect.getState();
  if (on >= 0 || directory === undefined || testPath === undefined || failed) return;
  const file = relative(join(import.meta.dirname, '..', '..', '..'), testPath);
  const name = createHash('sha256').update(file).digest('hex').slice(0, 16);
  writeFileSync(join(directory, `reached-${name}.json`), JSON.stringify({ file, faults: [...state.reached] }));
});
