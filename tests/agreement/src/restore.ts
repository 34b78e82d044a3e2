/**
 * The law of restarts (design invariant I2): a topology whose tasks die and start again, from the changelogs alone or from the disk, leaves the same records in every partition of
 * every topic, and the same rows, as one that never stopped. That is so where what was not committed never reached the brokers. Where it did, at-least-once runs the record again over
 * what is in the changelogs already: then a topology without stores repeats records and neither loses nor changes one.
 */
import type { StateBackend } from '@millrace/state';
import type { CrashOptions } from '@millrace/testing';
import { type CrashPlan, runDriven } from './driven-run.ts';
import { fitting } from './fitting.ts';
import { differences, type History } from './history.ts';
import type { Trial } from './trial.ts';
import type { Verdict } from './verdict.ts';

/** `state` undefined: in memory, where a crash always loses the stores. `keptOnly`: never lose the disk, since some stores have no changelog. */
export async function judgeRestore(trial: Trial, state: StateBackend | undefined, keptOnly = false): Promise<Verdict> {
  const base = await fitting(trial, state);
  if (base === undefined) return { kind: 'unfit', why: 'the topology is refused, or its first input fails' };
  if (base.trial.commits.size === 0) return { kind: 'unfit', why: 'nothing is committed' };
  let crashes = 0;
  for (const plan of plansFor(state, keptOnly)) {
    // What is applied twice changes rows, and with them whatever comes after.
    if (plan.how.produced === 'kept' && base.history.hasStores) continue;
    const found = await tryPlan(base.trial, base.history, state, plan);
    crashes += base.trial.commits.size;
    if (found.length === 0) continue;
    return await narrowed(base.trial, base.history, state, plan, found);
  }
  return { kind: 'same', points: crashes };
}

const every = (): boolean => true;

function plansFor(state: StateBackend | undefined, keptOnly: boolean): readonly CrashPlan[] {
  const disks: readonly CrashOptions['state'][] = state?.durable !== true ? ['lost'] : keptOnly ? ['kept'] : ['kept', 'lost'];
  return disks.flatMap((disk) => [
    { when: 'commit', after: every, how: { produced: 'lost', state: disk } },
    { when: 'record', after: every, how: { produced: 'lost', state: disk } },
    { when: 'record', after: every, how: { produced: 'kept', state: disk } },
  ]);
}

async function tryPlan(trial: Trial, expected: History, state: StateBackend | undefined, plan: CrashPlan): Promise<readonly string[]> {
  try {
    const run = await runDriven(trial, state, plan);
    if (run.kind === 'done') return plan.how.produced === 'kept' ? lost(trial, expected, run.history) : differences(expected, run.history);
    return [`stopped at input ${run.stoppedAt}: ${run.error instanceof Error ? run.error.stack : String(run.error)}`];
  } catch (error) {
    return [`failed: ${error instanceof Error ? error.stack : String(error)}`];
  }
}

/** What is missing or made up in a history that may have repeats. */
function lost({ testCase }: Trial, expected: History, actual: History): readonly string[] {
  // Offsets of a repartition topic move with repeats, and some cases write them.
  if (JSON.stringify(testCase.topology).includes('"context"')) return [];
  const found: string[] = [];
  for (const [place, records] of expected.topics) {
    const repeated = actual.topics.get(place) ?? [];
    let at = 0;
    for (const record of repeated) if (record === records[at]) at++;
    if (at < records.length) found.push(`${place}: record ${at} is lost: ${records[at] ?? ''}`);
    const known = new Set(records);
    const strange = repeated.find((record) => !known.has(record));
    if (strange !== undefined) found.push(`${place}: no run without a crash writes ${strange}`);
  }
  return found;
}

/** The first commit that shows it alone, where there is one. */
async function narrowed(
  trial: Trial,
  expected: History,
  state: StateBackend | undefined,
  plan: CrashPlan,
  found: readonly string[],
): Promise<Verdict> {
  const about = `crash behind ${plan.when === 'commit' ? 'the commit' : 'the record after the commit'}, ${plan.how.produced === 'kept' ? 'what it wrote is kept, ' : ''}disk ${plan.how.state ?? ''}`;
  for (const commit of trial.commits) {
    const shown = await tryPlan(trial, expected, state, { ...plan, after: (input) => input === commit });
    if (shown.length > 0) return { kind: 'different', about: `${about}, commit behind input ${commit}`, shown };
  }
  return { kind: 'different', about: `${about}, at every commit`, shown: found };
}
