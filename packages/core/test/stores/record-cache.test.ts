/** The record cache as Kafka Streams has it: sizes, order, eviction, and what a flush forwards. Figures follow NamedCache, LRUCacheEntry and ProcessorRecordContext. */
import { describe, expect, it } from 'vitest';
import { Headers } from '../../src/headers.ts';
import { StreamRecord } from '../../src/record.ts';
import { CacheBudget } from '../../src/stores/record-cache.ts';
import { type PlainStore, type StoreOptions, StoreHarness, type TimestampedTable } from './store-harness.ts';

/** Key of one byte, timestamped value of one byte, topic `in`: key, links and entry, flag, value with timestamp, context, topic. */
const entrySize = 1 + 24 + 1 + (8 + 1) + 20 + 2;
const cleanSize = 1 + 24 + 1 + (8 + 1) + 20;

interface Forwarded {
  readonly key: string;
  readonly newValue: string | null;
  readonly oldValue: string | null;
  readonly timestamp: number;
}

function table(options: StoreOptions = {}, sendOldValues = true) {
  const harness = new StoreHarness<TimestampedTable>({ timestamped: true, cacheBytes: 1 << 20, ...options });
  const forwarded: Forwarded[] = [];
  const cached = harness.store.setFlushListener(
    ({ key, value, timestamp }) => void forwarded.push({ key, newValue: value.newValue, oldValue: value.oldValue, timestamp }),
    sendOldValues,
  );
  let now = 100;
  const write = (key: string, value: string | null, timestamp = now): void => {
    harness.at(++now);
    harness.store.write(key, value, timestamp);
  };
  const take = (): string[] =>
    forwarded.splice(0).map(({ key, newValue, oldValue, timestamp }) => `${key}:${oldValue}→${newValue}@${timestamp}`);
  return { harness, store: harness.store, budget: harness.budget as CacheBudget, write, take, cached };
}

describe('sizes', () => {
  it('counts an update as Java does', () => {
    const { budget, write } = table();
    write('a', 'x');
    expect(budget.usedBytes).toBe(entrySize);
    write('bcd', 'wxyz');
    expect(budget.usedBytes).toBe(2 * entrySize + 2 + 3);
    write('a', 'xx');
    expect(budget.usedBytes).toBe(2 * entrySize + 2 + 3 + 1);
  });

  it('counts a deletion without value bytes, and forgets it when it is flushed', () => {
    const { harness, budget, write } = table();
    write('a', null);
    expect(budget.usedBytes).toBe(entrySize - 9);
    harness.managed.flush();
    expect(budget.usedBytes).toBe(0);
  });

  it('counts the headers of the record in progress: characters of the names, bytes of the values', () => {
    const { harness, budget } = table();
    harness.at(5);
    harness.context.record = StreamRecord.of<unknown, unknown>({
      key: 'a',
      value: 'x',
      timestamp: 5,
      headers: new Headers([
        { key: 'hé', value: Uint8Array.of(1, 2, 3) },
        { key: 'n', value: null },
      ]),
    });
    harness.store.write('a', 'x', 5);
    expect(budget.usedBytes).toBe(entrySize + 5 + 1);
  });

  it('counts no topic in a punctuation', () => {
    const { harness, budget } = table();
    harness.at(5);
    harness.context.topic = null;
    harness.store.write('a', 'x', 5);
    expect(budget.usedBytes).toBe(entrySize - 2);
  });

  it('keeps a row that was read, as a clean entry without topic', () => {
    const { harness, store, budget, write } = table();
    write('a', 'x');
    harness.commit();
    harness.abort();
    expect(budget.usedBytes).toBe(0);
    expect(store.get('a')).toEqual({ value: 'x', timestamp: 100 });
    expect(budget.usedBytes).toBe(cleanSize);
    expect(store.get('b')).toBeUndefined();
    expect(budget.usedBytes).toBe(cleanSize);
  });

  it('counts a row once that is read and then written, also where nothing clean is kept beside the record cache', () => {
    const { harness, store, budget, write } = table({ readCacheBytes: 0 });
    write('a', 'x');
    harness.commit();
    harness.abort();
    expect(store.lookup('a')?.value).toBe('x');
    expect(budget.usedBytes).toBe(cleanSize);
    write('a', 'y');
    expect(budget.usedBytes).toBe(entrySize);
  });

  it('counts plain values without a timestamp', () => {
    const harness = new StoreHarness<PlainStore>({ cacheBytes: 1 << 20 });
    harness.at(1).store.put('a', 'x');
    expect(harness.budget?.usedBytes).toBe(entrySize - 8);
  });
});

