/** The workloads of the engine benchmark: a topology, its input, and what must come out. */
import {
  eachRecord,
  type Expect,
  expectCounts,
  expectForeignRows,
  expectJoinedRows,
  expectPairs,
  expectWindows,
  expectWordCounts,
} from './expectation.ts';
import type { SplittableRandom } from './splittable-random.ts';
import * as topologies from './topologies.ts';

export interface Workload {
  readonly name: string;
  /** What other engines call its topology. */
  readonly topology: string;
  readonly build: topologies.Build;
  readonly stateless: boolean;
  readonly records: number;
  readonly keys: number;
  readonly twoTopics: boolean;
  readonly rightKey?: ((index: number) => string) | undefined;
  readonly value: (random: SplittableRandom, keys: number) => string;
  readonly expect: Expect;
  /** What comes out on the way depends on which topic is read first; only last values are compared. */
  readonly lastOnly: boolean;
}

const valueLength = 64;

function letters(random: SplittableRandom, begin = ''): string {
  let text = begin;
  while (text.length < valueLength) text += String.fromCharCode(97 + random.nextInt(26));
  return text;
}

/** Lines of eight words out of about 5,000, some much more frequent than others. */
function line(random: SplittableRandom): string {
  const words: string[] = [];
  while (words.length < 8) {
    const bell = (random.nextDouble() + random.nextDouble() + random.nextDouble() + random.nextDouble() - 2) * 1.73;
    words.push(`w${((Math.min(4999, Math.floor(Math.abs(bell) * 600)) * 7919) % 100003).toString(36)}`);
  }
  return words.join(' ');
}

function foreignKey(index: number): string {
  return `r${String(index).padStart(5, '0')}`;
}

const common = { stateless: false, twoTopics: false, lastOnly: false, value: (random: SplittableRandom): string => letters(random) };

export const workloads: readonly Workload[] = [
  {
    ...common,
    name: 'passthrough',
    topology: 'passthrough',
    build: topologies.passThrough,
    stateless: true,
    records: 2_000_000,
    keys: 10_000,
    expect: eachRecord((value) => value),
  },
  {
    ...common,
    name: 'mapfilter',
    topology: 'mapfilter',
    build: topologies.mapFilter,
    stateless: true,
    records: 2_000_000,
    keys: 10_000,
    expect: eachRecord((value) => value.toUpperCase()),
  },
  { ...common, name: 'count', topology: 'count', build: topologies.count, records: 600_000, keys: 10_000, expect: expectCounts },
  { ...common, name: 'count-many', topology: 'count', build: topologies.count, records: 600_000, keys: 1_000_000, expect: expectCounts },
  {
    ...common,
    name: 'wordcount',
    topology: 'wordcount',
    build: topologies.wordCount,
    records: 60_000,
    keys: 10_000,
    value: line,
    expect: expectWordCounts,
  },
  {
    ...common,
    name: 'tumbling',
    topology: 'tumbling',
    build: topologies.tumbling,
    records: 600_000,
    keys: 1000,
    expect: expectWindows(10_000),
  },
  { ...common, name: 'hopping', topology: 'hopping', build: topologies.hopping, records: 120_000, keys: 1000, expect: expectWindows(2000) },
  {
    ...common,
    name: 'ssjoin',
    topology: 'ssjoin',
    build: topologies.streamJoin,
    records: 200_000,
    keys: 1000,
    twoTopics: true,
    expect: expectPairs,
  },
  {
    ...common,
    name: 'ttjoin',
    topology: 'ttjoin',
    build: topologies.tableJoin,
    records: 400_000,
    keys: 10_000,
    twoTopics: true,
    expect: expectJoinedRows,
  },
  {
    ...common,
    name: 'fkjoin',
    topology: 'fkjoin',
    build: topologies.foreignKeyJoin,
    records: 150_000,
    keys: 90_000,
    twoTopics: true,
    rightKey: foreignKey,
    value: (random, keys) => letters(random, foreignKey(random.nextInt(keys))),
    expect: expectForeignRows,
    lastOnly: true,
  },
];

/** @throws Error that lists the names, for one that is not among them. */
export function workload(name: string): Workload {
  const found = workloads.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no workload ${name}: choose ${workloads.map((each) => each.name).join(', ')}.`);
  return found;
}
