/** A bounded number of made-up cases in the test driver and on the embedded cluster, in lock-step. */
import { describe, expect, it } from 'vitest';
import { caseFromJson } from '#cases/case';
import { runAgreement } from '../src/cli.ts';
import { runDriven } from '../src/driven-run.ts';
import { EmbeddedRun } from '../src/embedded-run.ts';
import { differences } from '../src/history.ts';
import type { Trial } from '../src/trial.ts';

describe('driver and application in lock-step', () => {
  it.each([31, 32])('write the same bytes for made-up cases of seed %i', async (seed) => {
    const said: string[] = [];
    const status = await runAgreement(['lock-step', '--seed', `${seed}`, '--count', '25'], {
      out: (text) => said.push(text),
      error: () => {},
    });
    expect(said.join('\n')).toMatch(/ 0 differ$/);
    expect(said.at(-1)).toMatch(/(1[3-9]|2[0-5]) agree/);
    expect(status).toBe(0);
  });

  it('show an application that does something else', async () => {
    const trial = (joiner: string): Trial => ({
      testCase: caseFromJson({
        id: 'kept',
        config: { store: 'rocksdb' },
        topology: [
          { id: 's', op: 'stream', topic: 'in' },
          { id: 'g', op: 'groupByKey', in: 's' },
          { id: 'c', op: 'reduce', in: 'g', fn: joiner, mat: { name: 'S' } },
          { id: 't', op: 'toStream', in: 'c' },
          { op: 'to', in: 't', topic: 'out' },
        ],
        inputs: [
          { t: 'in', k: 'a', v: 'x', ts: 1 },
          { t: 'in', k: 'a', v: 'y', ts: 2 },
        ],
        expect: {},
      }),
      applicationId: 'case',
      partitions: 1,
      commits: new Set([0, 1]),
    });
    const driven = await runDriven(trial('last'), undefined);
    if (driven.kind !== 'done') throw new Error('the driver stopped');
    const run = await EmbeddedRun.start(trial('first'), ['out']);
    try {
      for (const [index, ends] of driven.ends.entries()) await run.step(index, ends);
      expect(differences({ ...driven.history, stores: {} }, await run.history()).map((text) => text.split(':')[0])).toEqual([
        'out-0',
        '~case-S-changelog-0',
      ]);
    } finally {
      await run.close();
    }
  });
});
