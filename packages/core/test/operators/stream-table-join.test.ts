import type { KStream } from '@millrace/core';
import { expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder, textBuilder } from './support.ts';

const show = (value: string, row: string | null, key: string | null): string => `${key}:${value}${row ?? '-'}`;
const inner = (b: TextBuilder): KStream<string, string> => b.stream('in').join(b.table('t'), show);
const left = (b: TextBuilder): KStream<string, string> => b.stream('in').leftJoin(b.table('t'), show);

const records: readonly In[] = [
  ['a', '1', 9],
  ['a', 'x', 20, 't'],
  ['a', '2', 5],
  ['a', null, 21, 't'],
  ['a', '3', 6],
  ['a', null, 7],
  [null, '4', 8],
  [null, null, 8],
];

test.each<[string, (b: TextBuilder) => KStream<string, string>, Out[], number]>([
  ['an inner join makes results of records with a row, with their times', inner, [['a', 'a:2x', 5]], 3],
  [
    'a left join keeps records without a row, those without key too',
    left,
    [
      ['a', 'a:1-', 9],
      ['a', 'a:2x', 5],
      ['a', 'a:3-', 6],
      [null, 'null:4-', 8],
    ],
    2,
  ],
])('%s', (_what, build, expected, drops) => {
  const { dropped, out } = run(build, records);
  expect(out).toEqual(expected);
  expect(dropped).toBe(drops);
});

test('rows of views are computed when they are looked up', () => {
  const { out } = run(
    (b) =>
      b.stream('in').join(
        b
          .table('t')
          .filter((v) => v !== 'no')
          .mapValues((v) => v.toUpperCase()),
        show,
      ),
    [
      ['a', 'no', 0, 't'],
      ['a', '1', 0],
      ['a', 'yes', 0, 't'],
      ['a', '2', 0],
    ],
  );
  expect(out).toEqual([['a', 'a:2YES', 0]]);
});

test('a changed key is repartitioned first, under the name of the join', () => {
  const builder = textBuilder();
  const table = builder.table('t');
  const rekeyed = builder.stream('in').selectKey((v) => v);
  rekeyed.join(table, show, { name: 'J' });
  const { plan } = builder.build();
  expect(plan.internalTopics.map(({ topic }) => topic.name)).toContain('J-repartition');
  expect(plan.subtopologies.flatMap(({ copartitionGroups }) => copartitionGroups)).toEqual([
    [
      { name: 't', internal: false },
      { name: 'J-repartition', internal: true },
    ],
  ]);
});

test('joins without a name share the repartition of a stream', () => {
  const builder = textBuilder();
  const rekeyed = builder.stream('in').selectKey((v) => v);
  rekeyed.join(builder.table('t'), show);
  rekeyed.leftJoin(builder.table('u'), show);
  const topics = builder.build().plan.internalTopics.filter(({ kind }) => kind === 'repartition');
  expect(topics.map(({ topic }) => topic.name)).toEqual(['KSTREAM-KEY-SELECT-0000000001-repartition']);
});

test('records without key pass the repartition only to a left join', () => {
  const dropped = (isLeft: boolean): Out[] =>
    run(
      (b) => {
        const rekeyed = b.stream('in').map((v, key) => [key, v]);
        return isLeft ? rekeyed.leftJoin(b.table('t'), show) : rekeyed.join(b.table('t'), show);
      },
      [[null, '1', 0]],
    ).out;
  expect(dropped(true)).toEqual([[null, 'null:1-', 0]]);
  expect(dropped(false)).toEqual([]);
});
