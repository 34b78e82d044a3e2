/** Which record comes next, when a task waits, what time it is, and when punctuations fire. */
import { describe, expect, it } from 'vitest';
import { TimeHeap } from '../../src/engine/time-heap.ts';
import type { Cancellable, PunctuationType } from '../../src/processor/processor.ts';
import { failOnInvalid, partitionTimeOnInvalid } from '../../src/processor/timestamp-extractors.ts';
import { continuing, fetched, Harness, type Input, node, plan, sink, source, type TestContext } from './task-harness.ts';

const two = plan([source('A', 'a', ['K']), source('B', 'b', ['K']), sink('K', 'out')]);
const at = (...timestamps: readonly number[]): Input[] => timestamps.map((timestamp) => ({ value: String(timestamp), timestamp }));
const order = (harness: Harness): number[] => harness.output.sent.map(({ timestamp }) => timestamp);

describe('choice between partitions', () => {
  it('takes the smallest head, and never reorders within a partition (S-36, S-37)', () => {
    const harness = new Harness(two).start();
    harness.enqueue('a', ...at(3, 1, 9)).enqueue('b', ...at(2, 8, 4));
    harness.run();
    expect(order(harness)).toEqual([2, 3, 1, 8, 4, 9]);
  });

  it('resolves ties as java.util.PriorityQueue does', () => {
    const heap = new TimeHeap<{ readonly name: string; readonly timestamp: number }>();
    for (const name of 'abcdef') heap.push({ name, timestamp: 1 });
    const out: string[] = [];
    for (let item = heap.pop(); item !== undefined; item = heap.pop()) out.push(item.name);
    // Offer a … f with equal priority, then poll: the last leaf takes the root's place and stays there.
    expect(out.join('')).toBe('afedcb');
  });

  it('keeps the heap order under any pushes and pops', () => {
    const heap = new TimeHeap<{ readonly timestamp: number }>();
    const model: number[] = [];
    let state = 12345;
    const popped: [unknown, unknown][] = [];
    const sizes: [number, number][] = [];
    const random = (bound: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % bound;
    for (let i = 0; i < 2000; i++) {
      if (random(3) > 0) {
        const timestamp = random(50);
        heap.push({ timestamp });
        model.push(timestamp);
      } else {
        model.sort((a, b) => a - b);
        popped.push([heap.pop()?.timestamp, model.shift()]);
      }
      sizes.push([heap.size, model.length]);
    }
    expect(popped.filter(([got, wanted]) => got !== wanted)).toEqual([]);
    expect(sizes.filter(([got, wanted]) => got !== wanted)).toEqual([]);
    expect(popped.length).toBeGreaterThan(500);
  });
});

describe('a seek', () => {
  const committed = (harness: Harness): number | undefined => harness.task.prepareCommit().offsets.get(harness.tp('a'))?.offset;

  it.each([
    { to: 0, name: 'back' },
    { to: 50, name: 'forward' },
  ])('$name moves what is committed with the reader, behind what is still queued', ({ to }) => {
    const harness = new Harness(plan([source('A', 'a', ['K']), sink('K', 'out')]));
    const tp = harness.tp('a');
    harness.task.takePosition(tp, { offset: 10 });
    harness.task.start(0);
    harness.task.enqueue(fetched(tp, 10, at(1, 2)));
    harness.task.seek(tp, to);
    harness.task.process(1, 0);
    expect(committed(harness)).toBe(11);
    harness.task.process(1, 0);
    expect(committed(harness)).toBe(to);
    harness.task.enqueue(fetched(tp, to, at(3)));
    harness.task.noteProgress(tp, to + 1, to + 1);
    harness.run();
    expect(order(harness)).toEqual([1, 2, 3]);
    expect(committed(harness)).toBe(to + 1);
  });
});

describe('waiting for empty partitions', () => {
  const fresh = (maxTaskIdleMs: number): Harness => {
    const harness = new Harness(two, { maxTaskIdleMs });
    for (const tp of harness.task.inputs) harness.task.takePosition(tp, null);
    harness.task.start(0);
    return harness;
  };
  const add = (harness: Harness, topic: string, ...inputs: readonly Input[]): void =>
    harness.task.enqueue(fetched(harness.tp(topic), 0, inputs));

  it('-1: processes what is there (S-38)', () => {
    const harness = fresh(-1);
    expect(harness.task.ready(0)).toBe(false);
    add(harness, 'a', ...at(1));
    expect(harness.task.ready(0)).toBe(true);
    expect(harness.task.process(10, 0)).toBe(1);
    expect(harness.task.ready(0)).toBe(false);
  });

  it('0: waits until the broker said that an empty partition has no more, and no longer (S-39, S-40)', () => {
    const harness = fresh(0);
    add(harness, 'a', ...at(1));
    expect(harness.task.ready(0)).toBe(false);
    expect(harness.task.nextDueMs()).toBeUndefined();
    harness.task.noteProgress(harness.tp('b'), 0, 5);
    expect(harness.task.ready(0)).toBe(false);
    harness.task.noteProgress(harness.tp('b'), 5, 5);
    expect(harness.task.ready(0)).toBe(true);
    expect(harness.task.process(10, 0)).toBe(1);
  });

  it('n: waits so long after it first saw the partition caught up', () => {
    const harness = fresh(100);
    add(harness, 'a', ...at(1, 2));
    harness.task.noteProgress(harness.tp('b'), 0, 0);
    expect(harness.task.ready(1000)).toBe(false);
    expect(harness.task.nextDueMs()).toBe(1100);
    expect(harness.task.ready(1099)).toBe(false);
    expect(harness.task.process(10, 1099)).toBe(0);
    expect(harness.task.ready(1100)).toBe(true);
    expect(harness.task.process(1, 1100)).toBe(1);
    // The deadline has passed for good, until the partition gets a record.
    expect(harness.task.ready(1101)).toBe(true);
    add(harness, 'b', ...at(1));
    expect(harness.task.process(1, 1102)).toBe(1);
    harness.task.noteProgress(harness.tp('b'), 1, 1);
    expect(harness.task.ready(1103)).toBe(false);
    expect(harness.task.ready(1203)).toBe(true);
  });

  it('starts to wait anew when the broker has more for the partition', () => {
    const harness = fresh(100);
    add(harness, 'a', ...at(1));
    harness.task.noteProgress(harness.tp('b'), 0, 0);
    expect(harness.task.ready(0)).toBe(false);
    harness.task.noteProgress(harness.tp('b'), 0, 3);
    expect(harness.task.ready(200)).toBe(false);
    harness.task.noteProgress(harness.tp('b'), 3, 3);
    expect(harness.task.ready(201)).toBe(false);
    expect(harness.task.ready(301)).toBe(true);
  });

  it('waits for one empty partition after the other, in the order of a Java hash map', () => {
    const three = plan([source('A', 's1', ['K']), source('B', 's3', ['K']), source('C', 'app-0-repartition', ['K']), sink('K', 'out')]);
    const harness = new Harness(three, { maxTaskIdleMs: 100 });
    for (const tp of harness.task.inputs) harness.task.takePosition(tp, null);
    harness.task.start(0);
    for (const tp of harness.task.inputs) harness.task.noteProgress(tp, 0, 0);
    add(harness, 's1', ...at(1));
    expect(harness.task.ready(0)).toBe(false);
    expect(harness.task.ready(150)).toBe(false);
    // The first wait is over, the one for `s3` began with its end.
    expect(harness.task.ready(249)).toBe(false);
    expect(harness.task.ready(250)).toBe(true);
  });

  it('is not ready with nothing at all, however long it waits (S-41)', () => {
    const harness = fresh(0);
    for (const topic of ['a', 'b']) harness.task.noteProgress(harness.tp(topic), 0, 0);
    expect(harness.task.ready(0)).toBe(false);
    expect(harness.task.ready(1e9)).toBe(false);
  });

  it('counts what was processed although a partition was empty', () => {
    const harness = fresh(0);
    for (const topic of ['a', 'b']) harness.task.noteProgress(harness.tp(topic), 0, 0);
    add(harness, 'a', ...at(1));
    harness.task.process(10, 0);
    expect(harness.metrics.collect().find(({ name }) => name === 'enforced-processing-total')?.value).toBe(1);
  });
});

describe('timestamps', () => {
  const one = plan([source('A', 'a', ['K']), sink('K', 'out')]);

  it('gives the extractor the largest timestamp of the partition so far, -1 at first (S-28)', () => {
    const seen: (readonly [unknown, unknown, number, number, number])[] = [];
    const harness = new Harness(one, {
      timestampExtractor: (record, partitionTime) => (
        seen.push([record.key, record.value, record.offset, record.timestamp, partitionTime]),
        record.timestamp
      ),
    }).start();
    harness.pipe('a', { key: 'k', value: 'v', timestamp: 5 }, { value: 'w', timestamp: 3 }, { key: 'l', timestamp: 4 });
    expect(seen).toEqual([
      ['k', 'v', 0, 5, -1],
      [null, 'w', 1, 3, 5],
      ['l', null, 2, 4, 5],
    ]);
  });

  it('stamps the record with what the extractor says', () => {
    const harness = new Harness(one, { timestampExtractor: (record) => record.timestamp * 2 }).start();
    harness.pipe('a', { key: 'k', value: 'v', timestamp: 5, headers: [['h', 'x']] });
    expect(harness.output.sent).toEqual([{ topic: 'out', partition: 0, key: 'k', value: 'v', timestamp: 10, headers: [['h', 'x']] }]);
  });

  it('drops and counts records with a negative timestamp, and commits their offsets (S-29)', () => {
    const harness = new Harness(one).start();
    harness.pipe('a', { value: 'x', timestamp: -1 }, { value: 'y', timestamp: 1 }, { value: 'z', timestamp: -5 });
    expect(order(harness)).toEqual([1]);
    expect(harness.dropped).toBe(2);
    expect(harness.task.commitNeeded).toBe(true);
    expect(harness.commit().get('a')).toMatch(/^3:/);
  });

  it.each([
    ['failOnInvalid', failOnInvalid, 'MR_TIMESTAMP_INVALID'],
    ['partitionTimeOnInvalid, with no time yet', partitionTimeOnInvalid, 'MR_TIMESTAMP_INVALID'],
    [
      'a failure of its own',
      () => {
        throw new Error('mine');
      },
      'MR_PROCESSING',
    ],
    // JavaScript returns anything.
    ['NaN', () => Number.NaN, 'MR_TIMESTAMP_INVALID'],
    ['Infinity', () => Number.POSITIVE_INFINITY, 'MR_TIMESTAMP_INVALID'],
    ['a fraction', () => 1.5, 'MR_TIMESTAMP_INVALID'],
    ['beyond what numbers count', () => 2 ** 60, 'MR_TIMESTAMP_INVALID'],
    ['a number as text', () => '99' as never, 'MR_TIMESTAMP_INVALID'],
    ['a time as text', () => '2026-01-01T00:00:00Z' as never, 'MR_TIMESTAMP_INVALID'],
    ['a Date', () => new Date(5) as never, 'MR_TIMESTAMP_INVALID'],
    ['a bigint', () => 15n as never, 'MR_TIMESTAMP_INVALID'],
    ['nothing', () => undefined as never, 'MR_TIMESTAMP_INVALID'],
  ])('stops the task for an extractor that fails, whatever the handlers say: %s', (_name, timestampExtractor, code) => {
    const harness = new Harness(one, { timestampExtractor, handlers: continuing }).start();
    expect(() => harness.pipe('a', { value: 'x', timestamp: -1 })).toThrow(expect.objectContaining({ code }));
  });

  it('asks the deserialization handler once a record, and goes on or stops (EX-01)', () => {
    const long = {
      immutable: true,
      primitive: true,
      format: undefined,
      decode: (_bytes: Uint8Array, start: number, end: number) => {
        if (end - start !== 8) throw new Error('not 8 bytes');
        return 1;
      },
      encodeInto: () => {},
    };
    const strict = plan([
      source('A', 'a', ['K'], { keySerde: long }),
      sink('K', 'out', {
        keySerde: { ...long, encodeInto: (_: unknown, writer: { writeUtf8(text: string): void }) => writer.writeUtf8('1') },
      }),
    ]);
    const asked: unknown[] = [];
    const harness = new Harness(strict, {
      handlers: { ...continuing, deserialization: ({ node, offset, rawKey }) => (asked.push([node, offset, rawKey?.length]), 'continue') },
    }).start();
    harness.pipe(
      'a',
      { key: 'bad', value: 'x', timestamp: 1 },
      { key: '12345678', value: 'y', timestamp: 2 },
      { key: 'worse', value: 'z', timestamp: 3 },
    );
    expect(order(harness)).toEqual([2]);
    expect(asked).toEqual([
      ['A', 0, 3],
      ['A', 2, 5],
    ]);
    expect(harness.dropped).toBe(2);
    expect(harness.commit().get('a')).toMatch(/^3:/);
    expect(() => new Harness(strict).start().pipe('a', { key: 'bad' })).toThrow(
      expect.objectContaining({ code: 'MR_DESERIALIZATION', details: { taskId: '0_0', node: 'A', topic: 'a', partition: 0, offset: 0 } }),
    );
  });
});

describe('stream time and the context', () => {
  it('is the largest timestamp picked, and does not go back (S-30, S-33)', () => {
    const seen: number[] = [];
    const harness = new Harness(
      plan([
        source('A', 'a', ['P']),
        node('P', [], () => ({
          init: (context) => void seen.push(context.currentStreamTimeMs),
          process: (_, context) => void seen.push(context.currentStreamTimeMs),
        })),
      ]),
    ).start();
    harness.pipe('a', ...at(5, 3, 9));
    expect(seen).toEqual([-1, 5, 5, 9]);
  });

  it('has no record metadata in init, and the input’s place while processing', () => {
    const seen: unknown[] = [];
    const look = (context: TestContext): void => void seen.push(context.recordMetadata, context.currentSystemTimeMs);
    const harness = new Harness(
      plan([source('A', 'a', ['P']), node('P', [], () => ({ init: look, process: (_, context) => look(context) }))]),
    ).start(70);
    harness.enqueue('a', ...at(5));
    harness.run(80);
    expect(seen).toEqual([undefined, 70, { topic: 'a', partition: 0, offset: 0 }, 80]);
  });
});

describe('punctuation', () => {
  function punctuating(
    type: PunctuationType,
    intervalMs: number,
    react: (timestamp: number, context: TestContext, schedule: Cancellable) => void,
  ) {
    const fired: number[] = [];
    const make = () => ({
      init(context: TestContext): void {
        const schedule = context.schedule(intervalMs, type, (timestamp) => {
          fired.push(timestamp);
          react(timestamp, context, schedule);
        });
      },
    });
    const harness = new Harness(plan([source('A', 'a', ['P']), node('P', ['K'], make), sink('K', 'out')]));
    return { harness, fired };
  }

  it('fires in stream time from the first record on, then on the grid of the interval, once a check (S-169, S-171)', () => {
    const { harness, fired } = punctuating('stream', 10, () => {});
    harness.start();
    expect(fired).toEqual([]);
    harness.pipe('a', ...at(5, 9, 10, 11, 47, 49, 50, 3));
    expect(fired).toEqual([5, 10, 47, 50]);
  });

  it('fires by the wall clock first after one interval from its schedule, and skips what it missed (S-170, S-171)', () => {
    const { harness, fired } = punctuating('wall', 10, () => {});
    harness.start(100);
    expect(harness.task.nextDueMs()).toBe(110);
    for (const now of [100, 109, 110, 115, 145, 149, 150]) harness.task.punctuate(now);
    expect(fired).toEqual([110, 145, 150]);
    expect(harness.task.nextDueMs()).toBe(160);
    expect(harness.task.commitNeeded).toBe(true);
  });

  it('stops when it is cancelled, also by itself, also twice (S-173)', () => {
    const { harness, fired } = punctuating('wall', 10, (_timestamp, _context, schedule) => {
      schedule.cancel();
      schedule.cancel();
    });
    harness.start();
    for (const now of [10, 20, 30]) harness.task.punctuate(now);
    expect(fired).toEqual([10]);
    expect(harness.task.nextDueMs()).toBeUndefined();
  });

  it('has no input record: no topic, partition and offset -1 (S-174)', () => {
    const seen: unknown[] = [];
    const { harness } = punctuating('wall', 10, (_timestamp, context) => void seen.push(context.recordMetadata));
    harness.start().pipe('a', ...at(1));
    harness.task.punctuate(10);
    expect(seen).toEqual([{ topic: '', partition: -1, offset: -1 }]);
  });

  it('goes to the processing handler with no record when it fails (S-175)', () => {
    const fail = (): never => {
      throw new Error('tick');
    };
    const asked: unknown[] = [];
    const make = () => ({ init: (context: TestContext) => void context.schedule(10, 'wall', fail) });
    const nodes = plan([source('A', 'a', ['P']), node('P', [], make)]);
    const harness = new Harness(nodes, {
      handlers: {
        ...continuing,
        processing: ({ node: name, topic, offset }, record) => (asked.push([name, topic, offset, record]), 'continue'),
      },
    }).start();
    harness.task.punctuate(10);
    expect(asked).toEqual([['P', '', -1, null]]);
    expect(harness.dropped).toBe(1);
    expect(() => new Harness(nodes).start().task.punctuate(10)).toThrow(
      expect.objectContaining({ code: 'MR_PROCESSING', details: { taskId: '0_0', node: 'P' } }),
    );
  });

  it.each([0, -1, 0.5, Number.NaN])('refuses an interval of %d ms (S-168)', (intervalMs) => {
    const { harness } = punctuating('wall', intervalMs, () => {});
    expect(() => harness.start()).toThrow(
      expect.objectContaining({ code: 'MR_PROCESSING', cause: expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }) }),
    );
  });

  it.each<[given: unknown[], message: string]>([
    [['STREAM_TIME', () => {}], "must be 'stream' or 'wall', got \"STREAM_TIME\". Did you mean 'stream'?"],
    [['WALL_CLOCK_TIME', () => {}], "Did you mean 'wall'?"],
    [[() => {}, 'wall'], "must be 'stream' or 'wall', got a function"],
    [['wall', () => {}, { start: 5 }], 'there is no option start of a punctuation'],
  ])('refuses what the types forbid: %o', ([type, punctuate, options], message) => {
    const make = () => ({ init: (context: TestContext) => void context.schedule(10, type as never, punctuate as never, options as never) });
    const harness = new Harness(plan([source('A', 'a', ['P']), node('P', [], make)]));
    expect(() => harness.start()).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ code: 'MR_ARGUMENT_INVALID', message: expect.stringContaining(message) as string }),
      }),
    );
  });

  it('does not come back after an abort, but is made anew by init (S-176)', () => {
    const { harness, fired } = punctuating('wall', 10, () => {});
    harness.start();
    harness.task.abort();
    harness.start(100);
    harness.task.punctuate(105);
    expect(fired).toEqual([]);
    harness.task.punctuate(110);
    expect(fired).toEqual([110]);
  });
});
