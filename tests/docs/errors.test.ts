/** docs/errors.md lists every code that the sources throw, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function codesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, code]) => code ?? '');
}

test('every error code stands on the page once, with cause and remedy', () => {
  const thrown = new Set<string>();
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const file of readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      for (const code of codesIn(readFileSync(join(root, 'packages', name, 'src', file), 'utf8'), /'(MR_[A-Z_]+)'/g)) thrown.add(code);
    }
  }

  const documented = codesIn(readFileSync(join(root, 'docs', 'errors.md'), 'utf8'), /^\| `(MR_[A-Z_]+)` \| [^|]+ \| [^|]+ \|$/gm);

  expect([...documented].sort()).toEqual([...thrown].sort());
});
