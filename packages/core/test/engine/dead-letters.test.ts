/** What dead letters hold, when they are made, and where they go (KIP-1034; the moments are those of Kafka Streams 4.3.1). */
import { describe, expect, it } from 'vitest';
import type { ErrorContext, ErrorHandlers, HandlerDecision, ProductionErrorContext } from '../../src/engine/contract.ts';
import { type DeadLetter, deadLetter, deadLetterHeaders, maxMessageLength, maxStackLength } from '../../src/engine/dead-letter.ts';
import { createTask } from '../../src/engine/task.ts';
import { Headers } from '../../src/headers.ts';
import { silentLogger } from '../../src/log.ts';
import { MetricsRegistry } from '../../src/metrics.ts';
import { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { MemoryEngine } from '@millrace/state/memory';
import {
  anySerde,
  continuing,
  defaultSettings,
  failing,
  fetched,
  Harness,
  node,
  plan,
  type Sent,
  sink,
  source,
  TestOutput,
} from './task-harness.ts';

const dropping: ErrorHandlers = { ...continuing, deadLetterTopic: 'dlq' };
const stopping: ErrorHandlers = { ...failing, deadLetterTopic: 'dlq' };

/** Throws on the value `poison`, else forwards. */
const picky = (name: string, children: readonly string[]): ReturnType<typeof node> =>
  node(name, children, () => ({
    process(record, context) {
      if (record.value === 'poison') throw new TypeError('poisoned', { cause: new Error('the well') });
      context.forward(record);
    },
  }));

const simple = plan([source('s', 'in', ['p']), picky('p', ['out']), sink('out', 'words')]);

const header = (letter: Sent | undefined, name: string): string | null | undefined => letter?.headers.find(([key]) => key === name)?.[1];
const letters = (harness: Harness): Sent[] => harness.output.sent.filter(({ topic }) => topic === 'dlq');
const counted = (harness: Harness, name: string): number =>
  harness.metrics.collect().reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0);

