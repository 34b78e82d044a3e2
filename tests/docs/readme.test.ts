/** What the README shows is code that compiles and runs: the files of tests/docs/readme, letter for letter. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/^```ts\n(\/\/ (\S+)\n.*?)^```$/gms)].map(([, code, name]) => ({ name: name ?? '', code }));

test('shows topology, application and test', () => {
  expect(snippets.map(({ name }) => name)).toEqual(['topology.ts', 'app.ts', 'topology.test.ts']);
});

test.each(snippets)('$name is the file that compiles', ({ name, code }) => {
  expect(code).toBe(readFileSync(new URL(`readme/${name}`, import.meta.url), 'utf8'));
});
