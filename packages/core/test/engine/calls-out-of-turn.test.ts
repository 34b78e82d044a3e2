/** What a processor does where nobody waits for it: behind an await, from a context or store that outlived its task, with what is no record. */
import { describe, expect, it } from 'vitest';
import { checkHandlers } from '../../src/engine/error-policy.ts';
import { foreach, peek } from '../../src/operators/peek.ts';
import type { AnyProcessor } from '../../src/processor/processor.ts';
import { keepingKeys } from '../../src/processor/record-copies.ts';
import { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import type { SessionStore } from '../../src/stores/session-faces.ts';
import type { StoreSpec } from '../../src/stores/store-spec.ts';
import { anySerde, continuing, Harness, node, plan, sink, source, store, type TestContext, type TestProcessor } from './task-harness.ts';

type Rows = KeyValueStore<string, string>;

const refused = (code: string): unknown => expect.objectContaining({ code });

/** A task with a store, whose processor is `make`'s, and what its context was. */
function storing(make: (context: () => TestContext) => TestProcessor): { readonly harness: Harness; readonly context: () => TestContext } {
  let kept!: TestContext;
  const processor = node(
    'p',
    ['out'],
    () => {
      const inner = make(() => kept);
      return {
        ...inner,
        init(context) {
          kept = context;
          inner.init?.(context);
        },
      };
    },
    ['rows'],
  );
  const nodes = plan([source('s', 'in', ['p']), processor, sink('out', 'words')], [store('rows')]);
  return { harness: new Harness(nodes), context: () => kept };
}

const forwarding = (context: () => TestContext): TestProcessor => ({ process: (record) => context().forward(record) });

describe('between two calls of a task', () => {
  it('no processor writes or forwards, and the changelog has nothing of it', () => {
    const { context, harness } = storing(forwarding);
    harness.start().pipe('in', { key: 'a', value: '1' });
    harness.output.sent.length = 0;
    const rows = context().getStateStore<Rows>('rows');
    const record = StreamRecord.of({ key: 'z', value: 'zombie', timestamp: 0 });
    expect(() => rows.put('z', 'zombie')).toThrow(refused('MR_STATE_INVALID'));
    expect(() => rows.delete('a')).toThrow(refused('MR_STATE_INVALID'));
    expect(() => context().forward(record)).toThrow(refused('MR_STATE_INVALID'));
    expect(rows.get('z')).toBeUndefined();
    harness.task.prepareCommit();
    expect(harness.output.sent).toEqual([]);
  });

  it('a commit may be asked for and a schedule made, which harm nobody', () => {
    const { context, harness } = storing(forwarding);
    const fired: number[] = [];
    harness.start();
    context().commit();
    context().schedule(10, 'wall', (now) => fired.push(now));
    harness.task.punctuate(10);
    expect(harness.task.commitRequested).toBe(true);
    expect(fired).toEqual([10]);
  });

  it('tests write by the store that the task shows', () => {
    const { harness } = storing(forwarding);
    const rows = harness.start().task.store('rows') as Rows;
    rows.put('a', 'by hand');
    expect(rows.get('a')).toBe('by hand');
    expect(harness.output.take('app-rows-changelog')).toEqual(['a=by hand@0']);
  });

  it('init, process and punctuations write and forward', () => {
    const { harness } = storing((context) => ({
      init(given) {
        given.getStateStore<Rows>('rows').put('init', '1');
        given.schedule(10, 'wall', () => given.getStateStore<Rows>('rows').put('wall', '1'));
        given.schedule(10, 'stream', () => given.getStateStore<Rows>('rows').put('stream', '1'));
      },
      process(record) {
        context().getStateStore<Rows>('rows').put('process', '1');
        context().forward(record);
      },
    }));
    harness.start().pipe('in', { key: 'a', value: '1', timestamp: 50 });
    harness.task.punctuate(10);
    const rows = harness.task.store('rows') as Rows;
    expect(['init', 'process', 'stream', 'wall'].map((key) => rows.get(key))).toEqual(['1', '1', '1', '1']);
    expect(harness.output.take('words')).toEqual(['a=1@50']);
  });
});

describe('a processor that its task let go of', () => {
  it.each(['abort', 'close'] as const)('leads nowhere after %s', (end) => {
    const { context, harness } = storing(forwarding);
    harness.start();
    const dead = context();
    const rows = dead.getStateStore<Rows>('rows');
    harness.task[end]();
    expect(() => rows.put('z', 'zombie')).toThrow(refused('MR_STATE_INVALID'));
    expect(() => dead.forward(StreamRecord.of({ key: 'z', value: 'z', timestamp: 0 }))).toThrow(refused('MR_CLOSED'));
    expect(() => dead.schedule(10, 'wall', () => {})).toThrow(refused('MR_CLOSED'));
    expect(() => dead.commit()).toThrow(refused('MR_CLOSED'));
  });

  it('leads nowhere from a call of another task either', () => {
    const other = storing(forwarding);
    other.harness.start();
    const rows = other.context().getStateStore<Rows>('rows');
    const { harness } = storing(() => ({ process: () => rows.put('z', 'zombie') }));
    expect(() => harness.start().pipe('in', { key: 'a', value: '1' })).toThrow(
      expect.objectContaining({ code: 'MR_PROCESSING', cause: refused('MR_STATE_INVALID') }),
    );
  });
});

describe('every kind of store', () => {
  const base = {
    caching: false,
    logging: {},
    keySerde: anySerde(serdes.string()),
    valueSerde: anySerde(serdes.string()),
    persistence: 'persistent',
  } as const;
  const session: StoreSpec = { kind: 'session', name: 'rows', retentionMs: 100, ...base } as StoreSpec;
  const cases: readonly (readonly [string, StoreSpec, (rows: never) => void])[] = [
    ['evicting', store('rows', { maxEntries: 3, persistence: 'inMemory' }).spec, (rows: Rows) => rows.put('z', '1')],
    [
      'timestamped',
      store('rows', { timestamped: true }).spec,
      (rows: KeyValueStore<string, unknown>) => rows.put('z', { value: '1', timestamp: 1 }),
    ],
    ['session', session, (rows: SessionStore<string, string>) => rows.remove({ key: 'z', window: { start: 0, end: 1 } })],
  ];
  it.each(cases)('refuses writes between calls: %s', (_kind, spec, write) => {
    let context!: TestContext;
    const processor = node('p', [], () => ({ init: (given) => void (context = given) }), ['rows']);
    new Harness(plan([source('s', 'in', ['p']), processor], [{ ...store('rows'), spec }])).start();
    expect(() => write(context.getStateStore<never>('rows'))).toThrow(refused('MR_STATE_INVALID'));
  });
});

describe('a promise', () => {
  /** A processor as JavaScript gives it. */
  const raw = (create: () => object): Harness =>
    new Harness(
      plan([source('s', 'in', ['p']), { kind: 'processor', name: 'p', children: [], create: create as () => AnyProcessor, stores: [] }]),
      {
        handlers: continuing,
      },
    );

  it.each([
    ['process', () => ({ process: async () => {} })],
    ['the action of foreach', () => foreach((async () => {}) as never).create()],
    ['the action of peek', () => peek((async () => {}) as never).create()],
  ])('is refused of %s, and no handler continues over it', (_what, create) => {
    const harness = raw(create).start();
    expect(() => harness.pipe('in', { key: 'a', value: '1' })).toThrow(refused('MR_ASYNC_RESULT'));
    expect(harness.dropped).toBe(0);
  });

  it('is refused of init', () => {
    expect(() => raw(() => ({ init: async () => {}, process() {} })).start()).toThrow(refused('MR_ASYNC_RESULT'));
  });

  it.each(['wall', 'stream'] as const)('is refused of a punctuation by %s time', (type) => {
    const harness = raw(() => ({
      init: (context: TestContext) => void context.schedule(10, type, (async () => {}) as never),
      process() {},
    })).start();
    expect(() => {
      harness.pipe('in', { key: 'a', value: '1', timestamp: 50 });
      harness.task.punctuate(10);
    }).toThrow(refused('MR_ASYNC_RESULT'));
  });

  it('does not fail a second time by what it does later', async () => {
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    process.on('unhandledRejection', note);
    const harness = raw(() => ({ process: async () => Promise.reject(new Error('later')) })).start();
    expect(() => harness.pipe('in', { key: 'a', value: '1' })).toThrow(refused('MR_ASYNC_RESULT'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(failures).toEqual([]);
  });

  it('is not what another result is', () => {
    const harness = raw(() => ({ process: () => [1] })).start();
    harness.pipe('in', { key: 'a', value: '1' });
    expect(harness.dropped).toBe(0);
  });
});

describe('what is forwarded', () => {
  const sending = (given: unknown): Harness => storing((context) => ({ process: () => context().forward(given as never) })).harness.start();

  it.each([
    ['a copy by spread', { key: 'a', value: '1', timestamp: 0 }],
    ['nothing', undefined],
    ['text', 'a'],
  ])('is a record, not %s', (_what, given) => {
    expect(() => sending(given).pipe('in', { key: 'a', value: '1' })).toThrow(
      expect.objectContaining({ code: 'MR_PROCESSING', cause: refused('MR_ARGUMENT_INVALID') }),
    );
  });

  it('has a timestamp that is one', () => {
    for (const timestamp of [1.5, '7', null, undefined, Number.NaN, 2 ** 60, 15n, -1]) {
      const record = StreamRecord.of({ key: 'a', value: '1', timestamp: 0 });
      expect(() => record.withTimestamp(timestamp as number)).toThrow(refused('MR_TIMESTAMP_INVALID'));
      expect(() => StreamRecord.of({ key: 'a', value: '1', timestamp: timestamp as number })).toThrow(refused('MR_TIMESTAMP_INVALID'));
    }
  });
});

describe('a processor that must not change keys', () => {
  type Sender = (record: StreamRecord<string, string>, kept: StreamRecord<string, string>[]) => StreamRecord<string, string> | undefined;
  const fixed = (send: Sender): Harness => {
    const create = (): AnyProcessor => {
      let context!: TestContext;
      const kept: StreamRecord<string, string>[] = [];
      return keepingKeys({
        init: (given: TestContext) => void (context = given),
        process(record: StreamRecord<string, string>) {
          const made = send(record, kept);
          if (made !== undefined) context.forward(made);
        },
      }) as AnyProcessor;
    };
    return new Harness(
      plan([source('s', 'in', ['p']), { kind: 'processor', name: 'p', children: ['out'], create, stores: [] }, sink('out', 'words')]),
    ).start();
  };

  it.each<readonly [string, Sender]>([
    ['of', () => StreamRecord.of({ key: 'other', value: '1', timestamp: 0 })],
    ['withKey', (record) => record.withKey('other')],
    ['withKey, then withValue', (record) => record.withKey('other').withValue('2')],
  ])('cannot by %s', (_how, send) => {
    expect(() => fixed(send).pipe('in', { key: 'a', value: '1' })).toThrow(
      expect.objectContaining({ code: 'MR_PROCESSING', cause: refused('MR_ARGUMENT_INVALID') }),
    );
  });

  it('hands on what it got, copies of it, and what it kept of earlier records', () => {
    const copies = fixed((record) => record.withValue('2').withTimestamp(9).withHeaders([]));
    expect(copies.pipe('in', { key: 'a', value: '1' }).output.take('words')).toEqual(['a=2@9']);
    const late = fixed((record, kept) => {
      kept.push(record);
      return kept.at(-2);
    });
    expect(late.pipe('in', { key: 'a', value: '1' }, { key: 'b', value: '2' }).output.take('words')).toEqual(['a=1@0']);
  });
});

it('a schedule without a function is refused where it is made', () => {
  const { harness } = storing(() => ({ init: (context) => void context.schedule(10, 'wall', undefined as never) }));
  expect(() => harness.start()).toThrow(expect.objectContaining({ code: 'MR_PROCESSING', cause: refused('MR_ARGUMENT_INVALID') }));
});

it('a handler that is no function is refused before anything runs', () => {
  expect(() => checkHandlers({ processing: 'continue' as never })).toThrow(refused('MR_CONFIG_INVALID'));
  expect(() => checkHandlers({ ...continuing, deadLetterTopic: 'dlq' })).not.toThrow();
});
