/** Session stores against a model of Java's rules. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Headers } from '../../src/headers.ts';
import { StreamRecord } from '../../src/record.ts';
import type { KeyValue, StoreIterator } from '../../src/stores/faces.ts';
import type { SessionStore, SessionTable } from '../../src/stores/session-faces.ts';
import type { Persistence, SessionStoreSpec } from '../../src/stores/store-spec.ts';
import { Windowed } from '../../src/windows/windowed.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const retentionMs = 120_000;

type Store = SessionStore<string, string> & SessionTable<string, string>;

function spec(overrides: Partial<SessionStoreSpec> = {}): SessionStoreSpec {
  return { ...specBase, kind: 'session', retentionMs, timeOrdered: false, ...overrides };
}

/** End, then start. */
function suffix(start: number, end: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64BE(BigInt(end));
  bytes.writeBigInt64BE(BigInt(start), 8);
  return bytes.toString('latin1');
}

interface Row {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));

class Model {
  rows = new Map<string, Row>();
  observed = -1;
  dropped = 0;
  readonly persistence: Persistence;

  constructor(persistence: Persistence) {
    this.persistence = persistence;
  }

  segment(time: number): number {
    return Math.trunc(time / 60_000);
  }

  refuses(end: number): boolean {
    return this.persistence === 'persistent'
      ? this.segment(end) < this.segment(this.observed - retentionMs)
      : end <= this.observed - retentionMs;
  }

  put(key: string, start: number, end: number, value: string | null): void {
    this.observed = Math.max(this.observed, end);
    if (this.refuses(end)) this.dropped++;
    else if (value === null) this.rows.delete(key + suffix(start, end));
    else this.rows.set(key + suffix(start, end), { key, start, end, value });
  }

  remove(key: string, start: number, end: number): void {
    if (this.persistence === 'persistent') this.observed = Math.max(this.observed, end);
    this.rows.delete(key + suffix(start, end));
  }

  find(earliestEnd: number, latestStart: number): Row[] {
    const bound = this.observed - retentionMs + 1;
    const rows = [...this.rows.values()].filter(({ start, end }) => end >= Math.max(earliestEnd, bound) && start <= latestStart);
    return rows.sort((a, b) =>
      this.persistence === 'persistent'
        ? this.segment(a.end) - this.segment(b.end) || byBytes(a.key + suffix(a.start, a.end), b.key + suffix(b.start, b.end))
        : a.end - b.end || byBytes(a.key, b.key) || b.start - a.start,
    );
  }

  /** What emission on close reads. */
  between(earliestEnd: number, latestEnd: number, timeOrdered: boolean): Row[] {
    const bySegment = this.persistence === 'persistent' && timeOrdered;
    const rows = [...this.rows.values()].filter(
      ({ end }) =>
        end >= earliestEnd &&
        end <= latestEnd &&
        (bySegment ? this.segment(end) >= this.segment(this.observed - retentionMs) : end >= this.observed - retentionMs + 1),
    );
    return rows.sort((a, b) =>
      bySegment ? a.end - b.end || a.start - b.start || byBytes(a.key, b.key) : a.end - b.end || byBytes(a.key, b.key) || b.start - a.start,
    );
  }

  copy(): Model {
    const copy = new Model(this.persistence);
    copy.rows = new Map(this.rows);
    copy.observed = this.observed;
    return copy;
  }
}

const key = fc.constantFrom('a', 'b', 'ab', 'a\0');
const time = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.constantFrom(59_999, 60_000, 60_001, 119_999, 120_000, 120_001, 180_000, 240_000, 300_000),
  fc.integer({ min: 0, max: 400_000 }),
);
const session = fc.tuple(time, fc.integer({ min: 0, max: 3 })).map(([start, length]) => ({ start, end: start + length }));
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('put' as const), key, session, value: fc.option(fc.constantFrom('x', 'y'), { freq: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key, session }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('find' as const), key, earliestEnd: time, latestStart: time }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const, 'reopen' as const, 'restore' as const) }) },
);

