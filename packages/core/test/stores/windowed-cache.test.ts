/** Window and session stores behind the record cache: what is forwarded and when, what the cache still shows, and in which order it gives way (S-143 … S-154). */
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/processor/change.ts';
import type { StreamRecord } from '../../src/record.ts';
import type { SessionStore, SessionTable } from '../../src/stores/session-faces.ts';
import type { SessionStoreSpec, WindowStoreSpec } from '../../src/stores/store-spec.ts';
import type { TimestampedWindowStore, WindowStore, WindowTable } from '../../src/stores/window-faces.ts';
import type { Windowed } from '../../src/windows/windowed.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const windowSpec: WindowStoreSpec = {
  ...specBase,
  kind: 'window',
  caching: true,
  timestamped: true,
  retentionMs: 50,
  windowSizeMs: 10,
  retainDuplicates: false,
  timeOrdered: false,
};
const sessionSpec: SessionStoreSpec = { ...specBase, kind: 'session', caching: true, retentionMs: 50, timeOrdered: false };

type Windows = TimestampedWindowStore<string, string> & WindowTable<string, string>;
type Sessions = SessionStore<string, string> & SessionTable<string, string>;

function listen(store: WindowTable<string, string> | SessionTable<string, string>, sendOldValues: boolean): string[] {
  const heard: string[] = [];
  store.setFlushListener((record: StreamRecord<Windowed<string>, Change<string>>) => {
    const { key, value, timestamp } = record;
    heard.push(`${key.key}[${key.window.start},${key.window.end}]=${value.newValue}/${value.oldValue}@${timestamp}`);
  }, sendOldValues);
  return heard;
}

describe('a cached window store', () => {
  it('forwards and logs the last update of each window, in the order of the last writes', () => {
    const harness = new WindowedHarness<Windows>(windowSpec, { cacheBytes: 10_000 });
    const heard = listen(harness.store, true);
    harness.at(5).store.write('a', 0, 'one', 5);
    harness.at(6).store.write('b', 0, 'two', 6);
    harness.at(7).store.write('a', 0, 'three', 7);
    expect(harness.logged).toEqual([]);
    expect(harness.managed.unflushed).toBe(true);
    harness.commit();
    expect(heard.splice(0)).toEqual(['b[0,10]=two/null@6', 'a[0,10]=three/null@7']);
    expect(harness.logged.map(({ value, timestamp }) => [value, timestamp])).toEqual([
      ['two', 6],
      ['three', 7],
    ]);
    harness.at(9).store.write('a', 0, 'four', 8);
    harness.commit();
    expect(heard).toEqual(['a[0,10]=four/three@8']);
  });

  it('says nothing of a window that came and went, and a deletion with the time of its record', () => {
    const harness = new WindowedHarness<Windows>(windowSpec, { cacheBytes: 10_000 });
    const heard = listen(harness.store, false);
    harness.at(5).store.write('a', 0, 'x', 5);
    harness.store.write('a', 0, null, 6);
    harness.store.write('b', 0, 'y', 3);
    harness.commit();
    harness.at(9).store.write('b', 0, null, 4);
    harness.commit();
    expect(heard).toEqual(['b[0,10]=y/null@3', 'b[0,10]=null/null@9']);
    expect(harness.logged.map(({ value, timestamp }) => [value, timestamp])).toEqual([
      ['y', 3],
      [null, 9],
    ]);
  });

  it('finds out that a window has expired only when it is flushed: it is forwarded, logged and counted', () => {
    const harness = new WindowedHarness<Windows>({ ...windowSpec, persistence: 'inMemory' }, { cacheBytes: 10_000 });
    const heard = listen(harness.store, true);
    harness.at(5).store.write('a', 100, 'new', 100);
    harness.store.write('a', 20, 'old', 20);
    expect(harness.dropped).toEqual([]);
    harness.commit();
    expect(heard).toEqual(['a[100,110]=new/null@100', 'a[20,30]=old/null@20']);
    expect(harness.logged).toHaveLength(2);
    expect(harness.dropped).toEqual(['expired window']);
    // The cache still shows what the store below refused; nobody else ever will.
    expect(harness.store.fetchAt('a', 20)).toEqual({ value: 'old', timestamp: 20 });
    expect(harness.reopened().store.fetchAt('a', 20)).toBeUndefined();
  });

  it('gives the context of the last update back while it forwards', () => {
    const harness = new WindowedHarness<Windows>(windowSpec, { cacheBytes: 10_000 });
    const contexts: unknown[] = [];
    harness.store.setFlushListener(() => contexts.push({ offset: harness.context.offset, timestamp: harness.context.timestamp }), false);
    harness.at(5, 7).store.write('a', 0, 'x', 5);
    harness.at(9, 8);
    harness.commit();
    expect(contexts).toMatchObject([{ offset: 7, timestamp: 5 }]);
    expect(harness.context).toMatchObject({ offset: 8, timestamp: 9 });
  });

  it('counts the bytes of Java: key with segment and suffix, value with timestamp, context', () => {
    // 8 + 1 + 12 for the key, 25 for the node, 8 + 1 for the value, 20 + 2 for the context.
    const size = 21 + 25 + 9 + 22;
    for (const [cacheBytes, forwarded] of [
      [2 * size, 0],
      [2 * size - 1, 2],
    ] as const) {
      const harness = new WindowedHarness<Windows>(windowSpec, { cacheBytes });
      const heard = listen(harness.store, false);
      harness.at(1).store.write('a', 0, 'x', 1);
      harness.store.write('b', 0, 'x', 1);
      expect(heard).toHaveLength(forwarded);
    }
  });

  it.each([
    { name: 'forwards', backward: false, kept: 20 },
    { name: 'backwards', backward: true, kept: 0 },
  ])('counts a listing $name as a use of each row, in its order', ({ backward, kept }) => {
    const size = 21 + 25 + 1 + 22;
    const harness = new WindowedHarness<WindowStore<string, string>>({ ...windowSpec, timestamped: false }, { cacheBytes: 3 * size });
    for (const start of [10, 0, 20]) harness.at(start).store.put('k', 'v', start);
    harness.commit();
    // All of it is clean now and may go; what was used last stays longest.
    const listed = backward ? harness.store.backwardAll() : harness.store.all();
    expect([...listed]).toHaveLength(3);
    for (const start of [300, 310]) harness.at(start).store.put('k', 'v', start);
    harness.commit();
    expect([0, 10, 20].filter((start) => harness.store.fetchAt('k', start) !== undefined)).toEqual([kept]);
  });

  it('is not cached where it retains duplicates', () => {
    const harness = new WindowedHarness<Windows>({ ...windowSpec, retainDuplicates: true }, { cacheBytes: 10_000 });
    expect(harness.store.setFlushListener(() => {}, true)).toBe(false);
  });
});

