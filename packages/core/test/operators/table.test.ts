import type { KStream } from '@millrace/core';
import { expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder } from './support.ts';

type Build = (builder: TextBuilder) => KStream<string, string | null>;

const upper = (value: string): string | null => (value === '-' ? null : value.toUpperCase());

const rows: readonly In[] = [
  ['a', 'x', 5],
  [null, 'x', 6],
  ['a', 'y', 1],
  ['a', null, 7],
  ['b', null, 8],
];

test.each<[string, Build, readonly In[], Out[], number]>([
  [
    'a table forwards every change with its own time, older ones too, and drops records without key',
    (b) => b.table('in').toStream(),
    rows,
    [
      ['a', 'x', 5],
      ['a', 'y', 1],
      ['a', null, 7],
      ['b', null, 8],
    ],
    1,
  ],
  [
    'so it does where it is kept in a store',
    (b) => b.table('in', { store: 'T' }).toStream(),
    rows,
    [
      ['a', 'x', 5],
      ['a', 'y', 1],
      ['a', null, 7],
      ['b', null, 8],
    ],
    1,
  ],
  [
    'a stream read as a table does the same',
    (b) => b.stream('in').toTable().toStream(),
    rows,
    [
      ['a', 'x', 5],
      ['a', 'y', 1],
      ['a', null, 7],
      ['b', null, 8],
    ],
    1,
  ],
  [
    'toTable behind a new key goes through a repartition, where records without key end uncounted',
    (b) =>
      b
        .stream('in')
        .selectKey((v) => v)
        .toTable()
        .toStream(),
    [
      ['a', 'x', 1],
      ['b', null, 2],
    ],
    [['x', 'x', 1]],
    0,
  ],
  [
    'toStream with a selector changes the key',
    (b) => b.table('in').toStream((v, k) => `${k}${v}`),
    [
      ['a', 'x', 1],
      ['a', null, 2],
    ],
    [
      ['ax', 'x', 1],
      ['anull', null, 2],
    ],
    0,
  ],
  [
    'a filter without old values deletes whatever it does not keep, known below or not',
    (b) =>
      b
        .table('in')
        .filter((v) => v === 'y')
        .toStream(),
    [
      ['a', 'x', 1],
      ['a', 'y', 2],
      ['a', 'x', 3],
      ['a', 'z', 4],
      ['b', null, 5],
    ],
    [
      ['a', null, 1],
      ['a', 'y', 2],
      ['a', null, 3],
      ['a', null, 4],
      ['b', null, 5],
    ],
    0,
  ],
  [
    'a filter that knows old values, since its table is stored, deletes only what was there',
    (b) =>
      b
        .table('in', { store: 'T' })
        .filter((v) => v === 'y')
        .toStream(),
    [
      ['a', 'x', 1],
      ['a', 'y', 2],
      ['a', 'x', 3],
      ['a', 'z', 4],
      ['b', null, 5],
    ],
    [
      ['a', 'y', 2],
      ['a', null, 3],
    ],
    0,
  ],
  [
    'a stored filter answers from its own store',
    (b) =>
      b
        .table('in', { store: 'T' })
        .filterNot((v) => v === 'x', { store: 'F' })
        .toStream(),
    [
      ['a', 'x', 1],
      ['a', 'y', 2],
      ['a', 'x', 3],
      ['a', 'z', 4],
    ],
    [
      ['a', 'y', 2],
      ['a', null, 3],
      ['a', 'z', 4],
    ],
    0,
  ],
  [
    'filter never sees null',
    (b) =>
      b
        .table('in')
        .filterNot((v) => v.length === 0)
        .toStream(),
    [['a', null, 1]],
    [['a', null, 1]],
    0,
  ],
  [
    'mapValues never sees null, may say it, and forwards every deletion',
    (b) => b.table('in').mapValues(upper).toStream(),
    [
      ['a', 'x', 1],
      ['a', '-', 2],
      ['a', null, 3],
    ],
    [
      ['a', 'X', 1],
      ['a', null, 2],
      ['a', null, 3],
    ],
    0,
  ],
  [
    'so it does from a store of its own',
    (b) => b.table('in').mapValues(upper, { store: 'M' }).toStream(),
    [
      ['a', 'x', 1],
      ['a', '-', 2],
      ['a', null, 3],
    ],
    [
      ['a', 'X', 1],
      ['a', null, 2],
      ['a', null, 3],
    ],
    0,
  ],
  [
    'a chain of views hands old values down from the store above',
    (b) =>
      b
        .table('in', { store: 'T' })
        .mapValues((v) => v.length)
        .filter((n) => n > 1)
        .mapValues((n, k) => `${k}:${n}`)
        .toStream(),
    [
      ['a', 'x', 1],
      ['a', 'xy', 2],
      ['a', 'xyz', 3],
      ['a', null, 4],
    ],
    [
      ['a', 'a:2', 2],
      ['a', 'a:3', 3],
      ['a', null, 4],
    ],
    0,
  ],
])('%s', (_name, build, inputs, outputs, drops) => {
  expect(run(build, inputs)).toMatchObject({ out: outputs, dropped: drops });
});

test('a table is stored where it is named or needed, and only there', () => {
  const { driver } = run((b) => {
    const plain = b.table('in');
    b.table('named', { store: 'T' }).filter(() => true, { store: {} });
    plain.groupBy((v, k) => [v, k]).count({ store: 'C' });
    b.stream('s').toTable();
    return plain.filter(() => true, { store: 'F' }).toStream();
  }, []);
  expect(driver.storeNames.toSorted()).toEqual(['C', 'F', 'T', 'in-STATE-STORE-0000000000']);
});

test('rows can be read by the name of the store', () => {
  const { driver } = run(
    (b) => b.table('in', { store: 'T' }).mapValues(upper, { store: 'M' }).toStream(),
    [
      ['b', 'y', 2],
      ['a', 'x', 1],
    ],
  );
  const table = driver.getTimestampedKeyValueStore<string, string>('T');
  expect([...table.all()]).toEqual([
    { key: 'a', value: { value: 'x', timestamp: 1 } },
    { key: 'b', value: { value: 'y', timestamp: 2 } },
  ]);
  expect(driver.getKeyValueStore<string, string>('M').get('a')).toBe('X');
});

test('behind a cache a flush forwards one change a key, from the value before to the last one', () => {
  const changes = run(
    (b) =>
      b
        .stream('in')
        .flatMapValues((v) => v.split(''))
        .groupByKey()
        .reduce((a, v) => a + v)
        .groupBy((v) => ['all', v])
        .reduce({ add: (a, v) => `${a}+${v}`, subtract: (a, v) => `${a}-${v}` })
        .toStream(),
    [
      ['k', 'ab', 1],
      ['k', 'cd', 2],
    ],
    { cacheBytes: 1_000_000 },
  );
  expect(changes.out).toEqual([
    ['all', 'ab', 1],
    ['all', 'ab-ab+abcd', 2],
  ]);
});
