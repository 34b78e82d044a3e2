import { serdes } from '@millrace/core';
import { expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder } from './support.ts';

const long = { store: { value: serdes.long() } };
const text = (count: number | null): string | null => (count === null ? null : String(count));

const cases: [string, (builder: TextBuilder) => ReturnType<typeof counted>, In[], Out[], number][] = [
  [
    'count counts per key',
    counted,
    [
      ['a', 'x', 1],
      ['b', 'x', 2],
      ['a', 'y', 3],
    ],
    [
      ['a', '1', 1],
      ['b', '1', 2],
      ['a', '2', 3],
    ],
    0,
  ],
  [
    'the time of an aggregate never goes back',
    counted,
    [
      ['a', 'x', 9],
      ['a', 'y', 3],
      ['a', 'z', 10],
    ],
    [
      ['a', '1', 9],
      ['a', '2', 9],
      ['a', '3', 10],
    ],
    0,
  ],
  [
    'records without key or value are dropped and counted',
    counted,
    [
      [null, 'x', 1],
      ['a', null, 2],
      [null, null, 3],
      ['a', 'x', 4],
    ],
    [['a', '1', 4]],
    3,
  ],
  [
    'the first value of reduce stands as it is; null starts the key anew',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .reduce((a, v, k) => (v === '-' ? null : `${k}:${a}${v}`))
        .toStream(),
    [
      ['a', 'x', 5],
      ['a', 'y', 1],
      ['a', '-', 2],
      ['a', 'z', 1],
    ],
    [
      ['a', 'x', 5],
      ['a', 'a:xy', 5],
      ['a', null, 5],
      ['a', 'z', 1],
    ],
    0,
  ],
  [
    'aggregate starts from the initializer, again after null',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .aggregate(
          () => '0',
          (a, v, k) => (v === '-' ? undefined : `${a}${k}${v}`),
        )
        .toStream(),
    [
      ['a', 'x', 5],
      ['a', 'y', 6],
      ['a', '-', 7],
      ['a', 'z', 1],
    ],
    [
      ['a', '0ax', 5],
      ['a', '0axay', 6],
      ['a', null, 7],
      ['a', '0az', 1],
    ],
    0,
  ],
  [
    'null for a key that has no aggregate is forwarded as a deletion',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .aggregate<string | null>(
          () => null,
          () => null,
        )
        .toStream(),
    [['a', 'x', 5]],
    [['a', null, 5]],
    0,
  ],
  [
    'groupBy goes through a repartition; a null key leaves the stream there, uncounted',
    (b) =>
      b
        .stream('in')
        .groupBy((v) => (v === '-' ? null : v))
        .count()
        .toStream()
        .mapValues(text),
    [
      ['a', 'x', 1],
      ['b', 'x', 2],
      ['c', '-', 3],
    ],
    [
      ['x', '1', 1],
      ['x', '2', 2],
    ],
    0,
  ],
  [
    'objects that are changed in place are not shared with the store',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .aggregate<string[]>(
          () => [],
          (list, v) => {
            list.push(v);
            return v === 'fail' ? null : list;
          },
          { store: { value: serdes.json<string[]>() } },
        )
        .toStream()
        .mapValues((list) => JSON.stringify(list)),
    [
      ['a', 'x', 1],
      ['a', 'y', 2],
    ],
    [
      ['a', '["x"]', 1],
      ['a', '["x","y"]', 2],
    ],
    0,
  ],
];

function counted(builder: TextBuilder) {
  return builder.stream('in').groupByKey().count().toStream().mapValues(text);
}

test.each(cases)('%s', (_name, build, inputs, outputs, drops) => {
  expect(run(build, inputs)).toMatchObject({ out: outputs, dropped: drops });
});

test('behind a cache a deletion carries the time of the record that caused it, and a key that came and went is not forwarded', () => {
  const build = (b: TextBuilder) =>
    b
      .stream('in')
      .groupByKey()
      .aggregate(
        () => '',
        (a, v) => (v === '-' ? null : a + v),
      )
      .toStream();
  const inputs: In[] = [
    ['new', '-', 1],
    ['a', 'x', 5],
    ['a', '-', 2],
  ];
  expect(run(build, inputs).out).toEqual([
    ['new', null, 1],
    ['a', 'x', 5],
    ['a', null, 5],
  ]);
  expect(run(build, inputs, { cacheBytes: 1_000_000 }).out).toEqual([
    ['a', 'x', 5],
    ['a', null, 2],
  ]);
});

test('the old value of a first change is the initial aggregate', () => {
  const { out } = run(
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .aggregate(
          () => 7,
          (sum) => sum + 1,
          long,
        )
        .groupBy((sum) => [String(sum), String(sum)])
        .reduce({ add: (a, v) => `${a}+${v}`, subtract: (a, v) => `${a}-${v}` })
        .toStream(),
    [
      ['a', 'x', 1],
      ['b', 'x', 2],
    ],
  );
  // First 7 leaves its group, where nothing is; then 8 enters its own.
  expect(out).toEqual([
    ['7', null, 1],
    ['8', '8', 1],
    ['7', null, 2],
    ['8', '8+8', 2],
  ]);
});

test('one named group feeds several aggregations through one repartition topic', () => {
  const { driver } = run(
    (b) => {
      const group = b.stream('in').groupBy((v) => v, { name: 'once' });
      group
        .reduce((a) => a)
        .toStream()
        .to('other');
      return group.count().toStream().mapValues(text);
    },
    [['a', 'x', 1]],
  );
  expect(driver.producedTopicNames().filter((name) => name.endsWith('-repartition'))).toEqual(['test-once-repartition']);
  expect(driver.producedTopicNames()).toContain('other');
});
