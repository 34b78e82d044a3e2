/** What processors put into stores: times that are whole milliseconds, values with timestamps, or an error where they are put. */
import {
  type KeyValueStore,
  type SessionStore,
  serdes,
  type StateStoreOptions,
  StreamsBuilder,
  type ValueAndTimestamp,
  type VersionedStore,
  Windowed,
  type WindowStore,
} from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, it } from 'vitest';

type Store = StateStoreOptions<string, string>;
type Put = (store: never, time: number) => unknown;

/** What a processor's call with its store does. */
function calling(options: Store, call: (store: never) => unknown): () => void {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.addStateStore(options);
  builder.stream<string, string>('in').process(
    () => {
      let store: never;
      return { init: (context) => void (store = context.getStateStore<never>('S')), process: () => void call(store) };
    },
    { stores: ['S'] },
  );
  const driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  return () => input.pipeInput({ key: 'k', value: 'v' });
}

const text = { name: 'S', key: serdes.string(), value: serdes.string() };
const row: Put = (store: KeyValueStore<string, ValueAndTimestamp<string>>, timestamp) => store.put('k', { value: 'v', timestamp });
const session: Put = (store: SessionStore<string, string>, start) => store.put(new Windowed('k', { start, end: 9 }), 'v');

const puts: readonly (readonly [what: string, options: Store, put: Put])[] = [
  ['the timestamp of a row', { ...text, kind: 'keyValue', timestamped: true }, row],
  ['the timestamp of a row in an LRU store', { ...text, kind: 'keyValue', timestamped: true, maxEntries: 2, persistence: 'inMemory' }, row],
  [
    'a window',
    { ...text, kind: 'window', retention: 100, windowSize: 10 },
    (store: WindowStore<string, string>, time) => store.put('k', 'v', time),
  ],
  [
    'a window of values with timestamps',
    { ...text, kind: 'window', retention: 100, windowSize: 10, timestamped: true },
    (store: WindowStore<string, ValueAndTimestamp<string>>, time) => store.put('k', { value: 'v', timestamp: 1 }, time),
  ],
  [
    'the timestamp of a window',
    { ...text, kind: 'window', retention: 100, windowSize: 10, timestamped: true },
    (store: WindowStore<string, ValueAndTimestamp<string>>, timestamp) => store.put('k', { value: 'v', timestamp }, 1),
  ],
  ['the start of a session', { ...text, kind: 'session', retention: 100 }, session],
  [
    'the end of a session',
    { ...text, kind: 'session', retention: 100 },
    (store: SessionStore<string, string>, end) => store.put(new Windowed('k', { start: 0, end }), 'v'),
  ],
  [
    'a version',
    { ...text, kind: 'versioned', historyRetention: 100 },
    (store: VersionedStore<string, string>, time) => store.put('k', 'v', time),
  ],
  [
    'a deletion',
    { ...text, kind: 'versioned', historyRetention: 100 },
    (store: VersionedStore<string, string>, time) => store.delete('k', time),
  ],
];

describe.each(puts)('%s', (_what, options, put) => {
  it.each([Number.NaN, 0.5, -2, 2 ** 53, Number.POSITIVE_INFINITY, '5' as never])('cannot be %j', (time) => {
    const code = 'MR_TIMESTAMP_INVALID';
    expect(calling(options, (store) => put(store, time))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code }) as unknown }),
    );
  });

  it('can be whole milliseconds', () => {
    expect(calling(options, (store) => put(store, 7))).not.toThrow();
  });
});

it('a row may go back as a store without timestamps gave it', () => {
  expect(calling({ ...text, kind: 'keyValue', timestamped: true, logging: false }, (store) => row(store, -1))).not.toThrow();
});

describe.each([
  [
    'a key-value store',
    { ...text, kind: 'keyValue', timestamped: true },
    (store: KeyValueStore<string, unknown>, row: unknown) => store.put('k', row),
  ],
  [
    'an LRU store',
    { ...text, kind: 'keyValue', timestamped: true, maxEntries: 2, persistence: 'inMemory' },
    (store: KeyValueStore<string, unknown>, row: unknown) => store.put('k', row),
  ],
  [
    'a window store',
    { ...text, kind: 'window', retention: 100, windowSize: 10, timestamped: true },
    (store: WindowStore<string, unknown>, row: unknown) => store.put('k', row, 1),
  ],
] as readonly (readonly [string, Store, (store: never, row: unknown) => unknown])[])(
  '%s of values with timestamps',
  (_what, options, put) => {
    it.each(['v', 5, { amount: 5 }, [], true])('takes no %o, which would delete', (row) => {
      const code = 'MR_ARGUMENT_INVALID';
      expect(calling(options, (store) => put(store, row))).toThrow(
        expect.objectContaining({ cause: expect.objectContaining({ code }) as unknown }),
      );
    });

    it.each([null, undefined, { value: null, timestamp: 1 }, { value: undefined, timestamp: 1 }])('deletes by %o', (row) => {
      expect(calling(options, (store) => put(store, row))).not.toThrow();
    });
  },
);
