import { Headers, type KStream, serdes } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { type In, type Out, run, textBuilder } from './support.ts';

type Operation = (stream: KStream<string, string>) => KStream<string, string | null>;

const shown = (value: string | null): string => value ?? 'none';

test.each<[string, Operation, In[], Out[]]>([
  [
    'filter keeps what is accepted, in order',
    (s) => s.filter((v) => v > 'b'),
    [
      ['k', 'c', 1],
      ['k', 'a', 2],
      ['k', 'd', 0],
    ],
    [
      ['k', 'c', 1],
      ['k', 'd', 0],
    ],
  ],
  [
    'filter gives nulls to the predicate',
    (s) => s.filter((v, k) => v === null && k === null),
    [
      [null, null, 1],
      ['k', null, 2],
    ],
    [[null, null, 1]],
  ],
  [
    'filterNot drops what is accepted',
    (s) => s.filterNot((v) => v === 'a'),
    [
      ['k', 'a', 1],
      ['k', 'b', 2],
    ],
    [['k', 'b', 2]],
  ],
  [
    'mapValues keeps key and time, and maps null',
    (s) => s.mapValues((v, k) => `${shown(v)}/${shown(k)}`),
    [
      ['k', 'a', 1],
      [null, null, 2],
    ],
    [
      ['k', 'a/k', 1],
      [null, 'none/null'.replace('null', 'none'), 2],
    ],
  ],
  ['mapValues to null is a tombstone', (s) => s.mapValues(() => null), [['k', 'a', 1]], [['k', null, 1]]],
  ['map makes key and value', (s) => s.map((v, k) => [v, k]), [['k', 'a', 1]], [['a', 'k', 1]]],
  ['selectKey keeps the value', (s) => s.selectKey((v, k) => `${k}-${v}`), [['k', 'a', 1]], [['k-a', 'a', 1]]],
  [
    'flatMap gives any number, in order',
    (s) => s.flatMap((v, k) => v.split('').map((c) => [c, k] as const)),
    [
      ['k', 'ab', 1],
      ['k', '', 2],
      ['l', 'c', 3],
    ],
    [
      ['a', 'k', 1],
      ['b', 'k', 1],
      ['c', 'l', 3],
    ],
  ],
  [
    'flatMapValues takes any iterable',
    (s) => s.flatMapValues((v) => new Set(v)),
    [['k', 'aba', 1]],
    [
      ['k', 'a', 1],
      ['k', 'b', 1],
    ],
  ],
  [
    'merge has the records of both',
    (s) => s.filter((v) => v < 'b').merge(s.filter((v) => v > 'b')),
    [
      ['k', 'a', 1],
      ['k', 'b', 2],
      ['k', 'c', 3],
    ],
    [
      ['k', 'a', 1],
      ['k', 'c', 3],
    ],
  ],
  ['merge with itself has each record once: it is one node with one parent', (s) => s.merge(s), [['k', 'a', 1]], [['k', 'a', 1]]],
  [
    'a repartition drops records without key, and keeps null values',
    (s) => s.repartition(),
    [
      [null, 'a', 1],
      ['k', null, 2],
    ],
    [['k', null, 2]],
  ],
])('%s', (_name, operation, inputs, outputs) => {
  expect(run((builder) => operation(builder.stream('in')), inputs)).toMatchObject({ out: outputs, dropped: 0 });
});

test('predicates count by truth, whatever they return', () => {
  const truthy = (value: string): boolean => value.match(/a/) as unknown as boolean;
  const inputs: In[] = [
    ['k', 'a', 1],
    ['k', 'b', 2],
  ];
  expect(run((builder) => builder.stream('in').filter(truthy), inputs).out).toEqual([['k', 'a', 1]]);
  expect(
    run(
      (builder) =>
        builder
          .table('in')
          .filterNot(truthy, { store: { name: 'F', key: serdes.string(), value: serdes.string() } })
          .toStream(),
      inputs,
    ).out,
  ).toEqual([
    ['k', null, 1],
    ['k', 'b', 2],
  ]);
});

test('peek and foreach see every record in order; peek passes it on', () => {
  const seen: string[] = [];
  const { out } = run(
    (builder) => {
      const stream = builder.stream('in').peek((value, key) => seen.push(`peek ${key}=${value}`));
      stream.foreach((value, key) => seen.push(`each ${key}=${value}`));
      return stream;
    },
    [
      ['k', 'a', 1],
      [null, null, 2],
    ],
  );
  expect(seen).toEqual(['peek k=a', 'each k=a', 'peek null=null', 'each null=null']);
  expect(out).toEqual([
    ['k', 'a', 1],
    [null, null, 2],
  ]);
});

test('print writes a line a record, labelled with the parent unless told otherwise', () => {
  const lines: string[] = [];
  run(
    (builder) => {
      const stream = builder.stream('in');
      stream.print((line) => lines.push(line));
      stream.print((line) => lines.push(line), { label: 'mine', mapper: (value) => value.toUpperCase() });
      return stream;
    },
    [['k', 'a', 1]],
  );
  expect(lines).toEqual(['[KSTREAM-SOURCE-0000000000]: k, a', '[mine]: A']);
});

test.each<[string, Operation]>([
  ['map without a pair', (s) => s.map(() => null as never)],
  ['flatMap without a list', (s) => s.flatMap(() => null as never)],
  ['flatMap with a list of no pairs', (s) => s.flatMap(() => [null as never])],
  ['flatMapValues without a list', (s) => s.flatMapValues<string>(() => undefined as never)],
])('%s stops the task and says where', (_name, operation) => {
  expect(() => run((builder) => operation(builder.stream('in')), [['k', 'a', 1]])).toThrow(
    expect.objectContaining({
      details: expect.objectContaining({ topic: 'in', offset: 0 }),
      cause: expect.objectContaining({ code: 'MR_NULL_RESULT' }),
    }),
  );
});

test('headers go through every stateless operator, and a change in one branch does not show in another', () => {
  const builder = textBuilder();
  const stream = builder.stream('in');
  stream
    .map((v, k) => [k, v])
    .mapValues((v) => v)
    .selectKey((v) => v)
    .flatMap((v, k) => [[k, v] as const])
    .flatMapValues((v) => [v])
    .filter(() => true)
    .repartition()
    .to('out1');
  stream
    .process<string, string>(() => {
      let forward: (record: never) => void;
      return {
        init: (context) => {
          forward = (record) => context.forward(record);
        },
        process: (record) => forward(record.withHeaders(new Headers(record.headers.toArray()).add('more', 'x')) as never),
      };
    })
    .to('out2');
  using driver = new TopologyTestDriver(builder.build());
  const headers = [{ key: 'h', value: Buffer.from('1') }];
  driver
    .createInputTopic('in', { key: serdes.string(), value: serdes.string() })
    .pipeInput({ key: 'k', value: 'v', timestamp: 1, headers });
  const names = (topic: string) =>
    driver
      .createOutputTopic(topic, { key: serdes.string(), value: serdes.string() })
      .readRecord()
      .headers.map(({ key }) => key);
  expect(names('out1')).toEqual(['h']);
  expect(names('out2')).toEqual(['h', 'more']);
});
