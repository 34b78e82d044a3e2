/** Window stores against a model of Java's rules: what is refused, hidden, listed, logged, and what commits, aborts, restarts and restores leave of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Headers } from '../../src/headers.ts';
import { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import type { ValueAndTimestamp } from '../../src/stores/faces.ts';
import type { TimestampedWindowStore, ValueAndHeaders, WindowStore, WindowTable } from '../../src/stores/window-faces.ts';
import type { Persistence, WindowStoreSpec } from '../../src/stores/store-spec.ts';
import { fetched, specBase, WindowedHarness } from './windowed-harness.ts';

const retentionMs = 120_000;
const windowSizeMs = 10;

function spec(overrides: Partial<WindowStoreSpec> = {}): WindowStoreSpec {
  return {
    ...specBase,
    kind: 'window',
    timestamped: false,
    retentionMs,
    windowSizeMs,
    retainDuplicates: false,
    timeOrdered: false,
    ...overrides,
  };
}

type Plain = WindowStore<string, string>;
type Timestamped = TimestampedWindowStore<string, string> & WindowTable<string, string>;

function text(key: string): string {
  return Buffer.from(key, 'utf8').toString('latin1');
}

/** Eight bytes, then the sequence number. */
function suffix(start: number, sequence = 0): string {
  const bytes = Buffer.alloc(12);
  bytes.writeBigInt64BE(BigInt(start));
  bytes.writeInt32BE(sequence, 8);
  return bytes.toString('latin1');
}

interface Row {
  readonly key: string;
  readonly start: number;
  readonly value: string;
}

/** Java's rules, on a plain list. */
class Model {
  rows = new Map<string, Row>();
  observed = -1;
  dropped = 0;
  readonly persistence: Persistence;
  readonly timeOrdered: boolean;

  constructor(persistence: Persistence, timeOrdered: boolean) {
    this.persistence = persistence;
    this.timeOrdered = timeOrdered;
  }

  get bound(): number {
    return this.observed - retentionMs + (this.persistence === 'persistent' && this.timeOrdered ? 0 : 1);
  }

  segment(time: number): number {
    return Math.trunc(time / 60_000);
  }

  put(key: string, value: string | null, start: number): void {
    this.observed = Math.max(this.observed, start);
    const refused =
      this.persistence === 'persistent'
        ? this.segment(start) < this.segment(this.observed - retentionMs)
        : start <= this.observed - retentionMs;
    if (refused) this.dropped++;
    else if (value === null) this.rows.delete(`${key}@${start}`);
    else this.rows.set(`${key}@${start}`, { key, start, value });
  }

  visible(from: number, to: number): Row[] {
    const byKey = (a: Row, b: Row): number => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
    const byBytes = (a: Row, b: Row): number =>
      Buffer.compare(Buffer.from(a.key + suffix(a.start), 'latin1'), Buffer.from(b.key + suffix(b.start), 'latin1'));
    const rows = [...this.rows.values()].filter(({ start }) => start >= Math.max(from, this.bound) && start <= to);
    return rows.sort((a, b) =>
      this.persistence === 'inMemory' || this.timeOrdered
        ? a.start - b.start || byKey(a, b)
        : this.segment(a.start) - this.segment(b.start) || byBytes(a, b),
    );
  }

  copy(): Model {
    const copy = new Model(this.persistence, this.timeOrdered);
    copy.rows = new Map(this.rows);
    copy.observed = this.observed;
    return copy;
  }
}

