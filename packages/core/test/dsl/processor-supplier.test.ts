/** Processors that bring their stores, and wrappers around all of them. */
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, it } from 'vitest';
import type { ProcessorWrapper, WrappableProcessor } from '../../src/dsl/processor-wrapper.ts';
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts';
import { TopologyBuilder } from '../../src/dsl/topology-builder.ts';
import type { FixedKeyProcessor, FixedKeyProcessorContext, FixedKeyRecord } from '../../src/processor/fixed-key-processor.ts';
import type { Processor, ProcessorContext } from '../../src/processor/processor.ts';
import type { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';

const text = { key: serdes.string(), value: serdes.string() };
const seenStore = { name: 'seen', key: serdes.string(), value: serdes.string() };

/** Forwards the first record of a key. */
class First implements Processor<string, string, string, string> {
  #context!: ProcessorContext<string, string>;
  #seen!: KeyValueStore<string, string>;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
    this.#seen = context.getStateStore('seen');
  }

  process(record: StreamRecord<string, string>): void {
    if (this.#seen.putIfAbsent(record.key, record.value) === undefined) this.#context.forward(record);
  }
}

class FirstValue implements FixedKeyProcessor<string, string, string> {
  #context!: FixedKeyProcessorContext<string, string>;
  #seen!: KeyValueStore<string, string>;

  init(context: FixedKeyProcessorContext<string, string>): void {
    this.#context = context;
    this.#seen = context.getStateStore('seen');
  }

  process(record: FixedKeyRecord<string, string>): void {
    if (this.#seen.putIfAbsent(record.key, record.value) === undefined) this.#context.forward(record);
  }
}

const first = { create: () => new First(), stores: [seenStore] };

function run(topology: ReturnType<StreamsBuilder['build']>): (string | null)[] {
  using driver = new TopologyTestDriver(topology);
  driver.createInputTopic('in', text).pipeKeyValues([
    { key: 'a', value: '1' },
    { key: 'a', value: '2' },
    { key: 'b', value: '3' },
  ]);
  return driver.createOutputTopic('out', text).readValuesToList();
}

describe('a processor brings its stores', () => {
  it('to process', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').process(first).to('out');
    expect(run(builder.build())).toEqual(['1', '3']);
  });

  it('to processValues', () => {
    const builder = new StreamsBuilder(text);
    builder
      .stream('in')
      .processValues({ create: () => new FirstValue(), stores: [seenStore] })
      .to('out');
    expect(run(builder.build())).toEqual(['1', '3']);
  });

  it('to transformValues', () => {
    const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
    builder
      .table('in')
      .transformValues({
        create: () => {
          let seen: KeyValueStore<string, string>;
          return {
            init: (context): void => {
              seen = context.getStateStore('seen');
            },
            transform: (value: string | null, key: string): string => `${value} after ${seen.putIfAbsent(key, value ?? '')}`,
          };
        },
        stores: [seenStore],
      })
      .toStream()
      .to('out');
    expect(run(builder.build())).toEqual(['1 after undefined', '2 after 1', '3 after undefined']);
  });

  it('to a topology built by hand, beside the stores that are named there', () => {
    const builder = new TopologyBuilder(text)
      .addSource('source', 'in')
      .addStateStore({ name: 'named' })
      .addProcessor('first', first, { parents: 'source', stores: ['named'] })
      .addSink('sink', 'out', { parents: 'first' });
    expect(builder.build().describe()).toMatch(/Processor: first \(stores: \[(seen, named|named, seen)\]\)/);
    expect(run(builder.build())).toEqual(['1', '3']);
  });

  it('and shares them with another that brings the same', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').process(first).to('out');
    builder.stream('other').process(first).to('out');
    expect(builder.build().plan.subtopologies).toHaveLength(1);
  });

  it('unless another store has the name', () => {
    const builder = new StreamsBuilder(text);
    builder.addStateStore({ name: 'seen' });
    builder.stream('in').process(first).to('out');
    expect(() => builder.build()).toThrow(/MR_TOPOLOGY_INVALID/);
  });

  it('and is made anew for each task', () => {
    const shared = new First();
    const builder = new StreamsBuilder(text);
    expect(() => builder.stream('in').process({ create: () => shared })).toThrow(/MR_ARGUMENT_INVALID.*returned the same object twice/);
  });
});

describe('a factory that makes no processor', () => {
  const made: readonly (readonly [what: string, made: unknown, message: RegExp])[] = [
    [
      'nothing',
      undefined,
      /^MR_ARGUMENT_INVALID: the function given to .* must return a new object each time, got undefined: with braces it needs a return/,
    ],
    ['null', null, /^MR_ARGUMENT_INVALID: .* got null/],
    ['a number that is none', Number.NaN, /^MR_ARGUMENT_INVALID: .* got NaN/],
    ['a class', First, /^MR_ARGUMENT_INVALID: .* got a function/],
    ['a promise', Promise.resolve(new First()), /^MR_ASYNC_RESULT: the function given to .* returned a promise/],
  ];
  // What JavaScript may return.
  type Create = () => never;
  const uses: readonly (readonly [operator: string, use: (create: Create) => unknown])[] = [
    ['process', (create) => new StreamsBuilder(text).stream('in').process(create)],
    ['process with stores', (create) => new StreamsBuilder(text).stream('in').process({ create })],
    ['processValues', (create) => new StreamsBuilder(text).stream('in').processValues(create)],
    ['transformValues', (create) => new StreamsBuilder(text).table('in').transformValues(create)],
    ['addProcessor', (create) => new TopologyBuilder(text).addSource('s', 'in').addProcessor('p', create, { parents: 's' })],
  ];

  it.each(uses.flatMap(([operator, use]) => made.map(([what, result, message]) => ({ operator, use, what, result, message }))))(
    'is refused: $operator, $what',
    ({ use, result, message }) => {
      expect(() => use(() => result as never)).toThrow(message);
    },
  );

  it('is refused where it makes one the first time alone', () => {
    let left = 1;
    const create = (): First => (left-- > 0 ? new First() : (undefined as never));
    expect(() => new StreamsBuilder(text).stream('in').process(create)).toThrow(/got undefined/);
  });
});

