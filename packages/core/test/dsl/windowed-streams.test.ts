/** Windowed and cogrouped streams as they are built: names, topics, stores, types, and what is refused. Results are in test/operators. */
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type CogroupedKStream,
  type KTable,
  type SessionWindowedKStream,
  serdes,
  sessionWindows,
  slidingWindows,
  StreamsBuilder,
  type StreamsBuilderOptions,
  type TimeWindowedKStream,
  timeWindows,
  unlimitedWindows,
  Windowed,
} from '../../src/index.ts';

const text = serdes.string();
const newBuilder = (options: StreamsBuilderOptions<string, string> = {}): StreamsBuilder<string, string> =>
  new StreamsBuilder({ key: text, value: text, ...options });
const refused = expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }) as Error;
const tumbling = timeWindows({ size: '10s' });

describe('names', () => {
  test('a windowed aggregate takes the numbers that Kafka Streams gives it', () => {
    const builder = newBuilder();
    const stream = builder.stream('in');
    stream.groupByKey().windowedBy(tumbling).count();
    stream.groupByKey().windowedBy(tumbling).count({ store: {} });
    stream
      .groupByKey()
      .windowedBy(slidingWindows({ difference: 5 }))
      .count({ store: {} });
    stream
      .groupByKey()
      .windowedBy(sessionWindows({ gap: 5 }))
      .reduce((a) => a, { name: 'last', store: 'S' });
    const nodes = [
      ...builder
        .build()
        .describe()
        .matchAll(/Processor: (\S+) \(stores: \[(\S*)\]\)/g),
    ].map(([, node, store]) => `${node} ${store}`);
    expect(nodes).toEqual([
      'KSTREAM-AGGREGATE-0000000002 KSTREAM-AGGREGATE-STATE-STORE-0000000001',
      'KSTREAM-AGGREGATE-0000000005 KSTREAM-AGGREGATE-STATE-STORE-0000000004',
      'KSTREAM-AGGREGATE-0000000007 KSTREAM-AGGREGATE-STATE-STORE-0000000006',
      'last S',
    ]);
  });

  test('a cogrouped aggregate has a node for each group and one where they meet', () => {
    const builder = newBuilder();
    const [left, right] = [builder.stream('l').groupByKey(), builder.stream('r').groupBy((value) => value, { name: 'by-value' })];
    left
      .cogroup((all: string, value) => all + value)
      .cogroup(right, (all) => all)
      .aggregate(() => '', { name: 'both', store: 'S' });
    const description = builder.build().describe();
    expect(description).toContain(
      'Processor: both-cogroup-agg-0 (stores: [S])\n      --> both-cogroup-merge\n      <-- KSTREAM-SOURCE-0000000000',
    );
    expect(description).toContain(
      'Processor: both-cogroup-agg-1 (stores: [S])\n      --> both-cogroup-merge\n      <-- by-value-repartition-source',
    );
  });

  test('two groups that are repartitioned need names, as in Kafka Streams', () => {
    const builder = newBuilder();
    const [left, right] = ['l', 'r'].map((topic) => builder.stream(topic).groupBy((value) => value)) as [Grouped, Grouped];
    left
      .cogroup((all: string) => all)
      .cogroup(right, (all) => all)
      .aggregate(() => '', { store: 'S' });
    expect(() => builder.build()).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }) as Error);
  });
});

type Grouped = ReturnType<typeof groupedOf>;
const groupedOf = (builder: StreamsBuilder<string, string>) => builder.stream('in').groupByKey();

