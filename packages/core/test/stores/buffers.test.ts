/** The buffers of joins and suppress: order, sizes, the bytes that Kafka Streams 4.3.1 writes, and what restarts and restores leave of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamsError } from '../../src/errors.ts';
import { Headers } from '../../src/headers.ts';
import { Change } from '../../src/processor/change.ts';
import { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import type { JoinBuffer, OuterJoinTable, SuppressBuffer } from '../../src/stores/buffer-faces.ts';
import type { JoinBufferSpec, OuterJoinStoreSpec, StoreSpec, SuppressBufferSpec } from '../../src/stores/store-spec.ts';
import { fetched, specBase, WindowedHarness } from './windowed-harness.ts';

/** How an action is refused. To throw is not enough: Vitest lets a matcher for messages pass where `undefined` was thrown. */
function refusal(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    if (error instanceof StreamsError) return { code: error.code, details: error.details };
    throw new Error('it was no StreamsError', { cause: error });
  }
  return 'none';
}

const corruptAt0 = { code: 'MR_RECORD_CORRUPT', details: { store: 'store', topic: 'app-store-changelog', partition: 0, offset: 0 } };

const long = serdes.long() as unknown as Serde<unknown>;
const base64 = (text: string): string => Buffer.from(text, 'base64').toString('latin1');

const place = { key: fc.constantFrom('a', 'b'), time: fc.integer({ min: 0, max: 3 }), isLeft: fc.boolean() };
const outerJoinStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('park' as const), ...place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unpark' as const), ...place }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const, 'reopen' as const, 'restore' as const) }) },
);
type OuterJoinStep = typeof outerJoinStep extends fc.Arbitrary<infer T> ? T : never;

function runOuterJoin(steps: readonly OuterJoinStep[], spec: OuterJoinStoreSpec, maxHeldBytes?: number): void {
  let harness = new WindowedHarness<OuterJoinTable<string, string, string>>(spec, { maxHeldBytes });
  let model = new Map<string, number>();
  let committed = new Map(model);
  let committedLog = 0;
  for (const action of steps) {
    if (action.do === 'park') {
      const id = `${action.time}${action.isLeft ? 1 : 0}${action.key}`;
      harness.at(action.time).store.park(action.key, action.time, action.isLeft, 'v');
      model.set(id, (model.get(id) ?? 0) + 1);
    } else if (action.do === 'unpark') {
      const before = harness.logged.length;
      const there = model.delete(`${action.time}${action.isLeft ? 1 : 0}${action.key}`);
      harness.store.unpark(action.key, action.time, action.isLeft);
      expect(harness.logged.length - before).toBe(there ? 1 : 0);
    } else if (action.do === 'commit') {
      harness.commit();
      committed = new Map(model);
      committedLog = harness.logged.length;
    } else if (action.do === 'restore') {
      harness = harness.restored();
      committed = new Map(model);
      committedLog = harness.logged.length;
    } else {
      harness = action.do === 'abort' ? harness.abort() : harness.reopened();
      harness.logged.length = committedLog;
      model = new Map(committed);
    }
  }
  const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([id, count]) => Array.from({ length: count }, () => id));
  expect([...harness.store.parked()].map((row) => `${row.timestamp}${row.isLeft ? 1 : 0}${row.key}`)).toEqual(expected);
}

