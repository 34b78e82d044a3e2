import { StreamsError, StreamRecord, TopologyError, type VersionedStore } from '@millrace/core';
import { expect, test } from 'vitest';
import { type In, type Out, run, textBuilder } from './support.ts';

const history = { name: 'T', historyRetention: 100 };
const show = (value: string, row: string | null): string => `${value}${row ?? '-'}`;

const rows: readonly In[] = [
  ['a', 'x', 10, 't'],
  ['a', 'z', 30, 't'],
  ['a', 'y', 20, 't'],
];

test('streams join the row of their own time, also through views', () => {
  const records: readonly In[] = [...rows, ['a', '1', 9], ['a', '2', 10], ['a', '3', 29], ['a', '4', 31]];
  const plain = run((b) => b.stream('in').leftJoin(b.table('t', { store: history }), show), records);
  expect(plain.out).toEqual([
    ['a', '1-', 9],
    ['a', '2x', 10],
    ['a', '3y', 29],
    ['a', '4z', 31],
  ]);
  const viewed = run((b) => {
    const table = b.table('t', { store: history });
    const view = table.filter((v) => v !== 'y').mapValues((v) => v.toUpperCase());
    return b.stream('in').join(view, show);
  }, records);
  expect(viewed.out).toEqual([
    ['a', '2X', 10],
    ['a', '4Z', 31],
  ]);
});

test('with a grace records wait for rows that come late; what is older than the grace joins at once', () => {
  const { out } = run(
    (b) => b.stream('in').join(b.table('t', { store: history }), show, { grace: 10 }),
    [
      ['a', 'x', 10, 't'],
      ['a', '1', 20],
      ['a', 'y', 15, 't'],
      // 20 is not over yet …
      ['a', '2', 29],
      // … and now it is.
      ['a', '3', 30],
      ['a', '4', 12],
      ['a', '5', 40],
    ],
  );
  expect(out).toEqual([
    ['a', '1y', 20],
    ['a', '4x', 12],
    ['a', '2y', 29],
    ['a', '3y', 30],
  ]);
});

test.each<[string, object]>([
  ['none', { name: 'T' }],
  ['too short a one', { name: 'T', historyRetention: 9 }],
])('a grace needs a history that is no shorter; here the table has %s', (_what, store) => {
  const builder = textBuilder();
  builder.stream('in').join(builder.table('t', { store }), show, { grace: 10 });
  expect(() => builder.build()).toThrow(StreamsError);
  expect(() => builder.build()).toThrow('historyRetention');
});

test('changes of former times go through filters and mappings, and are left out by regrouping and joins of tables', () => {
  const changes = run((b) => b.table('t', { store: history }).mapValues(show2).toStream(), rows).out;
  expect(changes).toEqual<Out[]>([
    ['a', 'x!', 10],
    ['a', 'z!', 30],
    ['a', 'y!', 20],
  ]);
  const grouped = run(
    (b) =>
      b
        .table('t', { store: history })
        .groupBy((value, key) => [key, value])
        .reduce({ add: (_sum, value) => value, subtract: (sum) => sum })
        .toStream(),
    rows,
  );
  expect(grouped.out.map(([, value]) => value)).toEqual(['x', 'z']);
  const joined = run((b) => b.table('t', { store: history }).leftJoin(b.table('u'), show).toStream(), rows);
  expect(joined.out.map(([, value]) => value)).toEqual(['x-', 'z-']);
  expect(joined.dropped).toBe(1);
});

const show2 = (value: string): string => `${value}!`;

test('rows older than the history are refused, counted, and nothing comes of them', () => {
  const { dropped, out } = run(
    (b) => b.table('t', { store: history }).toStream(),
    [
      ['a', 'x', 200, 't'],
      ['a', 'y', 99, 't'],
      ['a', 'z', 100, 't'],
    ],
  );
  expect(out).toEqual([
    ['a', 'x', 200],
    ['a', 'z', 100],
  ]);
  expect(dropped).toBe(1);
});

test('a filter says of every change that is left out that there is no row: there may have been one', () => {
  const { out } = run(
    (b) =>
      b
        .table('t', { store: history })
        .filter((v) => v === 'y')
        .toStream(),
    rows,
  );
  expect(out).toEqual([
    ['a', null, 10],
    ['a', null, 30],
    ['a', 'y', 20],
  ]);
});

test('global tables keep no history', () => {
  expect(() => textBuilder().globalTable('t', { store: history })).toThrow(TopologyError);
});

test.each<[number, number]>([
  [0, 2_000],
  [60_000, 20_000],
  [60_003, 20_000],
  [300_000, 60_000],
  [300_012, 60_000],
  [3_600_000, 300_000],
  [7_200_000, 300_000],
  [86_400_000, 3_600_000],
])('a history of %i ms expires in pieces of %i ms, unless told otherwise', (historyRetention, expected) => {
  const segments = (segmentInterval?: number): number[] => {
    const builder = textBuilder();
    builder.table('t', { store: { name: 'T', historyRetention, segmentInterval } });
    const specs = builder.build().plan.subtopologies.flatMap(({ stores }) => stores.map(({ spec }) => spec));
    return specs.map((spec) => (spec.kind === 'versioned' ? spec.segmentIntervalMs : -1));
  };
  expect(segments()).toEqual([expected]);
  expect(segments(7)).toEqual([7]);
});

test('processors keep versions in a store of their own', () => {
  const { out } = run(
    (b) =>
      b.stream('in').process(
        () => {
          let store: VersionedStore<string, string>;
          let forward: (record: StreamRecord<string, string>) => void;
          return {
            init: (context): void => {
              store = context.getStateStore<VersionedStore<string, string>>('V');
              forward = (record) => context.forward(record);
            },
            process: ({ key, timestamp, value }): void => {
              const validTo = store.put(key, value, timestamp);
              const shown = `${validTo} ${store.get(key)?.value} ${store.getAsOf(key, timestamp)?.value}`;
              forward(StreamRecord.of({ key, value: shown, timestamp }));
            },
          };
        },
        { stores: [{ kind: 'versioned', name: 'V', historyRetention: 100 }] },
      ),
    [
      ['a', 'x', 10],
      ['a', 'z', 300],
      ['a', 'y', 200],
      ['a', 'w', 199],
    ],
  );
  expect(out.map(([, value]) => value)).toEqual(['-1 x x', '-1 z z', '300 z y', 'undefined z undefined']);
});