describe('flush', () => {
  it('forwards one change for each row, in the order of the last writes, old value as forwarded last (S-145, S-147)', () => {
    const { harness, write, take } = table();
    write('a', '1');
    write('b', '2');
    write('a', '3');
    expect(take()).toEqual([]);
    harness.managed.flush();
    expect(take()).toEqual(['b:null→2@101', 'a:null→3@102']);
    write('a', '4');
    write('a', '5');
    harness.managed.flush();
    expect(take()).toEqual(['a:3→5@104']);
    harness.managed.flush();
    expect(take()).toEqual([]);
  });

  it('leaves old values out where nobody asked', () => {
    const { harness, write, take } = table({}, false);
    write('a', '1');
    harness.managed.flush();
    write('a', '2');
    write('b', null);
    harness.managed.flush();
    expect(take()).toEqual(['a:null→1@100', 'a:null→2@101']);
  });

  it('says nothing of a row that came and went (S-146)', () => {
    const { harness, write, take } = table();
    write('a', '1');
    write('a', null);
    harness.managed.flush();
    expect(take()).toEqual([]);
    expect(harness.takeLogged()).toEqual([]);
  });

  it('looks into the engine for the old value of a row that was never read', () => {
    const { harness, write, take } = table();
    write('a', '1');
    harness.commit();
    harness.abort();
    take();
    write('a', null);
    harness.managed.flush();
    expect(take()).toEqual(['a:1→null@102']);
  });

  it('forwards a deletion with the time of its record, a value with the row’s (S-148)', () => {
    const { harness, write, take } = table();
    write('a', '1', 7);
    harness.managed.flush();
    write('a', null, 8);
    harness.managed.flush();
    expect(take()).toEqual(['a:null→1@7', 'a:1→null@102']);
    expect(harness.takeLogged()).toEqual(['a=1@7', 'a=null@102']);
  });

  it('restores the context of the last update while it forwards, and the one before afterwards', () => {
    const harness = new StoreHarness<TimestampedTable>({ timestamped: true, cacheBytes: 1 << 20 });
    const { context } = harness;
    const seen: unknown[] = [];
    harness.store.setFlushListener(
      (record) => void seen.push([context.topic, context.offset, context.timestamp, record.headersOrNull?.size]),
      false,
    );
    harness.at(5, 'first', 1).store.write('a', '1', 3);
    harness.context.record = StreamRecord.of<unknown, unknown>({
      key: 'a',
      value: '2',
      timestamp: 6,
      headers: [{ key: 'h', value: null }],
    });
    Object.assign(context, { topic: 'second', offset: 2, timestamp: 6 });
    harness.store.write('b', '2', 4);
    harness.at(9, 'other', 77);
    harness.managed.flush();
    expect(seen).toEqual([
      ['first', 1, 5, undefined],
      ['second', 2, 6, 1],
    ]);
    expect([context.topic, context.offset, context.timestamp]).toEqual(['other', 77, 9]);
  });

  it('logs every update of a store that nobody listens to, also what came and went', () => {
    const harness = new StoreHarness<PlainStore>({ cacheBytes: 1 << 20 });
    harness.at(1).store.put('a', '1');
    harness.at(2).store.put('a', null);
    harness.at(3).store.put('b', '2');
    harness.managed.flush();
    expect(harness.takeLogged()).toEqual(['a=null@2', 'b=2@3']);
  });

  it('takes an update of the same row that comes back while it is forwarded', () => {
    const harness = new StoreHarness<TimestampedTable>({ timestamped: true, cacheBytes: 1 << 20 });
    const { store } = harness;
    const forwarded: string[] = [];
    store.setFlushListener(({ key, value }) => {
      forwarded.push(`${key}:${value.oldValue}→${value.newValue}`);
      if (value.newValue === '1') store.write('b', 'again', 9);
    }, true);
    harness.at(1).store.write('a', '1', 1);
    harness.at(2).store.write('b', '2', 2);
    harness.managed.flush();
    expect(forwarded).toEqual(['a:null→1', 'b:null→2']);
    expect(store.get('b')).toEqual({ value: 'again', timestamp: 9 });
    harness.managed.flush();
    expect(forwarded).toEqual(['a:null→1', 'b:null→2', 'b:2→again']);
  });
});

it('gives a commit the row that was forwarded last, with its time, where an update waits', () => {
  const { harness, store, write } = table();
  write('a', '1', 5);
  harness.managed.flush();
  write('a', '2', 9);
  harness.take();
  harness.write();
  expect(harness.engineRows()).toEqual([['a', '\0\0\0\0\0\0\0\x051']]);
  expect(store.lookup('a')).toMatchObject({ value: '2', timestamp: 9 });
  harness.abort();
  expect(store.lookup('a')).toMatchObject({ value: '1', timestamp: 5 });
});

