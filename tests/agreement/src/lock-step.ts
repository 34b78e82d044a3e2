/**
 * The law of drivers (design): one record at a time, with quiescence and a commit before the next one, the truthful test driver and the application on a cluster write the same bytes
 * into every partition of every topic.
 */
import { runDriven } from './driven-run.ts';
import { EmbeddedRun } from './embedded-run.ts';
import { fitting } from './fitting.ts';
import { differences, type History } from './history.ts';
import { joinsOwnAncestry } from './shared-ancestry.ts';
import type { Trial } from './trial.ts';
import type { Verdict } from './verdict.ts';

export async function judgeLockStep(trial: Trial): Promise<Verdict> {
  const base = await fitting(trial, undefined);
  if (base === undefined || JSON.stringify(trial.testCase.topology).includes('"context"')) return { kind: 'unfit' };
  if (joinsOwnAncestry(trial.testCase.topology) || (await restsOnTaskOrder(base.trial, base.history))) return { kind: 'unfit' };
  const shown = await compare(base.trial, base.history, base.ends);
  if (shown.length > 0) return { kind: 'different', about: `driver and application, ${trial.partitions} partitions`, shown };
  return { kind: 'same', points: base.trial.testCase.inputs.length };
}

/** One record may wake several tasks, and nobody on a cluster says which of them goes first. */
async function restsOnTaskOrder(trial: Trial, history: History): Promise<boolean> {
  const other = await runDriven(trial, undefined, undefined, 'descending');
  return other.kind === 'stopped' || differences(history, other.history).length > 0;
}

async function compare(trial: Trial, expected: History, ends: readonly ReadonlyMap<string, number>[]): Promise<readonly string[]> {
  let run: EmbeddedRun | undefined;
  try {
    run = await EmbeddedRun.start(trial, outputsOf(ends));
    for (const [index, sizes] of ends.entries()) await run.step(index, sizes);
    return differences({ ...expected, stores: {} }, await run.history());
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    await run?.close();
  }
}

function outputsOf(ends: readonly ReadonlyMap<string, number>[]): readonly string[] {
  return [...(ends.at(-1)?.keys() ?? [])].filter((name) => !name.startsWith('case-'));
}
