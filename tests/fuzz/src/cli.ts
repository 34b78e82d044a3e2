/** The fuzzer as a function of its arguments, so that tests can call it. */
import { appendFileSync } from 'node:fs';
import type { Output } from '#cases/cli';
import { withEngine } from '#cases/engines';
import { UsageError } from '#cases/options';
import { fuzz, type Progress, type Tally } from './fuzz.ts';
import { type FuzzOptions, optionsFrom, usage } from './options.ts';

/** Returns the exit status: 0 no difference, 1 differences, 2 wrong usage or no oracle. */
export async function runFuzz(args: readonly string[], output: Output): Promise<number> {
  let options: FuzzOptions;
  try {
    options = optionsFrom(args);
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) output.error(usage);
    return 2;
  }
  if (options.help) {
    output.out(usage);
    return 0;
  }
  let tally: Tally;
  try {
    tally = await withEngine(options.engine, (state) => fuzz(options, state, progressOf(options, output)));
  } catch (error) {
    output.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 2;
  }
  output.out(options.json ? JSON.stringify(asJson(options, tally), undefined, 1) : showTally(options, tally));
  return tally.counts.difference === 0 && tally.malformed.length === 0 ? 0 : 1;
}

function progressOf({ count, json, keep }: FuzzOptions, output: Output): Progress {
  return {
    found: ({ minimal, shown }) => {
      if (keep !== undefined) appendFileSync(keep, `${JSON.stringify(minimal)}\n`);
      if (!json) output.out(`${shown}${JSON.stringify(minimal)}\n`);
    },
    done: (cases, differences) => {
      if (cases % 400 === 0 || cases === count) output.error(`${cases} of ${count} cases, ${differences} differences`);
    },
  };
}

function showTally({ count, engine, seed }: FuzzOptions, { counts, coverage, malformed, persistent }: Tally): string {
  return [
    'Cases with',
    ...coverage.entries().map(([thing, cases]) => `  ${String(cases).padStart(6)}  ${thing}`),
    ...(malformed.length > 0 ? [`malformed: ${malformed.join(', ')}`] : []),
    `set aside: ${counts.accident} where Java fails by itself, ${counts.tie} that rest on equal timestamps, ${counts.mistakes} refused for one of several mistakes`,
    `seed ${seed}, ${count} cases on ${engine}: ${coverage.cases} compared, ${persistent} of them with persistent stores, ${counts.difference} differences`,
  ].join('\n');
}

function asJson({ count, engine, seed }: FuzzOptions, { counts, coverage, findings, malformed, persistent }: Tally): unknown {
  return {
    seed,
    count,
    engine,
    counts,
    persistent,
    malformed,
    coverage: Object.fromEntries(coverage.entries()),
    findings: findings.map(({ id, minimal, shown }) => ({ id, shown, minimal })),
  };
}
