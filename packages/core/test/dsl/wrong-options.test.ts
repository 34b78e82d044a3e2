/** What JavaScript passes as options: another name, another word, another thing. Each would be overlooked, and the results be others. */
import { describe, expect, test } from 'vitest';
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts';
import { TopologyBuilder } from '../../src/dsl/topology-builder.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { joinWindows } from '../../src/windows/join-windows.ts';
import { sessionWindows } from '../../src/windows/session-windows.ts';
import { timeWindows } from '../../src/windows/time-windows.ts';

// What the types refuse is tried here.
type Loose = Record<string, (...args: unknown[]) => never>;

function loose(object: object): Loose {
  return object as Loose;
}

const newBuilder = (): StreamsBuilder<string, string> => new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
const stream = (): Loose => loose(newBuilder().stream('in'));
const table = (): Loose => loose(newBuilder().table('in'));
const grouped = (): Loose => loose(newBuilder().stream('in').groupByKey());
const windowed = (): Loose =>
  loose(
    newBuilder()
      .stream('in')
      .groupByKey()
      .windowedBy(timeWindows({ size: 10 })),
  );
const processor = (): object => ({ process: () => undefined });
class Worker {
  process(): void {
    return;
  }
}

const identity = (value: unknown): unknown => value;

const refusals: readonly (readonly [what: string, call: () => unknown, message: RegExp])[] = [
  [
    'a word of windowedBy',
    () => grouped()['windowedBy']?.(timeWindows({ size: 10 }), { emit: 'onClose' }),
    /emit of windowedBy must be 'onWindowUpdate' or 'onWindowClose', got "onClose"/,
  ],
  [
    'what suppress does when full',
    () => table()['suppress']?.({ until: 'timeLimit', wait: 1, whenFull: 'shutdown' }),
    /whenFull of suppress.*Did you mean 'shutDown'/,
  ],
  ['until when suppress waits', () => table()['suppress']?.({ until: 'windowClosed' }), /until of suppress.*Did you mean 'windowClose'/],
  ['no options of suppress', () => table()['suppress']?.(), /until of suppress must be/],
  ['a persistence', () => grouped()['count']?.({ store: { persistence: 'inmemory' } }), /persistence of store.*Did you mean 'inMemory'/],
  ['a persistence of the builder', () => new StreamsBuilder({ persistence: 'disk' as never }), /persistence of StreamsBuilder must be/],
  ['logging as text', () => grouped()['count']?.({ store: { logging: 'off' } }), /logging of store must be true, false or/],
  ['an offset reset', () => loose(newBuilder())['stream']?.('in', { offsetReset: 'first' }), /offsetReset must be .* got "first"/],
  ['a number as offset reset', () => loose(newBuilder())['stream']?.('in', { offsetReset: 5 }), /offsetReset must be .* got 5/],
  [
    'a kind of store',
    () => loose(newBuilder())['addStateStore']?.({ name: 's', kind: 'windowed' }),
    /kind of the store "s".*Did you mean 'window'/,
  ],
  ['no store', () => loose(newBuilder())['addStateStore']?.(), /a store needs a name/],
  [
    'a name as options',
    () => grouped()['count']?.('my-store'),
    /options of count must be an object with some of name, store, got "my-store"/,
  ],
  ['a number as store', () => grouped()['count']?.({ store: 7 }), /options of store must be an object/],
  ['a number as name', () => stream()['filter']?.(identity, { name: 7 }), /name of filter must be text, got 7/],
  ['a serde as text', () => new StreamsBuilder({ key: 'string' as never }), /key of StreamsBuilder must be a serde, got "string"/],
  [
    'a serde that is not made',
    () => new StreamsBuilder({ value: serdes.string as never }),
    /value of StreamsBuilder must be a serde.*serdes\.string\(\)/,
  ],
  ['no topic of to', () => stream()['to']?.(), /to needs the name of a topic/],
  ['a number as topic of to', () => stream()['to']?.(5), /to needs the name of a topic.*got 5/],
  [
    'valueSerde',
    () => loose(newBuilder())['stream']?.('in', { valueSerde: serdes.long() }),
    /no option valueSerde of stream\. Did you mean value\?/,
  ],
  ['keySerde', () => stream()['groupByKey']?.({ keySerde: serdes.long() }), /no option keySerde of groupByKey\. Did you mean key\?/],
  ['cachng', () => grouped()['count']?.({ store: { cachng: true } }), /no option cachng of store\. Did you mean caching\?/],
  [
    'advnce',
    () => loose({ timeWindows })['timeWindows']?.({ size: 10, advnce: 1 }),
    /no option advnce of timeWindows\. Did you mean advance\?/,
  ],
  [
    'an option unlike all others',
    () => stream()['to']?.('out', { quux: 1 }),
    /no option quux of to\. The options are name, key, value, partitioner/,
  ],
  ['no options of timeWindows', () => loose({ timeWindows })['timeWindows']?.(), /options of timeWindows must be an object/],
  ['no options of sessionWindows', () => loose({ sessionWindows })['sessionWindows']?.(), /options of sessionWindows must be an object/],
  ['a bigint as size', () => loose({ timeWindows })['timeWindows']?.({ size: 10n }), /10n is no duration/],
  ['NaN as size', () => loose({ timeWindows })['timeWindows']?.({ size: Number.NaN }), /NaN is no duration/],
  ['Infinity as difference', () => joinWindows({ difference: Infinity }), /Infinity is no duration/],
  ['no branches', () => stream()['split']?.(), /split needs branches/],
  ['null as options of groupBy', () => stream()['groupBy']?.(identity, null), /options of groupBy must be an object/],
  ['a class as processor', () => stream()['process']?.(Worker), /pass \(\) => new Worker\(\)/],
  [
    'a processor without parents',
    () => loose(new TopologyBuilder())['addProcessor']?.('p', processor),
    /options of the processor "p" must be an object/,
  ],
  ['a stream for a table', () => table()['join']?.(newBuilder().stream('x'), identity), /join needs a table, got a stream/],
  ['a table to be merged', () => stream()['merge']?.(newBuilder().table('x')), /merge needs a stream, got a table/],
  ['a group to be merged', () => stream()['merge']?.(newBuilder().stream('x').groupByKey()), /merge needs a stream, got a group/],
  ['an option of windowed counts', () => windowed()['count']?.({ store: { maxEntries: 1 } }), /no option maxEntries of store/],
  [
    'an option of a builder',
    () => new StreamsBuilder({ optimise: 'all' } as never),
    /no option optimise of StreamsBuilder\. Did you mean optimize\?/,
  ],
];

