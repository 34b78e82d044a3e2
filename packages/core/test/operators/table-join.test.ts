import { type KTable, serdes, StreamsBuilder, TopologyError } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder, textBuilder } from './support.ts';

type Kind = 'inner' | 'left' | 'outer';

const show = (left: string | null, right: string | null): string => `${left ?? '-'}${right ?? '-'}`;

function joined(
  b: TextBuilder,
  kind: Kind,
  options: { readonly name?: string; readonly store?: string | object } = {},
): KTable<string, string> {
  const [left, right] = [b.table('l'), b.table('r')];
  if (kind === 'inner') return left.join(right, show, options);
  return kind === 'left' ? left.leftJoin(right, show, options) : left.outerJoin(right, show, options);
}

const rows: readonly In[] = [
  ['a', '1', 5, 'l'],
  ['a', 'x', 3, 'r'],
  ['a', 'y', 9, 'r'],
  ['a', null, 4, 'l'],
  ['a', '2', 4, 'l'],
  ['a', null, 10, 'r'],
  ['a', null, 11, 'l'],
  ['a', null, 12, 'l'],
  ['b', 'x', 1, 'r'],
  [null, 'x', 1, 'r'],
];

const results: readonly [Kind, Out[]][] = [
  [
    'inner',
    [
      ['a', '1x', 5],
      ['a', '1y', 9],
      ['a', null, 9],
      ['a', '2y', 9],
      // What was joined is gone with either side.
      ['a', null, 10],
    ],
  ],
  [
    'left',
    [
      ['a', '1-', 5],
      ['a', '1x', 5],
      ['a', '1y', 9],
      ['a', null, 9],
      ['a', '2y', 9],
      ['a', '2-', 10],
      ['a', null, 11],
    ],
  ],
  [
    'outer',
    [
      ['a', '1-', 5],
      ['a', '1x', 5],
      ['a', '1y', 9],
      ['a', '-y', 9],
      ['a', '2y', 9],
      ['a', '2-', 10],
      ['a', null, 11],
      ['b', '-x', 1],
    ],
  ],
];

test.each(results)('%s: rows of one key are joined whatever their times, and carry the larger one', (kind, expected) => {
  const { dropped, out } = run((b) => joined(b, kind).toStream(), rows);
  // An inner join cannot tell a row that was never there: it says once more that there is none.
  expect(out).toEqual(kind === 'inner' ? [...expected.slice(0, 4), ['a', null, 10]] : expected);
  expect(dropped).toBe(1);
});

test.each(results)('%s: a result with a store says the same and can be read', (kind, expected) => {
  const { driver, out } = run((b) => joined(b, kind, { store: 'J' }).toStream(), rows.slice(0, 5));
  expect(out).toEqual(expected.slice(0, out.length));
  expect(driver.getKeyValueStore<string, string>('J')?.get('a')).toBe('2y');
});

test.each<Kind>(['inner', 'left', 'outer'])('%s: old values reach an aggregation below, from a store or without', (kind) => {
  const counted = (options: object) =>
    run(
      (b) =>
        joined(b, kind, options)
          .groupBy((value) => [value, value])
          .count()
          .toStream()
          .mapValues(String),
      rows.slice(0, 5),
    ).out;
  expect(counted({})).toEqual(counted({ store: 'J' }));
  expect(
    counted({})
      .slice(-2)
      .map(([key]) => key),
  ).toEqual(kind === 'outer' ? ['-y', '2y'] : kind === 'left' ? ['1y', '2y'] : ['1y', '2y']);
});

test('a result without a store is looked up on both sides', () => {
  const { out } = run(
    (b) => b.stream('in').join(joined(b, 'outer'), (value, row) => `${value}:${row}`),
    [
      ['a', 'x', 7, 'r'],
      ['a', '?', 1],
      ['a', '1', 3, 'l'],
      ['a', '?', 2],
      ['b', '?', 3],
    ],
  );
  expect(out).toEqual([
    ['a', '?:-x', 1],
    ['a', '?:1x', 2],
  ]);
});

test('a joiner that returns null makes no row', () => {
  const { out } = run(
    (b) =>
      b
        .table('l')
        .join(b.table('r'), (left, right) => (right === 'x' ? null : left + right), { store: 'J' })
        .toStream(),
    rows.slice(0, 3),
  );
  expect(out).toEqual([
    ['a', null, 5],
    ['a', '1y', 9],
  ]);
});

test('a table joins itself: each change makes two results', () => {
  const { out } = run(
    (b) => {
      const table = b.table('in');
      return table.join(table, show).toStream();
    },
    [['a', '1', 0]],
  );
  expect(out).toEqual([
    ['a', '11', 0],
    ['a', '11', 0],
  ]);
});

test('names: the store first, then the result, then the sides; a name given takes their places', () => {
  const generated = textBuilder();
  joined(generated, 'left', { store: {} });
  const text = generated.build().describe();
  expect(text).toContain('Processor: KTABLE-MERGE-0000000007 (stores: [KTABLE-MERGE-STATE-STORE-0000000006])');
  expect(text).toContain('Processor: KTABLE-JOINTHIS-0000000008 (stores: [r-STATE-STORE-0000000003])');
  expect(text).toContain('Processor: KTABLE-JOINOTHER-0000000009 (stores: [l-STATE-STORE-0000000000])');
  const named = textBuilder();
  joined(named, 'inner', { name: 'both' });
  const namedText = named.build().describe();
  for (const name of ['both', 'both-join-this', 'both-join-other']) expect(namedText).toContain(`Processor: ${name} (`);
});

test('generated names of result stores are refused where names are required', () => {
  const builder = textBuilder({ requireNames: true });
  builder.table('l', { store: 'L' }).join(builder.table('r', { store: 'R' }), show, { store: {} });
  expect(() => builder.build()).toThrow(TopologyError);
});

test('the topics of both sides must have as many partitions', () => {
  const builder = textBuilder();
  joined(builder, 'inner').toStream().to('out');
  expect(builder.build().plan.subtopologies.flatMap(({ copartitionGroups }) => copartitionGroups)).toEqual([
    [
      { name: 'l', internal: false },
      { name: 'r', internal: false },
    ],
  ]);
});

test.each<[what: string, inputs: readonly (readonly [topic: string, timestamp: number])[], timestamp: number]>([
  [
    'the right row is the latest',
    [
      ['a', 10],
      ['b', 50],
      ['c', 5],
    ],
    50,
  ],
  [
    'the left row is the latest',
    [
      ['b', 20],
      ['a', 60],
      ['c', 5],
    ],
    60,
  ],
  [
    'there is no right row',
    [
      ['a', 10],
      ['c', 5],
    ],
    10,
  ],
  [
    'the row that comes is the latest',
    [
      ['a', 10],
      ['b', 20],
      ['c', 70],
    ],
    70,
  ],
])('a joined row that is looked up has the time of its latest row: %s', (_what, inputs, timestamp) => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  const text = { key: serdes.string(), value: serdes.string() };
  const left = builder.table<string, string>('a').leftJoin(builder.table<string, string>('b'), (a, b) => `${a}${b ?? '-'}`);
  left
    .join(builder.table<string, string>('c'), (ab, c) => ab + c)
    .toStream()
    .to('out');
  using driver = new TopologyTestDriver(builder.build());
  for (const [topic, at] of inputs) driver.createInputTopic(topic, text).pipeInput({ key: 'k', value: topic, timestamp: at });
  expect(driver.createOutputTopic('out', text).readRecordsToList().at(-1)?.timestamp).toBe(timestamp);
});
