/** What shows only with partitions: tasks, caches, commits, crashes, rebalances. */
import { type Processor, serdes, StreamsBuilder, type StreamsBuilderOptions, StreamsError, type Topology } from '@millrace/core';
import { partitionForKey } from '@millrace/core/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };
const counts = { key: serdes.string(), value: serdes.long() };

/** Counts keys behind a repartition: two sub-topologies, one store. */
function countByValue(options: Partial<StreamsBuilderOptions<string, string>> = {}): Topology {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0, ...options });
  builder
    .stream('in')
    .groupBy((value) => value)
    .count({ store: 'counts' })
    .toStream()
    .to('out');
  return builder.build();
}

function open(topology: Topology, options: TopologyTestDriverOptions = { partitions: 4 }) {
  const driver = new TopologyTestDriver(topology, { applicationId: 'app', ...options });
  return { driver, input: driver.createInputTopic('in', text), out: driver.createOutputTopic('out', counts) };
}

const partitionOf = (key: string, partitions: number): number => partitionForKey(Buffer.from(key), 0, Buffer.byteLength(key), partitions);

describe('partitions', () => {
  it('are chosen by the key for what is piped and for what is produced', () => {
    const { driver, input, out } = open(countByValue());
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) input.pipeInput({ key: value, value });
    for (const { key, partition } of out.readRecordsToList()) expect(partition).toBe(partitionOf(key ?? '', 4));
    expect(driver.getKeyValueStore('counts', { partition: partitionOf('c', 4) }).get('c')).toBe(1);
    expect(driver.getKeyValueStore('counts', { partition: (partitionOf('c', 4) + 1) % 4 }).get('c')).toBeUndefined();
    driver.close();
  });

  it('are counted as the runtime counts them: repartition topics follow what feeds them', () => {
    const { input, out } = open(countByValue(), { partitions: { in: 3, out: 2 } });
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) input.pipeInput(value);
    for (const { key, partition } of out.readRecordsToList()) expect(partition).toBe(partitionOf(key ?? '', 2));
  });

  it('take turns for records without a key', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(tellPartition).to('out');
    using driver = new TopologyTestDriver(builder.build(), { partitions: { in: 3 } });
    driver.createInputTopic('in', text).pipeValues(['x', 'x', 'x', 'x']);
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['0_0', '0_1', '0_2', '0_0']);
  });

  it('can be named, if they exist', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(tellPartition).to('out');
    using driver = new TopologyTestDriver(builder.build(), { partitions: 3 });
    const input = driver.createInputTopic('in', text);
    input.pipeInput({ key: 'k', value: 'x', partition: 2 });
    expect(driver.createOutputTopic('out', text).readValue()).toBe('0_2');
    expect(() => input.pipeInput({ value: 'x', partition: 3 })).toThrow(/Topic in has 3 partitions: there is no partition 3/);
    input.pipeInput({ key: 'k', value: 'the mistake stopped nothing', partition: 1 });
    expect(driver.createOutputTopic('out', text).readValue()).toBe('0_1');
  });

  it.each([0, -1, 1.5])('cannot be %d', (partitions) => {
    expect(() => new TopologyTestDriver(countByValue(), { partitions })).toThrow(/MR_ARGUMENT_INVALID/);
  });

  it('must be said where a store has several', () => {
    const { driver } = open(countByValue());
    expect(() => driver.getKeyValueStore('counts')).toThrow(/Store counts has 4 partitions here/);
    expect(() => driver.getKeyValueStore('counts', { partition: 4 })).toThrow(/MR_STORE_UNAVAILABLE/);
  });
});

describe('commits', () => {
  it('are what flushes a cache: until then updates of a key collapse', () => {
    const { driver, input, out } = open(countByValue({ cacheBytes: 1_000_000 }));
    input.pipeValues(['a', 'a', 'b', 'a']);
    expect(out.isEmpty).toBe(true);
    expect(driver.producedTopicNames()).not.toContain('app-counts-changelog');
    driver.commit();
    expect(out.readKeyValuesToMap()).toEqual(
      new Map([
        ['a', 3],
        ['b', 1],
      ]),
    );
  });

  it('happen after every record on demand', () => {
    const { input, out } = open(countByValue({ cacheBytes: 1_000_000 }), { partitions: 2, commit: 'record' });
    input.pipeValues(['a', 'a']);
    expect(out.readValuesToList()).toEqual([1, 2]);
  });

  it('happen when a processor asks for one', () => {
    const builder = new StreamsBuilder({ ...text, cacheBytes: 1_000_000 });
    const stream = builder.stream('in');
    stream.groupByKey().count().toStream().to('out');
    stream.process<string, string>(() => {
      let commit = (): void => {};
      return {
        init: (context) => {
          commit = () => context.commit();
        },
        process: ({ value }) => {
          if (value === 'commit') commit();
        },
      };
    });
    const { input, out } = open(builder.build(), { partitions: 1 });
    input.pipeKeyValues([
      { key: 'k', value: 'x' },
      { key: 'k', value: 'x' },
    ]);
    expect(out.isEmpty).toBe(true);
    input.pipeInput({ key: 'k', value: 'commit' });
    expect(out.readValuesToList()).toEqual([3]);
  });

  it('can be left to the test in one task too', () => {
    const { driver, input, out } = open(countByValue({ cacheBytes: 1_000_000 }), { commit: 'manual' });
    input.pipeValues(['a', 'a']);
    driver.commit();
    expect(out.readValuesToList()).toEqual([2]);
  });
});

