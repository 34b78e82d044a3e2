/** What keys of a store may be: of every type, empty, or spelt in two ways that are the same bytes. */
import { describe, expect, it } from 'vitest';
import type { Serde } from '../../src/serde/serde.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import { type PlainStore, StoreHarness, type StoreOptions } from './store-harness.ts';

type Store = KeyValueStore<unknown, string>;

const types: readonly (readonly [type: string, serde: unknown, keys: readonly [unknown, unknown, unknown]])[] = [
  ['texts', serdes.string(), ['', 'a', 'é']],
  ['integers', serdes.integer(), [0, 1, 0x7fffffff]],
  ['longs', serdes.long(), [0, 7, 2 ** 53 - 1]],
  ['whole numbers of 64 bits', serdes.bigint64(), [0n, 7n, 2n ** 63n - 1n]],
  ['short numbers', serdes.short(), [0, 1, 0x7fff]],
  ['fractions', serdes.double(), [0, 0.5, 1e300]],
  ['bytes', serdes.bytes(), [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(1, 0xff)]],
];
const forms: readonly (readonly [form: string, options: StoreOptions])[] = [
  ['in an engine', {}],
  ['in an engine, of which nothing is kept', { readCacheBytes: 0 }],
  ['in memory', { volatile: true }],
  ['below a record cache', { cacheBytes: 1 << 20 }],
];

describe.each(forms)('a store %s', (_form, options) => {
  it.each(types)('has rows by keys that are %s', (_type, keySerde, [first, second, third]) => {
    // The keys are of this serde.
    const harness = new StoreHarness<Store>({ ...options, keySerde: keySerde as Serde<never> }).at(1);
    const { store } = harness;
    for (const key of [third, first, second]) {
      expect(store.get(key)).toBeUndefined();
      store.put(key, '1');
      expect(store.get(key)).toBe('1');
    }
    harness.commit();
    expect(store.delete(second)).toBe('1');
    // Written without having been read.
    store.put(first, '2');
    harness.commit();
    expect([first, second, third].map((key) => store.get(key))).toEqual(['2', undefined, '1']);
    expect([...store.all()]).toEqual([
      { key: first, value: '2' },
      { key: third, value: '1' },
    ]);
  });

  it('restores the row of an empty key, whose value is the first byte of what was fetched', () => {
    const harness = new StoreHarness<PlainStore>(options).at(1).restore([{ key: '', value: 'x', timestamp: 5 }]);
    expect(harness.store.get('')).toBe('x');
  });
});

describe('two keys that are the same bytes', () => {
  // What UTF-8 cannot hold is written as a question mark; UUIDs are written in lower case.
  const spellings: readonly (readonly [what: string, keySerde: unknown, one: string, other: string])[] = [
    ['texts', serdes.string(), 'a\uD800', 'a?'],
    ['UUIDs', serdes.uuid(), '123E4567-E89B-12D3-A456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
  ];

  describe.each(spellings)('%s', (_what, keySerde, one, other) => {
    it.each(forms)('are one key of a store %s', (_form, options) => {
      // The keys are of this serde.
      const { store } = new StoreHarness<PlainStore>({ ...options, keySerde: keySerde as Serde<never> }).at(1);
      expect(store.get(other)).toBeUndefined();
      store.put(one, '1');
      expect(store.get(other)).toBe('1');
      store.put(other, '2');
      expect(store.get(one)).toBe('2');
      expect([...store.all()]).toEqual([{ key: other, value: '2' }]);
      store.put(one, null);
      expect(store.get(other)).toBeUndefined();
      store.put(other, '3');
      expect([...store.all()]).toEqual([{ key: other, value: '3' }]);
    });
  });

  it('are one key also where the changelog had rows that no key of the store can have, and rows that are not there are asked for', () => {
    const harness = new StoreHarness<PlainStore>({ volatile: true, readCacheBytes: 600 }).at(1);
    const [one, other] = ['a\uD800', 'a?'];
    const { store } = harness.restore([{ key: 'b\xff', value: '2', timestamp: 5 }]);
    store.put(other, '1');
    store.put(other, null);
    expect(store.get(one)).toBeUndefined();
    store.put(other, '2');
    // More than the read cache has room for.
    for (const absent of ['p', 'q', 'r', 's', 't']) expect(store.get(absent)).toBeUndefined();
    store.put('z', '1');
    expect(store.get(other)).toBe('2');
  });
});
