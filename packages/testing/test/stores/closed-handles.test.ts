/** Handles of stores that outlive their task: none says "empty" for what is closed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyValueStore, serdes, StreamsBuilder, timeWindows, type Topology } from '@millrace/core';
import type { StateBackend } from '@millrace/state';
import { leveldb } from '@millrace/state/leveldb';
import { memory } from '@millrace/state/memory';
import { rocksdb } from '@millrace/state/rocksdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };

function topology(): Topology {
  const builder = new StreamsBuilder(text);
  builder.table('in', { store: 's' });
  builder.globalTable('everywhere', { store: 'g' });
  const grouped = builder.stream('in-2').groupByKey();
  grouped.windowedBy(timeWindows({ size: '1m' })).count({ store: 'w' });
  return builder.build();
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-closed-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const engines: readonly (readonly [string, () => StateBackend])[] = [
  ['memory', () => memory()],
  ['rocksdb', () => rocksdb({ directory })],
  ['leveldb', () => leveldb({ directory })],
];

const closed = expect.objectContaining({ code: 'MR_CLOSED' });

describe.each(engines)('after close, on %s,', (_name, state) => {
  it('every call of a handle throws, and so do iterators that were open', async () => {
    const driver = await TopologyTestDriver.open(topology(), { state: state() });
    const inputs = [
      driver.createInputTopic('in', text),
      driver.createInputTopic('everywhere', text),
      driver.createInputTopic('in-2', text),
    ];
    for (const input of inputs) {
      await input.pipeInput({ key: 'a', value: '1', timestamp: 1 });
      await input.pipeInput({ key: 'b', value: '2', timestamp: 2 });
    }
    const stores: readonly KeyValueStore<string, string>[] = [driver.getKeyValueStore('s'), driver.getKeyValueStore('g')];
    const rows = stores.map((store) => store.all());
    for (const each of rows) expect(each.next().done).toBe(false);
    const windows = driver.getWindowStore<string, number>('w');
    const kept = windows.fetch('a', 0, 100);
    await driver.close();
    for (const store of stores) {
      expect(() => store.get('a')).toThrow(closed);
      expect(() => store.put('a', 'x')).toThrow(closed);
      expect(() => store.delete('a')).toThrow(closed);
      expect(() => store.all()).toThrow(closed);
      expect(() => store.approximateNumEntries()).toThrow(closed);
    }
    for (const each of rows) {
      expect(() => each.next()).toThrow(closed);
      expect(() => each.close()).not.toThrow();
    }
    expect(() => windows.fetchAt('a', 0)).toThrow(closed);
    expect(() => windows.fetchAll(0, 100)).toThrow(closed);
    expect(() => kept.next()).toThrow(closed);
  });
});

describe('after a crash', () => {
  it('the handle of before throws, and one that is got anew reads', () => {
    using driver = new TopologyTestDriver(topology());
    driver.createInputTopic('in', text).pipeInput({ key: 'a', value: '1' });
    const before = driver.getKeyValueStore<string, string>('s');
    const rows = before.all();
    driver.crash();
    expect(() => before.get('a')).toThrow(closed);
    expect(() => [...rows]).toThrow(closed);
    expect(driver.getKeyValueStore<string, string>('s').get('a')).toBe('1');
  });
});
