/** Generated cases of small record caches over every kind of store, answered by Kafka Streams: what is evicted decides what comes out, so each read must go through the cache as there. Some keep rows with headers. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { withEngine } from '../src/engines.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'caches.jsonl.gz'));

it('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(90);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});

it.each([
  ['rocksdb', 4],
  ['leveldb', 8],
] as const)('they pass with their stores on %s (one in %i)', { timeout: 120_000 }, async (engine, every) => {
  const failures: string[] = [];
  await withEngine(engine, async (state) => {
    for (const [at, testCase] of cases.entries()) if (at % every === 0) failures.push(showJudgement(await judge(testCase, state)));
  });
  expect(failures.join('')).toBe('');
});
