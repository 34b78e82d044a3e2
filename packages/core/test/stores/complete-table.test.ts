/** A store that was empty when it was opened knows all its rows for as long as the read cache holds them: nobody asks the engine for rows that are not there. */
import { describe, expect, it, vi } from 'vitest';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import { CountingEngine, StoreHarness, type StoreOptions } from './store-harness.ts';

type Store = KeyValueStore<string, string>;

/** Reads of the engine, ranges included, that `act` makes. */
function readsOf(engine: CountingEngine, act: () => void): number {
  const iterate = vi.spyOn(engine, 'iterate');
  const before = engine.gets + engine.manyGets;
  act();
  const reads = engine.gets + engine.manyGets - before + iterate.mock.calls.length;
  iterate.mockRestore();
  return reads;
}

function opened(options: StoreOptions = {}): StoreHarness<Store> {
  const harness = new StoreHarness<Store>(options).at(1);
  // The first question finds the engine empty, or not.
  harness.store.get('nobody');
  return harness;
}

const rows = (store: Store): unknown[] => [...store.all()].map(({ key, value }) => `${key}=${value}`);

describe('a store that was empty', () => {
  it('asks the engine for nothing while it holds every row', () => {
    const { engine, store } = opened();
    expect(
      readsOf(engine, () => {
        expect(store.get('a')).toBeUndefined();
        store.put('b', '1');
        store.put('a', '2');
        expect(rows(store)).toEqual(['a=2', 'b=1']);
      }),
    ).toBe(0);
  });

  it('refuses a key that its serde cannot write, although no bytes are needed to know that there is no row', () => {
    const { store } = opened();
    const misfit = 5 as unknown as string;
    expect(() => store.get(misfit)).toThrow('writes texts');
    store.put('a', '1');
    expect(() => store.get(misfit)).toThrow('writes texts');
    expect(store.get('a')).toBe('1');
  });

  it('lists its rows after commits, deletions and new rows, still without the engine', () => {
    const harness = opened();
    const { engine, store } = harness;
    for (const key of ['c', 'a', 'b']) store.put(key, '1');
    expect(rows(store)).toEqual(['a=1', 'b=1', 'c=1']);
    harness.commit();
    const reads = readsOf(engine, () => {
      store.delete('b');
      store.put('d', '2');
      harness.commit();
      expect(rows(store)).toEqual(['a=1', 'c=1', 'd=2']);
      expect([...store.reverseRange('b', 'd')].map(({ key }) => key)).toEqual(['d', 'c']);
      expect([...store.range('x', 'z')]).toEqual([]);
      expect(store.approximateNumEntries()).toBe(3);
    });
    expect(reads).toBe(0);
  });

  it('asks again once the read cache gave up a row, and finds it', () => {
    const harness = opened({ readCacheBytes: 600 });
    const { engine, store } = harness;
    const keys = ['a', 'b', 'c', 'd'];
    for (const key of keys) store.put(key, key);
    expect(rows(store)).toHaveLength(4);
    harness.commit();
    expect(readsOf(engine, () => expect(keys.map((key) => store.get(key))).toEqual(keys))).toBeGreaterThan(0);
    expect(rows(store)).toEqual(['a=a', 'b=b', 'c=c', 'd=d']);
  });

  it('keeps a row that is written where none was, although another one is given up in between', () => {
    const harness = opened({ readCacheBytes: 300 });
    const { store } = harness;
    store.put('a', '1');
    store.put('b', '1');
    expect(store.get('c')).toBeUndefined();
    harness.commit();
    store.put('c', '1');
    harness.commit();
    expect(['a', 'b', 'c'].map((key) => store.get(key))).toEqual(['1', '1', '1']);
  });

  it('is asked anew after an abort', () => {
    const harness = opened();
    harness.store.put('a', '1');
    harness.commit();
    harness.store.put('b', '1');
    harness.abort();
    expect(rows(harness.store)).toEqual(['a=1']);
  });
});

describe('a store that was not empty', () => {
  it('is read', () => {
    const first = opened();
    first.store.put('a', '1');
    first.commit();
    const again = opened({ engine: first.engine });
    expect(again.store.get('a')).toBe('1');
    expect(rows(again.store)).toEqual(['a=1']);
  });
});
