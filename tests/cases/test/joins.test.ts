/** Joins that made-up topologies found to differ once, answered by Kafka Streams. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'joins.jsonl.gz'));

it('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(50);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});
