/** The first 285 cases give the reference's results. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'first.jsonl.gz'));

it('all cases are there', () => {
  expect(cases).toHaveLength(285);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});