const keys = ['a', 'b', 'ab', 'a\0', 'a\0\0\0\0\0\0'];
const key = fc.constantFrom(...keys);
/** Times around each other, around segment borders and around the retention. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(59_999, 60_000, 60_001, 119_999, 120_000, 120_001, 179_999, 180_000, 239_999, 240_000, 300_000),
  fc.integer({ min: 0, max: 400_000 }),
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key,
      value: fc.option(fc.constantFrom('x', 'y', 'z'), { freq: 4 }),
      start: time,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fetch' as const), key, from: time, to: time }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('list' as const), from: time, to: time }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const, 'reopen' as const, 'restore' as const) }) },
);

function check(harness: WindowedHarness<Plain>, model: Model): void {
  const all = [...harness.store.all()].map(({ key: { key: inner, window }, value }) => [inner, window.start, window.end, value]);
  expect(all).toEqual(model.visible(0, Infinity).map((row) => [row.key, row.start, row.start + windowSizeMs, row.value]));
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(steps: readonly Step[], persistence: Persistence, timeOrdered: boolean, readCacheBytes: number): void {
  let harness = new WindowedHarness<Plain>(spec({ persistence, timeOrdered }), { readCacheBytes });
  let model = new Model(persistence, timeOrdered);
  let committed = model.copy();
  let committedLog = 0;
  for (const action of steps) {
    if (action.do === 'put') {
      const before = harness.dropped.length;
      const modelBefore = model.dropped;
      harness.at(action.start).store.put(action.key, action.value, action.start);
      model.put(action.key, action.value, action.start);
      expect(harness.dropped.length - before).toBe(model.dropped - modelBefore);
      expect(harness.logged.at(-1)).toEqual({
        key: text(action.key) + suffix(action.start),
        value: action.value,
        timestamp: action.start,
        headers: [],
      });
    } else if (action.do === 'fetch') {
      const rows = model.visible(action.from, action.to).filter((row) => row.key === action.key);
      rows.sort((a, b) => a.start - b.start);
      expect([...harness.store.fetch(action.key, action.from, action.to)]).toEqual(rows.map(({ start, value }) => ({ start, value })));
      expect([...harness.store.backwardFetch(action.key, action.from, action.to)]).toEqual(
        rows.map(({ start, value }) => ({ start, value })).reverse(),
      );
      const exact = model.visible(action.from, action.from).find((row) => row.key === action.key);
      expect(harness.store.fetchAt(action.key, action.from)).toBe(exact?.value);
    } else if (action.do === 'list') {
      const rows = model.visible(action.from, action.to).map((row) => [row.key, row.start, row.value]);
      const listed = (iterator: ReturnType<Plain['all']>): unknown[] =>
        [...iterator].map((row) => [row.key.key, row.key.window.start, row.value]);
      expect(listed(harness.store.fetchAll(action.from, action.to))).toEqual(rows);
      expect(listed(harness.store.backwardFetchAll(action.from, action.to))).toEqual([...rows].reverse());
      const some = rows.filter(([inner]) => (inner as string) >= 'a\0' && (inner as string) <= 'ab');
      expect(listed(harness.store.fetchRange('a\0', 'ab', action.from, action.to))).toEqual(some);
    } else if (action.do === 'commit') {
      harness.commit();
      committed = model.copy();
      committedLog = harness.logged.length;
    } else if (action.do === 'abort' || action.do === 'reopen') {
      harness = action.do === 'abort' ? harness.abort() : harness.reopened();
      harness.logged.length = committedLog;
      model = committed.copy();
    } else {
      harness = harness.restored();
      committed = model.copy();
      committedLog = harness.logged.length;
    }
  }
  check(harness, model);
  check(harness.restored(), model);
  check(harness.commit().reopened(), model);
}

describe.each([
  { persistence: 'persistent', timeOrdered: false },
  { persistence: 'persistent', timeOrdered: true },
  { persistence: 'inMemory', timeOrdered: false },
  { persistence: 'inMemory', timeOrdered: true },
] as const)('a window store, $persistence, time-ordered: $timeOrdered', ({ persistence, timeOrdered }) => {
  it.each([1 << 20, 700, 0])('does what the model does, with a read cache of %i bytes', (readCacheBytes) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => run(steps, persistence, timeOrdered, readCacheBytes)),
      { numRuns: 150 },
    );
  });
});

describe('retention', () => {
  const base = 200_000;
  it.each([
    // Refused puts count; hidden ones do not.
    { persistence: 'persistent', timeOrdered: false, start: base - retentionMs + 1, shown: true, dropped: 0 },
    { persistence: 'persistent', timeOrdered: false, start: base - retentionMs, shown: false, dropped: 0 },
    { persistence: 'persistent', timeOrdered: false, start: 60_000, shown: false, dropped: 0 },
    { persistence: 'persistent', timeOrdered: false, start: 59_999, shown: false, dropped: 1 },
    { persistence: 'persistent', timeOrdered: true, start: base - retentionMs, shown: true, dropped: 0 },
    { persistence: 'persistent', timeOrdered: true, start: base - retentionMs - 1, shown: false, dropped: 0 },
    { persistence: 'inMemory', timeOrdered: false, start: base - retentionMs + 1, shown: true, dropped: 0 },
    { persistence: 'inMemory', timeOrdered: false, start: base - retentionMs, shown: false, dropped: 1 },
    { persistence: 'inMemory', timeOrdered: true, start: base - retentionMs, shown: false, dropped: 1 },
  ] as const)('$persistence, time-ordered $timeOrdered: a window at $start is shown: $shown, drops $dropped', (row) => {
    const harness = new WindowedHarness<Plain>(spec({ persistence: row.persistence, timeOrdered: row.timeOrdered }));
    harness.at(base).store.put('k', 'new', base);
    harness.store.put('k', 'old', row.start);
    expect(harness.store.fetchAt('k', row.start)).toBe(row.shown ? 'old' : undefined);
    expect([...harness.store.fetch('k', 0, base - 1)]).toEqual(row.shown ? [{ start: row.start, value: 'old' }] : []);
    expect(harness.dropped).toHaveLength(row.dropped);
    // Refused or not, the changelog has it.
    expect(harness.logged).toHaveLength(2);
    const again = harness.commit().reopened();
    expect(again.store.fetchAt('k', row.start)).toBe(row.shown ? 'old' : undefined);
    again.store.put('k', 'older', row.start);
    expect(again.dropped).toHaveLength(row.dropped);
  });

  it('drops whole segments from the engine, and writes nothing that expired before its commit', () => {
    const harness = new WindowedHarness<Plain>(spec());
    for (const start of [0, 30_000, 60_000, 90_000]) harness.at(start).store.put('k', 'v', start);
    harness.commit();
    harness.store.put('k', 'v', 100_000);
    harness.store.put('k', 'v', 230_000);
    harness.commit();
    const starts: number[] = [];
    const iterator = harness.engine.iterate({ gte: Buffer.from([1, 0, 0]), lt: Buffer.from([1, 0, 0xff]) });
    while (iterator.next()) starts.push(Number(Buffer.from(iterator.key).readBigInt64BE(iterator.key.length - 12)));
    iterator.close();
    expect(starts).toEqual([60_000, 90_000, 230_000]);
  });

  it('drops segments once, not with every commit', () => {
    const harness = new WindowedHarness<Plain>(spec());
    const drops = [0, 1, 200_000, 200_001, 260_000].map((start) => {
      harness.at(start).store.put('k', 'v', start);
      const before = harness.engine.rangeDeletions;
      harness.commit();
      return harness.engine.rangeDeletions - before;
    });
    expect(drops).toEqual([0, 0, 1, 0, 1]);
  });

  it('keeps windows without end for ever', () => {
    const harness = new WindowedHarness<Plain>(spec({ retentionMs: Infinity, windowSizeMs: Infinity }));
    harness.at(5).store.put('k', 'v', 0);
    harness.store.put('k', 'w', 10 ** 13);
    const again = harness.commit().reopened();
    expect([...again.store.all()].map(({ key: { window }, value }) => [window.start, window.end, value])).toEqual([
      [0, Infinity, 'v'],
      [10 ** 13, Infinity, 'w'],
    ]);
  });
});

describe('reading', () => {
  it('asks the engine for nothing that is above its completeness', () => {
    const harness = new WindowedHarness<Timestamped>(spec({ timestamped: true }));
    harness.at(1);
    for (let i = 0; i < 100; i++) {
      expect(harness.store.lookup(`k${i % 7}`, i)).toBeUndefined();
      harness.store.write(`k${i % 7}`, i, 'v', i);
      expect(harness.store.rows(`k${i % 7}`, 0, i).length).toBe(Math.floor(i / 7) + 1);
      if (i % 10 === 0) harness.commit();
    }
    // One read of the store's time.
    expect(harness.engine.reads).toBe(1);
  });

  it('reads a key once after a restart', () => {
    const harness = new WindowedHarness<Timestamped>(spec({ timestamped: true }));
    for (let i = 0; i < 100; i++) harness.at(i).store.write('k', i, `v${i}`, i);
    const again = harness.commit().reopened();
    const before = again.engine.reads;
    expect(again.store.rows('k', 50, 60).map(({ start }) => start)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]);
    const first = again.engine.reads - before;
    expect(again.store.rows('k', 55, 99)).toHaveLength(45);
    expect(again.store.lookup('k', 70)).toMatchObject({ value: 'v70', timestamp: 70 });
    expect(again.engine.reads - before).toBe(first);
    expect(first).toBeLessThanOrEqual(2);
  });

  it('gives iterators that later writes do not change', () => {
    const harness = new WindowedHarness<Plain>(spec());
    harness.at(1).store.put('k', 'a', 1);
    harness.store.put('k', 'b', 2);
    const some = harness.store.fetch('k', 0, 10);
    const all = harness.store.all();
    harness.store.put('k', 'c', 1);
    harness.store.put('k', null, 2);
    expect([...some].map(({ value }) => value)).toEqual(['a', 'b']);
    expect([...all].map(({ value }) => value)).toEqual(['a', 'b']);
  });

  it('finds nothing more in an iterator that was left, closed or came to its end', () => {
    const harness = new WindowedHarness<Plain>(spec());
    for (const start of [1, 2, 3]) harness.at(start).store.put('k', 'v', start);
    for (const open of [() => harness.store.fetch('k', 0, 9), () => harness.store.all()]) {
      const left = open();
      for (const row of left) if (row.value === 'v') break;
      expect([...left]).toEqual([]);
      const closed = open();
      closed.next();
      closed.close();
      closed.close();
      expect(closed.next()).toEqual({ done: true, value: undefined });
      const ended = open();
      expect([...ended]).toHaveLength(3);
      expect(ended.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('reads a row again that had no room, however early it is', () => {
    // Room for one row.
    const harness = new WindowedHarness<Plain>(spec(), { readCacheBytes: 400 });
    for (const start of [0, 5]) harness.at(start).store.put('k', `v${start}`, start);
    harness.commit();
    expect([5, 0].map((start) => harness.store.fetchAt('k', start))).toEqual(['v5', 'v0']);
  });

  it('keeps values that can be changed apart over commit and restart', () => {
    const harness = new WindowedHarness<WindowStore<string, { n: number }>>(
      spec({ valueSerde: serdes.json<{ n: number }>() as unknown as Serde<unknown> }),
    );
    for (const n of [1, 22, 333]) harness.at(n).store.put('k', { n }, n);
    for (const again of [harness.commit(), harness.reopened(), harness.restored()])
      expect([...again.store.fetch('k', 0, 999)]).toEqual([1, 22, 333].map((n) => ({ start: n, value: { n } })));
  });

  it('hands out fresh copies of values that can be changed', () => {
    const harness = new WindowedHarness<WindowTable<string, { n: number }>>(
      spec({ timestamped: true, valueSerde: serdes.json<{ n: number }>() as unknown as Serde<unknown> }),
    );
    harness.at(1).store.write('k', 1, { n: 1 }, 5);
    (harness.store.lookup('k', 1) as ValueAndTimestamp<{ n: number }>).value.n = 9;
    expect(harness.store.lookup('k', 1)).toEqual({ value: { n: 1 }, timestamp: 5 });
    expect(harness.store.rows('k', 1, 1)).toEqual([{ start: 1, value: { n: 1 }, timestamp: 5 }]);
  });

  it('keeps timestamps over commit, restart and restore', () => {
    const harness = new WindowedHarness<Timestamped>(spec({ timestamped: true }));
    harness.at(99).store.put('k', { value: 'v', timestamp: 7 }, 3);
    expect(harness.logged).toEqual([{ key: `k${suffix(3)}`, value: 'v', timestamp: 7, headers: [] }]);
    for (const again of [harness.commit().reopened(), harness.restored()]) {
      expect(again.store.fetchAt('k', 3)).toEqual({ value: 'v', timestamp: 7 });
      expect([...again.store.rowsBetween(0, 9)]).toEqual([{ key: 'k', start: 3, value: 'v', timestamp: 7 }]);
    }
  });

  it.each([
    [
      'kept in the rows where the store keeps them',
      true,
      [
        ['h', 'one'],
        ['h', null],
      ],
    ],
    ['in the changelog only where it does not', false, []],
  ])('has headers of join windows %s', (_name, keepsHeaders, expected) => {
    type Joined = WindowStore<string, ValueAndHeaders<string>>;
    const harness = new WindowedHarness<Joined>(spec({ retainDuplicates: true, logsHeaders: true, keepsHeaders }));
    const headers = new Headers([
      { key: 'h', value: Buffer.from('one') },
      { key: 'h', value: null },
    ]);
    harness.at(5).context.record = new StreamRecord('k', 'v', 5, headers, null, 0, null, null, false);
    harness.store.put('k', { value: 'v', headers }, 5);
    // What becomes of the record's headers later is not the row's.
    headers.remove('h');
    harness.at(6).store.put('k', { value: 'w', headers: new Headers() }, 6);
    const shown = (store: Joined): unknown[] =>
      [...store.all()].map(({ value }) => [
        value.value,
        value.headers.toArray().map(({ key, value: bytes }) => [key, bytes && Buffer.from(bytes).toString()]),
      ]);
    const rows = [
      ['v', expected],
      ['w', []],
    ];
    expect(shown(harness.store)).toEqual(rows);
    expect(harness.logged.map((record) => record.headers)).toEqual([
      [
        ['h', 'one'],
        ['h', null],
      ],
      [],
    ]);
    expect(shown(harness.commit().reopened().store)).toEqual(rows);
    expect(shown(harness.restored().store)).toEqual(rows);
  });

  it.each([null, undefined])('refuses the key %s, also when it has forgotten the rows that it looked at last', (bad) => {
    const harness = new WindowedHarness<Plain>(spec()).at(1);
    harness.store.put('k', 'v', 1);
    harness.abort();
    const key = bad as unknown as string;
    expect(() => harness.store.put(key, 'v', 1)).toThrow(/MR_ARGUMENT_INVALID/);
    expect(() => harness.store.fetchAt(key, 1)).toThrow(/MR_ARGUMENT_INVALID/);
    expect(() => harness.store.fetch(key, 1, 2)).toThrow(/MR_ARGUMENT_INVALID/);
  });

  it('refuses to restore a record without a time in its key', () => {
    const harness = new WindowedHarness<Plain>(spec());
    const records = fetched([{ key: 'too short', value: 'v', timestamp: 1, headers: [] }]);
    expect(() => harness.managed.restore(records, 0, harness.engine.batch())).toThrow(/MR_RECORD_CORRUPT.*store/);
  });
});
