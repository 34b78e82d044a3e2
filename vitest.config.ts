import { defineConfig } from 'vitest/config';

// Sources run as they are: every package's exports map has a `@millrace/source` condition for its TypeScript.
const conditions = ['@millrace/source', 'module', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/broker/**'],
    testTimeout: 30_000,
  },
});