describe('stores', () => {
  const specOf = (build: (grouped: Grouped) => unknown, options: StreamsBuilderOptions<string, string> = {}) => {
    const builder = newBuilder(options);
    build(groupedOf(builder));
    const { plan } = builder.build();
    const [store] = plan.subtopologies.flatMap(({ stores }) => stores);
    return { ...store?.spec, topic: plan.internalTopics[0]?.configs };
  };

  test.each<[string, (grouped: Grouped) => unknown, object]>([
    [
      'keep windows for size and grace',
      (g) => g.windowedBy(timeWindows({ size: 10, grace: 3 })).count(),
      { kind: 'window', retentionMs: 13, windowSizeMs: 10, timestamped: true, caching: true, timeOrdered: false },
    ],
    [
      'keep sliding windows for twice the difference, and grace',
      (g) => g.windowedBy(slidingWindows({ difference: 10, grace: 3 })).count(),
      { kind: 'window', retentionMs: 23, windowSizeMs: 10 },
    ],
    [
      'keep sessions for gap and grace',
      (g) => g.windowedBy(sessionWindows({ gap: 10, grace: 3 })).count(),
      { kind: 'session', retentionMs: 13 },
    ],
    [
      'keep windows longer if told so',
      (g) => g.windowedBy(timeWindows({ size: 10 })).count({ store: { retention: '1m' } }),
      { retentionMs: 60_000 },
    ],
    ['keep unlimited windows forever', (g) => g.windowedBy(unlimitedWindows()).count(), { retentionMs: Number.POSITIVE_INFINITY }],
    [
      'are ordered by time where windows are emitted on close',
      (g) => g.windowedBy(tumbling, { emit: 'onWindowClose' }).count(),
      { timeOrdered: true, caching: true },
    ],
    [
      'of sessions that are emitted on close do not cache',
      (g) => g.windowedBy(sessionWindows({ gap: 1 }), { emit: 'onWindowClose' }).count(),
      { timeOrdered: true, caching: false },
    ],
    [
      'of sliding windows that are emitted on close do not cache',
      (g) => g.windowedBy(slidingWindows({ difference: 1 }), { emit: 'onWindowClose' }).count(),
      { caching: false },
    ],
    [
      'are those of the options',
      (g) => g.windowedBy(tumbling).count({ store: { caching: false, logging: false, persistence: 'inMemory' } }),
      { caching: false, logging: undefined, persistence: 'inMemory' },
    ],
    [
      'may be supplied with measures of their own',
      (g) => g.windowedBy(timeWindows({ size: 10 })).count({ store: { retention: 5, supplied: { windowSize: 4 } } }),
      { retentionMs: 5, windowSizeMs: 4 },
    ],
  ])('%s', (_name, build, spec) => {
    expect(specOf(build)).toMatchObject(spec);
  });

  test('changelogs are compacted and deleted, a day after the store would have dropped them', () => {
    expect(specOf((grouped) => grouped.windowedBy(timeWindows({ size: 10 })).count()).topic).toMatchObject({
      'cleanup.policy': 'compact,delete',
      'retention.ms': '86400010',
    });
    expect(specOf((grouped) => grouped.windowedBy(unlimitedWindows()).count()).topic).toMatchObject({
      'retention.ms': '9223372036854775807',
    });
  });

  // Kafka Streams looks at the windows alone: topics that it made are taken, and it takes those that are made here.
  test.each([
    ['longer', 100, '86400100', 86_400_010],
    ['shorter', 5, '86400010', undefined],
  ])('the changelog of a supplied store with a %s retention suits the windows too', (_name, retention, made, accepted) => {
    const builder = newBuilder({});
    const store = { retention, supplied: { windowSize: 5 } };
    groupedOf(builder)
      .windowedBy(timeWindows({ size: 10 }))
      .count({ store });
    expect(builder.build().plan.internalTopics).toMatchObject([{ configs: { 'retention.ms': made }, acceptedRetentionMs: accepted }]);
  });

  test.each<[string, (grouped: Grouped) => unknown]>([
    ['size and grace', (g) => g.windowedBy(timeWindows({ size: 10, grace: 1 })).count({ store: { retention: 10 } })],
    ['twice the difference', (g) => g.windowedBy(slidingWindows({ difference: 10 })).count({ store: { retention: 19 } })],
    ['gap and grace', (g) => g.windowedBy(sessionWindows({ gap: 10, grace: 1 })).count({ store: { retention: 10 } })],
    [
      'the size of a supplied store',
      (g) => g.windowedBy(timeWindows({ size: 10 })).count({ store: { retention: 9, supplied: { windowSize: 10 } } }),
    ],
  ])('a retention below %s is refused', (_name, build) => {
    expect(() => specOf(build)).toThrow(refused);
  });

  test('of processors: windows and sessions', () => {
    const builder = newBuilder();
    expect(() => builder.addStateStore({ kind: 'window', name: 'w', retention: 5, windowSize: 10 })).toThrow(refused);
    expect(() => builder.addStateStore({ kind: 'session', name: 's', retention: -1 })).toThrow(refused);
  });
});

