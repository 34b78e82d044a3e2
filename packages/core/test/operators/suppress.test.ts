import {
  type KStream,
  type KTable,
  serdes,
  slidingWindows,
  sessionWindows,
  StreamsBuilder,
  timeWindows,
  unlimitedWindows,
  type Windowed,
} from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder } from './support.ts';

type Build = (builder: TextBuilder) => KStream<string, string | null>;

const joined = { add: (sum: string, value: string) => sum + value };

/** Windows of 10 ms, values put together, one result a window. */
const finals =
  (grace: number): Build =>
  (b) =>
    b
      .stream('in')
      .groupByKey()
      .windowedBy(timeWindows({ size: 10, grace }))
      .reduce(joined.add)
      .suppress({ until: 'windowClose' })
      .toStream()
      .selectKey((_, { key, window }) => `${key}@${window.start}`);

const waiting =
  (options: { maxRecords?: number; maxBytes?: number; whenFull?: 'emitEarly' | 'shutDown' } = {}): Build =>
  (b) =>
    b
      .table('in')
      .suppress({ until: 'timeLimit', wait: 10, ...options })
      .toStream();

test.each<[string, Build, readonly In[], Out[]]>([
  [
    'a window comes out once, when stream time reaches its end',
    finals(0),
    [
      ['a', 'x', 1],
      ['a', 'y', 5],
      ['a', 'z', 10],
    ],
    [['a@0', 'xy', 5]],
  ],
  [
    'or its end and grace',
    finals(5),
    [
      ['a', 'x', 1],
      ['a', 'y', 14],
      ['a', 'z', 2],
      ['a', 'w', 15],
    ],
    [['a@0', 'xz', 2]],
  ],
  [
    'windows come out by their end, then by key',
    finals(0),
    [
      ['b', 'x', 1],
      ['a', 'y', 2],
      ['c', 'z', 30],
    ],
    [
      ['a@0', 'y', 2],
      ['b@0', 'x', 1],
    ],
  ],
  [
    'a row waits from the first change that is held back, the last one comes out at its own time',
    waiting(),
    [
      ['a', '1', 0],
      ['a', '2', 5],
      ['b', '3', 9],
      ['b', '4', 10],
      ['b', '5', 19],
    ],
    [
      ['a', '2', 5],
      ['b', '5', 19],
    ],
  ],
  [
    'deleted rows come out where a time limit waits',
    waiting(),
    [
      ['a', '1', 0],
      ['a', null, 5],
      ['b', '3', 20],
    ],
    [['a', null, 5]],
  ],
  [
    'the eldest goes early where there is no room',
    waiting({ maxRecords: 1 }),
    [
      ['a', '1', 0],
      ['b', '2', 1],
      ['b', '3', 2],
      ['c', '4', 3],
    ],
    [
      ['a', '1', 0],
      ['b', '3', 2],
    ],
  ],
  ['nothing is held back where there is no room at all', waiting({ maxBytes: 0 }), [['a', '1', 0]], [['a', '1', 0]]],
])('%s', (_, build, inputs, expected) => {
  expect(run(build, inputs).out).toEqual(expected);
});

test.each<[string, Build]>([
  [
    'sliding windows',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .windowedBy(slidingWindows({ difference: 10, grace: 5 }))
        .reduce(joined.add)
        .suppress({ until: 'windowClose' })
        .toStream()
        .selectKey((_, { key }) => key),
  ],
  [
    'sessions, whose gap counts too',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 10, grace: 5 }))
        .reduce(joined.add)
        .suppress({ until: 'windowClose' })
        .toStream()
        .selectKey((_, { key }) => key),
  ],
])('%s close by their grace', (_, build) => {
  const after = (timestamp: number): Out[] =>
    run(build, [
      ['a', 'x', 0],
      ['b', 'y', timestamp],
    ]).out.filter(([key]) => key === 'a');
  expect(after(14)).toEqual([]);
  expect(after(15)).toEqual([['a', 'x', 0]]);
});