describe('a cached session store', () => {
  it('forwards sessions with the time of their end', () => {
    const harness = new WindowedHarness<Sessions>(sessionSpec, { cacheBytes: 10_000 });
    const heard = listen(harness.store, true);
    harness.at(5).store.write('a', 1, 5, 'x');
    harness.commit();
    harness.at(9).store.removeSession('a', 1, 5);
    harness.store.write('a', 1, 9, 'y');
    expect(harness.store.rows('a', 0, 100)).toEqual([{ start: 1, end: 9, value: 'y' }]);
    harness.commit();
    expect(heard).toEqual(['a[1,5]=x/null@5', 'a[1,5]=null/x@5', 'a[1,9]=y/null@9']);
    expect(harness.logged.map(({ value, timestamp }) => [value, timestamp])).toEqual([
      ['x', 5],
      [null, 9],
      ['y', 9],
    ]);
  });
});

describe('a store that retains duplicates', () => {
  const dups: WindowStoreSpec = { ...windowSpec, timestamped: false, caching: false, retainDuplicates: true };

  it.each(['persistent', 'inMemory'] as const)('keeps them in the order of their arrival, over restart and restore (%s)', (persistence) => {
    const harness = new WindowedHarness<WindowStore<string, string>>({ ...dups, persistence });
    harness.at(1);
    for (const value of ['x', 'z', 'y', 'x']) harness.store.put('k', value, 5);
    harness.store.put('k', 'w', 4);
    const rows = ['4=w', '5=x', '5=z', '5=y', '5=x'];
    for (const again of [harness, harness.restored(), harness.commit().reopened()]) {
      expect([...again.store.fetch('k', 0, 9)].map(({ start, value }) => `${start}=${value}`)).toEqual(rows);
      expect([...again.store.all()].map(({ key, value }) => `${key.window.start}=${value}`)).toEqual(rows);
      again.store.put('k', 'last', 5);
      expect([...again.store.fetch('k', 5, 5)].at(-1)).toEqual({ start: 5, value: 'last' });
      again.abort();
    }
  });

  it.each([
    { persistence: 'persistent', found: 'y', dropped: 0, time: 100 },
    { persistence: 'inMemory', found: undefined, dropped: 1, time: 300 },
  ] as const)('$persistence: numbers and logs a deletion that deletes nothing', ({ persistence, found, dropped, time }) => {
    const harness = new WindowedHarness<WindowStore<string, string>>({ ...dups, persistence });
    harness.at(1).store.put('k', 'x', 100);
    harness.store.put('k', 'y', 100);
    expect(harness.store.fetchAt('k', 100)).toBe(found);
    harness.store.put('k', null, 300);
    // In memory the deletion has moved the store's time.
    harness.store.put('k', null, 100);
    expect(harness.dropped).toHaveLength(dropped);
    expect([...harness.store.fetch('k', 0, 999)]).toHaveLength(time === 100 ? 2 : 0);
    expect(harness.logged.map(({ key, value }) => [key.charCodeAt(key.length - 1), value])).toEqual([
      [1, 'x'],
      [2, 'y'],
      [3, null],
      [4, null],
    ]);
  });
});

