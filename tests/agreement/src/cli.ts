/** The comparisons as a function of their arguments, so that tests can call it. */
import type { Output } from '#cases/cli';
import { temporaryRoot, withEngine } from '#cases/engines';
import { levelDbEngine } from '@millrace/state/leveldb';
import { rocksDbEngine } from '@millrace/state/rocksdb';
import { UsageError } from '#cases/options';
import { judgeLockStep } from './lock-step.ts';
import { oneDatabase } from './one-database.ts';
import { type AgreementOptions, optionsFrom, usage } from './options.ts';
import { judgeRestore } from './restore.ts';
import { madeUpTrial } from './trial.ts';
import type { Verdict } from './verdict.ts';

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
  const { comparison, count, engine, first, seed } = options;
  const counts = { same: 0, unfit: 0, different: 0 };
  let compared = 0;
  await each(options, (number, verdict) => {
    counts[verdict.kind]++;
    if (verdict.kind === 'same') compared += verdict.points;
    if (verdict.kind === 'different') output.out(`case ${number} of seed ${seed}: ${verdict.about}\n  ${verdict.shown.join('\n  ')}`);
    if ((number + 1 - first) % 200 === 0) output.error(`${number + 1 - first} of ${count} cases, ${counts.different} differ`);
  });
  const points = comparison === 'restore' ? 'crashes' : 'records piped';
  output.out(
    `${comparison}, seed ${seed}, ${count} cases on ${engine}: ${counts.same} agree (${compared} ${points}), ${counts.unfit} do not lend themselves to it, ${counts.different} differ`,
  );
  return counts.different === 0 ? 0 : 1;
}

async function each(
  { comparison, count, engine, first, seed }: AgreementOptions,
  take: (number: number, verdict: Verdict) => void,
): Promise<void> {
  const quick = engine === 'memory' ? undefined : oneDatabase(engine === 'rocksdb' ? rocksDbEngine : levelDbEngine, temporaryRoot());
  await withEngine(engine, async (users) => {
    for (let number = first; number < first + count; number++) {
      // Some run on the directories that applications have.
      const state = number % 10 === 0 ? users : quick;
      const logged = comparison === 'lock-step' || state === undefined || number % 2 === 0;
      const trial = madeUpTrial({ seed, logged, commitEach: comparison === 'lock-step' }, number);
      if (trial === undefined) take(number, { kind: 'unfit' });
      else take(number, comparison === 'restore' ? await judgeRestore(trial, state, !logged) : await judgeLockStep(trial));
    }
  });
}
