/** The synchronous driver: Java's execution model, its topics, its clocks, its errors. */
import { Headers, type Processor, serdes, StreamsBuilder, StreamsError, type Topology } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };
const counts = { key: serdes.string(), value: serdes.long() };

function wordCount(options: { readonly cacheBytes?: number } = {}): Topology {
  const builder = new StreamsBuilder({ ...text, ...options });
  builder
    .stream('lines')
    .flatMapValues((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
    .groupBy((word) => word)
    .count({ store: 'word-counts' })
    .toStream()
    .to('counts');
  return builder.build();
}

function passThrough(): Topology {
  const builder = new StreamsBuilder(text);
  builder.stream('in').to('out');
  return builder.build();
}

/** The code of what `action` throws; fails if it throws nothing. */
function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StreamsError) return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a topology in the driver', () => {
  it('counts words through a repartition topic', () => {
    using driver = new TopologyTestDriver(wordCount());
    driver.createInputTopic('lines', text).pipeInput('to be or not to be');
    expect(driver.createOutputTopic('counts', counts).readKeyValuesToMap()).toEqual(
      new Map([
        ['to', 2],
        ['be', 2],
        ['or', 1],
        ['not', 1],
      ]),
    );
  });

  it('commits after every record: a cache shows every record, and only the last update of a key within one', () => {
    using driver = new TopologyTestDriver(wordCount({ cacheBytes: 1_000_000 }));
    const lines = driver.createInputTopic('lines', text);
    const out = driver.createOutputTopic('counts', counts);
    lines.pipeValues(['a', 'a', 'a']);
    expect(out.readValuesToList()).toEqual([1, 2, 3]);
  });

  it('takes the smallest timestamp first when several records wait', () => {
    const builder = new StreamsBuilder(text);
    const split = builder.stream('in').flatMapValues((line) => line.split(' '));
    split.process<string, string>(() => shiftBy((value) => Number(value))).to('later');
    builder.stream('later').to('out');
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', text).pipeInput({ key: 'k', value: '30 10 20', timestamp: 0 });
    // All three were written before the first is taken back in; one partition keeps its own order.
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['30', '10', '20']);
  });

  it('chooses between inputs by timestamp, not by arrival', () => {
    const builder = new StreamsBuilder(text);
    const words = builder.stream('in').flatMapValues((line) => line.split(' '));
    words.process<string, string>(() => shiftBy(() => 50)).to('slow');
    words.process<string, string>(() => shiftBy(() => 5)).to('fast');
    builder
      .stream(['slow'])
      .merge(builder.stream(['fast']))
      .to('out');
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', text).pipeInput({ value: 'x', timestamp: 0 });
    const out = driver.createOutputTopic('out', text);
    expect(out.readRecordsToList().map(({ timestamp }) => timestamp)).toEqual([5, 50]);
  });

  it('fires stream-time punctuations after the record that made them due', () => {
    const seen: string[] = [];
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(() =>
      ticking(
        'stream',
        (at) => seen.push(`tick ${at}`),
        (value) => seen.push(value),
      ),
    );
    using driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', text);
    input.pipeInput({ value: 'a', timestamp: 5 });
    input.pipeInput({ value: 'b', timestamp: 25 });
    expect(seen).toEqual(['a', 'tick 5', 'b', 'tick 25']);
  });

  it('moves the wall clock only when told', () => {
    const seen: number[] = [];
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(() =>
      ticking(
        'wall',
        (at) => seen.push(at),
        () => {},
      ),
    );
    using driver = new TopologyTestDriver(builder.build(), { startMs: 100 });
    driver.createInputTopic('in', text).pipeInput({ value: 'a', timestamp: 10_000 });
    expect(seen).toEqual([]);
    driver.advanceWallClockTime(9);
    expect(seen).toEqual([]);
    driver.advanceWallClockTime(1);
    driver.advanceWallClockTime('1s');
    expect(seen).toEqual([110, 1110]);
    expect(driver.wallClockMs).toBe(1110);
    expect(codeOf(() => driver.advanceWallClockTime(-1))).toBe('MR_ARGUMENT_INVALID');
  });

  it('waits for empty inputs as long as maxTaskIdleMs says', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('a').merge(builder.stream('b')).to('out');
    using driver = new TopologyTestDriver(builder.build(), { maxTaskIdleMs: 100 });
    const out = driver.createOutputTopic('out', text);
    driver.createInputTopic('a', text).pipeInput({ value: '1', timestamp: 10 });
    expect(out.isEmpty).toBe(true);
    driver.advanceWallClockTime(100);
    expect(out.readValuesToList()).toEqual(['1']);
    driver.createInputTopic('b', text).pipeInput({ value: '3', timestamp: 15 });
    expect(out.isEmpty).toBe(true);
    driver.createInputTopic('a', text).pipeInput({ value: '2', timestamp: 20 });
    expect(out.readValuesToList()).toEqual(['3']);
  });

  it('reads by pattern from the topics that exist', () => {
    const builder = new StreamsBuilder(text);
    builder.stream(/in-[0-9]/).to('out');
    using driver = new TopologyTestDriver(builder.build(), { topics: ['in-1', 'in-22', 'xin-1'] });
    driver.createInputTopic('in-1', text).pipeInput('a');
    expect(driver.createOutputTopic('out', text).readValue()).toBe('a');
    expect(codeOf(() => driver.createInputTopic('in-22', text))).toBe('MR_TOPIC_UNKNOWN');
  });

  it('runs a topology without sources', () => {
    using driver = new TopologyTestDriver(new StreamsBuilder(text).build());
    driver.advanceWallClockTime('1h');
    expect(driver.producedTopicNames()).toEqual([]);
  });
});