describe('a read of one key', () => {
  // What the cache gave up is hidden below, since it has expired; what it still has is shown.
  it.each([
    ['in memory passes the rows of other keys that lie between, so that they stay', 'inMemory', ['a@10', 'b@20', 'd@40']],
    ['on disk passes those of the key alone', 'persistent', ['b@20', 'c@30', 'd@40']],
  ] as const)('%s', (_name, persistence, left) => {
    // Three rows of 77 bytes.
    const harness = new WindowedHarness<Windows>({ ...windowSpec, persistence, retentionMs: 1 }, { cacheBytes: 240 });
    ['a', 'b', 'c'].forEach((key, i) => harness.at(i).store.write(key, 10 * (i + 1), 'v', i));
    harness.commit();
    expect([...harness.store.fetch('b', 5, 25)]).toHaveLength(1);
    harness.at(4).store.write('d', 40, 'v', 4);
    harness.commit();
    expect([...harness.store.all()].map(({ key }) => `${key.key}@${key.window.start}`)).toEqual(left);
  });

  it('in memory passes everything before it too, where it is asked for as a range', () => {
    const harness = new WindowedHarness<Windows>({ ...windowSpec, persistence: 'inMemory', retentionMs: 1 }, { cacheBytes: 240 });
    ['a', 'c', 'b'].forEach((key, i) => harness.at(i).store.write(key, 10 * (i + 1), 'v', i));
    harness.commit();
    // Backwards: the eldest row is the one that was passed last.
    expect([...harness.store.scan('b', 29, 31, true)]).toHaveLength(1);
    harness.at(4).store.write('d', 40, 'v', 4);
    harness.commit();
    expect([...harness.store.all()].map(({ key }) => `${key.key}@${key.window.start}`)).toEqual(['a@10', 'c@20', 'd@40']);
  });
});

describe('a read of a range of keys, in a store that finds its rows by time and by key', () => {
  const spec: WindowStoreSpec = { ...windowSpec, retentionMs: 1, timeOrdered: true, keyIndexed: true };

  // Room for three rows and their marks. A range passes both, by key; a listing the rows alone, so that marks give way.
  it.each([
    ['by key', (store: Windows) => store.fetchRange('a', 'c', 0, 99), 'abc', 'cbd'],
    ['by key backwards', (store: Windows) => store.backwardFetchRange('a', 'c', 0, 99), 'cba', 'abd'],
    ['by time', (store: Windows) => store.fetchAll(0, 99), 'cab', 'cabd'],
    ['by time backwards', (store: Windows) => store.backwardFetchAll(0, 99), 'bac', 'cabd'],
  ])('%s: what it passes first goes first', (_name, read, found, left) => {
    const harness = new WindowedHarness<Windows>(spec, { cacheBytes: 480 });
    ['c', 'a', 'b'].forEach((key, i) => harness.at(i).store.write(key, 10 * (i + 1), 'v', i));
    harness.commit();
    const keys = (rows: ReturnType<Windows['all']>): string => [...rows].map(({ key }) => key.key).join('');
    expect(keys(read(harness.store))).toBe(found);
    harness.at(4).store.write('d', 40, 'v', 4);
    harness.commit();
    expect(keys(harness.store.all())).toBe(left);
  });
});
