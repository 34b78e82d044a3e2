/** Chooses faults, tries each with the cases that reach it and then with the unit tests, and writes down what noticed it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CaseRunner, type Reach } from './case-runner.ts';
import { type Fault, faultsIn, keyOf, sampleOf } from './faults.ts';
import { instrument, type NumberedMutation } from './instrument.ts';
import type { MutateOptions } from './options.ts';
import { readEquivalents, readResults, type Result, resultOf, writeResult } from './results.ts';
import { UnitTests } from './unit-tests.ts';

/** Test files that are about the modules of core. */
const testFolders = ['packages/core/test', 'packages/testing/test'];
/** Cases tried with one fault; those that reach fewest faults, and so are about it, come first. */
const mostCases = 400;

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
  const instrumented = instrumentedModules(root, open);
  const left = await tryCases(root, options, open, instrumented, progress, (fault, by) => finish(fault, 'noticed', by));
  if (options.unitTests && left.length > 0) await tryUnitTests(root, left, instrumented, progress, finish);
  else for (const { fault, reached } of left) finish(fault, reached ? 'unnoticed' : 'unreached');
  return results;
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

interface Left {
  readonly fault: Fault & NumberedMutation;
  readonly reached: boolean;
}

async function tryCases(
  root: string,
  { cases }: MutateOptions,
  open: readonly (Fault & NumberedMutation)[],
  modules: readonly InstrumentedModule[],
  progress: Progress,
  noticed: (fault: Fault, by: string) => void,
): Promise<readonly Left[]> {
  const runner = new CaseRunner({
    modules: modules.map(({ code, module }) => [pathToFileURL(join(root, module)).href, code]),
    files: cases,
  });
  try {
    const reach = await runner.reach();
    progress.say(`${reach.length} cases pass without a fault`);
    const left: Left[] = [];
    // Faults of loading need a process of their own: last, so that the others share one.
    for (const fault of [...open].sort((one, other) => Number(one.atLoad) - Number(other.atLoad))) {
      const reaching = fault.atLoad ? spread(reach) : casesFor(reach, fault.number);
      const result = reaching.length === 0 ? undefined : await runner.try(fault.number, reaching, fault.atLoad);
      if (result?.kind === 'noticed') noticed(fault, `${result.by} (${result.how})`);
      else left.push({ fault, reached: result !== undefined });
    }
    return left;
  } finally {
    runner.close();
  }
}

function casesFor(reach: readonly Reach[], fault: number): readonly number[] {
  const reaching = reach.filter(({ faults }) => faults.has(fault));
  return reaching
    .sort((one, other) => one.faults.size - other.faults.size || one.lasted - other.lasted)
    .slice(0, mostCases)
    .map(({ testCase }) => testCase);
}

/** Evenly from all. */
function spread(reach: readonly Reach[]): readonly number[] {
  const step = Math.max(1, Math.floor(reach.length / mostCases));
  return reach.filter((_, index) => index % step === 0).map(({ testCase }) => testCase);
}

async function tryUnitTests(
  root: string,
  left: readonly Left[],
  modules: readonly InstrumentedModule[],
  progress: Progress,
  finish: (fault: Fault, state: Result['state'], by?: string) => void,
): Promise<void> {
  // Vitest loads sources by their own names: so do the modules that take their place.
  const asSources = modules.map(({ code, source }) => [
    source,
    code.replaceAll(/(from |import\()(['"])(\.{1,2}\/[^'"]+)\.js\2/g, '$1$2$3.ts$2'),
  ]);
  const tests = new UnitTests(root, { modules: Object.fromEntries(asSources) }, testFolders);
  try {
    progress.say(`${left.length} faults are left for the unit tests`);
    progress.say(`${await tests.reach()} test files pass without a fault`);
    for (const { fault, reached } of left) {
      const files = tests.filesFor(fault.number);
      if (await tests.notice(fault.number, files)) finish(fault, 'noticed', files.join(' '));
      else finish(fault, reached || files.length > 0 ? 'unnoticed' : 'unreached');
    }
  } finally {
    tests.close();
  }
}