describe('the outer join store', () => {
  const spec: OuterJoinStoreSpec = {
    ...specBase,
    kind: 'outerJoin',
    valueSerde: long,
    rightValueSerde: serdes.string(),
  };
  type Store = OuterJoinTable<string, number, string>;
  const text: OuterJoinStoreSpec = { ...spec, valueSerde: specBase.valueSerde };

  it('writes the bytes of Kafka Streams', () => {
    const harness = new WindowedHarness<OuterJoinTable<string, string, string>>(text);
    harness.at(10).store.park('a', 10, true, '1');
    harness.store.park('a', 10, true, '2');
    harness.at(11).store.park('b', 11, false, 'B');
    harness.at(12).store.unpark('a', 10, true);
    harness.store.unpark('a', 10, true);
    harness.store.unpark('b', 11, true);
    expect(harness.logged).toEqual([
      { key: base64('AAAAAAAAAAoBYQ=='), value: base64('AQAAAAEAAAACATE='), timestamp: 10, headers: [] },
      { key: base64('AAAAAAAAAAoBYQ=='), value: base64('AQAAAAIAAAACATEAAAACATI='), timestamp: 10, headers: [] },
      { key: base64('AAAAAAAAAAsAYg=='), value: base64('AQAAAAEAAAACAEI='), timestamp: 11, headers: [] },
      { key: base64('AAAAAAAAAAoBYQ=='), value: null, timestamp: 12, headers: [] },
    ]);
  });

  it('lists by time, right before left, key, arrival', () => {
    const harness = new WindowedHarness<Store>(spec);
    harness.at(1);
    harness.store.park('b', 5, true, 1);
    harness.store.park('b', 5, false, 'x');
    harness.store.park('a', 5, true, 2);
    harness.store.park('a', 5, true, 3);
    harness.store.park('z', 4, true, 4);
    harness.store.park('ab', 5, false, 'y');
    const rows = [
      { key: 'z', timestamp: 4, isLeft: true, value: 4 },
      { key: 'ab', timestamp: 5, isLeft: false, value: 'y' },
      { key: 'b', timestamp: 5, isLeft: false, value: 'x' },
      { key: 'a', timestamp: 5, isLeft: true, value: 2 },
      { key: 'a', timestamp: 5, isLeft: true, value: 3 },
      { key: 'b', timestamp: 5, isLeft: true, value: 1 },
    ];
    expect([...harness.store.parked()]).toEqual(rows);
    expect([...harness.restored().store.parked()]).toEqual(rows);
    expect([...harness.commit().reopened().store.parked()]).toEqual(rows);
  });

  it('may be taken from while it is listed', () => {
    const harness = new WindowedHarness<Store>(spec);
    for (const time of [1, 2, 3]) for (const key of ['a', 'b']) harness.at(time).store.park(key, time, true, time);
    const seen: string[] = [];
    for (const row of harness.store.parked()) {
      seen.push(`${row.key}@${row.timestamp}`);
      harness.store.unpark(row.key, row.timestamp, row.isLeft);
    }
    expect(seen).toEqual(['a@1', 'b@1', 'a@2', 'b@2', 'a@3', 'b@3']);
    expect(harness.store.isEmpty).toBe(true);
    expect(harness.commit().reopened().store.isEmpty).toBe(true);
  });

  it('is what was parked and not taken, over commits, aborts and restarts', () => {
    fc.assert(
      fc.property(fc.array(outerJoinStep, { maxLength: 40 }), (steps) => runOuterJoin(steps, text)),
      { numRuns: 200 },
    );
  });

  it('is that too where only so much of it is in memory', () => {
    fc.assert(
      fc.property(fc.array(outerJoinStep, { maxLength: 40 }), fc.integer({ min: 0, max: 1_000 }), (steps, maxHeldBytes) =>
        runOuterJoin(steps, text, maxHeldBytes),
      ),
      { numRuns: 300 },
    );
  });

  it('leaves the latest times to the engine where it is too much, but none that changed since the commit', () => {
    const harness = new WindowedHarness<OuterJoinTable<string, string, string>>(text, { maxHeldBytes: 400 });
    const reads = (action: () => void): number => {
      const before = harness.engine.reads;
      action();
      return harness.engine.reads - before;
    };
    for (const time of [1, 2, 3, 4]) harness.at(time).store.park('a', time, true, 'v');
    expect(reads(() => harness.commit())).toBe(0);
    expect(reads(() => harness.store.unpark('b', 1, true))).toBe(0);
    expect(reads(() => harness.store.unpark('a', 2, false))).toBe(0);
    // Of a time that nobody knows nobody asks.
    expect(reads(() => harness.store.unpark('a', 5, true))).toBe(0);
    expect(reads(() => harness.at(3).store.park('b', 3, true, 'w'))).toBe(1);
    expect(reads(() => harness.store.unpark('a', 4, true))).toBe(1);
    // Both changed.
    harness.managed.settle();
    expect(reads(() => harness.store.unpark('c', 3, true))).toBe(0);
    expect([...harness.store.parked()].map(({ key, timestamp }) => `${key}@${timestamp}`)).toEqual(['a@1', 'a@2', 'a@3', 'b@3']);
    expect([...harness.commit().reopened().store.parked()].map(({ key, timestamp }) => `${key}@${timestamp}`)).toEqual([
      'a@1',
      'a@2',
      'a@3',
      'b@3',
    ]);
  });

  it.each([
    ['without its key', null, '\u0001\0\0\0\0'],
    ['whose key has no room for time and side', '\0\0\0\0\0\0\0\u000a', '\u0001\0\0\0\0'],
    ['that is a list of another kind', `${'\0'.repeat(9)}k`, '\0\0\0\0\0'],
    ['that ends early', `${'\0'.repeat(9)}k`, '\u0001\0\0\0\u0001\0\0\0\u0002\u0001'],
    ['with something behind', `${'\0'.repeat(9)}k`, '\u0001\0\0\0\0x'],
  ])('refuses to restore a record %s', (_name, key, value) => {
    const harness = new WindowedHarness<Store>(spec);
    // A key that is missing is what the harness cannot log, but a topic can hold.
    const records = fetched([{ key: key as string, value, timestamp: 5, headers: [] }]);
    expect(refusal(() => harness.managed.restore(records, 0, harness.engine.batch()))).toEqual(corruptAt0);
  });

  it('holds 32 MiB in memory where nothing else is said', () => {
    const harness = new WindowedHarness<OuterJoinTable<string, string, string>>(text);
    const value = 'v'.repeat(6 << 20);
    for (const time of [1, 2, 3, 4, 5, 6]) harness.at(time).store.park('a', time, true, value);
    harness.commit();
    const { engine, store } = harness;
    const opened = engine.reads;
    for (const time of [1, 2, 3, 4, 5]) store.unpark('a', time, true);
    expect(engine.reads).toBe(opened);
    store.unpark('a', 6, true);
    expect(engine.reads).toBe(opened + 1);
  });
});