test('sinks write windowed keys with the windows of the table, also where the key serde is the default', () => {
  const builder = newBuilder({ cacheBytes: 0 });
  groupedOf(builder)
    .windowedBy(timeWindows({ size: 10 }))
    .count()
    .toStream()
    .to('out');
  using driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic('in', { key: text, value: text }).pipeInput({ key: 'a', value: 'x', timestamp: 12 });
  const output = driver.createOutputTopic('out', { key: serdes.timeWindowed(text, { size: 10 }), value: serdes.long() });
  expect(output.readRecord()).toMatchObject({ key: new Windowed('a', { start: 10, end: 20 }), value: 1 });
});

test('suppress buffers windowed keys also where the key serde is the default', () => {
  const builder = newBuilder({ cacheBytes: 0 });
  builder
    .stream('in')
    .groupByKey()
    .windowedBy(timeWindows({ size: 10 }))
    .count()
    .suppress({ until: 'windowClose' })
    .toStream()
    .to('out');
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: text, value: text });
  for (const timestamp of [12, 15, 20]) input.pipeInput({ key: 'a', value: 'x', timestamp });
  const output = driver.createOutputTopic('out', { key: serdes.timeWindowed(text, { size: 10 }), value: serdes.long() });
  expect(output.readKeyValuesToList()).toEqual([{ key: new Windowed('a', { start: 10, end: 20 }), value: 2 }]);
});

test('windowed keys go where their inner keys go', () => {
  const builder = newBuilder({ cacheBytes: 0 });
  groupedOf(builder)
    .windowedBy(sessionWindows({ gap: 1 }))
    .count()
    .toStream()
    .to('out');
  using driver = new TopologyTestDriver(builder.build(), { partitions: 5 });
  const input = driver.createInputTopic('in', { key: text, value: text });
  for (let index = 0; index < 40; index++) input.pipeInput({ key: `k${index}`, value: 'x', timestamp: index * 1000 });
  const records = driver.createOutputTopic('out', { key: serdes.sessionWindowed(text), value: serdes.long() }).readRecordsToList();
  // A task has the keys of its own partition, and its output stays there.
  const places = new Map(records.map(({ key, partition }) => [key?.key, partition]));
  expect(new Set(places.values()).size).toBeGreaterThan(1);
  const again = newBuilder();
  again.stream('in').to('copy');
  using copies = new TopologyTestDriver(again.build(), { partitions: 5 });
  const copied = copies.createInputTopic('in', { key: text, value: text });
  for (const key of places.keys()) copied.pipeInput({ key: key ?? '', value: 'x' });
  for (const { key, partition } of copies.createOutputTopic('copy', { key: text, value: text }).readRecordsToList())
    expect(places.get(key ?? '')).toBe(partition);
});

