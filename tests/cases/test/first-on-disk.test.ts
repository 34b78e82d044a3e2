/** The first cases that have stores give the same results with the stores on durable engines. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { withEngine } from '../src/engines.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'first.jsonl.gz'));
const withStores = cases.filter(({ expect: { stores } }) => Object.keys(stores ?? {}).length > 0);

it.each(['rocksdb', 'leveldb'] as const)('the first cases pass with their stores on %s', { timeout: 120_000 }, async (engine) => {
  expect(withStores).toHaveLength(144);
  const failures: string[] = [];
  await withEngine(engine, async (state) => {
    for (const testCase of withStores) failures.push(showJudgement(await judge(testCase, state)));
  });
  expect(failures.join('')).toBe('');
});
