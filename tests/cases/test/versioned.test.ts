/** Tables computed from one that keeps history, with and without store options, answered by Kafka Streams. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'versioned.jsonl.gz'));

it('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(150);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});
