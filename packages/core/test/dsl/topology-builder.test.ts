import {
  type FixedKeyProcessorFactory,
  type Processor,
  serdes,
  StreamsBuilder,
  TopologyBuilder,
  type ValueTransformer,
} from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';

const text = serdes.string();

type TextProcessor = Processor<string, string, string, string>;

/** Hands records on as they are. */
function passing(): TextProcessor {
  let run: TextProcessor['process'] = () => {};
  return {
    init: (context) => {
      run = (record) => context.forward(record);
    },
    process: (record) => run(record),
  };
}

interface Counts {
  get(key: string): number | undefined;
  put(key: string, value: number): void;
}

/** Counts the records of each key in a store. */
function counting(store: string): () => TextProcessor {
  return () => {
    let run: TextProcessor['process'] = () => {};
    return {
      init: (context) => {
        const counts = context.getStateStore<Counts>(store);
        run = (record) => {
          const count = (counts.get(record.key) ?? 0) + 1;
          counts.put(record.key, count);
          context.forward(record.withValue(String(count)));
        };
      },
      process: (record) => run(record),
    };
  };
}

function texts(): TopologyBuilder<string, string> {
  return new TopologyBuilder({ key: text, value: text, cacheBytes: 0 });
}

const counts = { name: 'counts', key: text, value: serdes.long() };

function written(driver: TopologyTestDriver, topic: string): (readonly [string | null, string | null])[] {
  return driver
    .createOutputTopic(topic, { key: text, value: text })
    .readRecordsToList()
    .map(({ key, value }) => [key, value] as const);
}

