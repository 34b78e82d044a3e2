/** Functions that return promises: truth of a promise keeps every record, and its JSON is `{}`, so neither may pass for a result. */
import {
  joinWindows,
  type KStream,
  type KTable,
  serdes,
  sessionWindows,
  slidingWindows,
  StreamsBuilder,
  timeWindows,
} from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

// The types refuse most of these; JavaScript does not hear them.
const promised = (async () => false) as never;

test.each<[string, (stream: KStream<string, string>) => unknown]>([
  ['filter', (s) => s.filter(promised)],
  ['filterNot', (s) => s.filterNot(promised)],
  ['map', (s) => s.map(promised)],
  ['mapValues', (s) => s.mapValues(promised)],
  ['selectKey', (s) => s.selectKey(promised)],
  ['flatMap', (s) => s.flatMap(promised)],
  ['flatMapValues', (s) => s.flatMapValues(promised)],
  ['peek', (s) => s.peek(promised)],
  ['foreach', (s) => s.foreach(promised)],
  ['split', (s) => s.split({ some: promised })],
  ['groupBy', (s) => s.groupBy(promised).count()],
  ['aggregate', (s) => s.groupByKey().aggregate(() => '', promised)],
  ['reduce', (s) => s.groupByKey().reduce(promised)],
  ['filter of a table', (s) => s.toTable().filter(promised)],
  ['mapValues of a table', (s) => s.toTable().mapValues(promised, { store: { name: 'mapped' } })],
])('%s refuses a promise', (_what, operation) => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  operation(builder.stream<string, string>('in'));
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  // A reducer is called for the second value of a key.
  const pipe = (): void =>
    input.pipeKeyValues([
      { key: 'k', value: 'a' },
      { key: 'k', value: 'b' },
    ]);
  expect(pipe).toThrow(expect.objectContaining({ code: 'MR_ASYNC_RESULT' }));
});

/** As users pass their functions: by type they may return what they like, a promise among it. */
const later = async (): Promise<string> => 'later';
// The types refuse some of these; JavaScript does not hear them.
const laterAnything = later as never;
/** The first `calls` calls give what they should. */
const laterThan = (calls: number) => (): never => (calls-- > 0 ? 'now' : later()) as never;
const within = joinWindows({ difference: 10 });
const isReady = () => '';
const plus = (aggregate: string, value: string) => aggregate + value;

test.each<[what: string, (left: KStream<string, string>, right: KTable<string, string>) => unknown, function: string]>([
  ['join of streams', (s, t) => s.join(t.toStream(), later, { windows: within }), 'the joiner'],
  ['outerJoin of streams', (s, t) => s.outerJoin(t.toStream(), later, { windows: within }), 'the joiner'],
  ['join of a stream with itself', (s) => s.join(s, later, { windows: within }), 'the joiner'],
  ['join with a table', (s, t) => s.join(t, later), 'the joiner'],
  ['leftJoin with a table', (s, t) => s.leftJoin(t, later), 'the joiner'],
  ['join of tables', (s, t) => s.toTable().join(t, laterAnything, { store: { name: 'joined', value: serdes.string() } }), 'the joiner'],
  ['join of tables, looked up', (s, t) => s.join(s.toTable().join(t, laterThan(1)), (left) => left), 'the joiner'],
  ['join by foreign keys', (s, t) => s.toTable().join(t, (value) => value, laterAnything), 'the joiner'],
  ['join by foreign keys', (s, t) => s.toTable().join(t, laterAnything, (left) => left), 'the foreign key'],
  ['aggregate', (s) => s.groupByKey().aggregate(laterAnything, plus), 'the initializer'],
  ['aggregate of a table', (s) => regrouped(s).aggregate(laterAnything, { add: plus, subtract: plus }), 'the initializer'],
  ['aggregate of a table', (s) => regrouped(s).aggregate(isReady, { add: laterAnything, subtract: plus }), 'add of the aggregator'],
  ['aggregate of a table', (s) => regrouped(s).aggregate(isReady, { add: plus, subtract: laterAnything }), 'subtract of the aggregator'],
  ['reduce of a table', (s) => regrouped(s).reduce({ add: plus, subtract: laterAnything }), 'subtract of the reducer'],
  ['reduce of a table', (s) => regrouped(s).reduce({ add: laterAnything, subtract: plus }), 'add of the reducer'],
  [
    'windows',
    (s) =>
      s
        .groupByKey()
        .windowedBy(timeWindows({ size: 10 }))
        .aggregate(laterAnything, plus),
    'the initializer',
  ],
  [
    'windows',
    (s) =>
      s
        .groupByKey()
        .windowedBy(timeWindows({ size: 10 }))
        .aggregate(isReady, laterAnything),
    'the aggregator',
  ],
  [
    'windows',
    (s) =>
      s
        .groupByKey()
        .windowedBy(timeWindows({ size: 10 }))
        .reduce(laterAnything),
    'the reducer',
  ],
  [
    'sliding windows',
    (s) =>
      s
        .groupByKey()
        .windowedBy(slidingWindows({ difference: 10 }))
        .aggregate(laterAnything, plus),
    'the initializer',
  ],
  [
    'sliding windows',
    (s) =>
      s
        .groupByKey()
        .windowedBy(slidingWindows({ difference: 10 }))
        .aggregate(isReady, laterAnything),
    'the aggregator',
  ],
  [
    'sessions',
    (s) =>
      s
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 10 }))
        .aggregate(laterAnything, plus, plus),
    'the initializer',
  ],
  [
    'sessions',
    (s) =>
      s
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 10 }))
        .aggregate(isReady, laterAnything, plus),
    'the aggregator',
  ],
  [
    'sessions',
    (s) =>
      s
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 10 }))
        .aggregate(isReady, plus, laterAnything),
    'the merger',
  ],
  [
    'sessions',
    (s) =>
      s
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 10 }))
        .reduce(laterAnything),
    'the reducer',
  ],
  ['cogroup', (s) => s.groupByKey().cogroup(laterAnything).aggregate(isReady), 'the aggregator'],
  [
    'cogroup',
    (s) =>
      s
        .groupByKey()
        .cogroup<string>((v, value) => v + value)
        .aggregate(laterAnything),
    'the initializer',
  ],
  [
    'cogroup in windows',
    (s) =>
      s
        .groupByKey()
        .cogroup(laterAnything)
        .windowedBy(timeWindows({ size: 10 }))
        .aggregate(isReady),
    'the aggregator',
  ],
  ['transformValues', (s) => s.toTable().transformValues(() => ({ transform: laterAnything })), 'the value transformer'],
  ['groupBy of a table', (s) => s.toTable().groupBy(laterAnything).count(), 'the function given to groupBy'],
])('%s: a promise in the place of a result is refused', (_what, operation, name) => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  operation(builder.stream<string, string>('in'), builder.table<string, string>('table'));
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  driver.createInputTopic('table', { key: serdes.string(), value: serdes.string() }).pipeInput({ key: 'k', value: 'row' });
  const pipe = (): void => {
    for (const value of ['k', 'b', 'k']) input.pipeInput({ key: 'k', value });
  };
  expect(pipe).toThrow(
    expect.objectContaining({
      code: 'MR_ASYNC_RESULT',
      message: expect.stringMatching(new RegExp(`${name}.* returned a promise`)) as string,
    }),
  );
});

/** All rows in one group, so that they are added and taken out. */
function regrouped(stream: KStream<string, string>) {
  return stream.toTable().groupBy((value) => ['all', value]);
}
