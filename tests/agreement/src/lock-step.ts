/**
 * The law of drivers (design): one record at a time, with quiescence and a commit before the next one, the truthful test driver and the application on a cluster write the same bytes
 * into every partition of every topic.
 */
import { runDriven, type TopicSizes } from './driven-run.ts';
import { fitting } from './fitting.ts';
import { differences, type History } from './history.ts';
import { joinsOwnAncestry } from './shared-ancestry.ts';
import { topicsRefused } from './surroundings.ts';
import type { Trial } from './trial.ts';
import type { Verdict } from './verdict.ts';

/** The application of a trial on some cluster. */
export interface ApplicationRun {
  /** Takes one input through, commit included. `ends`: how many records the driver has in each topic afterwards. @throws what the application fails with */
  step(index: number, ends: TopicSizes): Promise<void>;
  history(): Promise<History>;
  close(): Promise<void>;
}

export interface Application {
  /** Whether its wall clock stands still between inputs, as the driver's does. */
  readonly wallClockStands: boolean;
  /** `outputs`: topics that the driver wrote. */
  start(trial: Trial, outputs: readonly string[]): Promise<ApplicationRun>;
}

export async function judgeLockStep(trial: Trial, application: Application): Promise<Verdict> {
  const base = await fitting(trial, undefined);
  if (base === undefined) return { kind: 'unfit', why: 'the topology is refused, or its first input fails' };
  const { topology } = trial.testCase;
  if (!application.wallClockStands && JSON.stringify(topology).includes('"context"'))
    return { kind: 'unfit', why: 'processors write the wall clock' };
  if (joinsOwnAncestry(topology)) return { kind: 'unfit', why: 'a foreign-key join of a table with itself' };
  if (await restsOnTaskOrder(base.trial, base.history)) return { kind: 'unfit', why: 'the result rests on which task goes first' };
  const outputs = outputsOf(base.trial, base.ends);
  if (topicsRefused(outputs)) return { kind: 'unfit', why: 'Kafka refuses the name of a topic' };
  const shown = await compare(base.history, base.ends, () => application.start(base.trial, outputs));
  if (shown.length > 0) return { kind: 'different', about: `driver and application, ${trial.partitions} partitions`, shown };
  return { kind: 'same', points: base.trial.testCase.inputs.length };
}

/** One record may wake several tasks, and nobody on a cluster says which of them goes first. */
async function restsOnTaskOrder(trial: Trial, history: History): Promise<boolean> {
  const other = await runDriven(trial, undefined, undefined, 'descending');
  return other.kind === 'stopped' || differences(history, other.history).length > 0;
}

async function compare(expected: History, ends: readonly TopicSizes[], start: () => Promise<ApplicationRun>): Promise<readonly string[]> {
  let run: ApplicationRun | undefined;
  try {
    run = await start();
    for (const [index, sizes] of ends.entries()) await run.step(index, sizes);
    return differences({ ...expected, stores: {} }, await run.history());
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    await run?.close();
  }
}

function outputsOf({ applicationId }: Trial, ends: readonly TopicSizes[]): readonly string[] {
  return [...(ends.at(-1)?.keys() ?? [])].filter((name) => !name.startsWith(`${applicationId}-`));
}