test('windows without end are held back for ever', () => {
  const build: Build = (b) =>
    b
      .stream('in')
      .groupByKey()
      .windowedBy(unlimitedWindows())
      .reduce(joined.add)
      .suppress({ until: 'windowClose' })
      .toStream()
      .selectKey((_, { key }) => key);
  expect(
    run(build, [
      ['a', 'x', 0],
      ['b', 'y', 1e12],
    ]).out,
  ).toEqual([]);
});

test('what comes out carries as old value the row before the last change, let go or not', () => {
  const build: Build = (b) =>
    b
      .table('in')
      .suppress({ until: 'timeLimit', wait: 10 })
      .groupBy((value) => ['all', value])
      .reduce({ add: (sum, value) => `${sum}+${value}`, subtract: (sum, value) => `${sum}-${value}` })
      .toStream();
  const { out } = run(build, [
    ['a', '1', 0],
    ['a', '2', 1],
    ['b', '9', 11],
    ['a', '3', 12],
    ['b', '8', 40],
  ]);
  expect(out.at(-1)?.[1]).toBe('2-9+8-2+3');
});

test('a full buffer that may let nothing go early stops the task and says what there is', () => {
  expect(() =>
    run(waiting({ maxRecords: 1, whenFull: 'shutDown' }), [
      ['a', '1', 0],
      ['b', '2', 1],
    ]),
  ).toThrow(
    expect.objectContaining({
      code: 'MR_PROCESSING',
      cause: expect.objectContaining({ code: 'MR_BUFFER_FULL', details: expect.objectContaining({ node: 'KTABLE-SUPPRESS-0000000003' }) }),
    }),
  );
});

describe('names', () => {
  const described = (name?: string): string => {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.table('in').suppress({ until: 'timeLimit', wait: 1, name }).toStream().to('out');
    return builder.build().describe();
  };

  test('are generated for node and buffer', () => {
    expect(described()).toContain('Processor: KTABLE-SUPPRESS-0000000003 (stores: [KTABLE-SUPPRESS-STATE-STORE-0000000004])');
    expect(described()).toContain('KTABLE-TOSTREAM-0000000005');
  });

  test('are given, and take no number', () => {
    expect(described('late')).toContain('Processor: late (stores: [late-store])');
    expect(described('late')).toContain('KTABLE-TOSTREAM-0000000003');
  });

  test('that are generated are refused by requireNames, where there is a changelog', () => {
    const build = (logging: boolean) => (): unknown => {
      const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), requireNames: true });
      builder.table('in', { store: 'T' }).suppress({ until: 'timeLimit', wait: 1, logging });
      return builder.build();
    };
    expect(build(true)).toThrow(/changelog topic KTABLE-SUPPRESS-STATE-STORE-0000000003-changelog/);
    expect(build(false)).not.toThrow();
  });
});

test.each<[string, Build, string]>([
  [
    'windows that are not there',
    // The type forbids it.
    (b) =>
      (b.table('in') as unknown as KTable<Windowed<string>, string>)
        .suppress({ until: 'windowClose' })
        .toStream()
        .selectKey((value) => String(value)),
    'MR_TOPOLOGY_INVALID',
  ],
  ['a limit below nothing', waiting({ maxRecords: -1 }), 'MR_ARGUMENT_INVALID'],
  ['a limit that is no number', waiting({ maxBytes: Number.NaN }), 'MR_ARGUMENT_INVALID'],
  ['an illegal name', (b) => b.table('in').suppress({ until: 'timeLimit', wait: 1, name: 'a b' }).toStream(), 'MR_TOPOLOGY_INVALID'],
])('%s are refused', (_, build, code) => {
  expect(() => run(build, [])).toThrow(expect.objectContaining({ code }));
});

test('what is held back survives a crash, and stream time with it', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), cacheBytes: 0 });
  builder.table('in').suppress({ until: 'timeLimit', wait: 10 }).toStream().to('out');
  const driver = new TopologyTestDriver(builder.build(), { partitions: 1 });
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  input.pipeInput({ key: 'a', value: '1', timestamp: 0 });
  input.pipeInput({ key: 'b', value: '2', timestamp: 9 });
  driver.commit();
  driver.crash();
  input.pipeInput({ key: 'c', value: '3', timestamp: 10 });
  const out = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.string() });
  expect(out.readRecordsToList().map(({ key, value }) => [key, value])).toEqual([['a', '1']]);
});
