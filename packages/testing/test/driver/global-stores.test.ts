/** Global stores with processors of their own, and stores that are a topic's copy. */
import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  type ReadOnlyKeyValueStore,
  type Serde,
  serdes,
  StreamsBuilder,
  type StreamRecord,
  StreamsError,
  type Topology,
  TopologyBuilder,
} from '@millrace/core';
import { memory } from '@millrace/state/memory';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };

const failing: Serde<string> = serdes.from({
  encode: () => Uint8Array.of(1),
  decode: () => {
    throw new Error('no text');
  },
});

/** Keeps values in capitals, under their keys. */
class Capitals implements Processor<string, string | null, never, never> {
  #rows!: KeyValueStore<string, string>;
  readonly #store: string;

  constructor(store = 'G') {
    this.#store = store;
  }

  init(context: ProcessorContext<never, never>): void {
    this.#rows = context.getStateStore(this.#store);
  }

  process({ key, value }: StreamRecord<string, string | null>): void {
    this.#rows.put(key ?? 'none', value === null ? null : value.toUpperCase());
  }
}

/** Forwards what a store has under the record's value. */
class Lookup implements Processor<string, string, string, string> {
  #context!: ProcessorContext<string, string>;
  #rows!: ReadOnlyKeyValueStore<string, string>;
  readonly #store: string;

  constructor(store = 'G') {
    this.#store = store;
  }

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
    this.#rows = context.getStateStore(this.#store);
  }

  process(record: StreamRecord<string, string>): void {
    this.#context.forward(record.withValue(this.#rows.get(record.value) ?? 'nothing'));
  }
}

function lookups(): Topology {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder.addGlobalStore<string, string | null>({ name: 'G' }, 'rows', () => new Capitals());
  builder
    .stream('in')
    .process(() => new Lookup())
    .to('out');
  return builder.build();
}