describe('a dead letter', () => {
  it('has the input as it came, its headers, and behind them error and place', () => {
    const harness = new Harness(simple, { handlers: dropping }).start();
    harness.pipe('in', { key: 'a', value: 'fine', timestamp: 5 }, { key: 'k', value: 'poison', timestamp: 7, headers: [['trace', 't1']] });
    const [letter, ...more] = letters(harness);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ key: 'k', value: 'poison', timestamp: 7 });
    expect(letter?.headers.map(([name]) => name)).toEqual(['trace', ...Object.values(deadLetterHeaders)]);
    expect(header(letter, 'trace')).toBe('t1');
    expect(header(letter, deadLetterHeaders.exception)).toBe('TypeError');
    expect(header(letter, deadLetterHeaders.message)).toBe('poisoned');
    expect(header(letter, deadLetterHeaders.stackTrace)).toMatch(/^TypeError: poisoned\n[^]*\nCaused by: Error: the well\n/);
    expect(header(letter, deadLetterHeaders.topic)).toBe('in');
    expect(header(letter, deadLetterHeaders.partition)).toBe('0');
    expect(header(letter, deadLetterHeaders.offset)).toBe('1');
    expect(counted(harness, 'dead-letter-records-total')).toBe(1);
    expect(counted(harness, 'dropped-records-total')).toBe(1);
  });

  it('of bytes that cannot be decoded has these bytes', () => {
    const long = plan([
      source('s', 'in', ['out'], { valueSerde: anySerde(serdes.long()) }),
      sink('out', 'words', { valueSerde: anySerde(serdes.long()) }),
    ]);
    const harness = new Harness(long, { handlers: dropping }).start().pipe('in', { key: 'k', value: 'no long', timestamp: 3 });
    expect(letters(harness)).toMatchObject([{ key: 'k', value: 'no long', timestamp: 3 }]);
  });

  it('of a record without key and value has neither, and goes to the partition of its task', () => {
    const output = new TestOutput();
    output.counts.set('dlq', 4);
    const throwing = plan([
      source('s', 'in', ['p']),
      node('p', [], () => ({
        process() {
          throw new Error('always');
        },
      })),
    ]);
    const harness = new Harness(throwing, { handlers: dropping, output, partition: 6 }).start().pipe('in', { key: null, value: null });
    expect(letters(harness)).toMatchObject([{ key: null, value: null, partition: 2 }]);
  });

  it('of a punctuation has no input: no bytes, no topic', () => {
    const ticking = plan([
      source('s', 'in', ['p']),
      node('p', [], () => ({
        init(context) {
          context.schedule(10, 'stream', () => {
            throw new Error('tick');
          });
        },
      })),
    ]);
    const harness = new Harness(ticking, { handlers: dropping })
      .start()
      .pipe('in', { key: 'k', value: 'v', timestamp: 50, headers: [['h', 'x']] });
    const [letter] = letters(harness);
    expect(letter).toMatchObject({ key: null, value: null, timestamp: 50 });
    expect(letter?.headers.map(([name]) => name)).toEqual(Object.values(deadLetterHeaders));
    expect(header(letter, deadLetterHeaders.topic)).toBeNull();
    expect(header(letter, deadLetterHeaders.partition)).toBe('-1');
    expect(header(letter, deadLetterHeaders.offset)).toBe('-1');
  });

  it('of an output that waited for its topic has the input that it came from, though something else ran meanwhile', () => {
    const output = new TestOutput();
    output.counts.set('words', undefined);
    const passing = plan([
      source('s', 'in', ['p']),
      node('p', ['out'], () => ({
        init: (context) => void context.schedule(10, 'wall', () => {}),
        process: (record, context) => context.forward(record),
      })),
      sink('out', 'words', { valueSerde: anySerde(serdes.long()) }),
    ]);
    const harness = new Harness(passing, { handlers: dropping, output }).start().pipe('in', { key: 'k', value: 'no long', timestamp: 7 });
    expect(letters(harness)).toEqual([]);
    expect(harness.task.punctuate(1_000)).toBe(1);
    output.counts.set('words', 1);
    harness.task.retryUnresolved();
    const [letter] = letters(harness);
    expect(letter).toMatchObject({ key: 'k', value: 'no long', timestamp: 7 });
    expect([deadLetterHeaders.topic, deadLetterHeaders.offset].map((name) => header(letter, name))).toEqual(['in', '0']);
  });

  it('stands in its place among the outputs', () => {
    const same = plan([source('s', 'in', ['p']), picky('p', ['out']), sink('out', 'dlq')]);
    const harness = new Harness(same, { handlers: dropping }).start();
    harness.pipe('in', { value: '1' }, { value: 'poison' }, { value: '2' });
    expect(letters(harness).map(({ value }) => value)).toEqual(['1', 'poison', '2']);
  });

  it.each([
    ['the name of the error', () => Object.assign(new Error('x'), { name: 'MyError' }), 'MyError'],
    ['the class of an error without a name', () => new (class Special extends Error {})('x'), 'Special'],
    ['the type of what is no error', () => 'text', 'string'],
    ['nothing', () => null, 'null'],
  ])('tells %s', (_, make, expected) => {
    const letter = deadLetter(
      'dlq',
      { topic: 't', partition: 0, offset: 0, timestamp: 0, rawKey: null, rawValue: null, headers: new Headers() },
      make(),
    );
    const told = [...(letter.headers ?? [])].find(({ key }) => key === deadLetterHeaders.exception);
    expect(Buffer.from(told?.value ?? []).toString()).toBe(expected);
  });

  it('does not grow with the error, nor run in circles', () => {
    const error = new Error(`${'x'.repeat(maxMessageLength - 2)}😀${'y'.repeat(99)}`);
    error.stack = 's'.repeat(maxStackLength);
    error.cause = error;
    const letter = deadLetter(
      'dlq',
      { topic: 't', partition: 0, offset: 0, timestamp: 0, rawKey: null, rawValue: null, headers: new Headers() },
      error,
    );
    const text = (name: string): string => Buffer.from([...(letter.headers ?? [])].find(({ key }) => key === name)?.value ?? []).toString();
    expect(text(deadLetterHeaders.message)).toBe(`${'x'.repeat(maxMessageLength - 2)}…`);
    expect(text(deadLetterHeaders.stackTrace)).toBe(`${'s'.repeat(maxStackLength - 1)}…`);
  });
});

