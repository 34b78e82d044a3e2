/** What a user's compiler reads: the published declarations hold no `any`, and are sound by themselves. `npm run build` first. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'package.json')));

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types?: string }>>;
}

/** The declarations of the package's entry points, by absolute path. */
function entryPoints(name: string): string[] {
  const folder = join(root, 'packages', name);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  return Object.values(exports).flatMap((entry) =>
    typeof entry === 'object' && entry.types !== undefined ? [join(folder, entry.types)] : [],
  );
}

/** Every declaration file that entry points lead to by relative imports. */
function reachable(entries: readonly string[]): string[] {
  const seen = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const from = file;
    const targets = [...readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)];
    open.push(...targets.map(([, target]) => `${join(from, '..', target ?? '')}.d.ts`));
  }
  return [...seen];
}

/** Lines on which `any` is a type; comments and names do not count. */
function linesWithAny(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const { errors, program } = parseSync(file, text);
  expect(errors).toEqual([]);
  const found: number[] = [];
  JSON.stringify(program, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'TSAnyKeyword' && 'start' in value) {
      found.push(Number(value.start));
    }
    return typeof value === 'bigint' ? String(value) : value;
  });
  return found.map((start) => `${file.slice(root.length)}:${text.slice(0, start).split('\n').length}`);
}

test('the search for any finds it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-any-'));
  try {
    const file = join(folder, 'x.d.ts');
    writeFileSync(file, '/** any */\nexport declare const any: string;\nexport declare function f(x: Map<string, any>): void;\n');
    expect(linesWithAny(file).map((line) => line.slice(line.lastIndexOf(':')))).toEqual([':3']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(packages)('the declarations of packages/%s hold no any', (name) => {
  const files = reachable(entryPoints(name));
  expect(files.length).toBeGreaterThan(0);
  expect(files.flatMap(linesWithAny)).toEqual([]);
});

// A name that is missing from a declaration is `any` to whoever skips the check of libraries, as most do.
test('the declarations compile with the check of libraries', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-types-'));
  try {
    const config = join(folder, 'tsconfig.json');
    // Shows that the check is made.
    const broken = join(folder, 'broken.d.ts');
    writeFileSync(broken, 'export declare const broken: Missing;\n');
    const compilerOptions = { customConditions: [], skipLibCheck: false, typeRoots: [join(root, 'node_modules', '@types')] };
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.test.json'),
        compilerOptions,
        files: [broken, ...packages.flatMap(entryPoints)],
        include: [],
      }),
    );
    const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', config, '--listFiles'], {
      encoding: 'utf8',
      cwd: root,
    });
    const lines = stdout.split('\n');
    const errors = lines.filter((line) => line.includes('error TS') && !line.includes('node_modules'));
    expect(errors).toEqual([expect.stringContaining("Cannot find name 'Missing'")]);
    expect(lines.filter((line) => line.endsWith('/packages/core/dist/dsl/kstream.d.ts'))).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
