import { expect, test } from 'vitest';
import { serdes, StreamsBuilder, type StreamsBuilderOptions } from '../../src/index.ts';

function strings(options: StreamsBuilderOptions<string, string> = {}): StreamsBuilder<string, string> {
  return new StreamsBuilder({ key: serdes.string(), value: serdes.string(), ...options });
}

function wordCount(): StreamsBuilder<string, string> {
  const builder = strings();
  builder
    .stream('lines')
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word)
    .count({ store: 'word-counts' })
    .toStream()
    .to('counts');
  return builder;
}

test('word count is two sub-topologies around a repartition topic', () => {
  expect(wordCount().build().describe()).toBe(
    `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [lines])
      --> KSTREAM-FLATMAPVALUES-0000000001
    Processor: KSTREAM-FLATMAPVALUES-0000000001 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-KEY-SELECT-0000000002 (stores: [])
      --> word-counts-repartition-filter
      <-- KSTREAM-FLATMAPVALUES-0000000001
    Processor: word-counts-repartition-filter (stores: [])
      --> word-counts-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000002
    Sink: word-counts-repartition-sink (topic: word-counts-repartition)
      <-- word-counts-repartition-filter

  Sub-topology: 1
    Source: word-counts-repartition-source (topics: [word-counts-repartition])
      --> KSTREAM-AGGREGATE-0000000003
    Processor: KSTREAM-AGGREGATE-0000000003 (stores: [word-counts])
      --> KTABLE-TOSTREAM-0000000007
      <-- word-counts-repartition-source
    Processor: KTABLE-TOSTREAM-0000000007 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-AGGREGATE-0000000003
    Sink: KSTREAM-SINK-0000000008 (topic: counts)
      <-- KTABLE-TOSTREAM-0000000007

`,
  );
});

test('the plan of word count', () => {
  const { plan } = wordCount().build();
  const repartition = { name: 'word-counts-repartition', internal: true };
  expect(
    plan.subtopologies.map(({ id, sourceTopics, repartitionSinks, stores }) => ({
      id,
      sourceTopics,
      repartitionSinks,
      stores: stores.map((store) => store.changelog),
    })),
  ).toEqual([
    { id: 0, sourceTopics: [{ name: 'lines', internal: false }], repartitionSinks: [repartition], stores: [] },
    { id: 1, sourceTopics: [repartition], repartitionSinks: [], stores: [{ name: 'word-counts-changelog', internal: true }] },
  ]);
  expect(plan.internalTopics).toEqual([
    {
      topic: repartition,
      kind: 'repartition',
      partitions: undefined,
      configs: { 'cleanup.policy': 'delete', 'segment.bytes': '52428800', 'retention.ms': '-1', 'message.timestamp.type': 'CreateTime' },
    },
    {
      topic: { name: 'word-counts-changelog', internal: true },
      kind: 'changelog',
      partitions: undefined,
      configs: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
    },
  ]);
  const [store] = plan.subtopologies[1]?.stores ?? [];
  expect(store?.spec).toMatchObject({
    kind: 'keyValue',
    name: 'word-counts',
    timestamped: true,
    persistence: 'persistent',
    caching: true,
    logging: {},
  });
  expect([store?.spec.keySerde?.format, store?.spec.valueSerde?.format]).toEqual(['utf8', 'int64']);
  expect(plan.settings.cacheBytes).toBe(10 * 1024 * 1024);
});

test('every source of a plan has serdes; parents stand before their children', () => {
  for (const subtopology of wordCount().build().plan.subtopologies) {
    const seen = new Set<string>();
    for (const node of subtopology.nodes) {
      expect(node.children.filter((child) => seen.has(child))).toEqual([]);
      seen.add(node.name);
    }
    expect(subtopology.nodes.flatMap((node) => node.children).filter((child) => !seen.has(child))).toEqual([]);
  }
});

test('building again gives the same, and what is added later joins in', () => {
  const builder = wordCount();
  const first = builder.build();
  expect(builder.build().describe()).toBe(first.describe());
  builder.stream('lines').to('copy');
  expect(builder.build().describe()).toContain('topic: copy');
  expect(first.describe()).not.toContain('topic: copy');
});

test('store options reach the specification and the changelog', () => {
  const builder = strings({ persistence: 'inMemory', cacheBytes: 0 });
  const { plan } = (() => {
    builder
      .stream('in')
      .groupByKey()
      .count({ store: { name: 'C', caching: false, logging: { 'min.insync.replicas': '2' }, persistence: 'persistent' } });
    builder
      .stream('in')
      .groupByKey()
      .reduce((a) => a, { store: { name: 'R', logging: false } });
    builder.table('t', { store: { name: 'L', maxEntries: 10 } });
    return builder.build();
  })();
  const specs = plan.subtopologies.flatMap((subtopology) => subtopology.stores.map((store) => store.spec));
  expect(specs.map(({ name, caching, logging, persistence }) => ({ name, caching, logging, persistence }))).toEqual([
    { name: 'C', caching: false, logging: { 'min.insync.replicas': '2' }, persistence: 'persistent' },
    { name: 'R', caching: true, logging: undefined, persistence: 'inMemory' },
    { name: 'L', caching: true, logging: {}, persistence: 'inMemory' },
  ]);
  expect(plan.internalTopics.map(({ topic, configs }) => [topic.name, configs['min.insync.replicas']])).toEqual([
    ['C-changelog', '2'],
    ['L-changelog', undefined],
  ]);
  expect(plan.settings.cacheBytes).toBe(0);
});

