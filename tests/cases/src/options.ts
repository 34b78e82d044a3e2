/** The command line of the runner. */
import { parseArgs } from 'node:util';

const engines = ['memory', 'rocksdb', 'leveldb'] as const;

export type EngineName = (typeof engines)[number];

export interface RunnerOptions {
  readonly files: readonly string[];
  /** File with the ids to run; undefined runs all. */
  readonly only: string | undefined;
  readonly engine: EngineName;
  readonly json: boolean;
  readonly help: boolean;
}

export const usage = `Usage: npm run cases -- [OPTION…] FILE…

Runs cases (one JSON object a line, plain or .gz; see tests/cases/README.md) in the test driver and
compares what comes out with what the case expects.

  --only FILE      run only the cases whose ids stand in FILE, one a line
  --engine ENGINE  memory (default), rocksdb or leveldb: where the stores live
  --json           print one JSON object instead of text
  --help           print this

Prints every case that fails, and last a line "N passed, N failed".
Exit status: 0 all passed, 1 some failed, 2 wrong usage.`;

/** The command line is not what the usage says. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function optionsFrom(args: readonly string[]): RunnerOptions {
  const { values, positionals } = parse(args);
  const { engine = 'memory', help = false, json = false, only } = values;
  if (!isEngine(engine)) throw new UsageError(`There is no engine ${engine}: choose one of ${engines.join(', ')}.`);
  if (!help && positionals.length === 0) throw new UsageError('No case files were given.');
  return { files: positionals, only, engine, json, help };
}

function parse(args: readonly string[]): {
  readonly values: { only?: string; engine?: string; json?: boolean; help?: boolean };
  readonly positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { only: { type: 'string' }, engine: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isEngine(name: string): name is EngineName {
  return engines.some((engine) => engine === name);
}