const listed = (iterator: StoreIterator<KeyValue<Windowed<string>, string>>): Row[] =>
  [...iterator].map((row) => ({ key: row.key.key, start: row.key.window.start, end: row.key.window.end, value: row.value }));

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(steps: readonly Step[], persistence: Persistence, timeOrdered: boolean, readCacheBytes: number): void {
  let harness = new WindowedHarness<Store>(spec({ persistence, timeOrdered }), { readCacheBytes });
  let model = new Model(persistence);
  let committed = model.copy();
  let committedLog = 0;
  for (const action of steps) {
    if (action.do === 'put' || action.do === 'remove') {
      const { start, end } = action.session;
      const before = harness.dropped.length;
      const modelBefore = model.dropped;
      harness.at(end);
      const value = action.do === 'put' ? action.value : null;
      if (action.do === 'put') {
        harness.store.put(new Windowed(action.key, { start, end }), value);
        model.put(action.key, start, end, value);
      } else {
        harness.store.remove(new Windowed(action.key, { start, end }));
        model.remove(action.key, start, end);
      }
      expect(harness.dropped.length - before).toBe(model.dropped - modelBefore);
      expect(harness.logged.at(-1)).toEqual({ key: action.key + suffix(start, end), value, timestamp: end, headers: [] });
    } else if (action.do === 'find') {
      const { earliestEnd, latestStart } = action;
      const found = model.find(earliestEnd, latestStart);
      const own = found.filter((row) => row.key === action.key);
      expect(listed(harness.store.findSessions(action.key, earliestEnd, latestStart))).toEqual(own);
      expect(listed(harness.store.backwardFindSessions(action.key, earliestEnd, latestStart))).toEqual([...own].reverse());
      expect(listed(harness.store.findSessionsRange(undefined, undefined, earliestEnd, latestStart))).toEqual(found);
      expect(listed(harness.store.findSessionsRange('a\0', 'ab', earliestEnd, latestStart))).toEqual(
        found.filter((row) => row.key >= 'a\0' && row.key <= 'ab'),
      );
      expect([...harness.store.rowsBetween(earliestEnd, latestStart)]).toEqual(model.between(earliestEnd, latestStart, timeOrdered));
      const exact = own[0];
      if (exact !== undefined) expect(harness.store.fetchSession(exact.key, exact.start, exact.end)).toBe(exact.value);
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
      // Restored puts count every record of the changelog, also removals, which the store in memory does not look at.
      model.observed = Math.max(
        model.observed,
        ...harness.logged.map(({ key: bytes }) => Number(Buffer.from(bytes, 'latin1').readBigInt64BE(bytes.length - 16))),
      );
      committed = model.copy();
      committedLog = harness.logged.length;
    }
  }
  expect(listed(harness.store.fetchRange(undefined, undefined))).toEqual(model.find(0, Infinity));
  expect(listed(harness.commit().reopened().store.fetchRange(undefined, undefined))).toEqual(model.find(0, Infinity));
}

describe.each([
  { persistence: 'persistent', timeOrdered: false },
  { persistence: 'persistent', timeOrdered: true },
  { persistence: 'inMemory', timeOrdered: false },
  { persistence: 'inMemory', timeOrdered: true },
] as const)('a session store, $persistence, time-ordered: $timeOrdered', ({ persistence, timeOrdered }) => {
  it.each([1 << 20, 700, 0])('does what the model does, with a read cache of %i bytes', (readCacheBytes) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => run(steps, persistence, timeOrdered, readCacheBytes)),
      { numRuns: 150 },
    );
  });
});

describe('a session store', () => {
  it('does not count what is removed too late', () => {
    const harness = new WindowedHarness<Store>(spec());
    harness.at(1).store.write('k', 300_000, 300_000, 'v');
    harness.store.removeSession('k', 0, 1);
    expect(harness.dropped).toEqual([]);
    harness.store.write('k', 0, 1, null);
    harness.store.write('k', 0, 1, 'late');
    expect(harness.dropped).toEqual(['expired window', 'expired window']);
    expect(harness.logged.map(({ value }) => value)).toEqual(['v', null, null, 'late']);
  });

  it('finds sessions of a key without asking the engine', () => {
    const harness = new WindowedHarness<Store>(spec());
    harness.at(1);
    for (let i = 0; i < 50; i++) {
      const found = harness.store.rows('k', i * 10 - 10, i * 10 + 10);
      for (const { start, end } of found) harness.store.removeSession('k', start, end);
      harness.store.write('k', found[0]?.start ?? i * 10, i * 10, 'v');
      if (i % 7 === 0) harness.commit();
    }
    expect(harness.store.rows('k', 0, 1000)).toEqual([{ start: 0, end: 490, value: 'v' }]);
    expect(harness.engine.reads).toBe(1);
  });

  it.each([
    ['persistent', ['1-9', '3-9', '6-9']],
    ['inMemory', ['6-9', '3-9', '1-9']],
  ] as const)('%s: of sessions of a key that end together, these come in this order', (persistence, order) => {
    const harness = new WindowedHarness<Store>(spec({ persistence })).at(9);
    for (const start of [3, 6, 1]) harness.store.write('k', start, 9, 'v');
    const names = (rows: readonly { readonly start: number; readonly end: number }[]): readonly string[] =>
      rows.map(({ end, start }) => `${start}-${end}`);
    expect(names(listed(harness.store.findSessions('k', 0, 9)))).toEqual(order);
    expect(names(listed(harness.store.backwardFindSessions('k', 0, 9)))).toEqual([...order].reverse());
    expect(names(harness.store.rows('k', 0, 9))).toEqual(order);
  });

  it('lists sessions that only the engine has among those that were written since', () => {
    const harness = new WindowedHarness<Store>(spec()).at(9);
    for (const start of [1, 6]) harness.store.write('k', start, 9, 'v');
    const again = harness.commit().reopened().at(9);
    for (const start of [8, 3]) again.store.write('k', start, 9, 'v');
    expect(listed(again.store.findSessionsRange(undefined, undefined, 0, 9)).map(({ start }) => start)).toEqual([1, 3, 6, 8]);
  });

  it('keeps the bytes of the value in the engine and nothing else, whatever headers the record has', () => {
    const harness = new WindowedHarness<Store>(spec()).at(9);
    const headers = new Headers([{ key: 'h', value: Buffer.from('one') }]);
    harness.context.record = new StreamRecord('k', 'v', 9, headers, null, 0, null, null, false);
    harness.store.write('k', 1, 9, 'value');
    harness.commit();
    const rows: string[] = [];
    const iterator = harness.engine.iterate({});
    while (iterator.next()) if (Buffer.from(iterator.key).includes('k')) rows.push(Buffer.from(iterator.value).toString('latin1'));
    iterator.close();
    expect(rows).toEqual(['value']);
  });
});
