/** The command line of the mutation tool. */
import { parseArgs } from 'node:util';

export interface MutateOptions {
  readonly sample: number;
  readonly seed: number;
  /** Compiled modules or folders, from the root. */
  readonly paths: readonly string[];
  readonly cases: readonly string[];
  readonly out: string;
  /** Processes at once. */
  readonly jobs: number;
  readonly unitTests: boolean;
  readonly help: boolean;
}

export const usage: string = `Usage: npm run mutate -- [OPTION…]

Puts small faults into core's windows, operators and stores, one at a time, and looks whether the cases or the
unit tests notice. Prints those that nothing noticed: a test is missing, or the fault changes nothing.

  --sample N     how many faults, chosen by the seed                         (default 300)
  --seed S       whole number                                                (default 1)
  --files PATH   compiled modules or folders, may be repeated   (default core's windows, operators, stores)
  --cases FILE   case files, may be repeated                    (default those of tests/cases)
  --out FILE     results, one a line; what is in it is not tried again       (default mutation.jsonl)
  --jobs N       how many processes at once                                  (default 2)
  --no-unit      only cases and restarts
  --help         print this

Exit status: 0 at least 95 % noticed, 1 fewer, 2 wrong usage.`;

const defaultPaths = ['windows', 'operators', 'stores'].map((folder) => `packages/core/dist/${folder}`);

/** @throws TypeError */
export function optionsFrom(args: readonly string[], defaultCases: readonly string[]): MutateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sample: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      files: { type: 'string', multiple: true },
      cases: { type: 'string', multiple: true },
      out: { type: 'string', default: 'mutation.jsonl' },
      jobs: { type: 'string', default: '2' },
      'no-unit': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [sample, seed, jobs] = [Number(values.sample), Number(values.seed), Number(values.jobs)];
  if (!Number.isInteger(sample) || sample < 1) throw new TypeError('--sample takes a whole number from 1 on.');
  if (!Number.isInteger(jobs) || jobs < 1) throw new TypeError('--jobs takes a whole number from 1 on.');
  if (!Number.isInteger(seed)) throw new TypeError('--seed takes a whole number.');
  return {
    sample,
    seed,
    paths: values.files ?? defaultPaths,
    cases: values.cases ?? defaultCases,
    out: values.out,
    jobs,
    unitTests: !values['no-unit'],
    help: values.help,
  };
}
