/** Generated cases of windows, sessions and cogroups, answered by Kafka Streams: some of every combination of window, operator, emission and kind of store. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'windows.jsonl.gz'));

it('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(200);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});
