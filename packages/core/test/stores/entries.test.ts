/** The parts below a store: index, order, read cache. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Entry, entryBytes, entryOverheadBytes } from '../../src/stores/entry.ts';
import { EntryIndex } from '../../src/stores/entry-index.ts';
import { prefixEnd, readTimestamp, writeTimestamp } from '../../src/stores/key-bytes.ts';
import { OrderedEntries } from '../../src/stores/ordered-entries.ts';
import { ReadCache } from '../../src/stores/read-cache.ts';
import { type PlainStore, StoreHarness } from './store-harness.ts';

const owner = { evict: () => {} };
const entry = (key: unknown): Entry => new Entry(key, owner, true);

describe('the index', () => {
  it('goes on in further maps when one is full, and finds, deletes and lists all of them', () => {
    const index = new EntryIndex(3);
    for (let i = 0; i < 10; i++) index.add(entry(i));
    expect(index.size).toBe(10);
    expect([...index].map(({ indexKey }) => indexKey)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    index.delete(1);
    index.delete(8);
    index.add(entry('new'));
    index.add(entry('newer'));
    expect(index.size).toBe(10);
    for (const key of [0, 2, 3, 4, 5, 6, 7, 9, 'new', 'newer']) expect(index.get(key)?.indexKey).toBe(key);
    expect(index.get(1)).toBeUndefined();
    index.clear();
    expect(index.size).toBe(0);
  });
});

describe('the order', () => {
  it('agrees with a sorted array', () => {
    const key = fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', '\0', 'ÿ') });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), key), { maxLength: 2000, size: 'max' }),
        fc.option(key, { nil: undefined }),
        fc.option(key, { nil: undefined }),
        (steps, from, to) => {
          const ordered = new OrderedEntries();
          const model = new Map<string, Entry>();
          for (const [add, text] of steps) {
            const made = entry(text);
            if (add) {
              ordered.set(text, made);
              model.set(text, made);
            } else {
              ordered.delete(text, model.get(text) ?? made);
              model.delete(text);
            }
          }
          const seen: [string, Entry][] = [];
          ordered.visit(from, to, (found, made) => void seen.push([found, made]));
          const expected = [...model]
            .filter(([text]) => (from === undefined || text >= from) && (to === undefined || text < to))
            .sort(([a], [b]) => (a < b ? -1 : 1));
          expect(seen.length).toBe(expected.length);
          expect(seen.every(([text, made], i) => text === expected[i]?.[0] && made === expected[i]?.[1])).toBe(true);
          expect(ordered.size).toBe(model.size);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });
});

describe('the read cache', () => {
  function cacheOf(entries: number) {
    const evicted: unknown[] = [];
    const cache = new ReadCache(entries * entryOverheadBytes);
    const make = (key: unknown): Entry => new Entry(key, { evict: ({ indexKey }) => void evicted.push(indexKey) }, true);
    return { cache, make, evicted };
  }

  it('evicts the eldest, but gives one that was used since another round', () => {
    const { cache, make, evicted } = cacheOf(3);
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(make) as [Entry, Entry, Entry, Entry, Entry];
    for (const added of [a, b, c]) cache.add(added);
    a.referenced = true;
    cache.add(d);
    expect(evicted).toEqual(['b']);
    cache.add(e);
    expect(evicted).toEqual(['b', 'c']);
  });

  it('ends even if everything was used', () => {
    const { cache, make, evicted } = cacheOf(3);
    const all = Array.from({ length: 3 }, (_, i) => make(i));
    for (const added of all) cache.add(added);
    for (const used of all) used.referenced = true;
    cache.add(make(3));
    expect(evicted).toHaveLength(1);
  });

  it('keeps nothing with a limit of 0', () => {
    const { cache, make, evicted } = cacheOf(0);
    cache.add(make('a'));
    expect(evicted).toEqual(['a']);
    expect(cache.bytes).toBe(0);
  });

  it('counts key and value bytes, and what is taken out no longer', () => {
    const { cache, make } = cacheOf(100);
    const big = make('big');
    big.keyLength = 100;
    big.valueLength = 1000;
    cache.add(big);
    cache.add(make('small'));
    expect(cache.bytes).toBe(2 * entryOverheadBytes + 1100);
    expect(entryBytes(big)).toBe(entryOverheadBytes + 1100);
    cache.remove(big);
    cache.remove(big);
    expect(cache.bytes).toBe(entryOverheadBytes);
  });
});

describe('bytes', () => {
  it.each([0, 1, -1, 255, 4294967295, 4294967296, 1_700_000_000_000, -4294967297, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'writes and reads timestamp %d as Java does',
    (timestamp) => {
      const bytes = new Uint8Array(9);
      writeTimestamp(bytes, 1, timestamp);
      expect(Buffer.from(bytes).readBigInt64BE(1)).toBe(BigInt(timestamp));
      expect(readTimestamp(bytes.subarray(1))).toBe(timestamp);
    },
  );

  it.each([
    [
      [1, 2],
      [1, 3],
    ],
    [[1, 0xff, 0xff], [2]],
    [[0xff], undefined],
    [[], undefined],
  ])('%j ends before %j', (prefix, end) => {
    const bytes = Uint8Array.from(prefix);
    expect(prefixEnd(bytes)).toEqual(end === undefined ? undefined : Uint8Array.from(end));
    expect([...bytes]).toEqual(prefix);
  });
});

describe('reading', () => {
  it('asks the engine once for a row, and once for its absence', () => {
    const harness = new StoreHarness<PlainStore>();
    harness.at(1).store.put('a', '1');
    harness.commit();
    harness.abort();
    for (let i = 0; i < 3; i++) {
      expect(harness.store.get('a')).toBe('1');
      expect(harness.store.get('b')).toBeUndefined();
    }
    expect(harness.engine.gets).toBe(2);
  });

  it('does not ask for a row that was written, before or after its commit', () => {
    const harness = new StoreHarness<PlainStore>();
    harness.at(1).store.put('a', '1');
    expect(harness.store.get('a')).toBe('1');
    harness.commit();
    expect(harness.store.get('a')).toBe('1');
    expect(harness.engine.gets).toBe(0);
  });

  it('takes two keys of the same bytes for one: a lone surrogate is a question mark, as in Java', () => {
    const harness = new StoreHarness<PlainStore>();
    harness.at(1).store.put('x\uD800', '1');
    expect(harness.store.get('x?')).toBe('1');
    expect(harness.store.get('x\uDC00')).toBe('1');
    harness.commit();
    expect([...harness.store.all()]).toEqual([{ key: 'x?', value: '1' }]);
  });

  it.each([null, undefined])('refuses the key %s, also when it has forgotten the row that it looked at last', (key) => {
    const harness = new StoreHarness<PlainStore>().at(1);
    const { store } = harness;
    store.put('k', 'v');
    harness.abort();
    for (const call of [() => store.get(key as never), () => store.put(key as never, 'v'), () => store.delete(key as never)]) {
      expect(call).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }));
    }
  });

  it('iterates over what there was when it began', () => {
    const harness = new StoreHarness<PlainStore>();
    harness.at(1).store.putAll([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    harness.commit();
    harness.store.put('b', '22');
    harness.store.put('bb', '4');
    const iterator = harness.store.all();
    expect(iterator.next().value).toEqual({ key: 'a', value: '1' });
    harness.store.put('b', '222');
    harness.store.put('c', null);
    harness.store.put('d', '5');
    harness.commit();
    expect([...iterator]).toEqual([
      { key: 'b', value: '22' },
      { key: 'bb', value: '4' },
      { key: 'c', value: '3' },
    ]);
  });

  it('ends an iterator that is closed, left, or whose task gave up its state', () => {
    const harness = new StoreHarness<PlainStore>();
    harness.at(1).store.putAll([
      ['a', '1'],
      ['b', '2'],
    ]);
    harness.commit();
    const closed = harness.store.all();
    closed.close();
    closed.close();
    expect([...closed]).toEqual([]);
    const left = harness.store.all();
    for (const { key } of left) if (key === 'a') break;
    expect([...left]).toEqual([]);
    const open = harness.store.all();
    harness.abort();
    expect([...open]).toEqual([]);
  });

  it('is empty for bounds in the wrong order', () => {
    const harness = new StoreHarness<PlainStore>();
    harness.at(1).store.putAll([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect([...harness.store.range('b', 'a')]).toEqual([]);
    expect([...harness.store.reverseRange('b', 'a')]).toEqual([]);
  });
});
