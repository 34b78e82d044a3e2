/** Window stores that are time-ordered and keep headers: the record cache has a mark by key beside each row. */
import { describe, expect, it } from 'vitest';
import type { WindowStoreSpec } from '../../src/stores/store-spec.ts';
import type { TimestampedWindowStore, WindowTable } from '../../src/stores/window-faces.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const spec: WindowStoreSpec = {
  ...specBase,
  kind: 'window',
  caching: true,
  timestamped: true,
  retentionMs: 50,
  windowSizeMs: 10,
  retainDuplicates: false,
  timeOrdered: true,
  format: 'headers',
};

// Segment, kind of key, a key of one letter, time and number; the node; the context.
const keyBytes = 8 + 1 + 1 + 8 + 4;
const nodeBytes = 25;
const contextBytes = 20;
/** No headers, timestamp and a value of one letter; the topic. */
const rowBytes = keyBytes + nodeBytes + 1 + 8 + 1 + contextBytes + 2;
const markBytes = keyBytes + nodeBytes + contextBytes;

type Windows = TimestampedWindowStore<string, string> & WindowTable<string, string>;

function cached(cacheBytes: number, changes: Partial<WindowStoreSpec> = {}): WindowedHarness<Windows> {
  return new WindowedHarness<Windows>({ ...spec, ...changes }, { cacheBytes });
}

function valuesLogged({ logged }: WindowedHarness<Windows>): (string | null)[] {
  return logged.map(({ value }) => value);
}