describe('eviction', () => {
  it('flushes the least recently used entry first, then all other dirty ones (S-147)', () => {
    const { write, take, budget } = table({ cacheBytes: 2 * entrySize });
    write('a', '1');
    write('b', '2');
    write('a', '3');
    expect(take()).toEqual([]);
    write('c', '4');
    expect(take()).toEqual(['b:null→2@101', 'a:null→3@102', 'c:null→4@103']);
    expect(budget.usedBytes).toBe(2 * entrySize);
  });

  it('drops a clean entry silently', () => {
    const { harness, store, write, take } = table({ cacheBytes: 2 * entrySize });
    write('a', '1');
    write('b', '2');
    harness.managed.flush();
    take();
    store.get('a');
    // `b` is the least recently used now, and clean.
    write('c', '3');
    expect(take()).toEqual([]);
    write('d', '4');
    expect(take()).toEqual([]);
    write('e', '5');
    expect(take()).toEqual(['c:null→3@102', 'd:null→4@103', 'e:null→5@104']);
  });

  it('forwards every update of a cache that is too small for one', () => {
    const { write, take, harness } = table({ cacheBytes: 10 });
    write('a', '1');
    write('a', '2');
    write('a', null);
    expect(take()).toEqual(['a:null→1@100', 'a:1→2@101', 'a:2→null@103']);
    expect(harness.takeLogged()).toEqual(['a=1@100', 'a=2@101', 'a=null@103']);
  });

  it('takes from the cache that grew, not from its neighbours', () => {
    const cacheBudget = new CacheBudget(2 * entrySize);
    const one = table({ cacheBudget, prefix: [1, 0] });
    const two = table({ cacheBudget, prefix: [1, 1] });
    one.write('a', '1');
    one.write('b', '2');
    two.write('c', '3');
    expect(one.take()).toEqual([]);
    expect(two.take()).toEqual(['c:null→3@100']);
    one.write('d', '4');
    expect(one.take()).toEqual(['a:null→1@100', 'b:null→2@101', 'd:null→4@102']);
  });

  it('counts a row as used when a range comes to it', () => {
    const { harness, store, write, take } = table({ cacheBytes: 2 * entrySize });
    write('a', '1');
    write('b', '2');
    harness.managed.flush();
    take();
    for (const { key } of store.range('a', 'a')) expect(key).toBe('a');
    write('c', '3');
    write('a', '4');
    expect(take()).toEqual([]);
    write('d', '5');
    expect(take()).toEqual(['c:null→3@102', 'a:1→4@103', 'd:null→5@104']);
  });
});

it('does not cache without a budget', () => {
  expect(table().cached).toBe(true);
  const harness = new StoreHarness<TimestampedTable>({ timestamped: true, caching: true });
  expect(harness.store.setFlushListener(() => {}, true)).toBe(false);
});

describe('bytes of inputs that wait with updates, for dead letters', () => {
  const raw = { key: Uint8Array.of(1, 2), value: new Uint8Array(1000) };
  const rawBytes = 1002;
  const keeping = (options: StoreOptions = {}) => {
    const made = table(options);
    made.harness.context.keepsRaw = true;
    made.harness.context.raw = raw;
    return made;
  };
  const plain = (...keys: readonly string[]): number => {
    const { harness, write } = table();
    for (const key of keys) write(key, 'x');
    return harness.managed.uncommittedBytes;
  };

  it('force a commit like what is uncommitted, one input a row, and are not in the size of the cache', () => {
    const { budget, harness, write } = keeping();
    write('a', 'x');
    write('a', 'x');
    expect(harness.managed.uncommittedBytes).toBe(plain('a') + rawBytes);
    write('b', 'x');
    expect(harness.managed.uncommittedBytes).toBe(plain('a', 'b') + 2 * rawBytes);
    expect(budget.usedBytes).toBe(2 * entrySize);
  });

  it('go with the flush, though the rows stay in the cache', () => {
    const { budget, harness, write } = keeping();
    const kept: unknown[] = [];
    harness.store.setFlushListener(() => void kept.push(harness.context.raw), true);
    write('a', 'x');
    harness.managed.flush();
    harness.commit();
    expect(kept).toEqual([raw]);
    expect(harness.managed.uncommittedBytes).toBe(0);
    expect(budget.usedBytes).toBe(entrySize);
  });

  it('go with eviction and abort', () => {
    const evicting = keeping({ cacheBytes: entrySize });
    evicting.write('a', 'x');
    evicting.write('b', 'x');
    evicting.harness.commit();
    expect(evicting.harness.managed.uncommittedBytes).toBe(0);
    const aborted = keeping();
    aborted.write('a', 'x');
    aborted.harness.managed.reset();
    expect(aborted.harness.managed.uncommittedBytes).toBe(0);
  });
});