describe('input topics', () => {
  it('give records the topic’s own clock, and a timestamp of their own leaves it alone', () => {
    using driver = new TopologyTestDriver(passThrough(), { startMs: 7 });
    const out = driver.createOutputTopic('out', text);
    const times = (): number[] => out.readRecordsToList().map(({ timestamp }) => timestamp);
    const clocked = driver.createInputTopic('in', { ...text, startMs: 1000, autoAdvanceMs: '1s' });
    clocked.pipeInput('a');
    clocked.pipeInput({ value: 'b', timestamp: 5 });
    clocked.pipeKeyValues([{ key: 'k', value: 'c' }]);
    clocked.advanceTime(500);
    clocked.pipeInput('d');
    expect(times()).toEqual([1000, 5, 2000, 3500]);
    driver.createInputTopic('in', text).pipeInput('at the driver’s time');
    expect(times()).toEqual([7]);
    expect(codeOf(() => clocked.advanceTime(-1))).toBe('MR_ARGUMENT_INVALID');
  });

  it('of a list may have times of their own, which leave the topic’s clock alone', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').to('out');
    using driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', { ...text, startMs: 5, autoAdvanceMs: 1 });
    const out = driver.createOutputTopic('out', text);
    input.pipeValues(['a', 'b'], { startMs: 100, advanceMs: '1s' });
    input.pipeKeyValues([{ key: 'k', value: 'c' }], { startMs: 7 });
    input.pipeValues(['d', 'e']);
    expect(out.readRecordsToList().map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      [null, 'a', 100],
      [null, 'b', 1_100],
      ['k', 'c', 7],
      [null, 'd', 5],
      [null, 'e', 6],
    ]);
    expect(() => input.pipeValues(['x'], { startMs: -1 })).toThrow(/MR_ARGUMENT_INVALID/);
    expect(() => input.pipeValues(['x'], { startMs: 1, advanceMs: -1 })).toThrow(/MR_ARGUMENT_INVALID/);
    expect(out.isEmpty).toBe(true);
  });

  it('carry keys, nulls and headers as they are', () => {
    using driver = new TopologyTestDriver(passThrough());
    const headers = [
      { key: 'trace', value: Uint8Array.of(1, 2) },
      { key: 'trace', value: null },
      { key: 'größe', value: new Uint8Array() },
    ];
    const input = driver.createInputTopic('in', text);
    input.pipeRecords([{ key: 'k', value: null, timestamp: 3, headers }, { value: 'v' }]);
    const out = driver.createOutputTopic('out', text);
    expect(out.readRecord()).toEqual({ key: 'k', value: null, timestamp: 3, headers, partition: 0, offset: 0 });
    expect(out.readRecord()).toEqual({ key: null, value: 'v', timestamp: 0, headers: [], partition: 0, offset: 1 });
    input.pipeInput({ value: 'v', headers: new Headers([{ key: 'a', value: null }]) });
    expect(out.readRecord().headers).toEqual([{ key: 'a', value: null }]);
  });

  it.each([-1, 0.5, NaN, Infinity])('refuse the timestamp %d', (timestamp) => {
    using driver = new TopologyTestDriver(passThrough());
    const input = driver.createInputTopic('in', text);
    expect(codeOf(() => input.pipeInput({ value: 'v', timestamp }))).toBe('MR_ARGUMENT_INVALID');
    input.pipeInput('still there');
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['still there']);
  });

  it('are only those that the topology reads', () => {
    using driver = new TopologyTestDriver(passThrough());
    expect(() => driver.createInputTopic('out', text)).toThrow(/does not read topic out\. It reads: in\./);
  });

  it('refuse what their serde cannot write', () => {
    using driver = new TopologyTestDriver(passThrough());
    const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.long() });
    expect(codeOf(() => input.pipeInput(0.5))).toBe('MR_SERIALIZATION');
  });
});

