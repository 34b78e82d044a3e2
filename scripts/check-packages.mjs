// Packs every public package as npm would publish it and has publint and attw look at the result: exports, types, files.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'));
let failures = 0;

function check(name, title, program, args, cwd) {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (result.status === 0) return result;
  failures++;
  console.log(`${name}: ${title} failed\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  return undefined;
}

for (const directory of readdirSync(join(root, 'packages'))) {
  const path = join(root, 'packages', directory);
  const { name } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const packed = check(
    name,
    'pack',
    'npm',
    ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', 'pack', '--pack-destination', folder],
    path,
  );
  if (packed === undefined) continue;
  const tarball = packed.stdout.trim().split('\n').at(-1);
  const file = tarball.startsWith('/') ? tarball : join(folder, tarball);
  check(name, 'publint', bin('publint'), [file, '--strict'], root);
  // ESM only: CommonJS consumers use `require(esm)`, which Node has from 20.19 on.
  check(name, 'attw', bin('attw'), [file, '--profile', 'esm-only', '--no-emoji'], root);
  console.log(`${name}: ok`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(failures === 0 ? 0 : 1);
