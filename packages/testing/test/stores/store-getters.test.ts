/** Stores by name and kind. */
import { serdes, StreamsBuilder, slidingWindows, sessionWindows, timeWindows, TopologyBuilder } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };

function everyKind(): TopologyTestDriver {
  const topology = new TopologyBuilder({ ...text, cacheBytes: 0 })
    .addSource('source', 'in')
    .addProcessor('processor', () => ({ process: () => {} }), {
      parents: 'source',
      stores: [
        { name: 'plain' },
        { name: 'timestamped', timestamped: true },
        { name: 'window', kind: 'window', retention: 60_000, windowSize: 10 },
        { name: 'timestampedWindow', kind: 'window', retention: 60_000, windowSize: 10, timestamped: true },
        { name: 'session', kind: 'session', retention: 60_000 },
        { name: 'versioned', kind: 'versioned', historyRetention: 60_000 },
      ],
    })
    .build();
  return new TopologyTestDriver(topology);
}

const getters = {
  getKeyValueStore: ['plain', 'timestamped'],
  getTimestampedKeyValueStore: ['timestamped'],
  getWindowStore: ['window', 'timestampedWindow'],
  getTimestampedWindowStore: ['timestampedWindow'],
  getSessionStore: ['session'],
  getVersionedKeyValueStore: ['versioned'],
} as const;

describe('a getter', () => {
  it.each(Object.keys(getters) as (keyof typeof getters)[])('%s gives the stores of its kind and refuses others', (getter) => {
    using driver = everyKind();
    for (const name of driver.storeNames) {
      if ((getters[getter] as readonly string[]).includes(name)) expect(driver[getter](name)).toMatchObject({ name });
      else expect(() => driver[getter](name)).toThrow(/MR_STORE_UNAVAILABLE: Store .* Read it with the getter of its kind/);
    }
    expect(() => driver[getter]('gone')).toThrow(/MR_STORE_UNAVAILABLE: The topology has no store gone/);
  });

  it('for any store gives what there is', () => {
    using driver = everyKind();
    expect(driver.getStateStore('session')).toMatchObject({ name: 'session' });
    expect(driver.getStateStore('gone')).toBeUndefined();
    expect([...driver.getAllStateStores().keys()]).toEqual(['plain', 'session', 'timestamped', 'timestampedWindow', 'versioned', 'window']);
    expect(driver.getAllStateStores().get('plain')).toBe(driver.getStateStore('plain'));
  });
});

it('a windowed table is read with and without timestamps, and written without', () => {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder
    .stream('in')
    .groupByKey()
    .windowedBy(timeWindows({ size: 10, grace: '1m' }))
    .reduce((a, b) => a + b, { store: 'joined' });
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', text);
  input.pipeRecords([
    { key: 'a', value: '1', timestamp: 3 },
    { key: 'b', value: '2', timestamp: 5 },
    { key: 'a', value: '3', timestamp: 14 },
  ]);
  const timestamped = driver.getTimestampedWindowStore<string, string>('joined');
  const values = driver.getWindowStore<string, string>('joined');
  expect(timestamped.fetchAt('a', 0)).toEqual({ value: '1', timestamp: 3 });
  expect(values.fetchAt('a', 0)).toBe('1');
  expect(values.fetchAt('a', 5)).toBeUndefined();
  expect([...values.fetch('a', 0, 10)]).toEqual([
    { start: 0, value: '1' },
    { start: 10, value: '3' },
  ]);
  expect([...values.backwardFetch('a', 0, 10)].map(({ start }) => start)).toEqual([10, 0]);
  const keys = (entries: Iterable<{ readonly key: { readonly key: string }; readonly value: string }>): string =>
    [...entries].map(({ key, value }) => key.key + value).join(' ');
  expect(keys(values.all())).toBe('a1 a3 b2');
  expect(keys(values.backwardAll())).toBe('b2 a3 a1');
  expect(keys(values.fetchAll(0, 5))).toBe('a1 b2');
  expect(keys(values.backwardFetchAll(0, 5))).toBe('b2 a1');
  expect(keys(values.fetchRange('a', 'a', 0, 10))).toBe('a1 a3');
  expect(keys(values.backwardFetchRange('a', undefined, 0, 10))).toBe('b2 a3 a1');
  values.put('c', '9', 10);
  values.put('b', null, 0);
  expect(timestamped.fetchAt('c', 10)).toEqual({ value: '9', timestamp: -1 });
  expect(values.fetchAt('b', 0)).toBeUndefined();
});

it('stores of sessions, sliding windows and histories are read typed', () => {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  const grouped = builder.stream('in').groupByKey();
  grouped.windowedBy(sessionWindows({ gap: 10 })).count({ store: 'sessions' });
  grouped.windowedBy(slidingWindows({ difference: 10, grace: '1m' })).count({ store: 'sliding' });
  builder.table('rows', { store: { name: 'rows', historyRetention: 1_000 } });
  using driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic('in', text).pipeRecords([
    { key: 'a', value: 'x', timestamp: 20 },
    { key: 'a', value: 'y', timestamp: 25 },
  ]);
  const rows = driver.createInputTopic('rows', text);
  rows.pipeRecords([
    { key: 'r', value: '1', timestamp: 20 },
    { key: 'r', value: '2', timestamp: 30 },
  ]);
  const sessions = driver.getSessionStore<string, number>('sessions');
  expect([...sessions.fetch('a')].map(({ key, value }) => [key.window.start, key.window.end, value])).toEqual([[20, 25, 2]]);
  expect([...driver.getWindowStore<string, number>('sliding').fetch('a', 0, 100)].map(({ start, value }) => [start, value])).toEqual([
    [10, 1],
    [15, 2],
    [21, 1],
  ]);
  expect(driver.getVersionedKeyValueStore<string, string>('rows').getAsOf('r', 29)).toEqual({ value: '1', timestamp: 20 });
});
