/** The command line: what it prints last, what it says of a failure, and its exit status. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCases } from '../src/cli.ts';
import { usage } from '../src/options.ts';

const describeText =
  'Topologies:\n   Sub-topology: 0\n    Source: KSTREAM-SOURCE-0000000000 (topics: [in])\n      --> KSTREAM-SINK-0000000001\n    Sink: KSTREAM-SINK-0000000001 (topic: out)\n      <-- KSTREAM-SOURCE-0000000000\n\n';

const passing = {
  id: 'a/passes',
  topology: [
    { id: 's', op: 'stream', topic: 'in' },
    { op: 'to', in: 's', topic: 'out' },
  ],
  inputs: [{ t: 'in', k: 'k', v: '1', ts: 5 }],
  expect: { steps: [[{ t: 'out', k: 'k', v: '1', ts: 5 }]], stores: {}, dropped: 0, describe: describeText },
};
const failing = {
  ...passing,
  id: 'a/fails',
  about: 'Its value is wrong.',
  expect: { ...passing.expect, steps: [[{ t: 'out', k: 'k', v: '2', ts: 5 }]] },
};
const accident = { ...failing, id: 'a/accident', tags: ['accident'] };
const luckyAccident = { ...passing, id: 'a/lucky', tags: ['accident'] };
const broken = { ...passing, id: 'a/broken', topology: [{ id: 's', op: 'steam', topic: 'in' }] };

let directory = '';
const path = (name: string): string => join(directory, name);
const lines = (...cases: readonly object[]): string => cases.map((testCase) => `${JSON.stringify(testCase)}\n`).join('');

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  writeFileSync(path('good.jsonl'), lines(passing));
  writeFileSync(path('all.jsonl.gz'), gzipSync(lines(passing, failing, accident, luckyAccident, broken)));
  writeFileSync(path('ids.txt'), '# the good ones\na/passes\n\na/lucky\na/elsewhere\n');
  writeFileSync(path('none.txt'), 'a/nowhere\n');
  writeFileSync(path('torn.jsonl'), `${lines(passing)}{"id": "a/torn"`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const error: string[] = [];
  const status = await runCases(args, { out: (text) => out.push(text), error: (text) => error.push(text) });
  return { status, out: out.join('\n'), error: error.join('\n'), last: out.join('\n').split('\n').at(-1) };
}

describe('the case runner', () => {
  it('ends with how many passed and failed', async () => {
    expect(await run(path('good.jsonl'))).toEqual({ status: 0, out: '1 passed, 0 failed', error: '', last: '1 passed, 0 failed' });
  });

  it('shows what differs and what it cannot run', async () => {
    const { last, out, status } = await run(path('all.jsonl.gz'));
    expect(status).toBe(1);
    expect(last).toBe('2 passed, 2 failed');
    expect(out).toContain(
      'FAILED a/fails: Its value is wrong.\n  steps\n    input 0\n    - {"t":"out","k":"k","v":"2","ts":5}\n    + {"t":"out","k":"k","v":"1","ts":5}',
    );
    expect(out).toContain('FAILED a/broken: unknown operator steam');
    expect(out).toContain('ACCIDENT a/accident');
    expect(out).toContain('1 cases tagged accident came out differently, as they may: counted neither as passed nor as failed');
  });

  it('runs only listed cases', async () => {
    const { error, last, status } = await run('--only', path('ids.txt'), path('all.jsonl.gz'));
    expect([status, last]).toEqual([0, '2 passed, 0 failed']);
    expect(error).toMatch(/^1 of the 3 cases that .*ids\.txt lists are not in these files\.$/);
  });

  it.each(['rocksdb', 'leveldb'])('runs on %s', async (engine) => {
    expect(await run('--engine', engine, path('good.jsonl'))).toMatchObject({ status: 0, last: '1 passed, 0 failed' });
  });

  it('prints JSON on demand', async () => {
    const { out, status } = await run('--json', path('all.jsonl.gz'));
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      passed: 2,
      failed: 2,
      accidents: 1,
      engine: 'memory',
      cases: [
        { id: 'a/passes', verdict: { kind: 'passed' } },
        { id: 'a/fails', verdict: { kind: 'difference', differences: [{ part: 'steps' }] } },
        {},
        {},
        {},
      ],
    });
  });

  it('prints its usage', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, out: usage });
  });

  it.each<[args: readonly string[], error: RegExp]>([
    [[], /No case files were given/],
    [['--engine', 'paper', 'x'], /There is no engine paper: choose one of memory, rocksdb, leveldb/],
    [['--sideways'], /--sideways/],
    [['/does/not/exist.jsonl'], /ENOENT/],
  ])('refuses %j', async (args, error) => {
    const result = await run(...args);
    expect(result).toMatchObject({ status: 2, out: '' });
    expect(result.error).toMatch(error);
  });

  it('names file and line of what is no case', async () => {
    expect(await run(path('torn.jsonl'))).toMatchObject({ status: 2, error: expect.stringMatching(/torn\.jsonl:2: not a case/) as string });
  });

  it('refuses a list of which it has nothing', async () => {
    expect(await run('--only', path('none.txt'), path('good.jsonl'))).toMatchObject({
      status: 2,
      error: expect.stringMatching(/^None of the cases/) as string,
    });
  });
});
