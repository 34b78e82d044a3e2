/** Every kind of store that is written row by row, with one way to write it. */
import { Change } from '../../src/processor/change.ts';
import { StreamRecord } from '../../src/record.ts';
import type { JoinBuffer, OuterJoinTable, SuppressBuffer } from '../../src/stores/buffer-faces.ts';
import type { KeyValueStore, TimestampedKeyValueStore } from '../../src/stores/faces.ts';
import type { SessionStore } from '../../src/stores/session-faces.ts';
import type { StoreSpec } from '../../src/stores/store-spec.ts';
import type { VersionedStore } from '../../src/stores/versioned-faces.ts';
import type { WindowStore } from '../../src/stores/window-faces.ts';
import { Windowed } from '../../src/windows/windowed.ts';
import { specBase, type WindowedHarness } from './windowed-harness.ts';

export interface StoreKind {
  readonly spec: StoreSpec;
  /** Writes one row of a key; again, it is the same row, but for buffers, which hold or count every record. */
  readonly write: (harness: WindowedHarness<never>, key: string, value?: string) => void;
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

export const storeKinds: readonly (readonly [name: string, kind: StoreKind])[] = [
  [
    'key-value',
    {
      spec: { ...specBase, kind: 'keyValue', timestamped: false },
      write: (harness, key, value = 'value') => storeOf<KeyValueStore<string, string>>(harness).put(key, value),
      holdsEvery: false,
    },
  ],
  [
    'window',
    {
      spec: window,
      write: (harness, key, value = 'value') => storeOf<WindowStore<string, string>>(harness).put(key, value, 5),
      holdsEvery: false,
    },
  ],
  [
    'session',
    {
      spec: { ...specBase, kind: 'session', retentionMs: 1000, timeOrdered: false },
      write: (harness, key, value = 'value') =>
        storeOf<SessionStore<string, string>>(harness).put(new Windowed(key, { start: 1, end: 5 }), value),
      holdsEvery: false,
    },
  ],
  [
    'versioned',
    {
      spec: { ...specBase, kind: 'versioned', historyRetentionMs: 100, segmentIntervalMs: 20 },
      write: (harness, key, value = 'value') => void storeOf<VersionedStore<string, string>>(harness).put(key, value, 5),
      holdsEvery: false,
    },
  ],
  [
    'join buffer',
    {
      spec: { ...specBase, kind: 'joinBuffer', graceMs: 10 },
      write: (harness, key, value = 'value') => {
        const record = StreamRecord.of({ key, value, timestamp: 5 });
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
      write: (harness, key, value = 'value') => storeOf<OuterJoinTable<string, string, string>>(harness).park(key, 5, true, value),
      holdsEvery: true,
    },
  ],
  [
    'suppress buffer',
    {
      spec: { ...specBase, kind: 'suppressBuffer' },
      write: (harness, key, value = 'value') => {
        const record = StreamRecord.of({ key, value: new Change(value, null), timestamp: 5 });
        harness.context.record = record;
        storeOf<SuppressBuffer<string, string, Change<string>>>(harness).put(5, record);
      },
      holdsEvery: true,
    },
  ],
  [
    'timestamped key-value',
    {
      spec: { ...specBase, kind: 'keyValue', timestamped: true },
      write: (harness, key, value = 'value') =>
        storeOf<TimestampedKeyValueStore<string, string>>(harness).put(key, { value, timestamp: 5 }),
      holdsEvery: false,
    },
  ],
  [
    'window with duplicates',
    {
      spec: { ...window, retainDuplicates: true },
      write: (harness, key, value = 'value') => storeOf<WindowStore<string, string>>(harness).put(key, value, 5),
      holdsEvery: true,
    },
  ],
  [
    'time-ordered window in memory',
    {
      spec: { ...window, persistence: 'inMemory', timeOrdered: true },
      write: (harness, key, value = 'value') => storeOf<WindowStore<string, string>>(harness).put(key, value, 5),
      holdsEvery: false,
    },
  ],
];
