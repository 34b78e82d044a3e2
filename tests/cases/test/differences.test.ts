/** Where Millrace deliberately does otherwise than Kafka Streams: the expectations are its own. docs/differences.md says why, and names each case. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'differences.jsonl'));
const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'differences.md'), 'utf8');

it.each(cases)('$id', async (testCase) => {
  expect(showJudgement(await judge(testCase, undefined))).toBe('');
});

it.each(cases)('$id has its place on the page', ({ id }) => {
  expect(page).toContain(`\`${id}\``);
});
