/** Versioned stores against a model: a plain list of versions per key, with Java's rules for what is refused and what a deletion leaves behind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import type { VersionedStoreSpec } from '../../src/stores/store-spec.ts';
import { latestVersion, type VersionedRecord, type VersionedStore, type VersionedTable } from '../../src/stores/versioned-faces.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const historyRetentionMs = 60;
const segmentIntervalMs = 20;

function spec(overrides: Partial<VersionedStoreSpec> = {}): VersionedStoreSpec {
  return { ...specBase, kind: 'versioned', historyRetentionMs, segmentIntervalMs, ...overrides };
}

type Store = VersionedStore<string, string> & VersionedTable<string, string>;

interface ModelVersion {
  readonly timestamp: number;
  readonly value: string | null;
  /** A deletion that is written down with its end. */
  readonly ended: boolean;
}

const segmentOf = (timestamp: number): number => Math.trunc(timestamp / segmentIntervalMs);

/** Every version ever put, sorted. */
class Model {
  keys = new Map<string, readonly ModelVersion[]>();
  observed = -1;

  put(key: string, value: string | null, timestamp: number): number | undefined {
    if (timestamp < this.observed - historyRetentionMs) return undefined;
    this.observed = Math.max(this.observed, timestamp);
    const versions = this.keys.get(key) ?? [];
    const earlier = versions.filter((version) => version.timestamp < timestamp);
    const same = versions.filter((version) => version.timestamp === timestamp);
    const later = versions.filter((version) => version.timestamp > timestamp);
    this.keys.set(key, [...this.#placed(earlier, same, later, { timestamp, value, ended: value === null && later.length > 0 }), ...later]);
    return later[0]?.timestamp ?? -1;
  }

  #placed(
    earlier: readonly ModelVersion[],
    same: readonly ModelVersion[],
    later: readonly ModelVersion[],
    put: ModelVersion,
  ): readonly ModelVersion[] {
    const replaced = same.at(-1);
    const before = [...earlier, ...same.slice(0, -1)];
    if (replaced === undefined) {
      const previous = before.at(-1);
      const isEnded = put.value === null && previous?.value === null && segmentOf(previous.timestamp) === segmentOf(put.timestamp);
      return isEnded ? [...before.slice(0, -1), { ...previous, ended: true }, put] : [...before, put];
    }
    // A deletion that is the latest stays under the value that comes at its time, and is there again when that is deleted.
    if (later.length === 0 && put.value !== null && replaced.value === null) return [...before, replaced, put];
    const previous = before.at(-1);
    const endsThere = previous !== undefined && (previous.value !== null || previous.ended);
    if (later.length === 0 && put.value === null && replaced.value !== null && !endsThere) return before;
    return [...before, put];
  }

  get(key: string, asOf: number): VersionedRecord<string> | undefined {
    const versions = this.keys.get(key) ?? [];
    const at = versions.findLastIndex((version) => version.timestamp <= asOf);
    const found = versions[at];
    if (found === undefined || found.value === null) return undefined;
    if (asOf < this.observed - historyRetentionMs && at !== versions.length - 1) return undefined;
    return { value: found.value, timestamp: found.timestamp };
  }

  copy(): Model {
    const copy = new Model();
    copy.keys = new Map(this.keys);
    copy.observed = this.observed;
    return copy;
  }
}

const key = fc.constantFrom('a', 'b', 'ab');
const time = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.constantFrom(19, 20, 21, 39, 40, 41, 59, 60, 61, 79, 80, 120),
  fc.integer({ min: 0, max: 200 }),
);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.option(fc.constantFrom('x', 'y', ''), { freq: 3 }), time }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key, time }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('get' as const), key, time }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const, 'reopen' as const, 'restore' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(steps: readonly Step[], valueSerde: Serde<unknown>, readCacheBytes: number): void {
  let harness = new WindowedHarness<Store>(spec({ valueSerde }), { readCacheBytes });
  let model = new Model();
  let committed = model.copy();
  let committedLog = 0;
  for (const action of steps) {
    if (action.do === 'put') {
      const before = harness.dropped.length;
      const expected = model.put(action.key, action.value, action.time);
      expect(harness.at(action.time).store.put(action.key, action.value, action.time)).toBe(expected);
      expect(harness.dropped.length - before).toBe(expected === undefined ? 1 : 0);
      expect(harness.logged.at(-1)).toMatchObject({ key: action.key, timestamp: action.time });
    } else if (action.do === 'delete') {
      const found = action.time < model.observed - historyRetentionMs ? undefined : model.get(action.key, action.time);
      model.put(action.key, null, action.time);
      expect(harness.store.delete(action.key, action.time)).toEqual(found);
    } else if (action.do === 'get') {
      expect(harness.store.getAsOf(action.key, action.time)).toEqual(model.get(action.key, action.time));
      expect(harness.store.get(action.key)).toEqual(model.get(action.key, Infinity));
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
      committed = model.copy();
      committedLog = harness.logged.length;
    }
  }
  for (const again of [harness, harness.restored(), harness.commit().reopened()]) {
    for (const inner of ['a', 'b', 'ab']) {
      for (const asOf of [0, 5, 20, 40, 60, 100, 200, 1000]) expect(again.store.getAsOf(inner, asOf)).toEqual(model.get(inner, asOf));
    }
  }
}

describe.each([
  { name: 'text', valueSerde: serdes.string() as unknown as Serde<unknown> },
  { name: 'values that can be changed', valueSerde: serdes.json<string>() as unknown as Serde<unknown> },
])('a versioned store of $name', ({ valueSerde }) => {
  it.each([1 << 20, 900, 0])('does what the model does, with a read cache of %i bytes', (readCacheBytes) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => run(steps, valueSerde, readCacheBytes)),
      { numRuns: 200 },
    );
  });
});

