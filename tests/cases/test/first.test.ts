/** The first 285 cases give the reference's results: in memory, and those with stores on both durable engines. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCases } from '../src/case-file.ts';
import { withEngine } from '../src/engines.ts';
import { judge } from '../src/judge.ts';
import { showJudgement } from '../src/report.ts';

const cases = readCases(join(import.meta.dirname, '..', 'first.jsonl.gz'));
const withStores = cases.filter(({ expect: { stores } }) => Object.keys(stores ?? {}).length > 0);

describe('the first cases', () => {
  it('are all there', () => {
    expect(cases).toHaveLength(285);
    expect(withStores).toHaveLength(144);
  });

  it.each(cases)('$id', async (testCase) => {
    expect(showJudgement(await judge(testCase, undefined))).toBe('');
  });

  it.each(['rocksdb', 'leveldb'] as const)('give the same with their stores on %s', { timeout: 120_000 }, async (engine) => {
    const failures: string[] = [];
    await withEngine(engine, async (state) => {
      for (const testCase of withStores) failures.push(showJudgement(await judge(testCase, state)));
    });
    expect(failures.join('')).toBe('');
  });
});