test.each(refusals)('%s is refused', (_what, call, message) => {
  expect(call).toThrow(expect.objectContaining({ code: expect.stringMatching(/^MR_(ARGUMENT|TOPOLOGY)_INVALID$/) as string }));
  expect(call).toThrow(message);
});

test('windows of another kind are refused in a join', () => {
  const builder = newBuilder();
  const call = (): unknown => loose(builder.stream('a'))['join']?.(builder.stream('b'), identity, { windows: timeWindows({ size: 1 }) });
  expect(call).toThrow(/MR_ARGUMENT_INVALID: a join of two streams needs windows/);
});

test('an option that is undefined is none', () => {
  expect(() => stream()['to']?.('out', { valueSerde: undefined, key: undefined })).not.toThrow();
});

describe('two builders', () => {
  const pairs: readonly (readonly [string, (b: StreamsBuilder<string, string>, c: StreamsBuilder<string, string>) => unknown])[] = [
    ['merge', (b, c) => b.stream('a').merge(c.stream('b'))],
    ['join of streams', (b, c) => b.stream('a').join(c.stream('b'), (left) => left, { windows: joinWindows({ difference: 1 }) })],
    ['join with a table', (b, c) => b.stream('a').join(c.table('b'), (left) => left)],
    [
      'join with a global table',
      (b, c) =>
        b.stream('a').join(
          c.globalTable('b'),
          (_, key) => key,
          (left) => left,
        ),
    ],
    ['join of tables', (b, c) => b.table('a').outerJoin(c.table('b'), (left) => left)],
    [
      'join by a foreign key',
      (b, c) =>
        b.table('a').join(
          c.table('b'),
          (value) => value,
          (left) => left,
        ),
    ],
    [
      'cogroup',
      (b, c) =>
        b
          .stream('a')
          .groupByKey()
          .cogroup<string>((_key, value) => value)
          .cogroup(c.stream('b').groupByKey(), (_key, value) => value),
    ],
  ];
  test.each(pairs)('%s of both is refused', (_what, call) => {
    expect(() => call(newBuilder(), newBuilder())).toThrow(/MR_TOPOLOGY_INVALID: .* of another builder/);
  });
});
