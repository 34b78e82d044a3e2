/** What the processors of the hand-over keep in stores of each kind: the twins of those in StoreKinds.java. */
import type { StateStoreOptions, StreamRecord } from '@millrace/core';
import type {
  KeyValueStore,
  SessionStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  ValueAndTimestamp,
  VersionedStore,
  WindowStore,
} from '@millrace/core';
import { Windowed } from '@millrace/core';

type Input = StreamRecord<string, string | null>;

/** A store and what is done with it for each record; the result is the record's new value. */
export interface Keeper {
  readonly store: StateStoreOptions<string, string>;
  /** `store` is the face that belongs to the options. */
  step(store: unknown, record: Input): string;
}

const tenSeconds = 10_000;
const minute = 60_000;
const fiveMinutes = 5 * minute;

export const keepers: readonly Keeper[] = [
  { store: { name: 'kv' }, step: keep },
  { store: { name: 'kv-memory', persistence: 'inMemory' }, step: keep },
  { store: { name: 'kv-lru', persistence: 'inMemory', maxEntries: 3 }, step: keep },
  { store: { name: 'kv-timed', timestamped: true }, step: keepTimed },
  { store: { name: 'kv-timed-memory', timestamped: true, persistence: 'inMemory' }, step: keepTimed },
  { store: { name: 'versions', kind: 'versioned', historyRetention: fiveMinutes }, step: keepVersion },
  { store: { name: 'window', kind: 'window', retention: fiveMinutes, windowSize: minute }, step: keepInWindow },
  {
    store: { name: 'window-memory', kind: 'window', retention: fiveMinutes, windowSize: minute, persistence: 'inMemory' },
    step: keepInWindow,
  },
  {
    store: { name: 'window-timed', kind: 'window', timestamped: true, retention: fiveMinutes, windowSize: minute },
    step: keepInTimedWindow,
  },
  {
    store: { name: 'window-duplicates', kind: 'window', retainDuplicates: true, retention: fiveMinutes, windowSize: minute },
    step: keepDuplicates,
  },
  { store: { name: 'session', kind: 'session', retention: fiveMinutes }, step: keepSession },
  { store: { name: 'session-memory', kind: 'session', retention: fiveMinutes, persistence: 'inMemory' }, step: keepSession },
];

function keep(given: unknown, { key, value }: Input): string {
  const store = given as KeyValueStore<string, string>;
  const before = store.get(key) ?? null;
  store.put(key, value);
  return `${before}>${value}`;
}

function keepTimed(given: unknown, { key, value, timestamp }: Input): string {
  const store = given as TimestampedKeyValueStore<string, string>;
  const before = store.get(key);
  store.put(key, value === null ? null : { value, timestamp });
  return `${show(before)}>${value}`;
}

function keepVersion(given: unknown, { key, value, timestamp }: Input): string {
  const store = given as VersionedStore<string, string>;
  const next = store.put(key, value, timestamp);
  return `${next}:${show(store.getAsOf(key, timestamp - minute))}>${value}`;
}

function keepInWindow(given: unknown, { key, value, timestamp }: Input): string {
  const store = given as WindowStore<string, string>;
  const start = timestamp - (timestamp % minute);
  const before = store.fetchAt(key, start) ?? null;
  store.put(key, value === null ? null : `${before}+${value}`, start);
  return [...store.fetch(key, start - fiveMinutes, start)].map((row) => `${row.start}=${row.value} `).join('');
}

function keepInTimedWindow(given: unknown, { key, value, timestamp }: Input): string {
  const store = given as TimestampedWindowStore<string, string>;
  const start = timestamp - (timestamp % minute);
  const before = store.fetchAt(key, start);
  store.put(key, value === null ? null : { value, timestamp }, start);
  return `${show(before)}>${value}`;
}

function keepDuplicates(given: unknown, { key, value, timestamp }: Input): string {
  const store = given as WindowStore<string, string>;
  // So that some records fall on one time.
  const start = timestamp - (timestamp % 3000);
  store.put(key, value, start);
  return [...store.fetch(key, start - minute, start)].map((row) => `${row.value} `).join('');
}

function keepSession(given: unknown, { key, value, timestamp }: Input): string {
  if (value === null) return 'nothing';
  const store = given as SessionStore<string, string>;
  let [start, end, merged] = [timestamp, timestamp, ''];
  const met = [...store.findSessions(key, start - tenSeconds, end + tenSeconds)];
  for (const session of met) {
    merged += session.value;
    start = Math.min(start, session.key.window.start);
    end = Math.max(end, session.key.window.end);
  }
  for (const session of met) store.remove(session.key);
  merged += `+${value}`;
  store.put(new Windowed(key, { start, end }), merged);
  return `${start}-${end}:${merged}`;
}

function show(row: ValueAndTimestamp<string> | undefined): string {
  return row === undefined ? 'none' : `${row.value}@${row.timestamp}`;
}
