/** What a store says it holds uncommitted, by which commits are forced (I7): it grows with what is there, not with how often it was written, and goes with commit and abort. */
import { describe, expect, it } from 'vitest';
import { StreamRecord } from '../../src/record.ts';
import type { JoinBuffer, OuterJoinTable } from '../../src/stores/buffer-faces.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import type { SessionStore } from '../../src/stores/session-faces.ts';
import type { StoreSpec } from '../../src/stores/store-spec.ts';
import type { VersionedStore } from '../../src/stores/versioned-faces.ts';
import type { WindowStore } from '../../src/stores/window-faces.ts';
import { Windowed } from '../../src/windows/windowed.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

interface Kind {
  readonly spec: StoreSpec;
  /** Writes one row of a key; again, it is the same row, but for buffers, which hold every record. */
  readonly write: (harness: WindowedHarness<never>, key: string) => void;
  readonly holdsEvery: boolean;
}

/** Each kind's face is that of its specification. */
function storeOf<S>(harness: WindowedHarness<never>): S {
  return harness.store;
}

const window = {
  ...specBase,
  kind: 'window',
  timestamped: false,
  retentionMs: 1000,
  windowSizeMs: 10,
  retainDuplicates: false,
  timeOrdered: false,
} as const;

const kinds: readonly (readonly [name: string, kind: Kind])[] = [
  [
    'key-value',
    {
      spec: { ...specBase, kind: 'keyValue', timestamped: false },
      write: (harness, key) => storeOf<KeyValueStore<string, string>>(harness).put(key, 'value'),
      holdsEvery: false,
    },
  ],
  [
    'window',
    { spec: window, write: (harness, key) => storeOf<WindowStore<string, string>>(harness).put(key, 'value', 5), holdsEvery: false },
  ],
  [
    'session',
    {
      spec: { ...specBase, kind: 'session', retentionMs: 1000, timeOrdered: false },
      write: (harness, key) => storeOf<SessionStore<string, string>>(harness).put(new Windowed(key, { start: 1, end: 5 }), 'value'),
      holdsEvery: false,
    },
  ],
  [
    'versioned',
    {
      spec: { ...specBase, kind: 'versioned', historyRetentionMs: 100, segmentIntervalMs: 20 },
      write: (harness, key) => void storeOf<VersionedStore<string, string>>(harness).put(key, 'value', 5),
      holdsEvery: false,
    },
  ],
  [
    'join buffer',
    {
      spec: { ...specBase, kind: 'joinBuffer', graceMs: 10 },
      write: (harness, key) => {
        const record = StreamRecord.of({ key, value: 'value', timestamp: 5 });
        harness.context.record = record;
        storeOf<JoinBuffer<string, string>>(harness).put(record);
      },
      holdsEvery: true,
    },
  ],
  [
    'outer join',
    {
      spec: { ...specBase, kind: 'outerJoin', rightValueSerde: specBase.valueSerde },
      write: (harness, key) => storeOf<OuterJoinTable<string, string, string>>(harness).park(key, 5, true, 'value'),
      holdsEvery: true,
    },
  ],
];

describe.each(kinds)('%s', (_name, { holdsEvery, spec, write }) => {
  const written = (...keys: readonly string[]): { readonly harness: WindowedHarness<never>; readonly bytes: number } => {
    const harness = new WindowedHarness<never>(spec).at(5);
    for (const key of keys) write(harness, key);
    return { harness, bytes: harness.managed.uncommittedBytes };
  };

  it('nothing at first', () => {
    expect(written().bytes).toBe(0);
  });

  it('each key counts, and as much as the one before', () => {
    const one = written('a').bytes;
    expect(one).toBeGreaterThan(5);
    expect(written('a', 'b').bytes).toBe(2 * one);
    expect(written('a', 'b', 'c').bytes).toBe(3 * one);
  });

  it('writing again', () => {
    const [one, thrice] = [written('a').bytes, written('a', 'a', 'a').bytes];
    if (holdsEvery) expect(thrice).toBeGreaterThan(one);
    else expect(thrice).toBe(one);
  });

  it('a commit takes all of it, and what is written afterwards counts anew', () => {
    const { bytes, harness } = written('a', 'b');
    harness.commit();
    expect(harness.managed.uncommittedBytes).toBe(0);
    write(harness, 'c');
    expect(harness.managed.uncommittedBytes).toBe(bytes / 2);
  });

  it('an abort drops it', () => {
    const { bytes, harness } = written('a', 'b');
    harness.abort();
    expect(harness.managed.uncommittedBytes).toBe(0);
    harness.at(5);
    write(harness, 'c');
    expect(harness.managed.uncommittedBytes).toBe(bytes / 2);
  });

  it('what a commit has taken counts until it is through', () => {
    const { bytes, harness } = written('a', 'b');
    const batch = harness.engine.batch();
    harness.managed.flush();
    harness.managed.take(batch);
    expect(harness.managed.uncommittedBytes).toBe(bytes);
    write(harness, 'c');
    expect(harness.managed.uncommittedBytes).toBe(bytes + bytes / 2);
    void batch.commit();
    harness.managed.settle();
    expect(harness.managed.uncommittedBytes).toBe(bytes / 2);
  });
});
