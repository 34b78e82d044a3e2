/** Stores of the rows that were used last, against a list in the order of use; and what every key-value store answers to each of its methods. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyValueStore, ValueAndTimestamp } from '../../src/stores/faces.ts';
import { StoreHarness } from './store-harness.ts';

type Value = string | ValueAndTimestamp<string>;
type Store = KeyValueStore<string, Value>;

const maxEntries = 3;
const key = fc.constantFrom('a', 'ab', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), key, time: fc.integer({ min: 0, max: 50 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('putIfAbsent' as const), key, time: fc.integer({ min: 0, max: 50 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'delete' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('range' as const), from: fc.option(key), to: fc.option(key), reverse: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Rows in the order of their last use, and what is logged. */
class Model {
  readonly rows = new Map<string, { readonly text: string; readonly time: number }>();
  readonly logged: string[] = [];
  readonly #timestamped: boolean;

  constructor(timestamped: boolean) {
    this.#timestamped = timestamped;
  }

  get(name: string): Value | undefined {
    const row = this.rows.get(name);
    if (row === undefined) return undefined;
    this.rows.delete(name);
    this.rows.set(name, row);
    return this.valueOf(row);
  }

  valueOf({ text, time }: { readonly text: string; readonly time: number }): Value {
    return this.#timestamped ? { value: text, timestamp: time } : text;
  }

  put(name: string, text: string | null, time: number, now: number): void {
    this.rows.delete(name);
    if (text === null) {
      this.logged.push(`${name}=null@${now}`);
      return;
    }
    this.rows.set(name, { text, time });
    const [eldest] = this.rows.keys();
    if (this.rows.size > maxEntries && eldest !== undefined) {
      this.rows.delete(eldest);
      // Of a store with timestamps Kafka Streams does not log what falls out.
      if (!this.#timestamped) this.logged.push(`${eldest}=null@${now}`);
    }
    this.logged.push(`${name}=${text}@${this.#timestamped ? time : now}`);
  }

  list(from: string | null, to: string | null, reverse: boolean): readonly (readonly [string, Value])[] {
    const found = [...this.rows].filter(([name]) => (from === null || name >= from) && (to === null || name <= to));
    const sorted = found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, row]) => [name, this.valueOf(row)] as const);
    return reverse ? sorted.reverse() : sorted;
  }
}

function run(timestamped: boolean, steps: readonly Step[]): void {
  const harness = new StoreHarness<Store>({ maxEntries, timestamped, persistence: 'inMemory' });
  const { store } = harness;
  const model = new Model(timestamped);
  const valueOf = (text: string, time: number): Value => (timestamped ? { value: text, timestamp: time } : text);
  for (const [now, action] of steps.entries()) {
    harness.at(now);
    const text = `v${now}`;
    if (action.do === 'put') {
      store.put(action.key, valueOf(text, action.time));
      model.put(action.key, text, action.time, now);
    } else if (action.do === 'putIfAbsent') {
      const found = model.get(action.key);
      if (found === undefined) model.put(action.key, text, action.time, now);
      expect(store.putIfAbsent(action.key, valueOf(text, action.time))).toEqual(found);
    } else if (action.do === 'get') {
      expect(store.get(action.key)).toEqual(model.get(action.key));
    } else if (action.do === 'delete') {
      const found = model.get(action.key);
      model.put(action.key, null, -1, now);
      expect(store.delete(action.key)).toEqual(found);
    } else if (action.do === 'range') {
      const [from, to] = [action.from ?? undefined, action.to ?? undefined];
      const listed = action.reverse ? store.reverseRange(from, to) : store.range(from, to);
      expect([...listed].map((row) => [row.key, row.value])).toEqual(model.list(action.from, action.to, action.reverse));
    } else if (action.do === 'commit') {
      harness.commit();
    } else {
      // All of it is in memory: a restart begins with nothing, and restores the changelog.
      harness.abort();
      expect([...store.all()]).toEqual([]);
      model.rows.clear();
    }
    expect(store.approximateNumEntries()).toBe(model.rows.size);
    expect(harness.managed.uncommittedBytes).toBe(0);
    expect(harness.managed.unflushed).toBe(false);
  }
  expect(harness.logged.map(({ key: name, timestamp, value }) => `${name}=${value}@${timestamp}`)).toEqual(model.logged);
  expect([...store.reverseAll()].map((row) => row.key)).toEqual(model.list(null, null, true).map(([name]) => name));
  expect([...store.prefixScan(Buffer.from('a'))].map((row) => row.key)).toEqual(
    model
      .list(null, null, false)
      .map(([name]) => name)
      .filter((name) => name.startsWith('a')),
  );
  expect(harness.engineRows()).toEqual([]);
}

