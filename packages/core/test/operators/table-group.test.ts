import { Change, type KGroupedTable, serdes } from '@millrace/core';
import { expect, test } from 'vitest';
import { tableRegroup } from '../../src/operators/table-regroup.ts';
import { StreamRecord } from '../../src/record.ts';
import { ChangeSerde } from '../../src/serde/change-serde.ts';
import { type In, type Out, run, type TextBuilder } from './support.ts';

/** Groups by the first letter of the value, with the rest as value. */
function byFirst(builder: TextBuilder): KGroupedTable<string, string> {
  return builder.table('in').groupBy((v) => [v.slice(0, 1) || null, v.length === 1 ? null : v.slice(1)]);
}

const text = (value: number | null): string | null => (value === null ? null : String(value));

test.each<[string, (group: KGroupedTable<string, string>) => ReturnType<typeof counted>, In[], Out[]]>([
  [
    'a row that moves leaves its old group first',
    counted,
    [
      ['k', 'a1', 1],
      ['l', 'a2', 2],
      ['k', 'b1', 3],
    ],
    [
      ['a', '1', 1],
      ['a', '2', 2],
      ['a', '1', 3],
      ['b', '1', 3],
    ],
  ],
  [
    'a row that stays is taken out and in at once',
    counted,
    [
      ['k', 'a1', 1],
      ['k', 'a2', 2],
    ],
    [
      ['a', '1', 1],
      ['a', '1', 2],
    ],
  ],
  [
    'a deleted row leaves its group',
    counted,
    [
      ['k', 'a1', 1],
      ['k', null, 2],
    ],
    [
      ['a', '1', 1],
      ['a', '0', 2],
    ],
  ],
  [
    'rows without group key or value belong nowhere',
    counted,
    [
      ['k', '', 1],
      ['l', 'a', 2],
      ['k', 'a1', 3],
      ['k', 'a', 4],
    ],
    [
      ['a', '1', 3],
      ['a', '0', 4],
    ],
  ],
  [
    'the time of a group never goes back',
    counted,
    [
      ['k', 'a1', 9],
      ['l', 'a2', 3],
      ['l', null, 4],
    ],
    [
      ['a', '1', 9],
      ['a', '2', 9],
      ['a', '1', 9],
    ],
  ],
  [
    'aggregate subtracts before it adds',
    (g) => g.aggregate(() => '', { add: (a, v, k) => `${a}+${k}${v}`, subtract: (a, v, k) => `${a}-${k}${v}` }).toStream(),
    [
      ['k', 'a1', 1],
      ['k', 'a2', 2],
    ],
    [
      ['a', '+a1', 1],
      ['a', '+a1-a1+a2', 2],
    ],
  ],
  [
    'an aggregate that became null starts from the initializer within one change',
    (g) => g.aggregate(() => '0', { add: (a, v) => a + v, subtract: () => null }).toStream(),
    [
      ['k', 'a1', 5],
      ['k', 'a2', 2],
      ['k', null, 3],
    ],
    [
      ['a', '01', 5],
      ['a', '02', 5],
      ['a', null, 5],
    ],
  ],
  [
    'the first row of reduce stands as it is; a null result removes the group',
    (g) => g.reduce({ add: (a, v) => `${a},${v}`, subtract: (a, v) => (a === v ? null : a.replace(v, '_')) }).toStream(),
    [
      ['k', 'ax', 1],
      ['l', 'ay', 2],
      ['k', null, 3],
      ['m', 'bz', 4],
      ['m', null, 5],
    ],
    [
      ['a', 'x', 1],
      ['a', 'x,y', 2],
      ['a', '_,y', 3],
      ['b', 'z', 4],
      ['b', null, 5],
    ],
  ],
])('%s', (_name, aggregate, inputs, outputs) => {
  expect(run((builder) => aggregate(byFirst(builder)), inputs)).toMatchObject({ out: outputs, dropped: 0 });
});

function counted(group: KGroupedTable<string, string>) {
  return group.count().toStream().mapValues(text);
}

test('the repartition topic carries changes as Java writes them', () => {
  const { driver } = run(
    (builder) => counted(byFirst(builder)),
    [
      ['k', 'a1', 1],
      ['k', 'a2', 2],
      ['k', 'b1', 3],
    ],
  );
  const topic = 'test-KTABLE-AGGREGATE-STATE-STORE-0000000004-repartition';
  const changes = driver.createOutputTopic(topic, { key: serdes.string(), value: new ChangeSerde(serdes.string()) }).readRecordsToList();
  expect(changes.map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
    ['a', new Change('1', null), 1],
    ['a', new Change('2', '1'), 2],
    ['a', new Change<string>(null, '2'), 3],
    ['b', new Change('1', null), 3],
  ]);
});

test('a named group feeds several aggregations through one repartition topic', () => {
  const { driver, out } = run(
    (builder) => {
      const group = builder.table('in').groupBy((v, k) => [v, k], { name: 'g' });
      group
        .reduce({ add: (a, v) => a + v, subtract: (a) => a })
        .toStream()
        .to('other');
      return counted(group);
    },
    [['k', 'a', 1]],
  );
  expect(out).toEqual([['a', '1', 1]]);
  expect(driver.producedTopicNames().filter((name) => name.endsWith('-repartition'))).toEqual(['test-g-repartition']);
});

test('the selector must return pairs or null', () => {
  expect(() => run((builder) => counted(builder.table('in').groupBy(() => 'ab' as never)), [['k', 'a', 1]])).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: 'MR_NULL_RESULT' }) }),
  );
  expect(run((builder) => counted(builder.table('in').groupBy(() => null as never)), [['k', 'a', 1]]).out).toEqual([]);
});

test.each<[string, (group: KGroupedTable<string, string>) => ReturnType<typeof counted>]>([
  ['count', counted],
  ['aggregate', (group) => group.aggregate(() => '', { add: (a, v) => a + v, subtract: (a) => a }, { store: { name: 'S' } }).toStream()],
  ['reduce', (group) => group.reduce({ add: (a, v) => a + v, subtract: (a) => a }, { store: 'S' }).toStream()],
])('%s refuses a group without a key, which somebody else wrote into the repartition topic', (_name, aggregate) => {
  const { driver } = run((builder) => aggregate(builder.table('in').groupBy((v, k) => [v, k], { name: 'g' })), []);
  const repartition = driver.createInputTopic('test-g-repartition', {
    key: serdes.string(),
    value: new ChangeSerde(serdes.string()),
  });
  expect(() => repartition.pipeInput({ key: null as never, value: new Change('v', null) })).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: 'MR_NULL_RESULT' }) }),
  );
});

test.each([null, undefined])('a row whose key is %s is refused, and its selector not asked', (key) => {
  const asked: unknown[] = [];
  const processor = tableRegroup<string | null | undefined, string, string, string>((value) => {
    asked.push(value);
    return ['a', value];
  }).create();
  const row = StreamRecord.of({ key, value: new Change<string>('v', null), timestamp: 1 });
  expect(() => processor.process(row)).toThrow(expect.objectContaining({ code: 'MR_NULL_RESULT' }));
  expect(asked).toEqual([]);
});
