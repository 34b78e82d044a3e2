import { describe, expect, it } from 'vitest';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { computePartitionCounts } from '../../src/runtime/partition-counts.ts';
import { planOf, type SubtopologyShape } from './support/plans.ts';

interface Case {
  readonly name: string;
  readonly shapes: readonly SubtopologyShape[];
  readonly external: Readonly<Record<string, number>>;
  readonly pinned?: Readonly<Record<string, number>>;
  readonly internal: Readonly<Record<string, number>>;
  readonly tasks: readonly number[];
}

const cases: readonly Case[] = [
  {
    name: 'a repartition topic gets the count of its source, a changelog the number of tasks',
    shapes: [
      { sources: ['lines'], repartitionSinks: ['words'] },
      { repartitionSources: ['words'], stores: ['counts'] },
    ],
    external: { lines: 4 },
    internal: { 'app-words': 4, 'app-counts-changelog': 4 },
    tasks: [4, 4],
  },
  {
    name: 'the largest of several sources counts (IT-03)',
    shapes: [{ sources: ['a', 'b'], repartitionSinks: ['r'] }, { repartitionSources: ['r'] }],
    external: { a: 2, b: 5 },
    internal: { 'app-r': 5 },
    tasks: [5, 5],
  },
  {
    name: 'counts travel through a chain, in whatever order the sub-topologies stand',
    shapes: [
      { repartitionSources: ['r2'], stores: ['s'] },
      { repartitionSources: ['r1'], repartitionSinks: ['r2'] },
      { sources: ['a'], repartitionSinks: ['r1'] },
    ],
    external: { a: 3 },
    internal: { 'app-r1': 3, 'app-r2': 3, 'app-s-changelog': 3 },
    tasks: [3, 3, 3],
  },
  {
    name: 'a pinned count wins and is what follows from it',
    shapes: [
      { sources: ['a'], repartitionSinks: ['r1'] },
      { repartitionSources: ['r1'], repartitionSinks: ['r2'] },
      { repartitionSources: ['r2'] },
    ],
    external: { a: 3 },
    pinned: { r1: 7 },
    internal: { 'app-r1': 7, 'app-r2': 7 },
    tasks: [3, 7, 7],
  },
  {
    name: 'CP-03: a repartition topic takes the count of the topics it is joined with',
    shapes: [
      { sources: ['a'], repartitionSinks: ['r'] },
      { repartitionSources: ['r'], sources: ['b'], copartition: [['r', 'b']] },
    ],
    external: { a: 3, b: 6 },
    internal: { 'app-r': 6 },
    tasks: [3, 6],
  },
  {
    name: 'CP-04: repartition topics alone take the largest',
    shapes: [
      { sources: ['a'], repartitionSinks: ['r1'] },
      { sources: ['b'], repartitionSinks: ['r2'] },
      { repartitionSources: ['r1', 'r2'], copartition: [['r1', 'r2']] },
    ],
    external: { a: 3, b: 6 },
    internal: { 'app-r1': 6, 'app-r2': 6 },
    tasks: [3, 6, 6],
  },
  {
    name: 'CP-04: a pinned repartition topic decides over a computed one, also downwards',
    shapes: [
      { sources: ['a'], repartitionSinks: ['r1'] },
      { sources: ['b'], repartitionSinks: ['r2'] },
      { repartitionSources: ['r1', 'r2'], copartition: [['r1', 'r2']] },
    ],
    external: { a: 3, b: 6 },
    pinned: { r1: 4 },
    internal: { 'app-r1': 4, 'app-r2': 4 },
    tasks: [3, 6, 4],
  },
  {
    name: 'a pattern reads what matches; nothing matched is no task and no changelog',
    shapes: [
      { pattern: /in-.*/, stores: ['s'] },
      { pattern: /none-.*/, stores: ['t'] },
    ],
    external: { 'in-1': 2, 'in-2': 3, other: 9, '__in-3': 8 },
    internal: { 'app-s-changelog': 3 },
    tasks: [3, 0],
  },
];

const count = (given: Pick<Case, 'shapes' | 'external' | 'pinned'>) =>
  computePartitionCounts(new ApplicationTopics('app', planOf(given.shapes, given.pinned)), new Map(Object.entries(given.external)));

describe('computePartitionCounts', () => {
  it.each(cases)('$name', (given) => {
    const counts = count(given);
    expect(Object.fromEntries(counts.internal)).toEqual(given.internal);
    expect(given.tasks.map((_, id) => counts.tasks.get(id))).toEqual(given.tasks);
  });

  it.each([
    {
      name: 'CP-02: topics of users differ',
      shapes: [{ sources: ['a', 'b'], copartition: [['a', 'b']] }],
      external: { a: 2, b: 3 },
      code: 'MR_COPARTITION_MISMATCH',
      text: /a \(2\), b \(3\)/,
    },
    {
      name: 'CP-03: a pinned repartition topic differs from the topic it is joined with',
      shapes: [
        { sources: ['a'], repartitionSinks: ['r'] },
        { repartitionSources: ['r'], sources: ['b'], copartition: [['r', 'b']] },
      ],
      external: { a: 2, b: 3 },
      pinned: { r: 2 },
      code: 'MR_COPARTITION_MISMATCH',
      text: /app-r \(2\), b \(3\).*repartition\(\{ partitions: 3 \}\)/,
    },
    {
      name: 'CP-04: two pinned ones differ',
      shapes: [
        { sources: ['a'], repartitionSinks: ['r1', 'r2'] },
        { repartitionSources: ['r1', 'r2'], copartition: [['r1', 'r2']] },
      ],
      external: { a: 2 },
      pinned: { r1: 2, r2: 3 },
      code: 'MR_COPARTITION_MISMATCH',
      text: /app-r1 \(2\), app-r2 \(3\)/,
    },
    {
      name: 'a source is missing',
      shapes: [{ sources: ['a'] }],
      external: {},
      code: 'MR_SOURCE_TOPIC_MISSING',
      text: /topic a does not exist/,
    },
    {
      name: 'nothing upstream of a repartition topic is known',
      shapes: [{ pattern: /x-.*/, repartitionSinks: ['r'] }, { repartitionSources: ['r'] }],
      external: {},
      code: 'MR_SOURCE_TOPIC_MISSING',
      text: /app-r cannot be computed/,
    },
  ])('refuses: $name', ({ code, text, ...given }) => {
    expect(() => count(given)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
  });
});
