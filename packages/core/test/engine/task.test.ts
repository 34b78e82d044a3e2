import { describe, expect, it } from 'vitest';
import { StreamsError } from '../../src/errors.ts';
import type { ErrorHandlers, HandlerDecision } from '../../src/engine/contract.ts';
import { StreamRecord } from '../../src/record.ts';
import { customSerde } from '../../src/serde/custom-serde.ts';
import type { TableStore } from '../../src/stores/faces.ts';
import {
  anySerde,
  continuing,
  failing,
  fetched,
  Harness,
  node,
  plan,
  sink,
  source,
  store,
  type TestContext,
  TestOutput,
} from './task-harness.ts';

const passThrough = plan([source('S', 'in', ['K']), sink('K', 'out')]);

function caught(run: () => unknown): StreamsError {
  try {
    run();
  } catch (error) {
    if (error instanceof StreamsError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a task', () => {
  it('takes records from source to sink with key, value, timestamp and headers', () => {
    const harness = new Harness(passThrough).start();
    harness.pipe(
      'in',
      { key: 'k', value: 'v', timestamp: 5, headers: [['h', 'x']] },
      { value: 'only', timestamp: 6 },
      { key: 'gone', timestamp: 7 },
    );
    expect(harness.output.sent).toEqual([
      { topic: 'out', partition: 0, key: 'k', value: 'v', timestamp: 5, headers: [['h', 'x']] },
      { topic: 'out', partition: 0, key: null, value: 'only', timestamp: 6, headers: [] },
      { topic: 'out', partition: 0, key: 'gone', value: null, timestamp: 7, headers: [] },
    ]);
  });

  it('runs a processor between source and sink, depth first and children in order', () => {
    const seen: string[] = [];
    const tell = (name: string) => () => ({ process: (record: StreamRecord<string, string>) => void seen.push(`${name}:${record.value}`) });
    const twice = () => ({
      process(record: StreamRecord<string, string>, context: { forward(record: StreamRecord<unknown, unknown>): void }) {
        context.forward(record.withValue(`${record.value}1`));
        context.forward(record.withValue(`${record.value}2`));
      },
    });
    const harness = new Harness(
      plan([source('S', 'in', ['P']), node('P', ['A', 'B'], twice), node('A', [], tell('a')), node('B', [], tell('b'))]),
    ).start();
    harness.pipe('in', { key: 'k', value: 'v' });
    expect(seen).toEqual(['a:v1', 'b:v1', 'a:v2', 'b:v2']);
  });

  it('forwards to a named child only, and refuses an unknown one', () => {
    const route = () => ({
      process(record: StreamRecord<string, string>, context: { forward(record: StreamRecord<unknown, unknown>, child?: string): void }) {
        context.forward(record, record.value);
      },
    });
    const harness = new Harness(plan([source('S', 'in', ['P']), node('P', ['A', 'B'], route), sink('A', 'a'), sink('B', 'b')])).start();
    harness.pipe('in', { key: 'k', value: 'B' });
    expect(harness.output.sent.map(({ topic }) => topic)).toEqual(['b']);
    const error = caught(() => harness.pipe('in', { key: 'k', value: 'C' }));
    expect(error.code).toBe('MR_PROCESSING');
    expect(error.details).toMatchObject({ node: 'P', topic: 'in', partition: 0, offset: 1, taskId: '0_0' });
    expect((error.cause as StreamsError).code).toBe('MR_ARGUMENT_INVALID');
  });

  it('chooses the partition by murmur2 of the key bytes, as the Java producer does', () => {
    const output = new TestOutput();
    output.counts.set('out', 10);
    const harness = new Harness(passThrough, { output }).start();
    const keys = ['a', 'b', 'kafka', 'streams', '', 'key-17'];
    harness.pipe('in', ...keys.map((key) => ({ key, value: 'v' })));
    // toPositive(murmur2(key)) % 10; murmur2 as in org.apache.kafka.common.utils.Utils, computed apart from this project.
    expect(output.sent.map(({ partition }) => partition)).toEqual([4, 6, 0, 6, 1, 0]);
  });

  it('keeps records without a key on one partition for 16 KiB, from the task’s own on', () => {
    const output = new TestOutput();
    output.counts.set('out', 3);
    const harness = new Harness(passThrough, { output, partition: 2 }).start();
    harness.pipe('in', ...Array.from({ length: 9 }, () => ({ value: 'v'.repeat(6000) })));
    expect(output.sent.map(({ partition }) => partition)).toEqual([2, 2, 2, 0, 0, 0, 1, 1, 1]);
  });

  it.each([
    ['a number', () => 2, [2]],
    ['several, each once', () => [0, 2, 0], [0, 2]],
    ['a set', () => new Set([2, 1]), [2, 1]],
    ['undefined: the default, murmur2', () => undefined, [2]],
    ['none: dropped', () => [], []],
    ['an empty set: dropped', () => new Set<number>(), []],
  ])('sends where a partitioner says: %s', (_name, partitioner, partitions) => {
    const output = new TestOutput();
    output.counts.set('out', 3);
    const harness = new Harness(plan([source('S', 'in', ['K']), sink('K', 'out', { partitioner })]), { output }).start();
    harness.pipe('in', { key: 'k', value: 'v' });
    expect(output.sent.map(({ partition }) => partition)).toEqual(partitions);
    expect(harness.dropped).toBe(partitions.length === 0 ? 1 : 0);
  });

  it.each([3, -1, 0.5])('refuses partition %d of 3', (chosen) => {
    const output = new TestOutput();
    output.counts.set('out', 3);
    const harness = new Harness(plan([source('S', 'in', ['K']), sink('K', 'out', { partitioner: () => chosen })]), { output }).start();
    expect(caught(() => harness.pipe('in', { key: 'k', value: 'v' })).code).toBe('MR_ARGUMENT_INVALID');
  });

  it.each<[what: string, chosen: unknown, code: string, message: RegExp]>([
    ['a promise', Promise.resolve(0), 'MR_ASYNC_RESULT', /the partitioner of K returned a promise/],
    ['null', null, 'MR_ARGUMENT_INVALID', /the partitioner of K returned null; it must return a partition/],
    ['an object', {}, 'MR_ARGUMENT_INVALID', /returned Object;/],
    ['text', '1', 'MR_ARGUMENT_INVALID', /returned 1 \(a string\);/],
    ['a map', new Map([[0, 1]]), 'MR_ARGUMENT_INVALID', /returned Map;/],
    ['no number in an array', [0, Number.NaN], 'MR_ARGUMENT_INVALID', /chose partition NaN of topic out, which has 3/],
    ['text in an array', ['1'], 'MR_ARGUMENT_INVALID', /chose partition 1 \(a string\) of topic out/],
    ['nothing in an array', [undefined], 'MR_ARGUMENT_INVALID', /chose partition undefined of topic out/],
    ['one too many in a set', new Set([0, 3]), 'MR_ARGUMENT_INVALID', /chose partition 3 of topic out/],
  ])('refuses a partitioner that returns %s, and writes nothing', (_what, chosen, code, message) => {
    const output = new TestOutput();
    output.counts.set('out', 3);
    // What JavaScript may return.
    const partitioner = (() => chosen) as () => number;
    const harness = new Harness(plan([source('S', 'in', ['K']), sink('K', 'out', { partitioner })]), { output }).start();
    const error = caught(() => harness.pipe('in', { key: 'k', value: 'v' }));
    expect([error.code, error.details]).toEqual([code, expect.objectContaining({ node: 'K', topic: 'out' })]);
    expect(error.message).toMatch(message);
    expect(output.sent).toEqual([]);
  });

  it('refuses a topic extractor that returns a promise, and no handler continues over it', () => {
    // What JavaScript may return.
    const topic = (async () => 'out') as unknown as () => string;
    const dynamic = plan([source('S', 'in', ['P']), node('P', ['K'], () => ({})), sink('K', '', { topic })]);
    const harness = new Harness(dynamic, { handlers: continuing }).start();
    const error = caught(() => harness.pipe('in', { key: 'k', value: 'v' }));
    expect([error.code, error.message]).toEqual([
      'MR_ASYNC_RESULT',
      expect.stringMatching(/the topic extractor of sink K returned a promise/),
    ]);
    expect(harness.dropped).toBe(0);
  });

  it('keeps records for a topic whose partition count is not known, in order, and stops until it is', () => {
    const output = new TestOutput();
    output.counts.set('x', undefined);
    const dynamic = plan([source('S', 'in', ['K']), sink('K', '', { topic: (value) => String(value) })]);
    const harness = new Harness(dynamic, { output }).start();
    harness.pipe('in', { key: '1', value: 'x' }, { key: '2', value: 'y' });
    expect(output.sent).toEqual([]);
    expect(harness.task.unresolvedTopics).toEqual(['x']);
    expect(harness.task.ready(0)).toBe(false);
    output.counts.set('x', 1);
    harness.task.retryUnresolved();
    harness.run();
    expect(output.sent.map(({ topic, key }) => `${topic}:${key}`)).toEqual(['x:1', 'y:2']);
    expect(harness.task.unresolvedTopics).toEqual([]);
  });

  describe('sends what waited for a topic', () => {
    const poisoned = customSerde<string>({
      encode: (value) => {
        if (value === 'poison') throw new RangeError('no bytes for it');
        return Buffer.from(value);
      },
      decode: (bytes) => Buffer.from(bytes).toString(),
    });
    const piped = (handlers: ErrorHandlers, partitioner?: () => number): Harness => {
      const output = new TestOutput();
      output.counts.set('x', undefined);
      const nodes = [
        source('S', 'in', ['P']),
        node('P', ['K'], forwardTwice),
        sink('K', 'x', { valueSerde: anySerde(poisoned), partitioner }),
      ];
      const harness = new Harness(plan(nodes), { output, handlers: { ...handlers, deadLetterTopic: 'dlq' } }).start();
      harness.pipe('in', { key: '1', value: 'poison' });
      output.counts.set('x', 1);
      return harness;
    };
    /** What comes in, and a second record behind it. */
    const forwardTwice = () => ({
      process: (record: StreamRecord<string, string>, context: TestContext) => {
        context.forward(record);
        context.forward(record.withValue('fine'));
      },
    });
    const deciding = (decision: HandlerDecision): ErrorHandlers => ({ ...failing, production: () => decision });

    it('without a record that cannot be encoded, where the handler says so', () => {
      const harness = piped(deciding('continue'));
      harness.task.retryUnresolved();
      expect(harness.output.sent.map(({ topic, value }) => `${topic}:${value}`)).toEqual(['dlq:poison', 'x:fine']);
      expect(harness.dropped).toBe(1);
      harness.commit();
      expect(harness.task.unresolvedTopics).toEqual([]);
    });

    it.each([
      { what: 'a record that cannot be encoded', harness: () => piped(deciding('fail')), code: 'MR_SERIALIZATION', node: 'K' },
      {
        what: 'a partitioner that throws',
        harness: () =>
          piped(deciding('continue'), () => {
            throw new Error('no idea');
          }),
        code: 'MR_PROCESSING',
        node: 'K',
      },
    ])('and stops at $what with a code and a place, without losing what is behind it', ({ code, harness: make, node: name }) => {
      const harness = make();
      const error = caught(() => harness.task.retryUnresolved());
      expect([error.code, error.details]).toEqual([code, expect.objectContaining({ node: name, taskId: '0_0' })]);
      expect(harness.output.sent.filter(({ topic }) => topic === 'x')).toEqual([]);
      // Nothing of it may be committed.
      expect(caught(() => harness.commit()).code).toBe('MR_INVARIANT');
      harness.task.abort();
      expect(harness.task.unresolvedTopics).toEqual([]);
    });
  });

  it('does not complete a commit while records wait for a topic', () => {
    const output = new TestOutput();
    output.counts.set('out', undefined);
    const harness = new Harness(passThrough, { output }).start().pipe('in', { key: '1', value: 'x' });
    expect(caught(() => harness.commit()).code).toBe('MR_INVARIANT');
  });

  it('stops early when the output is full, and goes on when it is not', () => {
    const harness = new Harness(passThrough).start();
    harness.enqueue('in', { value: '1' }, { value: '2' }, { value: '3' });
    harness.output.full = true;
    expect(harness.task.process(100, 0)).toBe(1);
    harness.output.full = false;
    expect(harness.task.process(100, 0)).toBe(2);
  });

  it('asks for a commit when its uncommitted bytes reach the limit', () => {
    const harness = new Harness(passThrough, { maxUncommittedBytes: 10 }).start();
    harness.enqueue('in', { key: 'abcd', value: 'efgh' }, { key: 'abcd', value: 'efgh' }, { key: 'abcd', value: 'efgh' });
    expect(harness.task.process(100, 0)).toBe(2);
    expect(harness.task.commitRequested).toBe(true);
    harness.commit();
    expect(harness.task.commitRequested).toBe(false);
    expect(harness.task.process(100, 0)).toBe(1);
  });

  it.each([
    ['enqueue', (harness: Harness) => harness.task.enqueue(fetched(harness.tp('in'), 0, [{}]))],
    ['process', (harness: Harness) => harness.task.process(1, 0)],
    ['punctuate', (harness: Harness) => harness.task.punctuate(0)],
    ['prepareCommit', (harness: Harness) => harness.task.prepareCommit()],
    ['resume', (harness: Harness) => harness.task.resume(0)],
  ])('refuses %s before it is started', (_name, call) => {
    expect(caught(() => call(new Harness(passThrough))).code).toBe('MR_STATE_INVALID');
  });

  it('refuses records of a partition that is no input', () => {
    const harness = new Harness(passThrough).start();
    expect(caught(() => harness.task.enqueue(fetched(harness.tp('other'), 0, [{}]))).code).toBe('MR_ARGUMENT_INVALID');
  });

  it('gives the same bytes for the same calls (I6)', () => {
    const run = (): unknown => {
      const output = new TestOutput();
      output.counts.set('out', 3);
      const harness = new Harness(passThrough, { output }).start();
      for (let i = 0; i < 500; i++)
        harness.pipe('in', { ...(i % 3 === 0 ? {} : { key: `k${i % 7}` }), value: 'v'.repeat(i % 90), timestamp: i });
      return [output.sent, [...harness.commit()]];
    };
    expect(run()).toEqual(run());
  });
});

describe('failures', () => {
  const throwing = (what: string) => () => ({
    process(record: StreamRecord<string, string>, context: { forward(record: StreamRecord<unknown, unknown>): void }) {
      if (record.value === what) throw new Error('boom');
      context.forward(record);
    },
  });

  it('wraps a failure of a processor once, with its place, where the handler says fail', () => {
    const harness = new Harness(
      plan([source('S', 'in', ['A']), node('A', ['B'], throwing('never')), node('B', ['K'], throwing('bad')), sink('K', 'out')]),
    ).start();
    const error = caught(() => harness.pipe('in', { key: 'k', value: 'ok' }, { key: 'k', value: 'bad' }));
    expect(error.code).toBe('MR_PROCESSING');
    expect(error.details).toMatchObject({ node: 'B', topic: 'in', offset: 1 });
    expect((error.cause as Error).message).toBe('boom');
    expect(harness.output.take('out')).toEqual(['k=ok@0']);
  });

  it('drops only the failing branch where the handler says continue: the parent goes on', () => {
    const asked: string[] = [];
    const harness = new Harness(
      plan([
        source('S', 'in', ['A']),
        node('A', ['B', 'K'], throwing('never')),
        node('B', ['L'], throwing('bad')),
        sink('L', 'left'),
        sink('K', 'right'),
      ]),
      {
        handlers: {
          ...continuing,
          processing: ({ node, offset, rawValue }, record, error) => (
            asked.push(`${node}@${offset}:${String(rawValue)}:${String(record?.value)}:${(error as Error).message}`),
            'continue'
          ),
        },
      },
    ).start();
    harness.pipe('in', { key: 'k', value: 'bad', timestamp: 1 });
    expect(harness.output.take('left')).toEqual([]);
    expect(harness.output.take('right')).toEqual(['k=bad@1']);
    expect(harness.dropped).toBe(1);
    expect(asked).toEqual(['B@0:bad:bad:boom']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('handler');
      },
    ],
    ['answers nonsense', () => 'maybe' as 'fail'],
  ])('is fatal if the handler %s', (_name, processing) => {
    const harness = new Harness(plan([source('S', 'in', ['A']), node('A', [], throwing('bad'))]), {
      handlers: { ...continuing, processing },
    }).start();
    expect(caught(() => harness.pipe('in', { value: 'bad' })).code).toBe('MR_PROCESSING');
  });

  it('lets the processor above a sink drop what cannot be encoded, unless the production handler did', () => {
    const badSerde = {
      ...sink('K', 'out').valueSerde,
      isCanonical: () => false,
      format: 'bad',
      decode: () => '',
      encodeInto: () => {
        throw new Error('no bytes');
      },
    };
    const nodes = plan([source('S', 'in', ['A']), node('A', ['K'], () => ({})), sink('K', 'out', { valueSerde: badSerde })]);
    const byProduction = new Harness(nodes, { handlers: continuing }).start().pipe('in', { value: 'x' });
    expect(byProduction.dropped).toBe(1);
    const byProcessing = new Harness(nodes, { handlers: { ...continuing, production: () => 'fail' } }).start().pipe('in', { value: 'x' });
    expect(byProcessing.dropped).toBe(1);
    const failed = caught(() =>
      new Harness(nodes, { handlers: { ...continuing, processing: () => 'fail', production: () => 'fail' } })
        .start()
        .pipe('in', { value: 'x' }),
    );
    expect((failed.cause as StreamsError).code).toBe('MR_SERIALIZATION');
  });

  it('never asks the production handler about an internal topic', () => {
    const badSerde = {
      ...sink('K', 'out').valueSerde,
      isCanonical: () => false,
      format: 'bad',
      decode: () => '',
      encodeInto: () => {
        throw new Error('no bytes');
      },
    };
    const nodes = plan([
      source('S', 'in', ['K']),
      sink('K', 'x-repartition', { topic: { name: 'x-repartition', internal: true }, valueSerde: badSerde }),
    ]);
    const error = caught(() => new Harness(nodes, { handlers: continuing }).start().pipe('in', { value: 'x' }));
    expect(error.code).toBe('MR_SERIALIZATION');
    expect(error.details).toMatchObject({ topic: 'app-x-repartition' });
  });

  it('wraps a failure of init, and of close after every processor was closed', () => {
    const closed: string[] = [];
    const failing = plan([
      source('S', 'in', ['A']),
      node('A', [], () => ({
        init: () => {
          throw new Error('no');
        },
      })),
    ]);
    expect(caught(() => new Harness(failing).start()).message).toContain('failed to initialise processor A');
    const closing = plan([
      source('S', 'in', ['A', 'B']),
      node('A', [], () => ({
        close: () => {
          throw new Error('no');
        },
      })),
      node('B', [], () => ({ close: () => void closed.push('B') })),
    ]);
    const harness = new Harness(closing).start();
    expect(caught(() => harness.task.close()).message).toContain('failed to close processor A');
    expect(closed).toEqual(['B']);
    expect(() => harness.task.close()).not.toThrow();
  });

  it('names the store where a processor fails on what a record cache forwards at a commit', () => {
    const caching = () => {
      let table: TableStore<string, string>;
      return {
        init(context: TestContext) {
          table = context.getStateStore('T');
          table.setFlushListener((record) => context.forward(record), false);
        },
        process: (record: StreamRecord<string, string>) => table.write(record.key, record.value, record.timestamp),
      };
    };
    const boom = () => ({
      process() {
        throw new Error('boom');
      },
    });
    const nodes = plan(
      [source('S', 'in', ['T']), node('T', ['P'], caching, ['T']), node('P', [], boom)],
      [store('T', { timestamped: true, caching: true })],
    );
    const harness = new Harness(nodes, { cacheBytes: 1000 }).start().pipe('in', { key: 'k', value: 'v' });
    const error = caught(() => harness.commit());
    expect(error.code).toBe('MR_PROCESSING');
    expect(error.details).toMatchObject({ store: 'T', node: 'P', topic: 'in', offset: 0 });
    expect((error.cause as Error).message).toBe('boom');
    const dropping = new Harness(nodes, { cacheBytes: 1000, handlers: continuing }).start().pipe('in', { key: 'k', value: 'v' });
    dropping.commit();
    expect(dropping.dropped).toBe(1);
  });

  it('makes new processors after an abort (I4)', () => {
    let made = 0;
    const seen: string[] = [];
    const counting = () => {
      const id = ++made;
      let count = 0;
      return { process: () => void seen.push(`${id}:${++count}`) };
    };
    const harness = new Harness(plan([source('S', 'in', ['A']), node('A', [], counting)])).start();
    harness.pipe('in', { value: 'x' }, { value: 'x' });
    harness.task.abort();
    harness.start();
    harness.pipe('in', { value: 'x' });
    expect(seen).toEqual(['1:1', '1:2', '2:1']);
  });
});

describe('records that carry their own change', () => {
  it('keeps timestamp and headers of the record in progress for what is forwarded below', () => {
    const shifting = () => ({
      process(record: StreamRecord<string, string>, context: { forward(record: StreamRecord<unknown, unknown>): void }) {
        context.forward(
          StreamRecord.of({ key: record.key, value: record.value, timestamp: record.timestamp + 10, headers: [{ key: 'h', value: null }] }),
        );
        context.forward(record);
      },
    });
    const harness = new Harness(plan([source('S', 'in', ['A']), node('A', ['K'], shifting), sink('K', 'out')])).start();
    harness.pipe('in', { key: 'k', value: 'v', timestamp: 1 });
    expect(harness.output.sent.map(({ timestamp, headers }) => [timestamp, headers])).toEqual([
      [11, [['h', null]]],
      [1, []],
    ]);
  });
});
