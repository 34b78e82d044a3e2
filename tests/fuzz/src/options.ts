/** The command line of the fuzzer. */
import { parseArgs } from 'node:util';
import { type JsonObject, objectOf } from '#cases/json';
import { type EngineName, UsageError } from '#cases/options';
import { features, type FeatureSet, featuresFrom } from './features.ts';

export interface FuzzOptions {
  readonly oracle: string;
  readonly seed: number;
  readonly count: number;
  readonly engine: EngineName;
  readonly ties: boolean;
  readonly persistent: number;
  readonly features: FeatureSet;
  /** Put into the configuration of every case, over what was made up. */
  readonly config: JsonObject;
  readonly json: boolean;
  /** Where the minimal cases of differences are added, one a line. */
  readonly keep: string | undefined;
  readonly help: boolean;
}

export const usage: string = `Usage: npm run fuzz -- --oracle COMMAND --seed S --count N [OPTION…]

Makes up cases (topology, inputs) by seed, asks Kafka Streams what comes out, runs them on Millrace and
compares as \`npm run cases\` does. A difference is made as small as it gets and printed as a case.

  --oracle COMMAND   executable that reads cases and writes them with their expectation (see CONTRIBUTING.md)
  --seed S           whole number; case i of seed S is the same for good        (default 1)
  --count N          how many cases                                             (default 1000)
  --engine ENGINE    memory (default), rocksdb or leveldb: where the stores live
  --persistent P     share of cases with stores of the persistent kind, 0 to 1  (default 0.5)
  --ties             set cases aside whose answer rests on the choice among equal timestamps
  --feature WORD     NAME adds, no-NAME takes away, only-NAME starts from it alone; may be repeated
  --config JSON      fields for the configuration of every case, such as '{"maxTaskIdleMs":100}'
  --keep FILE        add the minimal cases of differences to FILE
  --json             print one JSON object instead of text
  --help             print this

Features: ${features.join(', ')}

Exit status: 0 no difference, 1 differences, 2 wrong usage or no oracle.`;

/** @throws UsageError */
export function optionsFrom(args: readonly string[]): FuzzOptions {
  const values = parse(args);
  const help = values.help === true;
  const engine = values.engine ?? 'memory';
  if (engine !== 'memory' && engine !== 'rocksdb' && engine !== 'leveldb') throw new UsageError(`There is no engine ${engine}.`);
  if (!help && values.oracle === undefined) throw new UsageError('No oracle was given.');
  let chosen: FeatureSet;
  try {
    chosen = featuresFrom(values.feature ?? []);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return {
    oracle: values.oracle ?? '',
    seed: wholeNumber(values.seed, 'seed', 1),
    count: wholeNumber(values.count, 'count', 1000),
    engine,
    ties: values.ties === true,
    persistent: share(values.persistent),
    features: chosen,
    config: configuration(values.config),
    json: values.json === true,
    keep: values.keep,
    help,
  };
}

interface Values {
  oracle?: string;
  seed?: string;
  count?: string;
  engine?: string;
  persistent?: string;
  keep?: string;
  config?: string;
  feature?: string[];
  ties?: boolean;
  json?: boolean;
  help?: boolean;
}

function parse(args: readonly string[]): Values {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        oracle: string,
        seed: string,
        count: string,
        engine: string,
        persistent: string,
        keep: string,
        config: string,
        feature: { type: 'string', multiple: true },
        ties: boolean,
        json: boolean,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(text: string | undefined, what: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff)
    throw new UsageError(`--${what} takes a whole number below 2^32, not ${text}.`);
  return number;
}

function share(text: string | undefined): number {
  const number = Number(text ?? 0.5);
  if (!(number >= 0 && number <= 1)) throw new UsageError(`--persistent takes a number from 0 to 1, not ${text ?? ''}.`);
  return number;
}

function configuration(text: string | undefined): JsonObject {
  try {
    return objectOf(JSON.parse(text ?? '{}'), 'a configuration');
  } catch {
    throw new UsageError(`--config takes a JSON object, not ${text ?? ''}.`);
  }
}
