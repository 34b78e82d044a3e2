/** The command line of the comparisons. */
import { parseArgs } from 'node:util';
import { type EngineName, UsageError } from '#cases/options';

export type Comparison = 'restore' | 'lock-step';

export interface AgreementOptions {
  readonly comparison: Comparison;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  readonly engine: EngineName;
  /** Undefined: the embedded cluster. */
  readonly brokers: readonly string[] | undefined;
}

export const usage = `Usage: npm run agreement -- restore|lock-step [OPTION…]

Makes up cases by seed, as npm run fuzz does, runs each of them more than once, and compares every record of
every topic, internal ones included, partition by partition and byte for byte.

  restore    with crashes behind every commit and without: same records, same rows
  lock-step  in the truthful test driver and in the application on a cluster

  --seed S         whole number; case i of seed S is the same for good   (default 1)
  --first N        number of the first case                              (default 0)
  --count N        how many cases                                        (default 1000)
  --engine ENGINE  memory (default), rocksdb or leveldb: where the stores of restore live
  --brokers LIST   host:port of a real cluster for lock-step, several apart by commas   (default: the embedded one)
  --help           print this

Exit status: 0 all agree, 1 some do not, 2 wrong usage.`;

/** @throws UsageError; undefined where help is asked for */
export function optionsFrom(args: readonly string[]): AgreementOptions | undefined {
  const { positionals, values } = parse(args);
  if (values.help === true) return undefined;
  const [comparison] = positionals;
  if ((comparison !== 'restore' && comparison !== 'lock-step') || positionals.length > 1)
    throw new UsageError(`There is no comparison ${positionals.join(' ')}: choose restore or lock-step.`);
  const engine = values.engine ?? 'memory';
  if (engine !== 'memory' && engine !== 'rocksdb' && engine !== 'leveldb') throw new UsageError(`There is no engine ${engine}.`);
  return {
    comparison,
    engine,
    brokers: values.brokers?.split(','),
    seed: whole(values.seed, 'seed', 1),
    first: whole(values.first, 'first', 0),
    count: whole(values.count, 'count', 1000),
  };
}

interface Values {
  readonly seed?: string;
  readonly first?: string;
  readonly count?: string;
  readonly engine?: string;
  readonly brokers?: string;
  readonly help?: boolean;
}

function parse(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const string = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { seed: string, first: string, count: string, engine: string, brokers: string, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(text: string | undefined, what: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff)
    throw new UsageError(`--${what} takes a whole number below 2^32, not ${text}.`);
  return number;
}
