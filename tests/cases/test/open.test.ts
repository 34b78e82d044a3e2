/** Differences from the reference that are known and not mended. One that passes has been mended: it moves to the cases that must pass. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

it.each(readCases(join(import.meta.dirname, '..', 'open.jsonl')))('$id still differs', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).not.toBe('');
});