describe('the suppress buffer', () => {
  const spec: SuppressBufferSpec = { ...specBase, kind: 'suppressBuffer', valueSerde: long };
  type Store = SuppressBuffer<string, number, Change<number>>;
  type Harness = WindowedHarness<Store>;
  const v3 = [['v', '\u0003']];

  function put(harness: Harness, time: number, key: string, value: number | null, old: number | null, headers?: Headers): void {
    const record = StreamRecord.of({ key, value: new Change(value, old), timestamp: time, ...(headers === undefined ? {} : { headers }) });
    harness.context.record = record;
    harness.store.put(time, record);
  }

  function evictAll(harness: Harness): string[] {
    const evicted: string[] = [];
    const listener = {
      evicted(record: StreamRecord<string, Change<number>>): void {
        const { topic, offset, timestamp } = harness.context;
        evicted.push(
          `${record.key}=${record.value.newValue}/${record.value.oldValue}@${record.timestamp} ${topic}-${offset}@${timestamp} h${record.headers.size}`,
        );
      },
    };
    while (harness.store.evictEldest(listener));
    return evicted;
  }

  it('is unflushed from a change on until it is logged or taken back', () => {
    const harness: Harness = new WindowedHarness(spec);
    const { managed } = harness;
    const states = [managed.unflushed];
    const change = (): void => {
      put(harness.at(10), 10, 'a', 1, 0);
      states.push(managed.unflushed);
    };
    change();
    managed.flush();
    states.push(managed.unflushed);
    evictAll(harness);
    states.push(managed.unflushed);
    harness.commit();
    states.push(managed.unflushed);
    change();
    harness.abort();
    states.push(managed.unflushed);
    expect(states).toEqual([false, true, false, true, false, true, false]);
  });

  it('an abort takes back what was not flushed: nothing of it is logged afterwards', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness.at(10, 0), 10, 'a', 1, 0);
    harness.abort();
    put(harness.at(11, 1), 11, 'b', 2, 0);
    harness.commit();
    expect(harness.logged.map(({ key }) => key)).toEqual(['b']);
    expect(evictAll(harness)).toHaveLength(1);
  });

  it('keeps the bytes of inputs for dead letters, and no more of them than 16 MiB', () => {
    const harness: Harness = new WindowedHarness(spec);
    const { context } = harness;
    const value = 'v'.repeat(6 << 20);
    const kept = (): readonly (number | undefined)[] => {
      const lengths: (number | undefined)[] = [];
      while (harness.store.evictEldest({ evicted: () => void lengths.push(context.raw?.value?.length) }));
      return lengths;
    };
    const putAll = (...keys: readonly string[]): void => {
      for (const key of keys) {
        harness.at(10);
        context.keepsRaw = true;
        context.batch = fetched([{ key, value, timestamp: 10, headers: [] }]);
        put(harness, 10, key, 1, 0);
      }
    };
    putAll('a', 'b', 'c', 'd', 'd', 'e');
    const size = harness.store.sizeBytes;
    expect(kept()).toEqual([value.length, value.length, value.length, undefined, undefined]);
    // What went makes room, and what is updated counts once.
    putAll('a', 'a', 'a', 'b', 'c');
    expect(harness.store.sizeBytes).toBe((size / 5) * 3);
    expect(kept()).toEqual([value.length, value.length, value.length]);
  });

  it('writes the bytes of Kafka Streams, when it is flushed', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness.at(10, 0), 10, 'a', 1, 0, new Headers([{ key: 'x', value: Uint8Array.of(1) }]));
    expect(harness.logged).toEqual([]);
    harness.commit();
    put(harness.at(11, 1), 11, 'bb', 1, 0);
    harness.commit();
    put(harness.at(12, 2), 12, 'a', 2, 1);
    harness.commit();
    put(harness.at(100, 3), 100, 'c', 1, 0);
    harness.at(100, 3);
    const listener = { evicted: (): void => {} };
    while (harness.store.minTime <= 90) harness.store.evictEldest(listener);
    harness.commit();
    expect(harness.takeLogged()).toEqual([
      {
        key: 'a',
        value: base64('AAAAAAAAAAoAAAAAAAAAAAAAAAJpbgAAAAAAAAABAAAAAXgAAAABAQAAAAgAAAAAAAAAAP////4AAAAIAAAAAAAAAAEAAAAAAAAACg=='),
        timestamp: -1,
        headers: v3,
      },
      {
        key: 'bb',
        value: base64('AAAAAAAAAAsAAAAAAAAAAQAAAAJpbgAAAAAAAAAAAAAACAAAAAAAAAAA/////gAAAAgAAAAAAAAAAQAAAAAAAAAL'),
        timestamp: -1,
        headers: v3,
      },
      {
        key: 'a',
        value: base64('AAAAAAAAAAwAAAAAAAAAAgAAAAJpbgAAAAAAAAAAAAAACAAAAAAAAAAAAAAACAAAAAAAAAABAAAACAAAAAAAAAACAAAAAAAAAAo='),
        timestamp: -1,
        headers: v3,
      },
      { key: 'a', value: null, timestamp: -1, headers: [] },
      { key: 'bb', value: null, timestamp: -1, headers: [] },
      {
        key: 'c',
        value: base64('AAAAAAAAAGQAAAAAAAAAAwAAAAJpbgAAAAAAAAAAAAAACAAAAAAAAAAA/////gAAAAgAAAAAAAAAAQAAAAAAAABk'),
        timestamp: -1,
        headers: v3,
      },
    ]);
  });

  it.each([
    // Time, key, context (28 and the topic), values of eight bytes; an old value that is the prior one counts once.
    { value: 1, old: null, headers: undefined, bytes: 8 + 1 + 22 + 8 },
    { value: 1, old: 0, headers: undefined, bytes: 8 + 1 + 22 + 8 + 8 },
    { value: null, old: 0, headers: undefined, bytes: 8 + 1 + 22 + 8 },
    { value: 1, old: 0, headers: new Headers([{ key: 'xy', value: Uint8Array.of(1, 2, 3) }]), bytes: 8 + 1 + 22 + 8 + 8 + 5 },
  ])('counts $bytes bytes for $value, $old', ({ value, old, headers, bytes }) => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness.at(10), 10, 'k', value, old, headers);
    expect(harness.store.sizeBytes).toBe(bytes);
    expect(harness.commit().reopened().store.sizeBytes).toBe(bytes);
    evictAll(harness);
    expect(harness.store.sizeBytes).toBe(0);
    expect(harness.store.minTime).toBe(Infinity);
  });

  it('counts the old value of a later update beside the prior one', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness.at(10), 10, 'k', 1, 0);
    put(harness.at(11), 11, 'k', 2, 1);
    expect(harness.store.sizeBytes).toBe(8 + 1 + 22 + 8 + 8 + 8);
    expect(harness.store.recordCount).toBe(1);
  });

  it('keeps the place and the prior value of the first update of a key, and the context of the last', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness.at(10, 1), 10, 'b', 1, 7);
    put(harness.at(11, 2), 11, 'a', 5, null);
    put(harness.at(30, 3), 30, 'b', 2, 1, new Headers([{ key: 'h', value: null }]));
    expect(harness.store.minTime).toBe(10);
    expect(harness.store.priorValue('b')).toEqual({ value: 7, timestamp: -1 });
    expect(harness.store.priorValue('a')).toBeNull();
    expect(harness.store.priorValue('c')).toBeUndefined();
    const evicted = ['b=2/1@30 in-3@30 h1', 'a=5/null@11 in-2@11 h0'];
    expect(evictAll(harness.commit().reopened())).toEqual(evicted);
    expect(evictAll(harness.restored())).toEqual(evicted);
    expect(evictAll(harness)).toEqual(evicted);
    expect(harness.context).toMatchObject({ timestamp: 30, offset: 3 });
  });

  it('evicts keys of one time in the order of their bytes', () => {
    const harness: Harness = new WindowedHarness(spec);
    for (const key of ['b', 'ab', 'a', 'é', 'z']) put(harness.at(5), 5, key, 1, null);
    expect(evictAll(harness).map((row) => row.split('=')[0])).toEqual(['a', 'ab', 'b', 'z', 'é']);
  });

  it('keeps what its listener failed on', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness.at(5), 5, 'k', 1, null);
    const failing = {
      evicted(): void {
        throw new Error('downstream');
      },
    };
    expect(() => harness.store.evictEldest(failing)).toThrow('downstream');
    expect(harness.store.recordCount).toBe(1);
  });

  it('logs in the order of a Java set of keys', () => {
    const harness: Harness = new WindowedHarness(spec);
    // Folded hashes: a → 128 % 16 = 0, b → 1, p → 143 % 16 = 15, q → 144 % 16 = 0.
    for (const key of ['q', 'p', 'b', 'a']) put(harness.at(5), 5, key, 1, null);
    harness.commit();
    expect(harness.logged.map(({ key }) => key)).toEqual(['q', 'a', 'b', 'p']);
  });

  it.each([
    ['without its version', [], base64('AAAAAAAAAAsAAAAAAAAAAQAAAAJpbgAAAAAAAAAAAAAACAAAAAAAAAAA/////gAAAAgAAAAAAAAAAQAAAAAAAAAL')],
    ['of another version', [['v', '\u0001']], 'x'],
    ['that ends early', v3, base64('AAAAAAAAAAs=')],
    ['with something behind', v3, `${base64('AAAAAAAAAAsAAAAAAAAAAQAAAAJpbgAAAAAAAAAAAAAACAAAAAAAAAAA/////gAAAAgAAAAAAAAAAQAAAAAAAAAL')}x`],
  ] as const)('refuses to restore a record %s', (_name, headers, value) => {
    const harness: Harness = new WindowedHarness(spec);
    const records = fetched([{ key: 'k', value, timestamp: -1, headers: headers as readonly (readonly [string, string])[] }]);
    expect(refusal(() => harness.managed.restore(records, 0, harness.engine.batch()))).toEqual(corruptAt0);
  });
});