test('missing serdes are reported all at once, with operator, topic and remedy', () => {
  const builder = new StreamsBuilder();
  builder.stream('in', { key: serdes.string() }).to('out', { key: serdes.string() });
  const build = () => builder.build();
  expect(build).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_MISSING', details: expect.objectContaining({ node: 'KSTREAM-SOURCE-0000000000' }) }),
  );
  expect(build).toThrow(
    /no value serde for source "KSTREAM-SOURCE-0000000000" \(topic "in"\); no value serde for sink "KSTREAM-SINK-0000000001" \(topic "out"\)/,
  );
  expect(build).toThrow(/new StreamsBuilder\(\{ key, value \}\)/);
});

test('a store without serdes is named', () => {
  const builder = new StreamsBuilder({ key: serdes.string() });
  builder
    .stream('in', { value: serdes.string() })
    .groupByKey()
    .aggregate(
      () => 0,
      (sum) => sum + 1,
      { store: 'sums' },
    );
  expect(() => builder.build()).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_MISSING', details: expect.objectContaining({ store: 'sums' }) }),
  );
});

test.each<[string, (builder: StreamsBuilder<string, string>) => unknown]>([
  [
    'mapValues forgets the value serde',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .mapValues((v) => v)
        .to('out'),
  ],
  [
    'merge forgets both',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .merge(b.stream('in2', { value: serdes.string() }))
        .to('out'),
  ],
  [
    'options of a group forget what they leave out',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .groupByKey({ name: 'g' })
        .reduce((a) => a),
  ],
  [
    'process forgets the value serde',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .processValues<string>(() => ({ process: () => undefined }))
        .to('out'),
  ],
])('%s', (_name, use) => {
  const builder = new StreamsBuilder<string, string>({ key: serdes.string() });
  use(builder);
  expect(() => builder.build()).toThrow(expect.objectContaining({ code: 'MR_SERDE_MISSING' }));
});

test.each<[string, (builder: StreamsBuilder<string, string>) => unknown]>([
  [
    'filter keeps both serdes',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .filter(() => true)
        .to('out'),
  ],
  [
    'selectKey keeps the value’s',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .selectKey((v) => v)
        .to('out'),
  ],
  [
    'groupByKey without options inherits',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .groupByKey()
        .reduce((a) => a),
  ],
  [
    'groupBy without options inherits the value’s',
    (b) =>
      b
        .stream('in', { value: serdes.string() })
        .groupBy((v) => v)
        .reduce((a) => a),
  ],
  ['a repartition inherits the value’s', (b) => b.stream('in', { value: serdes.string() }).repartition().to('out')],
  [
    'a table keeps both over filter and toStream',
    (b) =>
      b
        .table('in', { value: serdes.string() })
        .filter(() => true)
        .toStream()
        .to('out'),
  ],
  [
    'a table takes the serdes of its store',
    (b) =>
      b
        .table('in', { store: { value: serdes.string() } })
        .toStream()
        .to('out'),
  ],
])('%s', (_name, use) => {
  const builder = new StreamsBuilder<string, string>({ key: serdes.string() });
  use(builder);
  expect(() => builder.build()).not.toThrow();
});

test.each<[string, (builder: StreamsBuilder<string, string>) => unknown, RegExp]>([
  [
    'an unnamed aggregate',
    (b) => b.stream('in').groupByKey().count(),
    /changelog topic KSTREAM-AGGREGATE-STATE-STORE-0000000001-changelog/,
  ],
  [
    'an unnamed aggregate without changelog',
    (b) =>
      b
        .stream('in')
        .groupByKey()
        .count({ store: { logging: false } }),
    /store KSTREAM-AGGREGATE-STATE-STORE-/,
  ],
  ['an unnamed repartition', (b) => b.stream('in').repartition().to('out'), /repartition topic KSTREAM-REPARTITION-0000000001-repartition/],
  ['an unnamed table', (b) => b.table('in').toStream().to('out'), /in-STATE-STORE-0000000000-changelog/],
  [
    'an unnamed toTable behind a new key',
    (b) =>
      b
        .stream('in')
        .selectKey((v) => v)
        .toTable({ store: 'T' }),
    /repartition topic KSTREAM-TOTABLE-0000000002-repartition/,
  ],
])('requireNames refuses %s', (_name, use, message) => {
  const builder = strings({ requireNames: true });
  use(builder);
  expect(() => builder.build()).toThrow(message);
  expect(() => builder.build()).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }));
});

