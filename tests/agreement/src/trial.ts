/**
 * A made-up case as it is run more than once. What a restart or another driver changes by nature is taken out of it, so that all the rest can be compared byte for byte: the wall
 * clock (its punctuations count from the start of the task), reads, fields of processors, and caches that decide by their fill what is evicted.
 */
import { type Case, caseFromJson } from '#cases/case';
import { isArray, isObject, type Json, type JsonObject } from '#cases/json';
import { applicationId } from '#cases/outputs';
import { defaultFeatures } from '#fuzz/features';
import { generateCase } from '#fuzz/generator/generate';
import { Random } from '#fuzz/random';
import type { Verdict } from './verdict.ts';

export interface Trial {
  readonly testCase: Case;
  /** Stands in front of the names of internal topics. */
  readonly applicationId: string;
  /** Of every topic of the case's own. */
  readonly partitions: number;
  /** Inputs that are followed by a commit. */
  readonly commits: ReadonlySet<number>;
}

export interface TrialOptions {
  readonly seed: number;
  /** Whether all state is in changelogs: stores without one do not survive the loss of the disk. */
  readonly logged: boolean;
  /** A commit after every input. */
  readonly commitEach: boolean;
  /** Whether punctuations by the wall clock, and its advances, stay in. */
  readonly wallClock?: boolean | undefined;
}

/** Caches from here on hold all that a made-up case has. */
const ampleCacheBytes = 1_000_000;

/** The same seed, number and options give the same trial. */
export function madeUpTrial(
  options: TrialOptions,
  number: number,
): (Trial & { readonly kind: 'trial' }) | Extract<Verdict, { kind: 'unfit' }> {
  const generated = generateCase({ seed: options.seed, persistent: 0.5, features: defaultFeatures }, number);
  // Which of two punctuations that are due together comes first depends on all that were due before.
  if (JSON.stringify(generated['topology']).split('everyMs').length > 2)
    return { kind: 'unfit', why: 'several punctuations may be due together' };
  const random = new Random(options.seed ^ 0x5eed, number);
  const testCase = caseFromJson(lasting(generated, options));
  const partitions = random.weighted([
    [2, 1],
    [2, 2],
    [1, 3],
  ]);
  const share = random.pick([0.1, 0.3, 0.6]);
  const chosen = testCase.inputs.map((_, index) => index).filter(() => options.commitEach || random.chance(share));
  return { kind: 'trial', testCase, applicationId, partitions, commits: new Set(chosen) };
}

function lasting(generated: JsonObject, options: TrialOptions): JsonObject {
  const config = isObject(generated['config']) ? generated['config'] : {};
  const inputs = isArray(generated['inputs']) ? generated['inputs'] : [];
  const { cacheBytes, maxTaskIdleMs: _, ...others } = config;
  const topology = lastingJson(generated['topology'] ?? [], options);
  // What has expired is found as long as a record cache holds it, and a restart empties the cache: operators on sessions and processors ask for that.
  const outlives = isArray(topology) && topology.some((fields) => isObject(fields) && outlivesInCache(fields));
  const cached = typeof cacheBytes === 'number' && !outlives ? { cacheBytes: Math.max(cacheBytes, ampleCacheBytes) } : {};
  return {
    ...generated,
    config: { ...others, ...cached },
    topology,
    inputs: inputs.filter(
      (input) =>
        isObject(input) && (typeof input['t'] === 'string' || (options.wallClock === true && input['advanceWallMs'] !== undefined)),
    ),
    expect: {},
  };
}

/** So do the timestamps of a plain store: only its record cache has them. */
function outlivesInCache({ caching, kind, mat, op, window }: JsonObject): boolean {
  if (isObject(mat) && mat['supplier'] === 'rocksdbPlain') return true;
  if (op === 'store') return caching === true && (kind === 'window' || kind === 'session');
  return isObject(window) && window['type'] === 'session';
}

function lastingJson(json: Json, options: TrialOptions): Json {
  if (isArray(json)) return json.map((item) => lastingJson(item, options));
  if (!isObject(json)) return json;
  const fields: Record<string, Json> = {};
  // Rows that are in memory alone are in no store after a restart, unless a changelog has them.
  const isLogged = options.logged || json['supplier'] === 'lru' || json['kind'] === 'lru';
  for (const [name, value] of Object.entries(json)) {
    // The former is counted in a field of the processor; the latter has nothing to say of a group with offsets, and without any may stop an application.
    if (value === undefined || name === 'cancelAfter' || name === 'offsetReset' || (name === 'logging' && isLogged)) continue;
    if (name === 'time' && value === 'wall' && options.wallClock !== true) fields[name] = 'stream';
    // Which row is the oldest is known to reads too, and these leave no trace.
    else if (name === 'maxEntries') fields[name] = 1_000;
    else fields[name] = lastingJson(value, options);
  }
  return fields;
}
