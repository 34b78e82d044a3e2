/** Chooses faults, tries each with the cases that reach it and then with the unit tests, and writes down what noticed it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Fault, faultsIn, keyOf, sampleOf } from './faults.ts';
import { instrument, type NumberedMutation } from './instrument.ts';
import type { TrialKind } from './messages.ts';
import type { MutateOptions } from './options.ts';
import { readEquivalents, readResults, type Result, resultOf, writeResult } from './results.ts';
import { type Reach, TrialRunner } from './trial-runner.ts';
import { UnitTests } from './unit-tests.ts';

/** Test files that are about the modules of core. */
const testFolders = ['packages/core/test', 'packages/testing/test'];
/** Trials that are made with one fault; those that reach fewest faults, and so are about it, come first. What takes longer has a smaller number. */
const mostTrials: Readonly<Record<TrialKind, number>> = { case: 400, 'case on RocksDB': 150, restart: 60 };

export interface Progress {
  say(text: string): void;
  tried(result: Result, done: number, of: number): void;
}

/** @throws Error: the cases cannot be run */
export async function mutate(root: string, options: MutateOptions, progress: Progress): Promise<readonly Result[]> {
  const all = faultsIn(root, options.paths);
  const chosen = sampleOf(all, options.sample, options.seed, keyOf).map((fault, number) => ({ ...fault, number }));
  progress.say(`${chosen.length} of ${all.length} faults`);
  const equivalents = readEquivalents(join(root, 'tests', 'mutation', 'equivalent.jsonl'));
  const known = readResults(options.out);
  const results: Result[] = [];
  const open: (Fault & NumberedMutation)[] = [];
  for (const fault of chosen) {
    const before = known.get(keyOf(fault));
    if (equivalents.has(keyOf(fault))) results.push(resultOf(fault, 'equivalent', undefined));
    else if (before === undefined) open.push(fault);
    else results.push(before);
  }
  if (open.length === 0) return results;
  const finish = (fault: Fault, state: Result['state'], by?: string): void => {
    const result = resultOf(fault, state, by);
    results.push(result);
    writeResult(options.out, result);
    progress.tried(result, results.length, chosen.length);
  };
  const run: Run = { root, options, modules: instrumentedModules(root, open), progress, finish };
  let left: readonly Left[] = open.map((fault) => ({ fault, reached: false }));
  left = await makeTrials(run, 'case', left);
  if (options.unitTests) left = await tryUnitTests(run, left);
  for (const kind of ['case on RocksDB', 'restart'] as const) left = await makeTrials(run, kind, left);
  for (const { fault, reached } of left) finish(fault, reached ? 'unnoticed' : 'unreached');
  return results;
}

/** What every way of noticing is given. */
interface Run {
  readonly root: string;
  readonly options: MutateOptions;
  readonly modules: readonly InstrumentedModule[];
  readonly progress: Progress;
  readonly finish: (fault: Fault, state: Result['state'], by?: string) => void;
}

/** A fault that nothing has noticed yet. */
interface Left {
  readonly fault: Fault & NumberedMutation;
  readonly reached: boolean;
}

interface InstrumentedModule {
  readonly module: string;
  readonly source: string;
  readonly code: string;
}

function instrumentedModules(root: string, faults: readonly (Fault & NumberedMutation)[]): readonly InstrumentedModule[] {
  const byModule = grouped(faults);
  return [...byModule].map(([module, inside]) => ({
    module,
    source: inside[0]?.source ?? module,
    code: instrument(readFileSync(join(root, module), 'utf8'), inside),
  }));
}

function grouped(faults: readonly (Fault & NumberedMutation)[]): ReadonlyMap<string, readonly (Fault & NumberedMutation)[]> {
  const groups = new Map<string, (Fault & NumberedMutation)[]>();
  for (const fault of faults) {
    const group = groups.get(fault.module);
    if (group === undefined) groups.set(fault.module, [fault]);
    else group.push(fault);
  }
  return groups;
}

async function makeTrials(
  { finish, modules, options, progress, root }: Run,
  kind: TrialKind,
  before: readonly Left[],
): Promise<readonly Left[]> {
  if (before.length === 0) return before;
  const started = {
    modules: modules.map(({ code, module }) => [pathToFileURL(join(root, module)).href, code] as const),
    files: options.cases,
    trials: kind,
  };
  const runners = Array.from({ length: options.jobs }, () => new TrialRunner(started));
  try {
    const reach = (await Promise.all(runners.map((runner, part) => runner.reach(part, options.jobs)))).flat();
    progress.say(`${before.length} faults are tried with ${reach.length} trials: ${kind}`);
    const left: Left[] = [];
    await inTurn(sortedByLoading(before), runners, async (one, runner) => {
      const { atLoad, number } = one.fault;
      const trials = trialsFor(reach, one.fault, mostTrials[kind]);
      const result = trials.length === 0 ? undefined : await runner.try(number, trials, atLoad);
      if (result?.kind === 'noticed') finish(one.fault, 'noticed', `${kind}: ${result.by} (${result.how})`);
      else left.push({ fault: one.fault, reached: one.reached || result !== undefined });
    });
    return left;
  } finally {
    for (const runner of runners) runner.close();
  }
}

/** Faults of loading need a process of their own: last, so that the others share one. */
function sortedByLoading(left: readonly Left[]): readonly Left[] {
  return [...left].sort((one, other) => Number(one.fault.atLoad) - Number(other.fault.atLoad));
}

/** Each worker takes the next item when it is done with one. */
async function inTurn<T, W>(items: readonly T[], workers: readonly W[], work: (item: T, worker: W) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const all = workers.map(async (worker) => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, worker);
  });
  await Promise.all(all);
}

/** Nothing says what reaches a fault of loading: it gets some of everything. */
function trialsFor(reach: readonly Reach[], { atLoad, number }: Fault & NumberedMutation, most: number): readonly number[] {
  if (atLoad) return spread(reach, most);
  const reaching = reach.filter(({ faults }) => faults.has(number));
  reaching.sort((one, other) => one.faults.size - other.faults.size || one.lasted - other.lasted);
  return reaching.slice(0, most).map(({ trial }) => trial);
}

/** Evenly from all. */
function spread(reach: readonly Reach[], most: number): readonly number[] {
  const step = Math.max(1, Math.floor(reach.length / most));
  return reach.filter((_, index) => index % step === 0).map(({ trial }) => trial);
}

async function tryUnitTests({ finish, modules, options, progress, root }: Run, before: readonly Left[]): Promise<readonly Left[]> {
  if (before.length === 0) return before;
  // Vitest loads sources by their own names: so do the modules that take their place.
  const asSources = modules.map(({ code, source }) => [
    source,
    code.replaceAll(/(from |import\()(['"])(\.{1,2}\/[^'"]+)\.js\2/g, '$1$2$3.ts$2'),
  ]);
  const tests = new UnitTests(root, { modules: Object.fromEntries(asSources) }, testFolders);
  try {
    progress.say(`${before.length} faults are tried with ${await tests.reach(options.jobs)} files of unit tests`);
    const left: Left[] = [];
    await inTurn(before, Array.from({ length: options.jobs }), async (one) => {
      const files = tests.filesFor(one.fault.number);
      const by = await tests.notice(one.fault.number, files);
      if (by !== undefined) finish(one.fault, 'noticed', `unit tests: ${by}`);
      else left.push({ fault: one.fault, reached: one.reached || files.length > 0 });
    });
    return left;
  } finally {
    tests.close();
  }
}