test('requireNames lets named stores and groups pass', () => {
  const builder = strings({ requireNames: true });
  builder
    .table('t', { store: 'T' })
    .groupBy((v, k) => [v, k], { name: 'g' })
    .count({ store: 'C' });
  builder
    .stream('in')
    .groupBy((v) => v)
    .count({ store: 'D' });
  builder.stream('in').repartition({ name: 'r' }).to('out');
  expect(() => builder.build()).not.toThrow();
});

test.each<[string, (builder: StreamsBuilder<string, string>) => unknown]>([
  ['no topics', (b) => b.stream([])],
  [
    'two nodes of one name',
    (b) =>
      b
        .stream('in')
        .filter(() => true, { name: 'f' })
        .filter(() => true, { name: 'f' }),
  ],
  ['two stores of one name', (b) => b.stream('in').groupByKey().count({ store: 'C' }) && b.stream('in').groupByKey().count({ store: 'C' })],
  ['a topic as two tables', (b) => b.table('in') && b.table('in')],
  ['a topic as stream and table', (b) => b.stream('in') && b.table('in')],
  ['overlapping sources', (b) => b.stream(['a', 'b']) && b.stream(['b', 'c'])],
  ['one source within another', (b) => b.stream(['a', 'b']) && b.stream('a')],
  ['a topic within a pattern', (b) => b.stream(/a.*/) && b.stream('ab')],
  ['different resets of one topic', (b) => b.stream('a', { offsetReset: 'latest' }) && b.stream('a')],
  [
    'different resets by duration',
    (b) => b.stream('a', { offsetReset: { byDurationMs: 1 } }) && b.stream('a', { offsetReset: { byDurationMs: 2 } }),
  ],
  ['a store that was not added', (b) => b.stream('in').process(() => ({ process: () => undefined }), { stores: ['S'] })],
  ['two stores added under one name', (b) => b.addStateStore({ name: 'S' }).addStateStore({ name: 'S' })],
  ['an illegal node name', (b) => b.stream('in').filter(() => true, { name: 'a b' })],
  ['an illegal store name', (b) => b.stream('in').groupByKey().count({ store: 'a b' })],
  ['an illegal name of a processor', (b) => b.stream('in').process(() => ({ process: () => undefined }), { name: '' })],
])('an invalid topology is refused: %s', (_name, use) => {
  const builder = strings();
  expect(() => {
    use(builder);
    builder.build();
  }).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }));
});

test.each<[string, () => unknown]>([
  ['a negative cache', () => strings({ cacheBytes: -1 })],
  ['a negative reset by duration', () => strings().stream('in', { offsetReset: { byDurationMs: -1 } })],
  ['half a partition', () => strings().stream('in').repartition({ partitions: 1.5 })],
  ['an LRU store that is persistent', () => strings().table('in', { store: { name: 'S', maxEntries: 1, persistence: 'persistent' } })],
  ['an LRU store without room', () => strings().addStateStore({ name: 'S', maxEntries: 0 })],
  [
    'one processor for all tasks',
    () => {
      const shared = { process: () => undefined };
      return strings()
        .stream('in')
        .process(() => shared);
    },
  ],
  [
    'branches that JavaScript would reorder',
    () =>
      strings()
        .stream('in')
        .split({ b: () => true, 1: () => true }),
  ],
  [
    'an empty label',
    () =>
      strings()
        .stream('in')
        .print(() => undefined, { label: '' }),
  ],
])('an argument is refused: %s', (_name, use) => {
  expect(use).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }));
});

test('streams of the same topics, in any order, share a source and its children keep the order of the calls', () => {
  const builder = strings();
  builder.stream(['a', 'b']).to('out1');
  builder.stream(['b', 'a'], { name: 'second' }).to('out2');
  builder.stream(/p.*/).to('out3');
  builder.stream(/p.*/).to('out4');
  const nodes = builder.build().plan.subtopologies.map((subtopology) => subtopology.nodes.map((node) => [node.name, node.children]));
  expect(nodes).toEqual([
    [
      ['KSTREAM-SOURCE-0000000000', ['KSTREAM-SINK-0000000001', 'KSTREAM-SINK-0000000003']],
      ['KSTREAM-SINK-0000000001', []],
      ['KSTREAM-SINK-0000000003', []],
    ],
    [
      ['KSTREAM-SOURCE-0000000004', ['KSTREAM-SINK-0000000005', 'KSTREAM-SINK-0000000007']],
      ['KSTREAM-SINK-0000000005', []],
      ['KSTREAM-SINK-0000000007', []],
    ],
  ]);
});

test('a store that nobody names is not made; adding the same one twice is no clash', () => {
  const builder = strings();
  const store = { name: 'S' };
  builder.addStateStore(store).addStateStore(store).addStateStore({ name: 'unused' });
  builder.stream('in').process(() => ({ process: () => undefined }), { stores: ['S'] });
  const { plan } = builder.build();
  expect(plan.subtopologies.flatMap((subtopology) => subtopology.stores.map(({ spec }) => spec))).toEqual([
    expect.objectContaining({ name: 'S', timestamped: false, caching: false, logging: {} }),
  ]);
  expect(plan.internalTopics.map(({ topic }) => topic.name)).toEqual(['S-changelog']);
});
