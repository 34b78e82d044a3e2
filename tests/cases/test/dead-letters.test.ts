/** Cases in which functions throw and bytes cannot be decoded, with a dead letter topic, answered by Kafka Streams: every operator that runs a function, in caches and without. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'dead-letters.jsonl.gz'));

it('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(100);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});
