/** Cuts a trial before the input that it fails at: failures are judged elsewhere, and what comes before them is compared. */
import type { StateBackend } from '@millrace/state';
import { type DrivenRun, runDriven, type TopicSizes } from './driven-run.ts';
import type { History } from './history.ts';
import type { Trial } from './trial.ts';

/** The trial up to where it fails, if it does, and what it leaves. */
export async function fitting(
  trial: Trial,
  state: StateBackend | undefined,
): Promise<{ readonly trial: Trial; readonly history: History; readonly ends: readonly TopicSizes[] } | undefined> {
  let fits = trial;
  for (;;) {
    let run: DrivenRun;
    try {
      run = await runDriven(fits, state);
    } catch {
      // Cases of topologies that are refused are made up on purpose; that they are refused is judged elsewhere.
      return undefined;
    }
    if (run.kind === 'done') return { trial: fits, history: run.history, ends: run.ends };
    fits = shortened(fits, Math.min(run.stoppedAt, fits.testCase.inputs.length - 1));
    if (fits.testCase.inputs.length === 0) return undefined;
  }
}

/** The trial with its first inputs. */
export function shortened(trial: Trial, length: number): Trial {
  const inputs = trial.testCase.inputs.slice(0, length);
  return { ...trial, testCase: { ...trial.testCase, inputs }, commits: new Set([...trial.commits].filter((index) => index < length)) };
}
