/**
 * Generated cases of processors and what belongs to them, answered by Kafka Streams: topologies built by hand, global stores with processors of their own, stores that are a
 * topic's copy or are brought by their processors, schedules with a start, and tables in stores that forget timestamps.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'processors.jsonl.gz'));

it('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(200);
});

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});
