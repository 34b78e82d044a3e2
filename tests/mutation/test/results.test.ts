/** What was tried is not tried again, and a fault that changes nothing is known by its line, wherever that is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Fault, keyOf } from '../src/faults.ts';
import { readEquivalents, readResults, resultOf, writeResult } from '../src/results.ts';

const fault: Fault = {
  start: 4,
  end: 9,
  replacement: '(a) <= (b)',
  fault: '< to <=',
  of: 'expression',
  atLoad: false,
  module: 'dist/x.js',
  source: 'src/x.ts',
  line: 3,
  text: 'return a < b;',
  original: 'a < b',
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-results-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

it('the last result of a fault holds', () => {
  const path = join(directory, 'out.jsonl');
  expect(readResults(path).size).toBe(0);
  writeResult(path, resultOf(fault, 'unnoticed', undefined));
  writeResult(path, resultOf(fault, 'noticed', 'a case'));
  expect([...readResults(path).values()]).toEqual([expect.objectContaining({ state: 'noticed', by: 'a case', place: 'src/x.ts:3' })]);
});

it('a fault that changes nothing is known though its line has moved', () => {
  const path = join(directory, 'equivalent.jsonl');
  const { original, replacement, source, text } = fault;
  writeFileSync(path, `${JSON.stringify({ source, text, fault: fault.fault, original, replacement, reason: 'they are never equal' })}\n`);
  const known = readEquivalents(path);
  expect(known.has(keyOf({ ...fault, line: 30, start: 99 }))).toBe(true);
  expect(known.has(keyOf({ ...fault, text: 'return a < b + 1;' }))).toBe(false);
});
