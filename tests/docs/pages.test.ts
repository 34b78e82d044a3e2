/** What the pages of docs/ show is code that runs: every block of a page stands, line for line, in the test of that page in tests/docs/pages. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const docs = new URL('../../docs/', import.meta.url);

/** Indentation aside. */
function linesOf(code: string): string {
  return code
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
const blocks = pages.flatMap((page) => {
  const text = readFileSync(new URL(page, docs), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({ page, number: index + 1, code: linesOf(code ?? '') }));
});

test('there are pages with code', () => {
  expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThan(8);
});

test.each(blocks)('$page, block $number', ({ page, code }) => {
  const file = new URL(`pages/${page.replace('.md', '.test.ts')}`, import.meta.url);
  expect(existsSync(file)).toBe(true);
  expect(linesOf(readFileSync(file, 'utf8'))).toContain(code);
});

test('every link between the pages leads to a file', () => {
  const broken = pages.flatMap((page) => {
    const text = readFileSync(new URL(page, docs), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? '');
    return targets.filter((target) => !existsSync(new URL(target, docs))).map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});