describe('cogrouped streams', () => {
  const piped = (
    build: (cogrouped: CogroupedKStream<string, string>) => { toStream(): { to(topic: string, options: { value: typeof text }): void } },
  ) => {
    const builder = newBuilder({ cacheBytes: 0 });
    const cogrouped = builder
      .stream('l')
      .groupByKey()
      .cogroup((all: string, value) => `${all}l${value}`)
      .cogroup(builder.stream('r').groupByKey(), (all, value) => `${all}r${value}`);
    build(cogrouped).toStream().to('out', { value: text });
    const driver = new TopologyTestDriver(builder.build());
    const [left, right] = ['l', 'r'].map((topic) => driver.createInputTopic(topic, { key: text, value: text }));
    left?.pipeInput({ key: 'a', value: '1', timestamp: 1 });
    right?.pipeInput({ key: 'a', value: '2', timestamp: 2 });
    left?.pipeInput({ key: 'a', value: '3', timestamp: 12 });
    return driver.createOutputTopic('out', { key: serdes.bytes(), value: text }).readValuesToList();
  };

  test('fill one aggregate', () => {
    expect(piped((cogrouped) => cogrouped.aggregate(() => ''))).toEqual(['l1', 'l1r2', 'l1r2l3']);
  });

  test('in time windows', () => {
    expect(piped((cogrouped) => cogrouped.windowedBy(timeWindows({ size: 10 })).aggregate(() => ''))).toEqual(['l1', 'l1r2', 'l3']);
  });

  test('in sliding windows', () => {
    expect(piped((cogrouped) => cogrouped.windowedBy(slidingWindows({ difference: 20 })).aggregate(() => ''))).toEqual([
      'l1',
      'r2',
      'l1r2',
      'r2l3',
      'l3',
      'l1r2l3',
    ]);
  });

  test('in sessions', () => {
    expect(
      piped((cogrouped) =>
        cogrouped.windowedBy(sessionWindows({ gap: 5 })).aggregate(
          () => '',
          (a, b) => a + b,
        ),
      ),
    ).toEqual(['l1', null, 'l1r2', 'l3']);
  });

  test('are not changed by what is made of them', () => {
    const builder = newBuilder({ cacheBytes: 0 });
    const one = builder
      .stream('l')
      .groupByKey()
      .cogroup((all: string, value) => all + value);
    one.cogroup(builder.stream('r').groupByKey(), (all) => all);
    one.aggregate(() => '', { name: 'one' });
    expect(builder.build().describe()).not.toContain('one-cogroup-agg-1');
  });
});

test('the compiler knows windowed and cogrouped streams', () => {
  interface Order {
    readonly user: string;
    readonly total: number;
  }
  const builder = new StreamsBuilder({ key: text, value: serdes.json<Order | null>() });
  const grouped = builder.stream('orders').groupByKey();
  const windowed = grouped.windowedBy(tumbling);
  expectTypeOf(windowed).toEqualTypeOf<TimeWindowedKStream<string, Order | null>>();
  expectTypeOf(grouped.windowedBy(slidingWindows({ difference: 1 }))).toEqualTypeOf<TimeWindowedKStream<string, Order>>();
  expectTypeOf(grouped.windowedBy(sessionWindows({ gap: 1 }))).toEqualTypeOf<SessionWindowedKStream<string, Order | null>>();
  expectTypeOf(windowed.count()).toEqualTypeOf<KTable<Windowed<string>, number>>();
  expectTypeOf(windowed.reduce((sum, next) => (next === null ? sum : next))).toEqualTypeOf<KTable<Windowed<string>, Order>>();
  const totals = windowed.aggregate(
    () => 0,
    (sum, order, key) => sum + (order?.total ?? key.length),
    { store: { value: serdes.double() } },
  );
  expectTypeOf(totals).toEqualTypeOf<KTable<Windowed<string>, number>>();
  expectTypeOf(
    totals
      .filter((sum, { key, window }) => sum > window.start && key !== '')
      .toStream()
      .selectKey((_sum, { key }) => key),
  ).not.toBeAny();
  const users = builder.stream('users', { value: text }).groupByKey();
  const cogrouped = grouped.cogroup((all: number, order) => all + (order?.total ?? 0)).cogroup(users, (all, user) => all + user.length);
  expectTypeOf(cogrouped).toEqualTypeOf<CogroupedKStream<string, number>>();
  expectTypeOf(
    cogrouped.windowedBy(sessionWindows({ gap: 1 })).aggregate(
      () => 0,
      (a, b) => a + b,
    ),
  ).toEqualTypeOf<KTable<Windowed<string>, number>>();
  // @ts-expect-error the aggregate is a number
  cogrouped.aggregate(() => '');
  // @ts-expect-error the store's value serde does not fit
  windowed.count({ store: { value: text } });
  expect(() =>
    grouped.windowedBy(sessionWindows({ gap: 1 })).aggregate(
      () => 0,
      (sum) => sum,
      // @ts-expect-error sessions need a merger
      {},
    ),
  ).toThrow('the merger of aggregate must be a function');
  // @ts-expect-error no such strategy
  expect(() => grouped.windowedBy(tumbling, { emit: 'never' })).toThrow("emit of windowedBy must be 'onWindowUpdate' or 'onWindowClose'");
  expect(() => newBuilder().stream('in').groupByKey().windowedBy(unlimitedWindows(), { emit: 'onWindowClose' })).toThrow(refused);
});
