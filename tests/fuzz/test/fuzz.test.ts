/** The fuzzer from command line to exit status, with an oracle that knows Millrace's own answers, one of them changed. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caseFromJson } from '#cases/case';
import type { JsonObject } from '#cases/json';
import { runCase } from '#cases/run-case';
import { runFuzz } from '../src/cli.ts';
import { featuresFrom } from '../src/features.ts';
import { generateCase } from '../src/generator/generate.ts';
import { plainText } from '../src/plain-text.ts';

/** Reads cases and writes those whose ids it knows, as the real one does; `--ties` changes the answer of one. */
const oracle = (answers: string): string => `#!${process.execPath}
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const answers = JSON.parse(readFileSync(${JSON.stringify(answers)}, 'utf8'));
createInterface({ input: process.stdin }).on('line', (line) => {
  const testCase = JSON.parse(line);
  const expect = testCase.id === '~last' ? {} : answers[testCase.id];
  if (expect === undefined) return process.stderr.write(testCase.id + ' is not known');
  if (process.argv[2] === '--ties' && expect.tie) expect.dropped = process.argv[3];
  process.stdout.write(JSON.stringify({ ...testCase, expect }) + '\\n');
});
`;

const features = featuresFrom(['only-types', 'only-nulls', 'only-table-joins', 'only-windows', 'no-types']);
const words = ['only-types', 'only-nulls', 'only-table-joins', 'only-windows', 'no-types'].flatMap((word) => ['--feature', word]);
const answers = new Map<string, JsonObject>();
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'));
  for (let number = 0; number < 60; number++) {
    const made = generateCase({ seed: 4, persistent: 0.5, features }, number);
    const { error, ...outcome } = await runCase(caseFromJson({ ...made, expect: {} }), undefined);
    // An outcome is an expectation, and what is absent is not written.
    const expected = JSON.parse(JSON.stringify(error === undefined ? outcome : { ...outcome, error })) as JsonObject;
    answers.set(plainText(made['id']), expected);
  }
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function run(
  known: ReadonlyMap<string, JsonObject>,
  ...args: readonly string[]
): Promise<{ status: number; out: string; error: string }> {
  const path = join(directory, 'answers.json');
  const command = join(directory, 'oracle');
  writeFileSync(path, JSON.stringify(Object.fromEntries(known)));
  writeFileSync(command, oracle(path));
  chmodSync(command, 0o755);
  const [out, error]: [string[], string[]] = [[], []];
  const status = await runFuzz(['--oracle', command, '--seed', '4', '--count', '60', ...words, ...args], {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { status, out: out.join('\n'), error: error.join('\n') };
}

/** The first case that runs to its end, with one dropped record more. */
function changed(more: JsonObject = {}): { readonly id: string; readonly known: ReadonlyMap<string, JsonObject> } {
  for (const [id, answer] of answers) {
    if (typeof answer['dropped'] === 'number')
      return { id, known: new Map([...answers, [id, { ...answer, dropped: answer['dropped'] + 1, ...more }]]) };
  }
  throw new Error('No case runs to its end.');
}

it('says how many cases were compared, and what was in them', async () => {
  const { out, status } = await run(answers);
  expect(status, out).toBe(0);
  expect(out).toContain('seed 4, 60 cases on memory: 60 compared');
  expect(out).toMatch(/0 differences$/);
  expect(out).toMatch(/^ +[0-9]+ {2}window time$/m);
});

it('prints and keeps a difference', async () => {
  const { id, known } = changed();
  const keep = join(directory, 'kept.jsonl');
  const { out, status } = await run(known, '--keep', keep);
  expect(status).toBe(1);
  expect(out).toContain(`FAILED ${id}\n  dropped`);
  expect(out).toMatch(/1 differences$/);
  // The oracle knows no smaller case, so this one is as small as it gets.
  expect(readFileSync(keep, 'utf8')).toBe(
    `${JSON.stringify({ ...generateCase({ seed: 4, persistent: 0.5, features }, Number(id.split('-')[1])), expect: known.get(id) })}\n`,
  );
});

it('sets aside what rests on equal timestamps, if asked', async () => {
  const { known } = changed({ tie: true });
  expect((await run(known)).status).toBe(1);
  const { out, status } = await run(known, '--ties');
  expect(status).toBe(0);
  expect(out).toContain('1 that rest on equal timestamps');
});

it('a case that the oracle refuses is named', async () => {
  const [id] = answers.keys();
  const { out, status } = await run(new Map([...answers].slice(1)));
  expect(status).toBe(1);
  expect(out).toContain(`malformed: ${id ?? ''}\n`);
});

it('the result as JSON', async () => {
  const { out } = await run(answers, '--json');
  expect(JSON.parse(out)).toMatchObject({ seed: 4, count: 60, counts: { passed: 60, difference: 0 }, findings: [] });
});

it('an oracle that is not there is said, and so is a wrong option', async () => {
  const none = { out: () => {}, error: () => {} };
  expect(await runFuzz(['--oracle', join(directory, 'nothing')], none)).toBe(2);
  expect(await runFuzz([], none)).toBe(2);
  expect(await runFuzz(['--oracle', 'x', '--feature', 'none-such'], none)).toBe(2);
  expect(await runFuzz(['--oracle', 'x', '--persistent', '2'], none)).toBe(2);
  expect(await runFuzz(['--oracle', 'x', '--config', '[1]'], none)).toBe(2);
  expect(await runFuzz(['--oracle', 'x', '--config', '{'], none)).toBe(2);
  expect(existsSync(join(directory, 'nothing'))).toBe(false);
});
