/** What may notice a fault without a test runner: recorded cases, and made-up ones with restarts. Imported only where instrumented modules come in place of the built ones. */
import type { StateBackend } from '@millrace/state';
import { rocksdb } from '@millrace/state/rocksdb';
import { judgeRestore } from '#agreement/restore';
import { madeUpTrial } from '#agreement/trial';
import type { Case } from '#cases/case';
import { readCases } from '#cases/case-file';
import { sharing } from '#cases/engines';
import { judge } from '#cases/judge';
import { applicationId } from '#cases/outputs';
import type { TrialKind } from './messages.ts';

export interface Trial {
  readonly id: string;
  /** How it came out; anything but `passed` notices. */
  readonly run: () => Promise<string>;
}

/** Any will do. */
const restartSeed = 5;
const restarts = 150;
/** On a disk every third case runs: each takes several times as long there. */
const diskStep = 3;

/** `directory`: empty, for this process alone. */
export async function openTrials(kind: TrialKind, files: readonly string[], directory: string): Promise<readonly Trial[]> {
  if (kind === 'restart') return Array.from({ length: restarts }, (_, number) => restartTrial(number));
  const cases = files.flatMap(readCases);
  if (kind === 'case') return cases.map((testCase) => caseTrial(testCase, undefined));
  const backend = rocksdb({ directory });
  const disk = sharing(backend, await backend.open({ applicationId, now: () => 0 }));
  return cases.filter((_, index) => index % diskStep === 0).map((testCase) => caseTrial(testCase, disk));
}

function caseTrial(testCase: Case, state: StateBackend | undefined): Trial {
  return { id: testCase.id, run: async () => (await judge(testCase, state)).verdict.kind };
}

function restartTrial(number: number): Trial {
  const run = async (): Promise<string> => {
    const trial = madeUpTrial({ seed: restartSeed, logged: true, commitEach: false }, number);
    const verdict = trial.kind === 'unfit' ? trial : await judgeRestore(trial, undefined);
    return verdict.kind === 'same' ? 'passed' : verdict.kind;
  };
  return { id: `restart ${number} of seed ${restartSeed}`, run };
}