describe.each([
  ['plain', false],
  ['timestamped', true],
])('an LRU store, %s', (_name, timestamped) => {
  it('does what the model does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => run(timestamped, steps)),
      { seed: 4, numRuns: 300 },
    );
  });

  it('is what its changelog leaves, and logs nothing of a restore', () => {
    const harness = new StoreHarness<Store>({ maxEntries, timestamped, persistence: 'inMemory' });
    const row = (name: string, value: string | null, timestamp: number) => ({ key: name, value, timestamp });
    harness.restore([row('a', '1', 1), row('b', '2', 2), row('a', null, 3), row('c', '3', 4), row('d', '4', 5), row('e', '5', 6)]);
    const shown = [...harness.store.all()].map(({ key: name, value }) => [name, value]);
    const valueOf = (value: string, timestamp: number): Value => (timestamped ? { value, timestamp } : value);
    expect(shown).toEqual([
      ['c', valueOf('3', 4)],
      ['d', valueOf('4', 5)],
      ['e', valueOf('5', 6)],
    ]);
    expect(harness.logged).toEqual([]);
    expect(harness.managed.volatile).toBe(true);
  });
});

it.each([
  ['forwards', false, ['b', 'c', 'a'], 'c'],
  ['backwards', true, ['b', 'a', 'c'], 'a'],
])('a read of two of three rows uses these two, and the third is the first to leave the record cache: %s', (_way, reverse, order, left) => {
  // Room for three rows.
  const { store, ...harness } = new StoreHarness<Store>({ maxEntries: 10, persistence: 'inMemory', cacheBytes: 155 }).at(1);
  for (const name of order) store.put(name, '1');
  const read = reverse ? store.reverseAll() : store.all();
  expect([read.next().value, read.next().value].map((row) => row?.key)).toEqual(reverse ? ['c', 'b'] : ['a', 'b']);
  read.close();
  expect(harness.logged).toEqual([]);
  store.put('d', '1');
  expect(harness.logged.map(({ key: name }) => name)[0]).toBe(left);
});

const variants = [false, true].flatMap((timestamped) =>
  [undefined, 100].flatMap((most) => [undefined, 10_000].map((cacheBytes) => ({ timestamped, maxEntries: most, cacheBytes }))),
);

describe.each(variants)('each method of a key-value store: $timestamped, $maxEntries entries, $cacheBytes bytes of cache', (variant) => {
  const { cacheBytes, maxEntries: most, timestamped } = variant;
  const open = () =>
    new StoreHarness<Store>({
      timestamped,
      ...(most === undefined ? {} : { maxEntries: most, persistence: 'inMemory' }),
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
    }).at(9);
  const valueOf = (text: string): Value => (timestamped ? { value: text, timestamp: 5 } : text);
  const keysOf = (store: Store): readonly string[] => [...store.all()].map(({ key: name }) => name);

  it('putIfAbsent puts where nothing is, and says what was there', () => {
    const { store } = open();
    expect(store.putIfAbsent('k', valueOf('1'))).toBe(undefined);
    expect(store.putIfAbsent('k', valueOf('2'))).toEqual(valueOf('1'));
    expect(store.get('k')).toEqual(valueOf('1'));
  });

  it('putAll puts and deletes in turn', () => {
    const { store } = open();
    store.putAll([
      ['a', valueOf('1')],
      ['b', valueOf('2')],
      ['a', null],
      ['c', valueOf('3')],
    ] as Parameters<Store['putAll']>[0]);
    expect(keysOf(store)).toEqual(['b', 'c']);
    expect(store.get('c')).toEqual(valueOf('3'));
  });

  it('delete says what was there; so does every other way to say that nothing is', () => {
    const { store } = open();
    const nothings: readonly unknown[] = timestamped
      ? [null, undefined, { value: null, timestamp: 5 }, { value: undefined, timestamp: 5 }]
      : [null, undefined];
    for (const nothing of nothings) {
      store.put('k', valueOf('1'));
      expect(store.get('k')).toEqual(valueOf('1'));
      // JavaScript may pass any of these.
      store.put('k', nothing as Value);
      expect(store.get('k')).toBe(undefined);
    }
    store.put('k', valueOf('2'));
    expect(store.delete('k')).toEqual(valueOf('2'));
    expect(store.delete('k')).toBe(undefined);
    expect(keysOf(store)).toEqual([]);
  });

  it('counts its rows once they are flushed', () => {
    const harness = open();
    for (const name of ['a', 'b', 'c']) harness.store.put(name, valueOf(name));
    harness.commit();
    expect(harness.store.approximateNumEntries()).toBe(3);
  });

  // Every key-value store has this method for the operators on tables.
  type Telling = { setFlushListener(listener: (record: { readonly timestamp: number }) => void, old: boolean): boolean };

  it('says whether it will tell of what leaves its cache, and tells it with the time of the row, or of its record where rows have none', () => {
    const { managed, store } = open();
    const times: number[] = [];
    const told = (managed as unknown as Telling).setFlushListener(({ timestamp }) => void times.push(timestamp), false);
    expect(told).toBe(cacheBytes !== undefined);
    store.put('k', valueOf('1'));
    managed.flush();
    expect(times).toEqual(told ? [timestamped ? 5 : 9] : []);
  });
});
