/** Key-value stores on an engine that ends with the task: all rows in memory, none in the engine, everything from the changelog after an abort, and no other results. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import { type PlainStore, StoreHarness, type StoreOptions, type TimestampedTable } from './store-harness.ts';

const opened = (options: StoreOptions = {}): StoreHarness<PlainStore> => new StoreHarness<PlainStore>({ volatile: true, ...options }).at(1);
const rows = (store: PlainStore): string[] => [...store.all()].map(({ key, value }) => `${key}=${value}`);

describe('a volatile store', () => {
  it('says so, gives a commit nothing, and holds nothing that a commit would free', () => {
    const harness = opened({ readCacheBytes: 0 });
    expect(harness.managed.volatile).toBe(true);
    for (const key of ['c', 'a', 'b']) harness.store.put(key, '1');
    expect(harness.managed.uncommittedBytes).toBe(0);
    harness.commit();
    harness.store.delete('b');
    harness.commit();
    expect(harness.engineRows()).toEqual([]);
    expect(rows(harness.store)).toEqual(['a=1', 'c=1']);
    expect(harness.readCache.bytes).toBe(0);
    expect(harness.takeLogged()).toEqual(['c=1@1', 'a=1@1', 'b=1@1', 'b=null@1']);
  });

  it('is empty after an abort, and as the changelog says after a restore', () => {
    const harness = opened();
    harness.store.put('a', '1');
    harness.commit().abort();
    expect(rows(harness.store)).toEqual([]);
    const text = (key: string, value: string | null) => ({ key, value, timestamp: 5 });
    harness.restore([text('b', '1'), text('a', '1'), text('c', '1'), text('a', '2'), text('c', null), text('never', null)]);
    expect(rows(harness.store)).toEqual(['a=2', 'b=1']);
    expect(harness.store.get('c')).toBeUndefined();
    expect(harness.engineRows()).toEqual([]);
    harness.store.delete('a');
    expect(rows(harness.store)).toEqual(['b=1']);
  });

  it('shows what was restored to somebody who looked before', () => {
    const harness = opened();
    expect(harness.store.get('a')).toBeUndefined();
    expect(rows(harness.store)).toEqual([]);
    harness.restore([{ key: 'a', value: '1', timestamp: 5 }]);
    expect(harness.store.get('a')).toBe('1');
    expect(rows(harness.store)).toEqual(['a=1']);
  });

  it('gives restored rows their timestamps, and old values to updates', () => {
    const harness = new StoreHarness<TimestampedTable>({ volatile: true, timestamped: true, cacheBytes: 1 << 20 }).at(1);
    const heard: string[] = [];
    harness.store.setFlushListener(({ value }) => void heard.push(`${value.oldValue}→${value.newValue}`), true);
    harness.restore([{ key: 'a', value: 'x', timestamp: 77 }]);
    expect(harness.store.lookup('a')).toMatchObject({ value: 'x', timestamp: 77 });
    harness.store.write('a', 'y', 80);
    harness.store.write('b', 'z', 81);
    harness.store.write('c', null, 82);
    harness.managed.flush();
    expect(heard).toEqual(['x→y', 'null→z']);
  });

  it('decodes the value of a restored row once, if it cannot be changed', () => {
    let decoded = 0;
    const counting: Serde<string> = {
      immutable: true,
      primitive: true,
      format: undefined,
      decode: (buffer, start, end) => {
        decoded++;
        return serdes.string().decode(buffer, start, end);
      },
      encodeInto: (value, writer) => serdes.string().encodeInto(value, writer),
    };
    const harness = opened({ valueSerde: counting as Serde<never> }).restore([{ key: 'a', value: '1', timestamp: 5 }]);
    expect(harness.store.get('a')).toBe('1');
    expect(rows(harness.store)).toEqual(['a=1']);
    expect(decoded).toBe(1);
  });

  it('lists a snapshot, whatever is written meanwhile', () => {
    const { store } = opened();
    for (const key of ['a', 'b', 'c']) store.put(key, '1');
    const iterator = store.all();
    store.put('b', '2');
    store.delete('c');
    store.put('d', '1');
    expect([...iterator].map(({ key, value }) => `${key}=${value}`)).toEqual(['a=1', 'b=1', 'c=1']);
    expect(rows(store)).toEqual(['a=1', 'b=2', 'd=1']);
  });

  it('keeps a row whose value cannot be read until somebody reads it', () => {
    const harness = new StoreHarness<KeyValueStore<string, number>>({ volatile: true, valueSerde: serdes.long() as Serde<never> }).at(1);
    harness.restore([
      { key: 'bad', value: 'xyz', timestamp: 5 },
      { key: 'good', value: '\0\0\0\0\0\0\0\x07', timestamp: 5 },
    ]);
    expect(harness.store.get('good')).toBe(7);
    expect(() => harness.store.get('bad')).toThrow('8 bytes');
    harness.store.put('bad', 1);
    expect(harness.store.get('bad')).toBe(1);
    expect(harness.store.approximateNumEntries()).toBe(2);
  });
});

describe('a changelog with keys that no key of the store can be', () => {
  const foreign = { key: 'b\xff', value: '2', timestamp: 5 };
  const changelog = [{ key: 'a', value: '1', timestamp: 5 }, foreign, { key: 'c', value: '3', timestamp: 5 }];

  it('lists them in their place, as an engine would', () => {
    const kept = new StoreHarness<PlainStore>().at(1).restore(changelog);
    const harness = opened().restore(changelog);
    expect(rows(harness.store)).toEqual(['a=1', 'b\uFFFD=2', 'c=3']);
    expect(rows(kept.store)).toEqual(rows(harness.store));
    expect([...harness.store.reverseRange('a', 'c')].length).toBe(3);
    expect(harness.store.get('b\uFFFD')).toBeUndefined();
    harness.store.put('b\uFFFD', '4');
    harness.store.put('a', '5');
    harness.store.delete('c');
    expect(rows(harness.store)).toEqual(['a=5', 'b\uFFFD=4', 'b\uFFFD=2']);
    expect(harness.store.get('b\uFFFD')).toBe('4');
    expect(harness.engineRows()).toEqual([['b\xff', '2']]);
  });

  it('keeps the row of a key that was asked for before it was restored', () => {
    const harness = opened({ readCacheBytes: 600 }).restore([foreign]);
    expect(harness.store.get('a')).toBeUndefined();
    harness.restore([{ key: 'a', value: '1', timestamp: 5 }]);
    // More than the read cache has room for.
    for (const other of ['p', 'q', 'r', 's', 't']) expect(harness.store.get(other)).toBeUndefined();
    expect(harness.store.get('a')).toBe('1');
  });

  it.each([
    ['none of them any more', [{ key: 'a', value: '9', timestamp: 6 }], ['a=9']],
    ['another one', [{ key: 'z\xfe', value: '9', timestamp: 6 }], ['z\uFFFD=9']],
    ['one that was deleted', [foreign, { ...foreign, value: null }], []],
  ])('holds after an abort what the changelog has: %s', (_what, later, expected) => {
    const harness = opened().restore(changelog);
    expect(harness.store.get('nobody')).toBeUndefined();
    harness.abort();
    harness.restore(later);
    expect(rows(harness.store)).toEqual(expected);
  });
});

// ---- the same results as with rows in an engine ----

type Step =
  | { readonly do: 'put'; readonly key: string; readonly value: string | null }
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'list'; readonly from: string; readonly count: number; readonly reverse: boolean }
  | { readonly do: 'flush' | 'commit' };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.option(fc.constantFrom('1', '2', '3'), { freq: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('list' as const), from: key, count: fc.integer({ min: 0, max: 7 }), reverse: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'commit' as const) }) },
);

/** Everything that can be seen: what is read, what is forwarded, what is logged, in order. */
function seen(options: StoreOptions, steps: readonly Step[]): string[] {
  const harness = new StoreHarness<TimestampedTable>({ timestamped: true, ...options });
  const { store } = harness;
  const log: string[] = [];
  store.setFlushListener((record) => void log.push(`${record.key}: ${record.value.oldValue}→${record.value.newValue}`), true);
  let clock = 0;
  for (const each of steps) {
    harness.at(++clock);
    if (each.do === 'put') store.write(each.key, each.value, clock);
    else if (each.do === 'get') log.push(`get ${store.get(each.key)?.value}`);
    else if (each.do === 'list') {
      const iterator = each.reverse ? store.reverseRange(undefined, each.from) : store.range(each.from, undefined);
      for (let i = 0; i < each.count; i++) {
        const row = iterator.next();
        log.push(row.done === true ? 'end' : `list ${row.value.key}=${row.value.value.value}`);
      }
      iterator.close();
    } else if (each.do === 'flush') harness.managed.flush();
    else harness.commit();
    log.push(...harness.takeLogged());
  }
  return log;
}

describe('what comes out of a volatile store', () => {
  it.each([undefined, 0, 150, 260, 400])('is what comes out of one in an engine, with a record cache of %s bytes', (cacheBytes) => {
    const cache = cacheBytes === undefined ? {} : { cacheBytes };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const inEngine = seen({ ...cache, readCacheBytes: 0 }, steps);
        expect(seen({ ...cache, volatile: true }, steps)).toEqual(inEngine);
      }),
      { numRuns: 400, seed: 11 },
    );
  });
});