test('the description is that of Kafka Streams: sub-topologies joined by edges and by stores', () => {
  const shared = { name: 'shared', key: text, value: serdes.long() };
  const topology = texts()
    .addSource('orders', 'orders')
    .addSource('more', /more-.*/)
    .addProcessor('check', passing, { parents: ['orders', 'more'] })
    .addProcessor('count', passing, { parents: 'check' })
    .addProcessor('other', passing, { parents: 'check' })
    .addStateStore(counts, 'count', 'other')
    .addSink('good', 'good', { parents: ['count', 'other'] })
    .addSink('bad', 'bad', { parents: 'check' })
    .addSource('apart', ['z', 'y'])
    .addProcessor('reader', passing, { parents: 'apart' })
    .addSource('third', 'c')
    .addProcessor('writer', passing, { parents: 'third' })
    .addStateStore(shared)
    .connectProcessorAndStateStores('writer', 'shared')
    .connectProcessorAndStateStores('reader', 'shared')
    .build();
  // Recorded from Kafka Streams 4.3.1.
  expect(topology.describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: more (topics: more-.*)
      --> check
    Source: orders (topics: [orders])
      --> check
    Processor: check (stores: [])
      --> bad, count, other
      <-- orders, more
    Processor: count (stores: [counts])
      --> good
      <-- check
    Processor: other (stores: [counts])
      --> good
      <-- check
    Sink: bad (topic: bad)
      <-- check
    Sink: good (topic: good)
      <-- count, other

  Sub-topology: 1
    Source: apart (topics: [y, z])
      --> reader
    Source: third (topics: [c])
      --> writer
    Processor: reader (stores: [shared])
      --> none
      <-- apart
    Processor: writer (stores: [shared])
      --> none
      <-- third

`);
});

test('records run through processors, stores and a sink chosen by name', () => {
  const routing = (): TextProcessor => {
    let run: TextProcessor['process'] = () => {};
    return {
      init: (context) => {
        run = (record) => context.forward(record, record.value === '' ? 'bad' : 'count');
      },
      process: (record) => run(record),
    };
  };
  const topology = texts()
    .addSource('in', 'in')
    .addProcessor('check', routing, { parents: 'in' })
    .addStateStore(counts)
    .addProcessor('count', counting('counts'), { parents: 'check', stores: ['counts'] })
    .addSink('good', (value) => `good-${value}`, { parents: 'count' })
    .addSink('bad', 'bad', { parents: 'check' })
    .build();
  const driver = new TopologyTestDriver(topology);
  const input = driver.createInputTopic('in', { key: text, value: text });
  for (const value of ['x', '', 'y']) input.pipeInput({ key: 'k', value, timestamp: 1 });
  expect(written(driver, 'good-1')).toEqual([['k', '1']]);
  expect(written(driver, 'good-2')).toEqual([['k', '2']]);
  expect(written(driver, 'bad')).toEqual([['k', '']]);
});

test('options of sources, sinks and stores count before those of the builder', () => {
  const topology = new TopologyBuilder()
    .addSource('in', 'in', { key: text, value: serdes.long(), timestampExtractor: () => 7 })
    .addProcessor(
      'pass',
      (): Processor<string, number, string, number> => {
        let run: Processor<string, number, string, number>['process'] = () => {};
        return { init: (context) => void (run = (record) => context.forward(record)), process: (record) => run(record) };
      },
      { parents: 'in' },
    )
    .addSink('out', 'out', { parents: 'pass', key: text, value: serdes.integer() })
    .build();
  const driver = new TopologyTestDriver(topology);
  driver.createInputTopic('in', { key: text, value: serdes.long() }).pipeInput({ key: 'k', value: 3, timestamp: 1 });
  const [record] = driver.createOutputTopic('out', { key: text, value: serdes.integer() }).readRecordsToList();
  expect([record?.value, record?.timestamp]).toEqual([3, 7]);
});

describe('a processor brings the stores that it describes', () => {
  test('of a topology built by hand, two processors with the same object sharing the store', () => {
    const topology = texts()
      .addSource('in', 'in')
      .addProcessor('first', counting('counts'), { parents: 'in', stores: [counts] })
      .addProcessor('second', counting('counts'), { parents: 'first', stores: [counts] })
      .addSink('out', 'out', { parents: 'second' })
      .build();
    const driver = new TopologyTestDriver(topology);
    driver.createInputTopic('in', { key: text, value: text }).pipeInput({ key: 'k', value: 'x', timestamp: 1 });
    expect(written(driver, 'out')).toEqual([['k', '2']]);
  });

  test('of process, processValues and transformValues', () => {
    const builder = new StreamsBuilder({ key: text, value: text, cacheBytes: 0 });
    const other = { name: 'other', key: text, value: serdes.long() };
    builder
      .stream('in')
      .process(counting('counts'), { stores: [counts] })
      .processValues<string>(
        () => {
          let run: FixedProcessor['process'] = () => {};
          return {
            init: (context) => {
              const seen = context.getStateStore<Counts>('counts');
              run = (record) => context.forward(record.withValue(`${record.value} of ${seen.get(record.key) ?? 0}`));
            },
            process: (record) => run(record),
          };
        },
        { stores: [counts] },
      )
      .toTable()
      .transformValues(
        (): ValueTransformer<string, string, string> => {
          let seen: Counts;
          return {
            init: (context) => void (seen = context.getStateStore<Counts>('other')),
            transform: (value, key) => {
              seen.put(key, (seen.get(key) ?? 0) + 1);
              return `${value}/${seen.get(key)}`;
            },
          };
        },
        { stores: [other] },
      )
      .toStream()
      .to('out', { key: text, value: text });
    const topology = builder.build();
    expect(topology.describe()).toContain('Processor: KSTREAM-PROCESSVALUES-0000000002 (stores: [counts])');
    const driver = new TopologyTestDriver(topology);
    const input = driver.createInputTopic('in', { key: text, value: text });
    input.pipeInput({ key: 'k', value: 'x', timestamp: 1 });
    input.pipeInput({ key: 'k', value: 'x', timestamp: 2 });
    expect(written(driver, 'out')).toEqual([
      ['k', '1 of 1/1'],
      ['k', '2 of 2/2'],
    ]);
  });
});

type FixedProcessor = ReturnType<FixedKeyProcessorFactory<string, string, string>>;

function base(): TopologyBuilder<string, string> {
  return texts().addSource('in', 'in').addProcessor('p', passing, { parents: 'in' }).addSink('out', 'out', { parents: 'p' });
}

test.each<[string, (builder: TopologyBuilder<string, string>) => unknown, RegExp]>([
  ['a source with a name that is taken', (b) => b.addSource('p', 'x'), /another node is called "p"/],
  ['a processor with a name that is taken', (b) => b.addProcessor('in', passing, { parents: 'in' }), /another node is called "in"/],
  ['a sink with a name that is taken', (b) => b.addSink('p', 'x', { parents: 'in' }), /another node is called "p"/],
  ['a source without topics', (b) => b.addSource('s', []), /at least one topic/],
  ['a topic twice in a source', (b) => b.addSource('s', ['x', 'x']), /names a topic twice/],
  ['a topic of another source', (b) => b.addSource('s', 'in'), /another source reads the topic "in"/],
  ['a pattern that matches a topic of another source', (b) => b.addSource('s', /i./), /matches the topic "in"/],
  ['a topic that matches a pattern', (b) => b.addSource('s', /x-.*/).addSource('t', 'x-1'), /matches the pattern/],
  ['a processor without parents', (b) => b.addProcessor('q', passing, { parents: [] }), /has no parent/],
  ['a sink without parents', (b) => b.addSink('q', 'x', { parents: [] }), /has no parent/],
  ['a parent that was not added', (b) => b.addProcessor('q', passing, { parents: 'r' }), /was not added yet/],
  ['a node as its own parent', (b) => b.addProcessor('q', passing, { parents: 'q' }), /cannot be its own parent/],
  ['a sink as parent', (b) => b.addProcessor('q', passing, { parents: 'out' }), /cannot be a parent/],
  [
    'two stores of one name',
    (b) => b.addStateStore(counts).addStateStore({ name: 'counts', key: text, value: text }),
    /another store is called "counts"/,
  ],
  ['a store that was not added', (b) => b.connectProcessorAndStateStores('p', 'counts'), /was not added/],
  [
    'a store for a processor that was not added',
    (b) => b.addStateStore(counts, 'q'),
    /"q" that shall use the store "counts" was not added/,
  ],
  ['a store for a source', (b) => b.addStateStore(counts, 'in'), /cannot be connected to the source/],
  ['a store for a sink', (b) => b.addStateStore(counts, 'out'), /cannot be connected to the sink/],
  ['a processor whose store was not added', (b) => b.addProcessor('q', passing, { parents: 'in', stores: ['s'] }), /was not added/],
])('%s is refused as by Kafka Streams', (_, build, message) => {
  expect(() => build(base())).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID', message: expect.stringMatching(message) }));
});

test.each<[string, () => unknown, string]>([
  [
    'a processor that is the same each time',
    () =>
      base().addProcessor(
        'q',
        (
          (one) => () =>
            one
        )(passing()),
        { parents: 'in' },
      ),
    'MR_ARGUMENT_INVALID',
  ],
  ['a cache of less than nothing', () => new TopologyBuilder({ cacheBytes: -1 }), 'MR_ARGUMENT_INVALID'],
  ['a missing serde', () => new TopologyBuilder().addSource('in', 'in').build(), 'MR_SERDE_MISSING'],
])('%s is refused', (_, build, code) => {
  expect(build).toThrow(expect.objectContaining({ code }));
});

test('a processor has no access to a store that it did not name', () => {
  const topology = texts()
    .addSource('in', 'in')
    .addStateStore(counts)
    .addProcessor('has', passing, { parents: 'in', stores: ['counts'] })
    .addProcessor('has not', counting('counts'), { parents: 'in' })
    .build();
  expect(() => new TopologyTestDriver(topology)).toThrow(/has not has no access to store counts/);
});