describe('the buffer of a stream-table join', () => {
  const spec: JoinBufferSpec = { ...specBase, kind: 'joinBuffer', graceMs: 10 };
  type Store = JoinBuffer<string, string>;
  type Harness = WindowedHarness<Store>;

  function put(harness: Harness, timestamp: number, key: string, value: string, offset = 0): boolean {
    harness.at(timestamp, offset);
    const record = StreamRecord.of({ key, value, timestamp });
    harness.context.record = record;
    return harness.store.put(record);
  }

  function evictDue(harness: Harness): string[] {
    const evicted: string[] = [];
    harness.store.evictDue({
      evicted: (record) =>
        evicted.push(`${record.key}=${record.value}@${record.timestamp} ${harness.context.offset}@${harness.context.timestamp}`),
    });
    return evicted;
  }

  it('holds records back until their grace is over, in the order of time, key and arrival', () => {
    const harness: Harness = new WindowedHarness(spec);
    expect(put(harness, 20, 'b', '1', 1)).toBe(true);
    expect(put(harness, 20, 'a', '2', 2)).toBe(true);
    expect(put(harness, 20, 'a', '3', 3)).toBe(true);
    expect(put(harness, 12, 'z', '4', 4)).toBe(true);
    expect(evictDue(harness)).toEqual([]);
    expect(put(harness, 29, 'c', '5', 5)).toBe(true);
    expect(evictDue(harness)).toEqual(['z=4@12 4@12']);
    expect(put(harness, 19, 'c', '6', 6)).toBe(true);
    expect(put(harness, 18, 'c', '7', 7)).toBe(false);
    expect(put(harness, 30, 'd', '8', 8)).toBe(true);
    const due = ['c=6@19 6@19', 'a=2@20 2@20', 'a=3@20 3@20', 'b=1@20 1@20'];
    const reopened = harness.commit().reopened();
    expect(evictDue(reopened)).toEqual(due);
    expect(reopened.store.recordCount).toBe(2);
    expect(evictDue(harness.restored())).toEqual([]);
    expect(reopened.commit().reopened().store.recordCount).toBe(2);
  });

  it('keeps its time over a restart and a restore', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness, 50, 'k', 'v');
    for (const again of [harness.restored(), harness.commit().reopened()]) expect(put(again, 39, 'k', 'late')).toBe(false);
  });

  it('does the same where only so much of it is in memory', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.constantFrom('a', 'b'), time: fc.integer({ min: 0, max: 40 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constantFrom('evict' as const, 'commit' as const, 'abort' as const, 'reopen' as const) }),
      },
    );
    const run = (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[], maxHeldBytes: number | undefined): unknown => {
      let harness: Harness = new WindowedHarness(spec, { maxHeldBytes });
      const seen: unknown[] = [];
      for (const [at, action] of steps.entries()) {
        if (action.do === 'put') seen.push(put(harness, action.time, action.key, `${at}`, at));
        else if (action.do === 'evict') seen.push(evictDue(harness));
        else if (action.do === 'commit') harness.commit();
        else harness = action.do === 'abort' ? harness.abort() : harness.reopened();
        seen.push(harness.store.recordCount);
      }
      put(harness, 1_000, 'last', 'v');
      return [seen, evictDue(harness), harness.store.recordCount, harness.logged];
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 800 }), (steps, maxHeldBytes) => {
        expect(run(steps, maxHeldBytes)).toEqual(run(steps, undefined));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves the latest times to the engine where it is too much, until it is their turn', () => {
    const harness: Harness = new WindowedHarness(spec, { maxHeldBytes: 250 });
    for (const time of [5, 6, 7, 8]) put(harness, time, 'k', 'v');
    const opened = harness.engine.reads;
    harness.commit();
    put(harness, 16, 'k', 'v');
    expect(evictDue(harness)).toEqual(['k=v@5 0@5', 'k=v@6 0@6']);
    expect(harness.engine.reads).toBe(opened);
    put(harness, 17, 'k', 'v');
    expect(evictDue(harness)).toEqual(['k=v@7 0@7']);
    expect(harness.engine.reads).toBe(opened + 1);
    expect(harness.store.recordCount).toBe(3);
  });

  it('a record joins those of its time that are in the engine alone: each comes out once', () => {
    const harness: Harness = new WindowedHarness(spec, { maxHeldBytes: 150 });
    put(harness, 5, 'k', 'a');
    put(harness, 6, 'k', 'b');
    harness.commit();
    put(harness, 15, 'k', 'c');
    expect(evictDue(harness)).toEqual(['k=a@5 0@5']);
    put(harness, 6, 'l', 'd');
    // The latest time leaves, so that the two of time 6 stay.
    harness.commit();
    put(harness, 16, 'k', 'e');
    expect(evictDue(harness)).toEqual(['k=b@6 0@6', 'l=d@6 0@6']);
    expect(harness.store.recordCount).toBe(2);
  });

  it('what came out stays away after a restart, though a commit lay between its coming and its going', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness, 5, 'k', 'v');
    harness.commit();
    put(harness, 15, 'k', 'w');
    expect(evictDue(harness)).toEqual(['k=v@5 0@5']);
    expect(evictDue(harness.commit().reopened())).toEqual([]);
    expect(harness.reopened().store.recordCount).toBe(1);
  });

  it('says how many were let go', () => {
    const harness: Harness = new WindowedHarness(spec);
    for (const timestamp of [5, 6, 7, 16]) put(harness, timestamp, 'k', 'v');
    const listener = { evicted: () => {} };
    expect(harness.store.evictDue(listener)).toBe(2);
    expect(harness.store.evictDue(listener)).toBe(0);
  });

  it.each<[what: string, change: (record: { key: string; value: string | null }) => { key: string | null; value: string | null }]>([
    ['no key', ({ value }) => ({ key: null, value })],
    ['a key without room for time and number', ({ key, value }) => ({ key: key.slice(0, 12), value })],
    ['the key of something else', ({ key, value }) => ({ key: `x${key.slice(1)}`, value })],
    ['a value that is cut off', ({ key, value }) => ({ key, value: value?.slice(0, 7) ?? null })],
  ])('a changelog record with %s is refused', (_what, change) => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness, 5, 'k', 'v');
    const [logged] = harness.takeLogged();
    if (logged === undefined) throw new Error('nothing was logged');
    // A key that is missing is what the harness cannot log, but a topic can hold.
    const changed = { ...logged, ...change(logged) } as typeof logged;
    expect(refusal(() => harness.managed.restore(fetched([changed]), 0, harness.engine.batch()))).toEqual(corruptAt0);
    harness.managed.restore(fetched([{ ...logged, value: null }]), 0, harness.engine.batch());
  });

  it('logs what comes and what goes, without timestamps', () => {
    const harness: Harness = new WindowedHarness(spec);
    put(harness, 5, 'k', 'v');
    put(harness, 15, 'k', 'w');
    evictDue(harness);
    const key = (time: number, sequence: number): string =>
      `\0${'\0'.repeat(7)}${String.fromCharCode(time)}k\0\0\0${String.fromCharCode(sequence)}`;
    expect(harness.logged.map(({ key: bytes, timestamp, headers }) => ({ bytes, timestamp, headers }))).toEqual([
      { bytes: key(5, 1), timestamp: -1, headers: [] },
      { bytes: key(15, 2), timestamp: -1, headers: [] },
      { bytes: key(5, 1), timestamp: -1, headers: [] },
    ]);
    expect(harness.logged[2]?.value).toBeNull();
  });

  it('refuses to restore what is no buffered record', () => {
    const harness: Harness = new WindowedHarness(spec);
    const records = fetched([{ key: 'k', value: 'v', timestamp: -1, headers: [] }]);
    expect(refusal(() => harness.managed.restore(records, 0, harness.engine.batch()))).toEqual(corruptAt0);
  });
});

