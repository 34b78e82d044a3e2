/** A hundred made-up cases in the test driver and as applications on the real broker, in lock-step: the same bytes in every partition of every topic. */
import { kafka } from '@millrace/kafka';
import { caseFromJson } from '#cases/case';
import { expect, test } from 'vitest';
import { judgeOnCluster } from '../../agreement/src/cluster-trials.ts';
import { runDriven } from '../../agreement/src/driven-run.ts';
import { differences } from '../../agreement/src/history.ts';
import { openCluster, SteppedRun } from '../../agreement/src/stepped-run.ts';
import { Tally } from '../../agreement/src/tally.ts';
import type { Trial } from '../../agreement/src/trial.ts';
import { bootstrap, uniqueName } from '../support/broker.ts';

const factory = kafka({ brokers: bootstrap().split(',') });

test('driver and application write the same bytes for a hundred made-up cases', async () => {
  const tally = new Tally();
  const different: string[] = [];
  await judgeOnCluster(factory, { seed: 41, first: 0, enough: (_begun, compared) => compared >= 100 }, (number, verdict) => {
    tally.add(verdict);
    if (verdict.kind === 'different') different.push(`case ${number}: ${verdict.shown.join('\n  ')}`);
  });
  expect(different).toEqual([]);
  expect(tally.same).toBeGreaterThanOrEqual(100);
  expect(tally.points).toBeGreaterThan(1_000);
}, 300_000);

test('an application that does something else is noticed', async () => {
  const applicationId = uniqueName('case');
  const [input, output] = [`${applicationId}.in`, `${applicationId}.out`];
  const trial = (reducer: string): Trial => ({
    testCase: caseFromJson({
      id: 'kept',
      config: { store: 'rocksdb' },
      topology: [
        { id: 's', op: 'stream', topic: input },
        { id: 'g', op: 'groupByKey', in: 's' },
        { id: 'c', op: 'reduce', in: 'g', fn: reducer, mat: { name: 'S' } },
        { id: 't', op: 'toStream', in: 'c' },
        { op: 'to', in: 't', topic: output },
      ],
      inputs: [
        { t: input, k: 'a', v: 'x', ts: 1 },
        { t: input, k: 'a', v: 'y', ts: 2 },
      ],
      expect: {},
    }),
    applicationId,
    partitions: 2,
    commits: new Set([0, 1]),
  });
  const driven = await runDriven(trial('last'), undefined);
  if (driven.kind !== 'done') throw new Error('the driver stopped');
  const cluster = await openCluster(factory);
  const run = await SteppedRun.start(trial('first'), cluster, [output]);
  try {
    await run.step(0);
    await run.step(1);
    const found = differences({ ...driven.history, stores: {} }, await run.history());
    expect(found.map((text) => text.split(':')[0])).toEqual([`${output}-0`, `~${applicationId}-S-changelog-0`]);
  } finally {
    await run.close();
    await cluster.producer.close();
    await cluster.client.close();
  }
});