describe('a global store', () => {
  it('is filled by its processor and read by every other, unconnected', () => {
    using driver = new TopologyTestDriver(lookups());
    const rows = driver.createInputTopic('rows', text);
    const input = driver.createInputTopic('in', text);
    const out = driver.createOutputTopic('out', text);
    rows.pipeInput({ key: 'a', value: 'x' });
    input.pipeValues(['a', 'b']);
    rows.pipeInput({ key: 'a', value: null });
    input.pipeInput('a');
    expect(out.readValuesToList()).toEqual(['X', 'nothing', 'nothing']);
  });

  it('has the nodes that Kafka Streams gives it', () => {
    expect(lookups().describe()).toBe(
      [
        'Topologies:',
        '   Sub-topology: 0 for global store (will not generate tasks)',
        '    Source: KSTREAM-SOURCE-0000000000 (topics: [rows])',
        '      --> KTABLE-SOURCE-0000000001',
        '    Processor: KTABLE-SOURCE-0000000001 (stores: [G])',
        '      --> none',
        '      <-- KSTREAM-SOURCE-0000000000',
        '  Sub-topology: 1',
        '    Source: KSTREAM-SOURCE-0000000002 (topics: [in])',
        '      --> KSTREAM-PROCESSOR-0000000003',
        '    Processor: KSTREAM-PROCESSOR-0000000003 (stores: [])',
        '      --> KSTREAM-SINK-0000000004',
        '      <-- KSTREAM-SOURCE-0000000002',
        '    Sink: KSTREAM-SINK-0000000004 (topic: out)',
        '      <-- KSTREAM-PROCESSOR-0000000003',
        '',
        '',
      ].join('\n'),
    );
  });

  it('is restored by its processor, from every partition, without the records that have no key', () => {
    using driver = new TopologyTestDriver(lookups(), { partitions: { rows: 3, in: 2 } });
    const rows = driver.createInputTopic('rows', text);
    for (const key of ['a', 'b', 'c', 'd']) rows.pipeInput({ key, value: `of ${key}` });
    rows.pipeInput('of nobody');
    expect(driver.getKeyValueStore('G').get('none')).toBe('OF NOBODY');
    driver.crash();
    const store = driver.getKeyValueStore<string, string>('G');
    expect([...store.all()].map(({ key, value }) => `${key}=${value}`)).toEqual(['a=OF A', 'b=OF B', 'c=OF C', 'd=OF D']);
    expect(driver.metrics().find(({ name }) => name === 'restore-skipped-records-total')?.value).toBe(1);
    const input = driver.createInputTopic('in', text);
    input.pipeInput({ key: 'k', value: 'c' });
    expect(driver.createOutputTopic('out', text).readValue()).toBe('OF C');
  });

  it('passes over what cannot be decoded, as Java’s test driver does, and stops in truthful mode as an application', () => {
    const builder = new StreamsBuilder(text);
    builder.addGlobalStore({ name: 'G' }, 'rows', () => new Capitals(), { value: failing });
    const topology = builder.build();
    using driver = new TopologyTestDriver(topology);
    driver.createInputTopic('rows', text).pipeInput({ key: 'a', value: 'x' });
    expect(driver.metrics().find(({ name }) => name === 'dropped-records-total')?.value).toBe(1);
    using truthful = new TopologyTestDriver(topology, { partitions: 1 });
    expect(() => truthful.createInputTopic('rows', text).pipeInput({ key: 'a', value: 'x' })).toThrow(/MR_DESERIALIZATION/);
  });

  it('asks a handler of its own where its processor fails, and none without', () => {
    const builder = new StreamsBuilder(text);
    builder.addGlobalStore({ name: 'G' }, 'rows', () => ({
      process: ({ value }): void => {
        if (value === 'boom') throw new Error('boom');
      },
    }));
    const topology = builder.build();
    const asked: string[] = [];
    using passing = new TopologyTestDriver(topology, {
      partitions: 1,
      handlers: {
        processing: () => 'fail',
        globalProcessing: ({ node, offset, taskId, topic }) => {
          asked.push(`${taskId} ${node} ${topic}@${offset}`);
          return 'continue';
        },
      },
    });
    const rows = passing.createInputTopic('rows', text);
    rows.pipeValues(['a', 'boom', 'b']);
    expect(asked).toEqual(['global KTABLE-SOURCE-0000000001 rows@1']);
    expect(passing.metrics().find(({ name }) => name === 'dropped-records-total')?.value).toBe(1);
    using refusing = new TopologyTestDriver(topology, { handlers: { processing: () => 'continue' } });
    expect(() => refusing.createInputTopic('rows', text).pipeInput('boom')).toThrow(/MR_PROCESSING/);
  });

  it('goes on from what is on disk where the engine is durable', async () => {
    await using driver = await TopologyTestDriver.open(lookups(), { state: memory() });
    await driver.createInputTopic('rows', text).pipeInput({ key: 'a', value: 'x' });
    expect(driver.getKeyValueStore('G').get('a')).toBe('X');
  });

  it.each(['keyValue', 'timestamped', 'window', 'session', 'versioned'] as const)('of kind %s cannot be written by others', (kind) => {
    const refused: string[] = [];
    const store = {
      keyValue: { name: 'G' },
      timestamped: { name: 'G', timestamped: true },
      window: { name: 'G', kind: 'window', retention: 10, windowSize: 1 },
      session: { name: 'G', kind: 'session', retention: 10 },
      versioned: { name: 'G', kind: 'versioned', historyRetention: 10 },
    } as const;
    const builder = new StreamsBuilder(text);
    builder.addGlobalStore(store[kind], 'rows', () => ({ process: () => {} }));
    builder.stream('in').process(() => ({
      init(context): void {
        const face = context.getStateStore<Record<string, (() => unknown) | undefined>>('G');
        for (const write of ['put', 'putIfAbsent', 'putAll', 'delete', 'remove']) {
          try {
            face[write]?.();
          } catch (error) {
            if (error instanceof StreamsError && error.code === 'MR_STORE_UNAVAILABLE') refused.push(write);
          }
        }
      },
      process: () => {},
    }));
    using _driver = new TopologyTestDriver(builder.build());
    const writes = {
      keyValue: ['put', 'putIfAbsent', 'putAll', 'delete'],
      timestamped: ['put', 'putIfAbsent', 'putAll', 'delete'],
      window: ['put'],
      session: ['put', 'remove'],
      versioned: ['put', 'delete'],
    };
    expect(refused).toEqual(writes[kind]);
  });

  it('gives its processor neither stream time nor schedules, and the other global stores to read', () => {
    const told: unknown[] = [];
    const builder = new StreamsBuilder(text);
    builder.addGlobalStore({ name: 'first' }, 'a', () => new Capitals('first'));
    builder.addGlobalStore({ name: 'second' }, 'b', () => ({
      init(context): void {
        const other = context.getStateStore<KeyValueStore<string, string>>('first');
        for (const attempt of [
          () => context.currentStreamTimeMs,
          () => context.schedule(1, 'wall', () => {}),
          () => other.put('k', 'v'),
          () => context.getStateStore('third'),
        ]) {
          try {
            told.push(attempt());
          } catch (error) {
            told.push(error instanceof StreamsError ? error.code : error);
          }
        }
        context.commit();
        told.push(context.taskId, other.get('k'));
      },
      process: () => {},
    }));
    using _driver = new TopologyTestDriver(builder.build());
    expect(told).toEqual([
      'MR_ARGUMENT_INVALID',
      'MR_ARGUMENT_INVALID',
      'MR_STORE_UNAVAILABLE',
      'MR_STORE_UNAVAILABLE',
      'global',
      undefined,
    ]);
  });
});