describe('output topics', () => {
  it('are queues that share what was written', () => {
    using driver = new TopologyTestDriver(passThrough());
    const out = driver.createOutputTopic('out', text);
    expect(out.isEmpty).toBe(true);
    driver.createInputTopic('in', text).pipeKeyValues([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
      { key: 'a', value: '3' },
    ]);
    expect(out.queueSize).toBe(3);
    expect(out.readKeyValue()).toEqual({ key: 'a', value: '1' });
    expect(driver.createOutputTopic('out', text).readKeyValuesToList()).toEqual([
      { key: 'b', value: '2' },
      { key: 'a', value: '3' },
    ]);
    expect(out.queueSize).toBe(0);
  });

  it('say what is missing', () => {
    using driver = new TopologyTestDriver(passThrough());
    driver.createInputTopic('in', text).pipeInput('v');
    const out = driver.createOutputTopic('out', text);
    out.readValue();
    expect(() => out.readValue()).toThrow(/MR_RECORD_MISSING: Topic out has no more records/);
    expect(() => driver.createOutputTopic('otu', text).readValue()).toThrow(
      /Nothing was written to topic otu\. Topics written so far: out\./,
    );
    driver.createInputTopic('in', text).pipeInput('without key');
    expect(codeOf(() => out.readKeyValuesToMap())).toBe('MR_ARGUMENT_INVALID');
    expect(out.readKeyValuesToList()).toEqual([{ key: null, value: 'without key' }]);
  });

  it('name the place of what they cannot read, and go on behind it', () => {
    using driver = new TopologyTestDriver(passThrough());
    driver.createInputTopic('in', text).pipeValues(['no long', '8 bytes!']);
    const out = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.bigint64() });
    expect(() => out.readValue()).toThrow(/MR_DESERIALIZATION: The value at offset 0 of topic out \(7 bytes\)/);
    expect(out.readValue()).toBe(Buffer.from('8 bytes!').readBigInt64BE());
  });

  it('show internal topics too', () => {
    using driver = new TopologyTestDriver(wordCount(), { applicationId: 'app' });
    driver.createInputTopic('lines', text).pipeInput({ value: 'a b', timestamp: 4 });
    expect(driver.producedTopicNames()).toEqual(['app-word-counts-changelog', 'app-word-counts-repartition', 'counts']);
    const changelog = driver.createOutputTopic('app-word-counts-changelog', counts);
    expect(changelog.readRecordsToList()).toMatchObject([
      { key: 'a', value: 1, timestamp: 4 },
      { key: 'b', value: 1, timestamp: 4 },
    ]);
  });
});

describe('stores', () => {
  it('are read by name, with or without timestamps', () => {
    using driver = new TopologyTestDriver(wordCount());
    driver.createInputTopic('lines', text).pipeInput({ value: 'b a b', timestamp: 9 });
    expect(driver.storeNames).toEqual(['word-counts']);
    const plain = driver.getKeyValueStore<string, number>('word-counts');
    expect([...plain.all()]).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    expect([...plain.reverseRange('a', undefined)].map(({ key }) => key)).toEqual(['b', 'a']);
    expect(plain.get('c')).toBeUndefined();
    expect(driver.getTimestampedKeyValueStore<string, number>('word-counts').get('b')).toEqual({ value: 2, timestamp: 9 });
  });

  it('can be filled by the test', () => {
    using driver = new TopologyTestDriver(wordCount());
    driver.getKeyValueStore<string, number>('word-counts').put('a', 41);
    driver.createInputTopic('lines', text).pipeInput('a');
    // The row that was put is in the record cache: it comes out at the next commit, as any other.
    expect(driver.createOutputTopic('counts', counts).readValuesToList()).toEqual([41, 42]);
  });

  it('that do not exist, or are of another kind, are named', () => {
    const builder = new StreamsBuilder(text);
    builder.addStateStore({ name: 'plain' });
    builder.stream('in').process<string, string>(() => shiftBy(() => 0), { stores: ['plain'] });
    using driver = new TopologyTestDriver(builder.build());
    expect(() => driver.getKeyValueStore('plian')).toThrow(/MR_STORE_UNAVAILABLE: The topology has no store plian\. Its stores: plain\./);
    expect(() => driver.getTimestampedKeyValueStore('plain')).toThrow(/is a key-value store without timestamps/);
    expect(driver.getStateStore('plian')).toBeUndefined();
    driver.getKeyValueStore<string, string>('plain').put('k', 'v');
    expect(driver.getKeyValueStore<string, string>('plain').get('k')).toBe('v');
  });
});

