import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { UnitTestSetup } from './src/unit-tests.ts';

// As the project's own configuration, with instrumented modules in place of their sources.
const conditions = ['@millrace/source', 'module', 'node', 'import', 'default'];
const root = join(import.meta.dirname, '..', '..');
// Written by the tool that runs this.
const { modules } = JSON.parse(readFileSync(join(process.env['MILLRACE_FAULTS'] ?? '', 'setup.json'), 'utf8')) as UnitTestSetup;

export default defineConfig({
  plugins: [
    {
      name: 'faults',
      enforce: 'pre',
      load: (id) => modules[relative(root, id.split('?')[0] ?? id)],
    },
  ],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    root,
    include: ['packages/*/test/**/*.test.ts', 'tests/cases/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    setupFiles: [join(import.meta.dirname, 'src', 'unit-test-setup.ts')],
    testTimeout: 60_000,
    // A fault that loops for ever ends with the process that holds the threads.
    pool: 'threads',
    maxWorkers: 1,
  },
});