describe('a versioned store', () => {
  it('logs refused puts and counts them', () => {
    const harness = new WindowedHarness<Store>(spec());
    harness.at(100).store.put('k', 'new', 100);
    expect(harness.store.put('k', 'old', 39)).toBeUndefined();
    expect(harness.store.put('k', 'just', 40)).toBe(100);
    expect(harness.dropped).toEqual(['expired version']);
    expect(harness.logged).toEqual([
      { key: 'k', value: 'new', timestamp: 100, headers: [] },
      { key: 'k', value: 'old', timestamp: 39, headers: [] },
      { key: 'k', value: 'just', timestamp: 40, headers: [] },
    ]);
  });

  it('forgets a deletion at the timestamp of the only version, as Java does', () => {
    const harness = new WindowedHarness<Store>(spec());
    harness.at(3).store.put('k', 'a', 3);
    expect(harness.store.put('k', null, 3)).toBe(-1);
    expect(harness.store.put('k', 'b', 1)).toBe(-1);
    expect(harness.store.get('k')).toEqual({ value: 'b', timestamp: 1 });
  });

  it('keeps the latest version however old it is, and drops segments that expired', () => {
    const harness = new WindowedHarness<Store>(spec());
    harness.at(1).store.put('old', 'v', 1);
    for (let i = 0; i < 50; i++) {
      harness.store.put('k', `v${i}`, i * 10);
      harness.commit();
    }
    const again = harness.reopened();
    expect(again.store.get('old')).toEqual({ value: 'v', timestamp: 1 });
    expect(again.store.getAsOf('old', 5)).toEqual({ value: 'v', timestamp: 1 });
    const iterator = again.engine.iterate({});
    let rows = 0;
    while (iterator.next()) rows++;
    iterator.close();
    // Two latest rows, the time, and the segments of the history.
    expect(rows).toBeLessThanOrEqual(3 + Math.ceil(historyRetentionMs / 20) + 1);
  });

  it('has the deletions before a version again once that was deleted, over a restart too', () => {
    const harness = new WindowedHarness<Store>(spec());
    for (const time of [5, 8, 27]) harness.at(time).store.put('k', null, time);
    harness.at(50).store.put('k', 'x', 50);
    harness.commit();
    expect(harness.store.put('k', null, 50)).toBe(latestVersion);
    for (const again of [harness.restored(), harness.commit().reopened()]) expect(again.store.put('k', 'y', 10)).toBe(27);
  });

  it('drops segments once, not with every commit', () => {
    const harness = new WindowedHarness<Store>(spec());
    const drops = [0, 30, 130, 131, 240].map((time) => {
      harness.at(time).store.put('k', `v${time}`, time);
      const before = harness.engine.rangeDeletions;
      harness.commit();
      return harness.engine.rangeDeletions - before;
    });
    expect(drops).toEqual([0, 0, 1, 0, 1]);
  });

  it('has what was written after an abort, whatever room it had before', () => {
    // Room for two keys.
    const harness = new WindowedHarness<Store>(spec(), { readCacheBytes: 750 });
    harness.at(1).store.put('a', 'old', 1);
    harness.commit().abort();
    harness.at(2).store.put('a', 'new', 2);
    for (const other of ['b', 'c', 'd']) expect(harness.store.get(other)).toBeUndefined();
    expect(harness.store.get('a')).toEqual({ value: 'new', timestamp: 2 });
  });

  const noKey = null as unknown as string;
  it.each([
    ['put', (store: Store) => store.put(noKey, 'v', 1)],
    ['get', (store: Store) => store.get(noKey)],
    ['get as of a time', (store: Store) => store.getAsOf(noKey, 1)],
    ['delete', (store: Store) => store.delete(noKey, 1)],
  ])('refuses to %s a null key', (_name, act) => {
    expect(() => act(new WindowedHarness<Store>(spec()).store)).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }));
  });
});

describe('what a versioned store leaves', () => {
  const rows = (harness: WindowedHarness<Store>): readonly { readonly key: string; readonly bytes: number }[] => {
    const iterator = harness.engine.iterate({});
    const found: { readonly key: string; readonly bytes: number }[] = [];
    while (iterator.next()) found.push({ key: Buffer.from(iterator.key).toString('hex'), bytes: iterator.value.length });
    iterator.close();
    return found;
  };

  it('a segment that the last version of a key has left has no row of it any more', () => {
    const harness = new WindowedHarness<Store>(spec());
    // A deletion that is the latest stands in the segment of its own time, and moves to that of what replaces it.
    harness.at(30).store.put('a', null, 30);
    const before = rows(harness.commit()).map(({ key }) => key);
    harness.at(45).store.put('a', 'z', 45);
    const after = rows(harness.commit());
    expect(after.filter(({ bytes }) => bytes === 0)).toEqual([]);
    const left = new Set(after.map(({ key }) => key));
    expect(before.filter((key) => !left.has(key))).toHaveLength(1);
    expect(harness.reopened().store.get('a')).toEqual({ value: 'z', timestamp: 45 });
  });

  it('deleting for a time that is too old finds nothing and changes nothing', () => {
    const harness = new WindowedHarness<Store>(spec());
    harness.at(10).store.put('a', 'x', 10);
    harness.at(200).store.put('b', 'y', 200);
    expect(harness.at(201).store.delete('a', 20)).toBeUndefined();
    expect(harness.store.get('a')).toEqual({ value: 'x', timestamp: 10 });
  });
});
