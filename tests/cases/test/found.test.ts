/** Minimal cases of what the fuzzer found (tests/fuzz) and single questions, answered by Kafka Streams: each says in `about` what it shows. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { withEngine } from '../src/engines.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'found.jsonl'));

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});

it('they pass with their stores on RocksDB', { timeout: 120_000 }, async () => {
  const failures: string[] = [];
  await withEngine('rocksdb', async (state) => {
    for (const testCase of cases) failures.push(showJudgement(await judge(testCase, state)));
  });
  expect(failures.join('')).toBe('');
  expect(failures.length).toBeGreaterThan(0);
});
