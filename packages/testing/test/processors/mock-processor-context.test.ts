/** A processor alone: what it forwards, schedules, asks for and keeps. */
import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  StreamRecord,
  StreamsError,
  Windowed,
  type SessionStore,
  type VersionedStore,
  type WindowStore,
} from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { fixedKeyRecord, MockProcessorContext } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };

/** Sums by key, forwards what is above a limit to one child, and everything on a schedule. */
class Sums implements Processor<string, number, string, number> {
  #context!: ProcessorContext<string, number>;
  #sums!: KeyValueStore<string, number>;

  init(context: ProcessorContext<string, number>): void {
    this.#context = context;
    this.#sums = context.getStateStore('sums');
    context.schedule('1m', 'wall', (now) => {
      for (const { key, value } of this.#sums.all()) context.forward(StreamRecord.of({ key, value, timestamp: now }));
    });
  }

  process(record: StreamRecord<string, number>): void {
    const sum = (this.#sums.get(record.key) ?? 0) + record.value;
    this.#sums.put(record.key, sum);
    if (sum > 10) this.#context.forward(record.withValue(sum), 'above');
    if (sum > 100) this.#context.commit();
  }
}

function sums() {
  const context = new MockProcessorContext<string, number>({
    stores: [{ name: 'sums', key: serdes.string(), value: serdes.double() }],
  });
  const processor = new Sums();
  processor.init(context);
  const process = (key: string, value: number) => processor.process(StreamRecord.of({ key, value, timestamp: 5 }));
  return { context, process };
}

describe('what is captured', () => {
  it('are forwards, in order and by child', () => {
    const { context, process } = sums();
    process('a', 7);
    expect(context.forwarded()).toEqual([]);
    process('a', 4);
    process('b', 20);
    expect(context.forwarded('above').map(({ record }) => [record.key, record.value, record.timestamp])).toEqual([
      ['a', 11, 5],
      ['b', 20, 5],
    ]);
    expect(context.forwarded('below')).toEqual([]);
    context.resetForwards();
    expect(context.forwarded()).toEqual([]);
  });

  it('are schedules, which fire when the test says so', () => {
    const { context, process } = sums();
    process('a', 1);
    process('b', 2);
    const [schedule] = context.scheduledPunctuators;
    expect(schedule).toMatchObject({ intervalMs: 60_000, type: 'wall', startMs: undefined, cancelled: false });
    schedule?.punctuate(99);
    expect(context.forwarded('any child').map(({ childName, record }) => [record.key, record.value, record.timestamp, childName])).toEqual([
      ['a', 1, 99, undefined],
      ['b', 2, 99, undefined],
    ]);
    schedule?.cancel();
    expect(context.scheduledPunctuators[0]?.cancelled).toBe(true);
  });

  it('are commits', () => {
    const { context, process } = sums();
    process('a', 100);
    expect(context.committed).toBe(false);
    process('a', 1);
    expect(context.committed).toBe(true);
    context.resetCommit();
    expect(context.committed).toBe(false);
  });
});

describe('what the test sets', () => {
  it('is what the processor is told', () => {
    const context = new MockProcessorContext({ applicationId: 'app', taskId: '1_2' });
    expect(context).toMatchObject({ applicationId: 'app', taskId: '1_2', currentSystemTimeMs: 0, currentStreamTimeMs: -1 });
    expect(context.recordMetadata).toBeUndefined();
    context.recordMetadata = { topic: 't', partition: 2, offset: 7 };
    context.currentStreamTimeMs = 4;
    context.currentSystemTimeMs = 5;
    expect(context).toMatchObject({
      recordMetadata: { topic: 't', partition: 2, offset: 7 },
      currentStreamTimeMs: 4,
      currentSystemTimeMs: 5,
    });
  });

  it.each([0, 0.5, -1, Number.NaN])('is no interval of %d ms', (interval) => {
    const context = new MockProcessorContext();
    expect(() => context.schedule(interval, 'stream', () => {})).toThrow(StreamsError);
    expect(context.scheduledPunctuators).toEqual([]);
  });

  it('is no start before 1970', () => {
    expect(() => new MockProcessorContext().schedule(1, 'wall', () => {}, { startMs: -1 })).toThrow(/MR_ARGUMENT_INVALID/);
    expect(() => new MockProcessorContext().schedule(1, 'WALL_CLOCK_TIME' as never, () => {})).toThrow(
      /MR_ARGUMENT_INVALID.*Did you mean 'wall'/,
    );
  });
});

describe('stores', () => {
  it('are real ones of every kind, with what they refuse counted', () => {
    const context = new MockProcessorContext({
      ...text,
      stores: [
        { name: 'kv', timestamped: true },
        { name: 'lru', maxEntries: 1 },
        { name: 'window', kind: 'window', retention: 120_000, windowSize: 10 },
        { name: 'session', kind: 'session', retention: 120_000 },
        { name: 'versioned', kind: 'versioned', historyRetention: 1_000 },
      ],
    });
    const kv = context.getStateStore<KeyValueStore<string, { value: string; timestamp: number }>>('kv');
    kv.put('a', { value: '1', timestamp: 3 });
    expect(kv.get('a')).toEqual({ value: '1', timestamp: 3 });
    const lru = context.getStateStore<KeyValueStore<string, string>>('lru');
    lru.put('a', '1');
    lru.put('b', '2');
    expect([...lru.all()]).toEqual([{ key: 'b', value: '2' }]);
    const window = context.getStateStore<WindowStore<string, string>>('window');
    window.put('a', '1', 1_000_000);
    window.put('a', '2', 0);
    expect([...window.all()]).toHaveLength(1);
    expect(context.metrics.collect().find(({ name }) => name === 'dropped-records-total')?.value).toBe(1);
    const session = context.getStateStore<SessionStore<string, string>>('session');
    session.put(new Windowed('a', { start: 1, end: 3 }), 'x');
    expect(session.fetchSession('a', 1, 3)).toBe('x');
    const versioned = context.getStateStore<VersionedStore<string, string>>('versioned');
    versioned.put('a', '1', 10);
    versioned.put('a', '2', 20);
    expect(versioned.getAsOf('a', 15)).toEqual({ value: '1', timestamp: 10 });
  });

  it('may be the test’s own', () => {
    const context = new MockProcessorContext();
    const own = { name: 'own', get: () => 'something' };
    context.addStateStore(own);
    expect(context.getStateStore('own')).toBe(own);
  });

  it('that were not given are named', () => {
    const context = new MockProcessorContext({ ...text, stores: [{ name: 'here' }] });
    expect(() => context.getStateStore('gone')).toThrow(/MR_STORE_UNAVAILABLE.*no store gone\. Its stores: here/);
  });

  it('need serdes', () => {
    expect(() => new MockProcessorContext({ stores: [{ name: 'kv' }] })).toThrow(/MR_SERDE_MISSING/);
  });
});

it('serves fixed-key processors too', () => {
  class Exclaim implements FixedKeyProcessor<string, string, string> {
    #context!: FixedKeyProcessorContext<string, string>;

    init(context: FixedKeyProcessorContext<string, string>): void {
      this.#context = context;
    }

    process(record: FixedKeyRecord<string, string>): void {
      this.#context.forward(record.withValue(`${record.value}!`));
    }
  }
  const context = new MockProcessorContext<string, string>();
  const processor = new Exclaim();
  processor.init(context);
  processor.process(fixedKeyRecord({ key: 'k', value: 'v', timestamp: 8 }));
  expect(context.forwarded().map(({ record }) => [record.key, record.value, record.timestamp])).toEqual([['k', 'v!', 8]]);
});

describe('what the types forbid is refused as in a task', () => {
  it('a forward of what is no record', () => {
    const context = new MockProcessorContext();
    expect(() => context.forward({ key: 'k', value: 'v', timestamp: 1 } as never)).toThrow(
      /MR_ARGUMENT_INVALID.*no record.*StreamRecord\.of/,
    );
    expect(context.forwarded()).toEqual([]);
  });

  it.each([
    [{ store: [] }, 'Did you mean stores?'],
    [{ key: String }, 'must be a serde'],
    [{ applicationId: 5 }, 'must be text'],
    [null, 'must be an object'],
  ])('the options %o', (options, message) => {
    expect(() => new MockProcessorContext(options as never)).toThrow(message);
  });
});
