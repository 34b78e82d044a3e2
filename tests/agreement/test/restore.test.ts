/** A bounded number of made-up cases with crashes behind every commit, and the cases that were found to differ. */
import { describe, expect, it } from 'vitest';
import { caseFromJson } from '#cases/case';
import { withEngine } from '#cases/engines';
import type { JsonObject } from '#cases/json';
import { runAgreement } from '../src/cli.ts';
import { runDriven } from '../src/driven-run.ts';
import { differences } from '../src/history.ts';
import { judgeRestore } from '../src/restore.ts';
import type { Trial } from '../src/trial.ts';

function trial(topology: readonly JsonObject[], inputs: readonly JsonObject[], config: JsonObject = { store: 'rocksdb' }): Trial {
  const testCase = caseFromJson({ id: 'kept', config, topology, inputs, expect: {} });
  return { testCase, applicationId: 'case', partitions: 1, commits: new Set(inputs.keys()) };
}

const at = (ts: number, t: string, k: string, v: string | null): JsonObject => ({ t, k, v, ts });

describe('restore equivalence', () => {
  it.each([11, 12, 13])('holds for made-up cases of seed %i', async (seed) => {
    const said: string[] = [];
    const status = await runAgreement(['restore', '--seed', `${seed}`, '--count', '40'], {
      out: (text) => said.push(text),
      error: () => {},
    });
    expect(said.join('\n')).toMatch(/ 0 differ$/);
    expect(said.at(-1)).toMatch(/(2[0-9]|3[0-9]|40) agree/);
    expect(status).toBe(0);
  });

  it('holds on a disk that is kept and on one that is lost', async () => {
    const said: string[] = [];
    await runAgreement(['restore', '--seed', '14', '--count', '4', '--engine', 'leveldb'], {
      out: (text) => said.push(text),
      error: () => {},
    });
    expect(said.join('\n')).toMatch(/ 0 differ$/);
  }, 120_000);

  it('does not fire a stream-time punctuation again', async () => {
    const sums = trial(
      [
        { id: 's', op: 'stream', topic: 'in' },
        { op: 'store', name: 'P', value: 'i64' },
        { id: 'p', op: 'process', in: 's', processor: { name: 'sum', store: 'P', everyMs: 10, time: 'stream', mark: true }, stores: ['P'] },
        { op: 'to', in: 'p', topic: 'out' },
      ],
      [at(3, 'in', 'a', '1'), at(4, 'in', 'a', '2'), at(10, 'in', 'b', '3'), at(10, 'in', 'b', '4'), at(27, 'in', 'a', '5')],
    );
    expect(await judgeRestore(sums, undefined)).toMatchObject({ kind: 'same' });
  });

  it('does not let a record without a value, which stands in the changelog of a join alone, move the time of its store', async () => {
    const join = trial(
      [
        { id: 'l', op: 'stream', topic: 'left' },
        { id: 'r', op: 'stream', topic: 'right' },
        { id: 'j', op: 'ssJoin', in: 'l', right: 'r', kind: 'inner', joiner: 'concat', diff: 100, grace: 0 },
        { op: 'to', in: 'j', topic: 'out' },
      ],
      [at(1_000, 'left', 'a', 'x'), at(5_000, 'left', 'b', null), at(1_050, 'right', 'a', 'y')],
    );
    expect(await judgeRestore(join, undefined)).toMatchObject({ kind: 'same' });
    const run = await runDriven(join, undefined);
    expect(run.kind === 'done' ? run.history.topics.get('out-0') : run).toEqual(['"a" → "x+y" @1050']);
  });

  it('reads the topic of a global table again where its rows are in memory alone', async () => {
    const global = trial(
      [
        { id: 's', op: 'stream', topic: 'in' },
        { id: 'g', op: 'globalTable', topic: 'global', mat: { name: 'S', supplier: 'lru', maxEntries: 10 } },
        { id: 'j', op: 'gtJoin', in: 's', right: 'g', kind: 'left', by: 'key' },
        { op: 'to', in: 'j', topic: 'out' },
      ],
      [at(1, 'global', 'a', 'x'), at(2, 'in', 'a', '1'), at(3, 'global', 'b', 'y'), at(4, 'in', 'a', '2')],
    );
    await withEngine('rocksdb', async (state) => {
      expect(await judgeRestore(global, state)).toMatchObject({ kind: 'same' });
    });
  });

  it('notices what differs', async () => {
    const counts = (value: string): Trial =>
      trial(
        [
          { id: 's', op: 'stream', topic: 'in' },
          { id: 'g', op: 'groupByKey', in: 's' },
          { id: 'c', op: 'reduce', in: 'g', fn: 'last', mat: { name: 'S' } },
          { id: 't', op: 'toStream', in: 'c' },
          { op: 'to', in: 't', topic: 'out' },
        ],
        [at(1, 'in', 'a', value)],
      );
    const [one, other] = await Promise.all([runDriven(counts('x'), undefined), runDriven(counts('y'), undefined)]);
    if (one.kind !== 'done' || other.kind !== 'done') throw new Error('a run stopped');
    expect(differences(one.history, other.history).map((text) => text.split(':')[0])).toEqual([
      'out-0',
      '~case-S-changelog-0',
      'store S-0',
    ]);
    expect(differences(one.history, one.history)).toEqual([]);
  });
});