describe('a crash', () => {
  it('runs again what was not committed, over stores restored from their changelogs', () => {
    const { driver, input, out } = open(countByValue());
    input.pipeValues(['a', 'a']);
    driver.commit();
    input.pipeValues(['a', 'b']);
    expect(out.readValuesToList()).toEqual([1, 2, 3, 1]);
    driver.crash();
    // What the dead tasks wrote since the commit never reached the broker: it is written once more.
    expect(out.readKeyValuesToList()).toEqual([
      { key: 'a', value: 3 },
      { key: 'b', value: 1 },
    ]);
    expect(driver.getKeyValueStore('counts', { partition: partitionOf('a', 4) }).get('a')).toBe(3);
    input.pipeInput('a');
    expect(out.readValue()).toBe(4);
  });

  it('takes back what was written and not committed', () => {
    const { driver, input, out } = open(countByValue());
    input.pipeInput('a');
    driver.commit();
    input.pipeInput('a');
    expect(out.queueSize).toBe(2);
    driver.crash();
    expect(out.readValuesToList()).toEqual([1, 2]);
  });

  it('repeats what reached the broker: at least once, and a count shows it', () => {
    const { driver, input, out } = open(countByValue());
    input.pipeInput('a');
    driver.commit();
    input.pipeInput('a');
    driver.crash({ produced: 'kept' });
    // The second record went through the repartition topic twice, and the restored count already had it once.
    expect(Math.max(...out.readValuesToList().map(Number))).toBeGreaterThan(2);
  });

  it('keeps what the test piped to a topic that the topology writes too', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').to('middle');
    builder.stream('middle').to('out');
    using driver = new TopologyTestDriver(builder.build(), { partitions: 1 });
    driver.createInputTopic('in', text).pipeInput('produced');
    driver.createInputTopic('middle', text).pipeInput('piped');
    driver.crash();
    const out = driver.createOutputTopic('out', text);
    expect(out.readValuesToList()).toEqual(['piped', 'produced']);
  });

  it('makes new processors', () => {
    let made = 0;
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(() => ({ init: () => void made++, process: () => {} }));
    using driver = new TopologyTestDriver(builder.build(), { partitions: 2 });
    expect(made).toBe(2);
    driver.crash();
    expect(made).toBe(4);
  });

  it('brings back a driver that a failure stopped', () => {
    let poisoned = true;
    const builder = new StreamsBuilder(text);
    const checked = builder.stream('in').peek((value) => {
      if (poisoned && value === 'bad') throw new Error('boom');
    });
    checked.to('out');
    using driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', text);
    const out = driver.createOutputTopic('out', text);
    input.pipeInput('good');
    expect(() => input.pipeInput('bad')).toThrow(/boom|MR_PROCESSING/);
    expect(() => driver.crash()).toThrow(/boom|MR_PROCESSING/);
    poisoned = false;
    driver.crash();
    input.pipeInput('better');
    expect(out.readValuesToList()).toEqual(['good', 'bad', 'better']);
  });

  it('cannot leave state in memory', () => {
    const { driver } = open(countByValue());
    expect(() => driver.crash({ state: 'kept' })).toThrow(StreamsError);
    driver.close();
  });
});

describe('a rebalance', () => {
  it.each([{ move: false }, { move: true }])('loses and repeats nothing: %o', (options) => {
    const { driver, input, out } = open(countByValue({ cacheBytes: 1_000_000 }));
    input.pipeValues(['a', 'b', 'a']);
    driver.rebalance(options);
    input.pipeValues(['a', 'b']);
    driver.commit();
    expect(out.readKeyValuesToList()).toEqual(
      expect.arrayContaining([
        { key: 'a', value: 3 },
        { key: 'b', value: 2 },
      ]),
    );
    expect(out.isEmpty).toBe(true);
    expect(driver.getKeyValueStore('counts', { partition: partitionOf('a', 4) }).get('a')).toBe(3);
    driver.close();
  });

  it('keeps processors that stay and makes new ones where tasks move', () => {
    let made = 0;
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(() => ({ init: () => void made++, process: () => {} }));
    using driver = new TopologyTestDriver(builder.build(), { partitions: 2 });
    driver.rebalance();
    expect(made).toBe(2);
    driver.rebalance({ move: true });
    expect(made).toBe(4);
  });
});

describe('whatever happens between records', () => {
  type Event = { readonly pipe: string } | 'commit' | 'crash' | 'rebalance' | 'move';
  const events = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ pipe: fc.constantFrom('a', 'b', 'c', 'd') }) },
      { weight: 1, arbitrary: fc.constantFrom<Event>('commit', 'crash', 'rebalance', 'move') },
    ),
    { maxLength: 40 },
  );

  it.each([0, 1_000_000])('the counts are those of the input, with %d bytes of cache', (cacheBytes) => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 3 }), (sequence: readonly Event[], partitions) => {
        const { driver, input, out } = open(countByValue({ cacheBytes }), { partitions });
        const expected = new Map<string, number>();
        for (const event of sequence) {
          if (typeof event === 'object') {
            input.pipeInput(event.pipe);
            expected.set(event.pipe, (expected.get(event.pipe) ?? 0) + 1);
          } else if (event === 'commit') driver.commit();
          else if (event === 'crash') driver.crash();
          else driver.rebalance({ move: event === 'move' });
        }
        driver.commit();
        expect(out.readKeyValuesToMap()).toEqual(expected);
        const changelog = driver.createOutputTopic('app-counts-changelog', counts);
        expect(changelog.readKeyValuesToMap()).toEqual(expected);
        driver.close();
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});

/** Forwards the id of the task in place of the value. */
function tellPartition(): Processor<string, string, string, string> {
  let tell: Processor<string, string, string, string>['process'] = () => {};
  return {
    init: (context) => {
      tell = (record) => context.forward(record.withValue(context.taskId));
    },
    process: (record) => tell(record),
  };
}