describe("the input's bytes", () => {
  const cases: readonly (readonly [string, Parameters<typeof plan>[0], boolean])[] = [
    ['are there if nothing was written', [source('s', 'in', ['p']), picky('p', [])], true],
    ['are gone once a sink beside took the record', [source('s', 'in', ['out', 'p']), sink('out', 'words'), picky('p', [])], false],
    [
      'are there if a sink took a record made from it',
      [
        source('s', 'in', ['m', 'p']),
        node('m', ['out'], () => ({ process: (record, context) => context.forward(record.withValue('other')) })),
        sink('out', 'words'),
        picky('p', []),
      ],
      true,
    ],
    [
      'are gone if a sink took it through a processor that passes it on',
      [source('s', 'in', ['m', 'p']), node('m', ['out'], () => ({})), sink('out', 'words'), picky('p', [])],
      false,
    ],
    [
      'are gone for what is made of the record afterwards',
      [
        source('s', 'in', ['out', 'm']),
        sink('out', 'words'),
        node('m', ['p'], () => ({ process: (record, context) => context.forward(record.withKey('other')) })),
        picky('p', []),
      ],
      false,
    ],
  ];
  it.each(cases)('%s', (_, nodes, expected) => {
    const contexts: ErrorContext[] = [];
    const processing = (context: ErrorContext): HandlerDecision => {
      contexts.push(context);
      return 'continue';
    };
    const harness = new Harness(plan(nodes), { handlers: { ...dropping, processing } }).start().pipe('in', { key: 'k', value: 'poison' });
    expect(letters(harness)).toMatchObject([expected ? { key: 'k', value: 'poison' } : { key: null, value: null }]);
    expect(contexts).toMatchObject([{ written: !expected, rawValue: Buffer.from('poison') }]);
  });

  it('are there again for the next record', () => {
    const nodes = plan([source('s', 'in', ['out', 'p']), sink('out', 'words'), picky('p', [])]);
    const first = plan([source('s', 'in', ['p', 'out']), picky('p', []), sink('out', 'words')]);
    expect(letters(new Harness(nodes, { handlers: dropping }).start().pipe('in', { key: 'k', value: 'poison' }))).toMatchObject([
      { key: null },
    ]);
    const harness = new Harness(first, { handlers: dropping })
      .start()
      .pipe('in', { key: 'a', value: 'fine' }, { key: 'k', value: 'poison' });
    expect(letters(harness)).toMatchObject([{ key: 'k' }]);
  });
});

describe('an answer with letters of its own', () => {
  const own = (decision: 'fail' | 'continue', ...deadLetters: readonly DeadLetter[]): ErrorHandlers => ({
    ...dropping,
    processing: () => ({ decision, deadLetters }),
  });
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

  it('sends these, and not the usual one', () => {
    const output = new TestOutput();
    output.counts.set('mine', 3);
    const handlers = own(
      'continue',
      { topic: 'mine', partition: 2, key: bytes('x'), value: null, timestamp: 99 },
      { topic: 'mine', key: null, value: bytes('y'), headers: [{ key: 'h', value: null }] },
    );
    const harness = new Harness(simple, { handlers, output }).start().pipe('in', { key: 'k', value: 'poison', timestamp: 7 });
    expect(harness.output.sent).toMatchObject([
      { topic: 'mine', partition: 2, key: 'x', value: null, timestamp: 99, headers: [] },
      { topic: 'mine', partition: 0, key: null, value: 'y', timestamp: -1, headers: [['h', null]] },
    ]);
  });

  it('may send none', () => {
    const harness = new Harness(simple, { handlers: own('continue') }).start().pipe('in', { value: 'poison' });
    expect(harness.output.sent).toEqual([]);
    expect(counted(harness, 'dropped-records-total')).toBe(1);
    expect(counted(harness, 'dead-letter-records-total')).toBe(0);
  });

  it('waits for a topic that is not known yet, and the task with it', () => {
    const output = new TestOutput();
    output.counts.set('mine', undefined);
    const handlers = own('continue', { topic: 'mine', key: null, value: bytes('y') });
    const harness = new Harness(simple, { handlers, output }).start().pipe('in', { value: 'poison' }, { value: 'fine' });
    expect(harness.task.unresolvedTopics).toEqual(['mine']);
    expect(output.sent).toEqual([]);
    output.counts.set('mine', 1);
    harness.task.retryUnresolved();
    harness.run();
    expect(output.sent.map(({ topic, value }) => [topic, value])).toEqual([
      ['mine', 'y'],
      ['words', 'fine'],
    ]);
  });

  it.each([
    ['a partition that is not there', { topic: 'dlq', partition: 1, key: null, value: null }, /partition 1 of topic dlq, which has 1/],
    ['no topic', { topic: '', key: null, value: null }, /it has no topic/],
    ['text instead of bytes', { topic: 'dlq', key: 'k' as unknown as Uint8Array, value: null }, /must be a Uint8Array or null/],
    ['a time that is none', { topic: 'dlq', key: null, value: null, timestamp: Number.NaN }, /its timestamp is NaN/],
    ['headers that are none', { topic: 'dlq', key: null, value: null, headers: [['a', 'b']] as never }, /headers must be a list of/],
  ])('is fatal with %s', (_, letter, message) => {
    const harness = new Harness(simple, { handlers: own('continue', letter) }).start();
    expect(() => harness.pipe('in', { value: 'poison' })).toThrow(
      expect.objectContaining({ code: 'MR_PROCESSING', message: expect.stringMatching(message) }),
    );
  });

  it('has text in headers as UTF-8', () => {
    const letter = { topic: 'dlq', key: null, value: null, headers: [{ key: 'h', value: 'text' }] as never };
    const harness = new Harness(simple, { handlers: own('continue', letter) }).start().pipe('in', { value: 'poison' });
    expect(harness.output.sent.map(({ headers }) => headers)).toEqual([[['h', 'text']]]);
  });

  it.each([['ignore'], [{ decision: 'continue' }], [{ decision: 'perhaps', deadLetters: [] }], [undefined]])(
    'is fatal if it is none: %j',
    (answer) => {
      const processing = (): HandlerDecision => answer as unknown as HandlerDecision;
      const harness = new Harness(simple, { handlers: { ...dropping, processing } }).start();
      expect(() => harness.pipe('in', { value: 'poison' })).toThrow(/MR_PROCESSING: the processing handler answered .*must answer/);
    },
  );
});