/** Each kind of store has one of the two. */
type Counted = Pick<JoinBuffer<string, string>, 'recordCount'> & Pick<OuterJoinTable<string, string, string>, 'isEmpty'>;

it.each<[what: string, spec: StoreSpec, key: readonly number[], ask: (store: Counted) => unknown]>([
  [
    'the buffer of a join',
    { ...specBase, kind: 'joinBuffer', graceMs: 10 },
    [0, 0, 0, 0, 0, 0, 0, 0, 5, 107, 0, 0, 0, 1],
    ({ recordCount }) => recordCount,
  ],
  ['the buffer of suppress', { ...specBase, kind: 'suppressBuffer' }, [107], ({ recordCount }) => recordCount],
  [
    'the store of an outer join',
    { ...specBase, kind: 'outerJoin', rightValueSerde: specBase.valueSerde },
    [0, 0, 0, 0, 0, 0, 0, 5, 1, 107],
    ({ isEmpty }) => isEmpty,
  ],
])('%s refuses local state that it cannot read, however often it is asked', (_what, spec, key, ask) => {
  const harness = new WindowedHarness<Counted>(spec);
  const batch = harness.engine.batch();
  batch.put(Uint8Array.from([1, 0, ...key]), Buffer.from('something else'));
  void batch.commit();
  const refused = { code: 'MR_STATE_INVALID', details: { store: 'store' } };
  expect([1, 2].map(() => refusal(() => ask(harness.store)))).toEqual([refused, refused]);
});