describe('failures', () => {
  function failingOn(bad: string): Topology {
    const builder = new StreamsBuilder(text);
    const checked = builder.stream('in').mapValues((value) => {
      if (value === bad) throw new Error('boom');
      return value;
    });
    checked.to('out');
    return builder.build();
  }

  it('stop the driver, which says why', () => {
    using driver = new TopologyTestDriver(failingOn('bad'));
    const input = driver.createInputTopic('in', text);
    input.pipeInput('good');
    expect(codeOf(() => input.pipeInput('bad'))).toBe('MR_PROCESSING');
    expect(() => input.pipeInput('good')).toThrow(/MR_CLOSED: The driver stopped at an earlier failure/);
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['good']);
  });

  it('are passed over where a handler says so, and counted', () => {
    using driver = new TopologyTestDriver(failingOn('bad'), { handlers: { processing: () => 'continue' } });
    driver.createInputTopic('in', text).pipeValues(['good', 'bad', 'good']);
    expect(driver.createOutputTopic('out', text).queueSize).toBe(2);
    const dropped = driver.metrics().filter(({ name }) => name === 'dropped-records-total');
    expect(dropped.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  });

  it('of a processor’s init come out of the constructor', () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(() => ({
      init: () => {
        throw new Error('no init');
      },
      process: () => {},
    }));
    expect(() => new TopologyTestDriver(builder.build())).toThrow(/no init|MR_PROCESSING/);
  });

  it('of serdes that must be awaited name the remedy', () => {
    const builder = new StreamsBuilder();
    const slow = Object.assign(
      Object.create(serdes.from<string>({ encode: (v) => Buffer.from(v), decode: (b) => Buffer.from(b).toString() })) as typeof text.value,
      {
        prepare: () => Promise.resolve(),
      },
    );
    builder.stream('in', { key: serdes.string(), value: slow }).to('out', { value: slow });
    using driver = new TopologyTestDriver(builder.build());
    expect(() => driver.createInputTopic('in', text).pipeInput('v')).toThrow(/MR_FEATURE_UNAVAILABLE.*TopologyTestDriver\.open/);
  });
});

describe('closing', () => {
  it('closes the processors once and leaves the output readable', () => {
    let closed = 0;
    const builder = new StreamsBuilder(text);
    const stream = builder.stream('in');
    stream.to('out');
    stream.process<string, string>(() => ({ process: () => {}, close: () => void closed++ }));
    const driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', text);
    input.pipeInput('v');
    driver.close();
    driver.close();
    expect(closed).toBe(1);
    expect(driver.createOutputTopic('out', text).readValue()).toBe('v');
    expect(codeOf(() => input.pipeInput('v'))).toBe('MR_CLOSED');
    expect(codeOf(() => driver.advanceWallClockTime(1))).toBe('MR_CLOSED');
    expect(codeOf(() => driver.crash())).toBe('MR_CLOSED');
  });
});

/** Forwards with the timestamp moved by what `shift` makes of the value. */
function shiftBy(shift: (value: string) => number): Processor<string, string, string, string> {
  let forward: (record: Parameters<Processor<string, string, string, string>['process']>[0]) => void = () => {};
  return {
    init: (context) => {
      forward = (record) => context.forward(record.withTimestamp(record.timestamp + shift(record.value)));
    },
    process: (record) => forward(record),
  };
}

it('takes a topology, not its builder', () => {
  // @ts-expect-error JavaScript may pass it
  expect(() => new TopologyTestDriver(new StreamsBuilder())).toThrow(/MR_ARGUMENT_INVALID.*build\(\)/);
});

function ticking(
  type: 'stream' | 'wall',
  onTick: (at: number) => void,
  onRecord: (value: string) => void,
): Processor<string, string, string, string> {
  return {
    init: (context) => void context.schedule(10, type, onTick),
    process: (record) => onRecord(record.value),
  };
}
