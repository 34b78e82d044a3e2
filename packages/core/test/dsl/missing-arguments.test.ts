/** What JavaScript forgets to pass is refused where it is forgotten, not when the first record comes. Kafka Streams throws `NullPointerException`s there. */
import { describe, expect, it } from 'vitest';
import {
  joinWindows,
  KafkaStreams,
  type KafkaStreamsOptions,
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type KTable,
  serdes,
  sessionWindows,
  StreamsBuilder,
  timeWindows,
  TopologyBuilder,
} from '../../src/index.ts';

// Stands for what the types forbid.
const missing = undefined as never;

interface Given {
  readonly builder: StreamsBuilder<string, string>;
  readonly stream: KStream<string, string>;
  readonly table: KTable<string, string>;
  readonly grouped: KGroupedStream<string, string>;
  readonly groupedTable: KGroupedTable<string, string>;
}

function given(): Given {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  const stream = builder.stream('in');
  const table = builder.table('rows');
  return { builder, stream, table, grouped: stream.groupByKey(), groupedTable: table.groupBy((value, key) => [key, value]) };
}

const windows = joinWindows({ difference: 5 });
const create = () => ({ process: () => undefined });
const both = (left: string | null, right: string | null): string => `${left}${right}`;

const calls: readonly (readonly [what: string, call: (given: Given) => unknown])[] = [
  ['the topics of stream', ({ builder }) => builder.stream(missing)],
  ['one of the topics of stream', ({ builder }) => builder.stream(['a', missing])],
  ['the topic of table', ({ builder }) => builder.table(missing)],
  ['the topic of globalTable', ({ builder }) => builder.globalTable(missing)],
  ['the name of a store', ({ builder }) => builder.addStateStore({ name: missing })],
  ['filter', ({ stream }) => stream.filter(missing)],
  ['filterNot', ({ stream }) => stream.filterNot(missing)],
  ['map', ({ stream }) => stream.map(missing)],
  ['mapValues', ({ stream }) => stream.mapValues(missing)],
  ['selectKey', ({ stream }) => stream.selectKey(missing)],
  ['flatMap', ({ stream }) => stream.flatMap(missing)],
  ['flatMapValues', ({ stream }) => stream.flatMapValues(missing)],
  ['peek', ({ stream }) => stream.peek(missing)],
  ['foreach', ({ stream }) => stream.foreach(missing)],
  ['print', ({ stream }) => stream.print(missing)],
  ['merge', ({ stream }) => stream.merge(missing)],
  ['a branch', ({ stream }) => stream.split({ x: missing })],
  ['process', ({ stream }) => stream.process(missing)],
  ['processValues', ({ stream }) => stream.processValues(missing)],
  ['groupBy', ({ stream }) => stream.groupBy(missing)],
  ['the other side of a stream join', ({ stream }) => stream.join(missing, both, { windows })],
  ['the other side of an outer join', ({ stream }) => stream.outerJoin(missing, both, { windows })],
  ['the joiner of a stream join', ({ stream }) => stream.join(stream, missing, { windows })],
  ['the joiner of a stream-table join', ({ stream, table }) => stream.leftJoin(table, missing)],
  ['the selector of a join with a global table', ({ builder, stream }) => stream.join(builder.globalTable('g'), missing, both)],
  ['the reducer', ({ grouped }) => grouped.reduce(missing)],
  ['the initializer', ({ grouped }) => grouped.aggregate(missing, both)],
  ['the aggregator', ({ grouped }) => grouped.aggregate(() => '', missing)],
  ['windows', ({ grouped }) => grouped.windowedBy(missing)],
  ['windows of joins in the place of windows', ({ grouped }) => grouped.windowedBy(windows as never)],
  ['the reducer of windows', ({ grouped }) => grouped.windowedBy(timeWindows({ size: 5 })).reduce(missing)],
  ['the aggregator of windows', ({ grouped }) => grouped.windowedBy(timeWindows({ size: 5 })).aggregate(() => '', missing)],
  ['the merger of sessions', ({ grouped }) => grouped.windowedBy(sessionWindows({ gap: 5 })).aggregate(() => '', both, missing)],
  ['the aggregator of cogroup', ({ grouped }) => grouped.cogroup(missing)],
  ['windows of a cogroup', ({ grouped }) => grouped.cogroup(both).windowedBy(missing)],
  [
    'the merger of a cogroup',
    ({ grouped }) =>
      grouped
        .cogroup(both)
        .windowedBy(sessionWindows({ gap: 5 }))
        .aggregate(() => '', missing),
  ],
  ['filter of a table', ({ table }) => table.filter(missing)],
  ['mapValues of a table', ({ table }) => table.mapValues(missing)],
  ['transformValues', ({ table }) => table.transformValues(missing)],
  ['groupBy of a table', ({ table }) => table.groupBy(missing)],
  ['the selector of toStream', ({ table }) => table.toStream('key' as never)],
  ['the other table', ({ table }) => table.join(missing, both)],
  ['the other table of an outer join', ({ table }) => table.outerJoin(missing, both)],
  ['the joiner of tables', ({ table }) => table.join(table, missing)],
  ['the foreign key', ({ builder, table }) => table.join(builder.table('other'), missing, both)],
  ['the reducer of a grouped table', ({ groupedTable }) => groupedTable.reduce(missing)],
  [
    'one half of the aggregator of a grouped table',
    ({ groupedTable }) => groupedTable.aggregate(() => '', { add: both, subtract: missing }),
  ],
  [
    'the topic of to',
    ({ builder, stream }) => {
      stream.to(missing);
      builder.build();
    },
  ],
  ['the name of a source', () => new TopologyBuilder().addSource(missing, 'in')],
  ['the topic of a source', () => new TopologyBuilder().addSource('s', missing)],
  ['a processor', () => new TopologyBuilder().addSource('s', 'in').addProcessor('p', missing, { parents: 's' })],
  ['the topic of a sink', () => new TopologyBuilder().addSource('s', 'in').addSink('k', missing, { parents: 's' })],
];

describe('what is missing', () => {
  it.each(calls)('%s', (_, call) => {
    const values = given();
    expect(() => call(values)).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }));
  });

  it.each<readonly [string, () => unknown]>([
    ['parents', () => new TopologyBuilder().addSource('s', 'in').addProcessor('p', create, { parents: missing })],
    [
      'stores to connect',
      () => new TopologyBuilder().addSource('s', 'in').addProcessor('p', create, { parents: 's' }).connectProcessorAndStateStores('p'),
    ],
    // Options are looked at later.
    ['sources, when the topology shall run', () => new KafkaStreams(new StreamsBuilder().build(), {} as KafkaStreamsOptions)],
  ])('%s: the topology is invalid', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }));
  });

  it('is told by its name', () => {
    expect(() => given().stream.filter(missing)).toThrow('the predicate of filter must be a function, got undefined');
    expect(() => given().groupedTable.reduce(null as never)).toThrow('add of the reducer must be a function, got undefined');
    expect(() => given().stream.merge(null as never)).toThrow('merge needs a stream, got null');
  });
});