describe('a wrapper', () => {
  /** Counts records by node. */
  function counting(counts: Map<string, number>): ProcessorWrapper {
    return (name, create) => () => {
      const inner = create();
      const outer: WrappableProcessor = {
        init: (context) => inner.init?.(context),
        process: (record) => {
          counts.set(name, (counts.get(name) ?? 0) + 1);
          inner.process(record);
        },
        close: () => inner.close?.(),
      };
      return outer;
    };
  }

  it('stands around every processor, operators included, and changes no result', () => {
    const counts = new Map<string, number>();
    const build = (processorWrapper: ProcessorWrapper | undefined) => {
      const builder = new StreamsBuilder({ ...text, cacheBytes: 0, processorWrapper });
      builder
        .stream('in')
        .filter((value) => value !== '2')
        .groupByKey()
        .reduce((a, b) => a + b, { store: 'joined' })
        .toStream()
        .to('out');
      return builder.build();
    };
    const plain = build(undefined);
    const wrapped = build(counting(counts));
    expect(wrapped.describe()).toBe(plain.describe());
    expect(run(wrapped)).toEqual(run(plain));
    expect(Object.fromEntries(counts)).toEqual({
      'KSTREAM-FILTER-0000000001': 3,
      'KSTREAM-REDUCE-0000000002': 2,
      'KTABLE-TOSTREAM-0000000003': 2,
    });
  });

  it('stands around processors of hand-built topologies and of global stores', () => {
    const counts = new Map<string, number>();
    const topology = new TopologyBuilder({ ...text, processorWrapper: counting(counts) })
      .addGlobalStore({ name: 'G' }, () => ({ process: () => {} }), { topic: 'rows', source: 'g', processor: 'fill' })
      .addSource('source', 'in')
      .addProcessor('first', first, { parents: 'source' })
      .addSink('sink', 'out', { parents: 'first' })
      .build();
    using driver = new TopologyTestDriver(topology);
    driver.createInputTopic('rows', text).pipeInput({ key: 'a', value: 'x' });
    driver.createInputTopic('in', text).pipeInput({ key: 'a', value: 'x' });
    expect(Object.fromEntries(counts)).toEqual({ fill: 1, first: 1 });
  });

  it('may bring stores of its own', () => {
    const history = { name: 'history', ...text };
    const processorWrapper: ProcessorWrapper = (name, create) =>
      name === 'first'
        ? {
            stores: [history],
            create: () => {
              const inner = create();
              let rows: KeyValueStore<string, string>;
              return {
                init: (context): void => {
                  rows = context.getStateStore('history');
                  inner.init?.(context);
                },
                process: (record): void => {
                  rows.put(String(record.key), String(record.value));
                  inner.process(record);
                },
              };
            },
          }
        : create;
    const builder = new StreamsBuilder({ ...text, processorWrapper });
    builder.stream('in').process(first, { name: 'first' }).to('out');
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', text).pipeKeyValues([
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ]);
    expect(driver.getKeyValueStore('history').get('a')).toBe('2');
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['1']);
  });

  it('cannot bring stores to a global store, or share one processor', () => {
    const place = { topic: 'rows', source: 'g', processor: 'fill' };
    const nothing = () => ({ process: () => {} });
    const bringing = new TopologyBuilder({ ...text, processorWrapper: (_name, create) => ({ create, stores: [seenStore] }) });
    expect(() => bringing.addGlobalStore({ name: 'G' }, nothing, place)).toThrow(/MR_TOPOLOGY_INVALID/);
    const shared = nothing();
    const sharing = new TopologyBuilder({ ...text, processorWrapper: () => () => shared }).addSource('s', 'in');
    expect(() => sharing.addProcessor('p', nothing, { parents: 's' })).toThrow(/MR_ARGUMENT_INVALID/);
  });
});

describe('a supplier', () => {
  const create = () => ({ process: () => {} });
  it.each<[unknown, string]>([
    [{ create, store: [seenStore] }, 'there is no option store of the supplier of process'],
    [{ create, stores: seenStore }, 'stores of the supplier of process must be a list of stores'],
    [{ create, stores: 5n }, 'got 5 (a bigint)'],
  ])('%o is refused', (supplier, message) => {
    const stream = new StreamsBuilder(text).stream('in');
    expect(() => stream.process(supplier as never)).toThrow(message);
  });

  it('of a class may have more than its factory and its stores', () => {
    class Supplier {
      readonly store = 'of its own';
      readonly stores = [seenStore];
      create(): ReturnType<typeof create> {
        return create();
      }
    }
    expect(() => new StreamsBuilder(text).stream('in').process(new Supplier())).not.toThrow();
  });
});