describe('a value that cannot be encoded', () => {
  const refusing = anySerde({
    ...serdes.string(),
    format: undefined,
    encodeInto() {
      throw new RangeError('no bytes for this');
    },
  });
  const nodes = plan([source('s', 'in', ['p']), picky('p', ['out']), sink('out', 'words', { valueSerde: refusing })]);

  it('leaves a letter of the production handler, which hears of record, half and source', () => {
    const heard: ProductionErrorContext[] = [];
    const production = (context: ProductionErrorContext): HandlerDecision => {
      heard.push(context);
      return 'continue';
    };
    const harness = new Harness(nodes, { handlers: { ...stopping, production } })
      .start()
      .pipe('in', { key: 'k', value: 'v', timestamp: 4 });
    expect(letters(harness)).toMatchObject([{ key: 'k', value: 'v', timestamp: 4 }]);
    expect(header(letters(harness)[0], deadLetterHeaders.exception)).toBe('RangeError');
    expect(heard).toMatchObject([{ topic: 'words', node: 'out', origin: 'value', source: { topic: 'in', offset: 0 }, refused: undefined }]);
    expect(heard[0]?.record?.value).toBe('v');
  });

  it('before the first record is the fault of no input, and no sink has taken one', () => {
    const heard: (ErrorContext | undefined)[] = [];
    const production = ({ source: input }: ProductionErrorContext): HandlerDecision => {
      heard.push(input);
      return 'continue';
    };
    const early = plan([
      source('s', 'in', ['p']),
      node('p', ['out'], () => ({ init: (context) => context.forward(StreamRecord.of({ key: 'k', value: 'v', timestamp: 4 })) })),
      sink('out', 'words', { valueSerde: refusing }),
    ]);
    new Harness(early, { handlers: { ...dropping, production } }).start();
    expect(heard).toMatchObject([{ topic: '', offset: -1, rawKey: null, rawValue: null, written: false }]);
  });

  it('leaves two if it stops there and the processor above goes on, in their order', () => {
    const harness = new Harness(nodes, { handlers: { ...dropping, production: () => 'fail' } })
      .start()
      .pipe('in', { key: 'k', value: 'v' });
    expect(letters(harness).map((letter) => header(letter, deadLetterHeaders.exception))).toEqual(['RangeError', 'StreamsError']);
  });

  it('is not retried', () => {
    const harness = new Harness(nodes, { handlers: { ...failing, production: () => 'retry' } }).start();
    expect(() => harness.pipe('in', { value: 'v' })).toThrow(/RangeError|MR_PROCESSING/);
  });
});

describe('a failure that stops the task', () => {
  it('hands its letters over as last words, and leaves the output alone', () => {
    const output = new TestOutput();
    const last: DeadLetter[] = [];
    const task = createTask({
      id: '0_0',
      partition: 0,
      subtopologies: [simple],
      sourceTopics: new Map([['s', ['in']]]),
      engine: new MemoryEngine(),
      output,
      lastWords: (given) => last.push(...given),
      settings: { ...defaultSettings, handlers: stopping },
      metrics: new MetricsRegistry(),
      log: silentLogger,
    });
    const [tp] = task.inputs;
    if (tp === undefined) throw new Error('the task has no input');
    task.takePosition(tp, null);
    task.start(0);
    task.enqueue(
      fetched(tp, 0, [
        { key: 'a', value: 'fine' },
        { key: 'k', value: 'poison' },
      ]),
    );
    expect(() => task.process(10, 0)).toThrow(/MR_PROCESSING/);
    expect(output.sent.map(({ topic }) => topic)).toEqual(['words']);
    expect(last).toMatchObject([{ topic: 'dlq', key: Buffer.from('k') }]);
  });

  it('writes them into the output where nobody takes last words', () => {
    const harness = new Harness(simple, { handlers: stopping }).start();
    expect(() => harness.pipe('in', { key: 'k', value: 'poison' })).toThrow(/MR_PROCESSING/);
    expect(letters(harness)).toMatchObject([{ key: 'k', value: 'poison' }]);
  });
});

it('there are no letters without a topic for them', () => {
  const harness = new Harness(simple, { handlers: continuing }).start().pipe('in', { key: 'k', value: 'poison' });
  expect(harness.output.sent).toEqual([]);
});