describe('marks in a record cache', () => {
  it.each([
    { name: 'time-ordered, with headers', changes: {}, bytes: rowBytes + markBytes },
    {
      name: 'time-ordered, as sliding windows have them',
      changes: { keyIndexed: true, format: 'default' },
      bytes: rowBytes - 1 + markBytes,
    },
    { name: 'time-ordered, without headers', changes: { format: 'default' }, bytes: rowBytes - 1 },
    { name: 'with headers, by key', changes: { timeOrdered: false }, bytes: rowBytes - 1 },
  ] as const)('count beside rows: $name', ({ bytes, changes }) => {
    for (const [cacheBytes, logged] of [
      [2 * bytes, []],
      [2 * bytes - 1, ['x', 'y']],
    ] as const) {
      const harness = cached(cacheBytes, changes);
      harness.at(1).store.write('a', 0, 'x', 1);
      harness.store.write('b', 0, 'y', 1);
      expect(valuesLogged(harness)).toEqual(logged);
    }
  });

  it('bring their row with them, though it was logged when it came in itself', () => {
    const harness = cached(rowBytes + markBytes);
    harness.at(1).store.write('a', 0, 'x', 1);
    // It drives out the first one, and is flushed with it; then its mark comes in.
    harness.at(2).store.write('b', 0, 'y', 2);
    expect(valuesLogged(harness)).toEqual(['x', 'y']);
    harness.commit();
    expect(harness.takeLogged().map(({ timestamp, value }) => [value, timestamp])).toEqual([
      ['x', 1],
      ['y', 2],
      ['y', 2],
    ]);
    harness.commit();
    expect(harness.logged).toEqual([]);
    expect(harness.reopened().store.fetchAt('b', 0)).toEqual({ value: 'y', timestamp: 2 });
  });

  it('bring nothing where their row has left the cache', () => {
    const harness = cached(rowBytes - 1);
    harness.at(1).store.write('a', 0, 'x', 1);
    harness.commit();
    expect(valuesLogged(harness)).toEqual(['x']);
  });

  it('are flushed once with their row, in either order', () => {
    const harness = cached(2 * (rowBytes + markBytes));
    harness.at(1).store.write('a', 0, 'x', 1);
    harness.store.write('b', 0, 'y', 1);
    // Read by its time, the first row is used, and its mark is not: the mark is what goes first.
    expect(harness.store.fetchAt('a', 0)).toEqual({ value: 'x', timestamp: 1 });
    harness.at(2).store.write('c', 10, 'z', 2);
    harness.commit();
    expect(valuesLogged(harness)).toEqual(['x', 'y', 'z', 'z']);
  });

  it('stay where a row was deleted, and show nothing', () => {
    const harness = cached(10_000);
    harness.at(1).store.write('a', 0, 'x', 1);
    harness.at(2).store.write('a', 0, null, -1);
    harness.commit();
    expect([...harness.store.fetch('a', 0, 100)]).toEqual([]);
    expect(valuesLogged(harness)).toEqual([null]);
    harness.at(3).store.write('a', 0, 'y', 3);
    expect([...harness.store.fetch('a', 0, 100)]).toHaveLength(1);
  });

  it('decide what reads by key see of what has expired; listings by time see the rows', () => {
    const harness = cached(2 * rowBytes + markBytes);
    harness.at(1).store.write('a', 0, 'x', 1);
    harness.commit();
    // The mark is older than the row now, and makes room.
    expect(harness.store.fetchAt('a', 0)).toEqual({ value: 'x', timestamp: 1 });
    harness.at(100).store.write('b', 100, 'y', 100);
    harness.commit();
    expect([...harness.store.fetch('a', 0, 200)]).toEqual([]);
    expect([...harness.store.fetchRange('a', 'b', 0, 200)].map(({ key }) => key.key)).toEqual(['b']);
    expect([...harness.store.all()].map(({ key }) => key.key)).toEqual(['a', 'b']);
  });

  it('are used by reads by key together with their rows, in the order of the read', () => {
    const room = 3 * (rowBytes + markBytes);
    const left = (read: (store: Windows) => Iterable<unknown>): readonly number[] => {
      const harness = cached(room);
      for (const start of [0, 10, 20]) harness.at(start).store.write('k', start, 'v', start);
      harness.commit();
      expect([...read(harness.store)].length).toBeGreaterThan(0);
      // Two of three give way; those that are left show, though they have expired.
      for (const start of [300, 310]) harness.at(start).store.write('l', start, 'v', start);
      harness.commit();
      return [...harness.store.fetch('k', 0, 100)].map(({ start }) => start);
    };
    expect(left((store) => store.fetch('k', 0, 100))).toEqual([20]);
    expect(left((store) => store.backwardFetch('k', 0, 100))).toEqual([0]);
    expect(left((store) => store.fetch('k', 0, 0))).toEqual([0]);
    expect(left((store) => store.fetchRange('a', 'z', 10, 10))).toEqual([20]);
    expect(left((store) => store.backwardFetchRange(undefined, undefined, 0, 100))).toEqual([0]);
    // By time alone the rows are used and no mark.
    expect(left((store) => store.all())).toEqual([]);
  });

  it('list ranges of keys by key, with and without a cache', () => {
    for (const caching of [false, true]) {
      const harness = cached(10_000, { caching });
      harness.at(1).store.write('b', 0, 'x', 1);
      harness.store.write('a', 10, 'y', 11);
      harness.store.write('b', 20, 'z', 21);
      const listed = (rows: Iterable<{ readonly key: { readonly key: string; readonly window: { readonly start: number } } }>): string[] =>
        [...rows].map(({ key }) => `${key.key}${key.window.start}`);
      expect(listed(harness.store.fetchRange('a', 'b', 0, 100))).toEqual(['a10', 'b0', 'b20']);
      expect(listed(harness.store.backwardFetchRange(undefined, 'b', 0, 100))).toEqual(['b20', 'b0', 'a10']);
      expect(listed(harness.store.fetchAll(0, 100))).toEqual(['b0', 'a10', 'b20']);
    }
  });

  it('are forgotten with everything that is not committed', () => {
    const harness = cached(10_000);
    harness.at(1).store.write('a', 0, 'x', 1);
    harness.abort();
    harness.commit();
    expect(harness.logged).toEqual([]);
    expect([...harness.store.fetch('a', 0, 100)]).toEqual([]);
  });
});
