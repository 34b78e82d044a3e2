/** Stores of tables that contradict themselves, and one that keeps no timestamps. */
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, it } from 'vitest';
import type { StoreOptions } from '../../src/dsl/store-options.ts';
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts';
import { serdes } from '../../src/serde/serdes.ts';

const text = { key: serdes.string(), value: serdes.string() };

describe('a store of two kinds at once is refused', () => {
  it.each([
    { historyRetention: 10, persistence: 'inMemory' },
    { historyRetention: 10, maxEntries: 3 },
    { historyRetention: 10, timestamps: false },
    { timestamps: false, maxEntries: 3 },
    { timestamps: false, persistence: 'inMemory' },
    { maxEntries: 3, persistence: 'persistent' },
  ] as const)('%o', (options) => {
    const builder = new StreamsBuilder(text);
    expect(() => builder.table('in', { store: { name: 'rows', ...options } })).toThrow(/MR_ARGUMENT_INVALID/);
  });

  it.each([
    { historyRetention: 10, persistence: 'persistent' },
    { timestamps: false, persistence: 'persistent' },
    { timestamps: true, maxEntries: 3 },
    { maxEntries: 3, persistence: 'inMemory' },
  ] as const)('but not %o', (options) => {
    const builder = new StreamsBuilder(text);
    expect(() => builder.table('in', { store: { name: 'rows', ...options } })).not.toThrow();
  });
});

describe('a table without timestamps', () => {
  function rows(cacheBytes: number, options: Partial<StoreOptions<string, string>> = {}) {
    const builder = new StreamsBuilder({ ...text, cacheBytes });
    builder
      .table('in', { store: { name: 'rows', timestamps: false, ...options } })
      .toStream()
      .to('out');
    const driver = new TopologyTestDriver(builder.build(), { partitions: 1 });
    return {
      driver,
      input: driver.createInputTopic('in', text),
      out: driver.createOutputTopic('out', text),
      all: () => [...driver.getTimestampedKeyValueStore<string, string>('rows').all()].map(({ key, value }) => [key, value]),
    };
  }

  it('gives them to what follows and to the changelog, and has none itself', () => {
    const { all, driver, input, out } = rows(0);
    input.pipeInput({ key: 'a', value: '1', timestamp: 7 });
    expect(out.readRecord()).toMatchObject({ key: 'a', value: '1', timestamp: 7 });
    expect(all()).toEqual([['a', { value: '1', timestamp: -1 }]]);
    driver.commit();
    expect(driver.createOutputTopic('test-rows-changelog', text).readRecord()).toMatchObject({ value: '1', timestamp: 7 });
    expect(all()).toEqual([['a', { value: '1', timestamp: -1 }]]);
  });

  it('has none after a restore either', () => {
    const { all, driver, input } = rows(0);
    input.pipeInput({ key: 'a', value: '1', timestamp: 7 });
    driver.commit();
    driver.crash();
    expect(all()).toEqual([['a', { value: '1', timestamp: -1 }]]);
  });

  it('has those of rows in the record cache, until they leave it', () => {
    const { all, driver, input } = rows(200);
    input.pipeInput({ key: 'a', value: '1', timestamp: 7 });
    driver.commit();
    expect(all()).toEqual([['a', { value: '1', timestamp: 7 }]]);
    for (const key of ['b', 'c', 'd', 'e']) input.pipeInput({ key, value: '2', timestamp: 9 });
    expect(all()[0]).toEqual(['a', { value: '1', timestamp: -1 }]);
    expect(all().at(-1)).toEqual(['e', { value: '2', timestamp: 9 }]);
  });
});