describe('a global store is refused', () => {
  const nothing = () => ({ process: () => {} });
  const place = { topic: 'rows', source: 'source', processor: 'processor' };
  const refused: Record<string, () => unknown> = {
    'with a changelog': () => new TopologyBuilder(text).addGlobalStore({ name: 'G', logging: true } as never, nothing, place),
    'with a changelog, in the DSL': () => new StreamsBuilder(text).addGlobalStore({ name: 'G', logging: {} } as never, 'rows', nothing),
    'with one name for both nodes': () =>
      new TopologyBuilder(text).addGlobalStore({ name: 'G' }, nothing, { ...place, processor: 'source' }),
    'with the name of another store': () =>
      new TopologyBuilder(text).addStateStore({ name: 'G' }).addGlobalStore({ name: 'G' }, nothing, place),
    'with the topic of another source': () =>
      new TopologyBuilder(text).addSource('s', 'rows').addGlobalStore({ name: 'G' }, nothing, place),
    'with a processor that brings stores': () =>
      new TopologyBuilder(text).addGlobalStore({ name: 'G' }, { create: nothing, stores: [{ name: 'other' }] }, place),
    'as a store to connect': () =>
      new TopologyBuilder(text)
        .addGlobalStore({ name: 'G' }, nothing, place)
        .addSource('s', 'in')
        .addProcessor('p', nothing, { parents: 's', stores: ['G'] }),
  };

  it.each(Object.keys(refused))('%s', (name) => {
    expect(refused[name]).toThrow(/MR_TOPOLOGY_INVALID/);
  });

  it('with a processor that is not made anew', () => {
    const shared = nothing();
    expect(() => new TopologyBuilder(text).addGlobalStore({ name: 'G' }, () => shared, place)).toThrow(/MR_ARGUMENT_INVALID/);
  });
});

describe('a store that is a topic’s copy', () => {
  function copied(): Topology {
    return new TopologyBuilder({ ...text, cacheBytes: 0 })
      .addReadOnlyStateStore<string, string | null>({ name: 'copy' }, () => new Copy(), {
        topic: 'rows',
        source: 'rows-source',
        processor: 'rows-copy',
      })
      .addSource('source', 'in')
      .addProcessor('lookup', () => new Lookup('copy'), { parents: 'source', stores: ['copy'] })
      .addSink('sink', 'out', { parents: 'lookup' })
      .build();
  }

  /** Puts rows as they are. */
  class Copy implements Processor<string, string | null, never, never> {
    #rows!: KeyValueStore<string, string>;

    init(context: ProcessorContext<never, never>): void {
      this.#rows = context.getStateStore('copy');
    }

    process({ key, value }: StreamRecord<string, string | null>): void {
      this.#rows.put(key, value);
    }
  }

  it('is read where it is partitioned, and has no changelog', () => {
    using driver = new TopologyTestDriver(copied(), { partitions: 3 });
    const rows = driver.createInputTopic('rows', text);
    const input = driver.createInputTopic('in', text);
    for (const key of ['a', 'b', 'c']) rows.pipeInput({ key, value: key + key });
    driver.commit();
    for (const key of ['a', 'b', 'c', 'd']) input.pipeInput({ key, value: key });
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['aa', 'bb', 'cc', 'nothing']);
    expect(driver.producedTopicNames()).toEqual(['out']);
  });

  it('is restored from the topic, as far as it was committed, and reads on from there', () => {
    using driver = new TopologyTestDriver(copied(), { partitions: 1 });
    const rows = driver.createInputTopic('rows', text);
    rows.pipeKeyValues([
      { key: 'a', value: '1' },
      { key: 'b', value: '1' },
      { key: 'a', value: null },
    ]);
    driver.commit();
    rows.pipeInput({ key: 'c', value: '2' });
    driver.crash();
    expect([...driver.getKeyValueStore('copy').all()]).toEqual([
      { key: 'b', value: '1' },
      { key: 'c', value: '2' },
    ]);
  });

  it('is written by its own processor alone', () => {
    const codes: unknown[] = [];
    const topology = new TopologyBuilder(text)
      .addReadOnlyStateStore<string, string | null>({ name: 'copy' }, () => new Copy(), { topic: 'rows', source: 's', processor: 'p' })
      .addSource('source', 'in')
      .addProcessor(
        'other',
        () => ({
          init(context: ProcessorContext<never, never>): void {
            try {
              context.getStateStore<KeyValueStore<string, string>>('copy').put('a', 'b');
            } catch (error) {
              codes.push(error instanceof StreamsError ? error.code : error);
            }
          },
          process: () => {},
        }),
        { parents: 'source', stores: ['copy'] },
      )
      .build();
    using driver = new TopologyTestDriver(topology);
    expect(codes).toEqual(['MR_STORE_UNAVAILABLE']);
    expect(driver.getKeyValueStore('copy').get('a')).toBeUndefined();
  });

  it('is described with its source and processor', () => {
    expect(copied().describe()).toContain('Processor: rows-copy (stores: [copy])');
    expect(copied().plan.internalTopics).toEqual([]);
  });

  it('cannot share its topic with another source', () => {
    const place = { topic: 'rows', source: 's', processor: 'p' };
    const builder = new TopologyBuilder(text).addSource('other', 'rows');
    expect(() => builder.addReadOnlyStateStore({ name: 'copy' }, () => new Copy(), place)).toThrow(/MR_TOPOLOGY_INVALID/);
  });
});
