/** The comparisons as a function of their arguments, so that tests can call it. */
import { kafka } from '@millrace/kafka';
import { levelDbEngine } from '@millrace/state/leveldb';
import { rocksDbEngine } from '@millrace/state/rocksdb';
import type { Output } from '#cases/cli';
import { temporaryRoot, withEngine } from '#cases/engines';
import { UsageError } from '#cases/options';
import { onEmbeddedCluster } from './embedded-run.ts';
import { judgeLockStep } from './lock-step.ts';
import { oneDatabase } from './one-database.ts';
import { type AgreementOptions, optionsFrom, usage } from './options.ts';
import { judgeRestore } from './restore.ts';
import { judgeOnCluster } from './cluster-trials.ts';
import { madeUpTrial } from './trial.ts';
import { Tally } from './tally.ts';
import type { Verdict } from './verdict.ts';

type Take = (number: number, verdict: Verdict) => void;

/** Returns the exit status: 0 all agree, 1 some do not, 2 wrong usage. */
export async function runAgreement(args: readonly string[], output: Output): Promise<number> {
  let options: AgreementOptions | undefined;
  try {
    options = optionsFrom(args);
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) output.error(usage);
    return 2;
  }
  if (options === undefined) {
    output.out(usage);
    return 0;
  }
  const { comparison, count, engine, seed } = options;
  const tally = new Tally();
  await each(options, (number, verdict) => {
    tally.add(verdict);
    if (verdict.kind === 'different') output.out(`case ${number} of seed ${seed}: ${verdict.about}\n  ${verdict.shown.join('\n  ')}`);
    if (tally.judged % 200 === 0) output.error(`${tally.judged} of ${count} cases, ${tally.different} differ`);
  });
  for (const line of tally.reasons) output.error(line);
  const points = comparison === 'restore' ? 'crashes' : 'records piped';
  output.out(
    `${comparison}, seed ${seed}, ${count} cases on ${engine}: ${tally.same} agree (${tally.points} ${points}), ${tally.unfit} do not lend themselves to it, ${tally.different} differ`,
  );
  return tally.different === 0 ? 0 : 1;
}

async function each(options: AgreementOptions, take: Take): Promise<void> {
  const { brokers, comparison, count, first, seed } = options;
  if (comparison === 'restore') await eachRestore(options, take);
  else if (brokers !== undefined) await judgeOnCluster(kafka({ brokers }), { seed, first, enough: (judged) => judged >= count }, take);
  else {
    for (let number = first; number < first + count; number++) {
      const trial = madeUpTrial({ seed, logged: true, commitEach: true }, number);
      take(number, trial.kind === 'unfit' ? trial : await judgeLockStep(trial, onEmbeddedCluster));
    }
  }
}

async function eachRestore({ count, engine, first, seed }: AgreementOptions, take: Take): Promise<void> {
  const quick = engine === 'memory' ? undefined : oneDatabase(engine === 'rocksdb' ? rocksDbEngine : levelDbEngine, temporaryRoot());
  await withEngine(engine, async (users) => {
    for (let number = first; number < first + count; number++) {
      // Some run on the directories that applications have.
      const state = number % 10 === 0 ? users : quick;
      const logged = state === undefined || number % 2 === 0;
      const trial = madeUpTrial({ seed, logged, commitEach: false }, number);
      take(number, trial.kind === 'unfit' ? trial : await judgeRestore(trial, state, !logged));
    }
  });
}
