/**
 * What the long topologies cost the compiler, in counts that are the same on every machine. A change of the DSL's signatures that makes it work harder fails here;
 * where that is wanted, `budget.json` is changed with it. The package is compiled against its published declarations (`npm run build` first), as users do.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Work {
  readonly types: number;
  readonly instantiations: number;
}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const budget = JSON.parse(readFileSync(pathOf('budget.json'), 'utf8')) as Readonly<Record<string, Work>>;

/** Types and instantiations of a program that consists of one file and what it imports. */
function workOf(file: string): Work {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-types-'));
  try {
    const config = join(folder, 'tsconfig.json');
    const compilerOptions = { typeRoots: [pathOf('../../node_modules/@types')] };
    writeFileSync(
      config,
      JSON.stringify({ extends: pathOf('tsconfig.json'), compilerOptions, files: [pathOf(`${file}.ts`)], include: [] }),
    );
    // One checker: several would do some of the work twice, depending on how many there are.
    const { stdout } = spawnSync(
      process.execPath,
      [pathOf('../../node_modules/typescript/bin/tsc'), '-p', config, '--singleThreaded', '--extendedDiagnostics'],
      { encoding: 'utf8' },
    );
    expect(stdout).not.toContain('error TS');
    const count = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(stdout)?.[1]);
    return { types: count('Types'), instantiations: count('Instantiations') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each(Object.entries(budget))('%s stays within its budget and a tenth', (file, { types, instantiations }) => {
  const work = workOf(file);
  expect(work.types, `types of ${file}`).toBeGreaterThan(0);
  expect(work.types, `types of ${file}`).toBeLessThanOrEqual(types * 1.1);
  expect(work.instantiations, `instantiations of ${file}`).toBeGreaterThan(0);
  expect(work.instantiations, `instantiations of ${file}`).toBeLessThanOrEqual(instantiations * 1.1);
});
