/** What a store keeps in memory of what its engine has is bounded (I7): with room for little, rows are read again. */
import { describe, expect, it } from 'vitest';
import type { VersionedStore } from '../../src/stores/versioned-faces.ts';
import type { WindowStore } from '../../src/stores/window-faces.ts';
import { type PlainStore, StoreHarness } from './store-harness.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
const roomForAll = 1 << 20;
const roomForFew = 2000;

it.each([
  ['all of them are read once', roomForAll, 50],
  ['they are read again', roomForFew, 100],
])('key-value rows that were read: %s', (_what, readCacheBytes, gets) => {
  const written = new StoreHarness<PlainStore>();
  for (const key of keys) written.at(1).store.put(key, 'value');
  written.commit();
  const harness = new StoreHarness<PlainStore>({ engine: written.engine, readCacheBytes });
  harness.engine.gets = 0;
  for (let round = 0; round < 2; round++) for (const key of keys) expect(harness.store.get(key)).toBe('value');
  expect(harness.engine.gets).toBe(gets);
});

it.each([
  ['all of them stay', roomForAll, 0],
  ['they are read again', roomForFew, 50],
])('key-value rows that were committed: %s', (_what, readCacheBytes, gets) => {
  const harness = new StoreHarness<PlainStore>({ readCacheBytes });
  for (const key of keys) harness.at(1).store.put(key, 'value');
  harness.commit();
  harness.engine.gets = 0;
  for (const key of keys) expect(harness.store.get(key)).toBe('value');
  expect(harness.engine.gets).toBe(gets);
});

it.each([
  ['all of them stay', roomForAll, 0],
  ['they are read again', roomForFew, 50],
])('key-value rows that others drove out of the record cache: %s', (_what, readCacheBytes, gets) => {
  const harness = new StoreHarness<PlainStore>({ readCacheBytes, cacheBytes: 4000 });
  for (const key of keys) harness.at(1).store.put(key, 'value');
  harness.commit();
  // These stay behind in the record cache; what is there belongs to nobody else.
  for (const key of keys) harness.at(2).store.put(`other-${key}`, 'value');
  harness.commit();
  harness.engine.gets = 0;
  for (const key of keys) expect(harness.store.get(key)).toBe('value');
  expect(harness.engine.gets).toBe(gets);
});

it('a row that was read twice stays longer than one that was read once', () => {
  const written = new StoreHarness<PlainStore>();
  for (const key of ['a', 'b', 'c', 'd']) written.at(1).store.put(key, 'value');
  const { engine } = written.commit();
  // Room for three of them.
  const { store } = new StoreHarness<PlainStore>({ engine, readCacheBytes: 800 });
  for (const key of ['a', 'a', 'b', 'c', 'd']) store.get(key);
  const readsOf = (key: string): number => {
    engine.gets = 0;
    store.get(key);
    return engine.gets;
  };
  expect(readsOf('a')).toBe(0);
  expect(readsOf('b')).toBe(1);
});

it.each([
  ['in an engine', {}],
  ['in memory', { volatile: true }],
])('an abort gives back all room: rows %s', (_what, options) => {
  const harness = new StoreHarness<PlainStore>(options).at(1);
  // A key that no key of the store can be, so that others are looked for in the engine.
  harness.restore([{ key: 'b\xff', value: 'value', timestamp: 1 }]);
  for (const key of keys) expect(harness.store.get(key)).toBeUndefined();
  expect(harness.readCache.bytes).toBeGreaterThan(50);
  harness.abort();
  expect(harness.readCache.bytes).toBe(0);
});

it('rows of windows that were read: with room for few they are read again', () => {
  const spec = {
    ...specBase,
    kind: 'window',
    timestamped: false,
    retentionMs: 1000,
    windowSizeMs: 10,
    retainDuplicates: false,
    timeOrdered: false,
  } as const;
  const readsOf = (readCacheBytes: number): readonly number[] => {
    const written = new WindowedHarness<WindowStore<string, string>>(spec, { readCacheBytes });
    for (const key of keys) written.at(5).store.put(key, 'value', 5);
    const harness = written.commit().reopened();
    return [1, 2].map(() => {
      harness.engine.reads = 0;
      for (const key of keys) expect([...harness.store.fetch(key, 0, 10)]).toEqual([{ start: 5, value: 'value' }]);
      return harness.engine.reads;
    });
  };
  const [firstOfAll = 0, secondOfAll = 0] = readsOf(roomForAll);
  expect(firstOfAll).toBeGreaterThanOrEqual(50);
  expect(secondOfAll).toBe(0);
  const [, secondOfFew = 0] = readsOf(roomForFew);
  expect(secondOfFew).toBeGreaterThanOrEqual(40);
});

describe.each([
  [
    'rows of windows',
    {
      spec: {
        ...specBase,
        kind: 'window',
        timestamped: false,
        retentionMs: 1000,
        windowSizeMs: 10,
        retainDuplicates: false,
        timeOrdered: false,
      },
      // The faces are those of the specifications.
      put: (store: unknown, key: string) => (store as WindowStore<string, string>).put(key, 'value', 5),
      get: (store: unknown, key: string) => (store as WindowStore<string, string>).fetchAt(key, 5),
    },
  ],
  [
    'histories',
    {
      spec: { ...specBase, kind: 'versioned', historyRetentionMs: 100, segmentIntervalMs: 20 },
      put: (store: unknown, key: string) => (store as VersionedStore<string, string>).put(key, 'value', 5),
      get: (store: unknown, key: string) => (store as VersionedStore<string, string>).get(key)?.value,
    },
  ],
] as const)('%s that were committed', (_name, { get, put, spec }) => {
  const readsOf = (readCacheBytes: number, rounds: number): number => {
    const harness = new WindowedHarness<unknown>(spec, { readCacheBytes }).at(5);
    for (let round = 0; round < rounds; round++) {
      for (const key of keys) put(harness.store, key);
      harness.commit();
    }
    harness.engine.reads = 0;
    for (const key of keys) expect(get(harness.store, key)).toBe('value');
    return harness.engine.reads;
  };

  it.each([1, 2])('written in %i commits: with room for all they stay, with room for none they are read again', (rounds) => {
    expect(readsOf(roomForAll, rounds)).toBe(0);
    expect(readsOf(roomForFew, rounds)).toBeGreaterThanOrEqual(40);
    expect(readsOf(0, rounds)).toBeGreaterThanOrEqual(keys.length);
  });
});
