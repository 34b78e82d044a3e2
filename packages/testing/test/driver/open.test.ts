/** The driver over other engines: the same results, awaited. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { StateBackend } from '@millrace/state';
import { leveldb } from '@millrace/state/leveldb';
import { memory } from '@millrace/state/memory';
import { rocksdb } from '@millrace/state/rocksdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };
const counts = { key: serdes.string(), value: serdes.long() };

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-driver-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const backends: readonly (readonly [string, () => StateBackend])[] = [
  ['memory', () => memory()],
  ['rocksdb', () => rocksdb({ directory: join(root, 'rocksdb') })],
  ['leveldb', () => leveldb({ directory: join(root, 'leveldb') })],
];

function countByKey(): Topology {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder.stream('in').groupByKey().count({ store: 'counts' }).toStream().to('out');
  return builder.build();
}

describe.each(backends)('a driver on %s', (kind, backend) => {
  it('counts, crashes, restores, moves, and counts on', async () => {
    await using driver = await TopologyTestDriver.open(countByKey(), { state: backend(), partitions: 2 });
    const input = driver.createInputTopic('in', text);
    const out = driver.createOutputTopic('out', counts);
    await input.pipeKeyValues([
      { key: 'a', value: 'x' },
      { key: 'b', value: 'x' },
    ]);
    await driver.commit();
    await input.pipeInput({ key: 'a', value: 'x' });
    expect(out.readValuesToList()).toEqual([1, 1, 2]);
    await driver.crash();
    expect(out.readKeyValuesToList()).toEqual([{ key: 'a', value: 2 }]);
    await driver.rebalance();
    await input.pipeInput({ key: 'a', value: 'x' });
    await driver.rebalance({ move: true });
    await input.pipeInput({ key: 'a', value: 'x' });
    await driver.crash({ state: 'lost' });
    await input.pipeInput({ key: 'b', value: 'x' });
    expect(out.readKeyValuesToMap()).toEqual(
      new Map([
        ['a', 4],
        ['b', 2],
      ]),
    );
    await driver.advanceWallClockTime('1s');
    expect(driver.wallClockMs).toBe(1000);
    expect(driver.storeNames).toEqual(['counts']);
  });

  it('starts afresh over what another driver left', async () => {
    const state = backend();
    for (let run = 0; run < 2; run++) {
      const driver = await TopologyTestDriver.open(countByKey(), { state });
      await driver.createInputTopic('in', text).pipeInput({ key: 'a', value: 'x' });
      expect(driver.createOutputTopic('out', counts).readValuesToList()).toEqual([1]);
      await driver.close();
    }
  });

  it('runs calls in the order in which they were made, awaited or not', async () => {
    await using driver = await TopologyTestDriver.open(countByKey(), { state: backend() });
    const input = driver.createInputTopic('in', { ...text, autoAdvanceMs: 1 });
    const first = input.pipeInput({ key: 'a', value: 'x', timestamp: 10 });
    const second = driver.commit();
    const third = input.pipeInput({ key: 'a', value: 'x', timestamp: 20 });
    await Promise.all([first, second, third]);
    const records = driver.createOutputTopic('out', counts).readRecordsToList();
    expect(records.map(({ timestamp, value }) => [timestamp, value])).toEqual([
      [10, 1],
      [20, 2],
    ]);
  });

  it('leaves nothing open when the topology does not start', async () => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').process<string, string>(() => ({
      init: () => {
        throw new Error('no init');
      },
      process: () => {},
    }));
    const state = backend();
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(TopologyTestDriver.open(builder.build(), { state })).rejects.toThrow(/no init|MR_PROCESSING/);
    await (await TopologyTestDriver.open(countByKey(), { state })).close();
    expect(state.kind).toBe(kind);
  });
});

describe('serdes that must be awaited', () => {
  it('are prepared before their records run', async () => {
    const known = new Set<string>();
    const slow = {
      ...textSerde(),
      decode: (buffer: Uint8Array, start: number, end: number): string => {
        const value = text.value.decode(buffer, start, end);
        if (!known.has(value)) throw new Error('not prepared');
        return value;
      },
      prepare: async (batch: { readonly count: number; value(index: number): Uint8Array | null }): Promise<void> => {
        await Promise.resolve();
        for (let index = 0; index < batch.count; index++) known.add(Buffer.from(batch.value(index) ?? []).toString());
      },
    };
    const builder = new StreamsBuilder();
    builder
      .stream('in', { key: text.key, value: slow })
      .mapValues((value) => value.toUpperCase())
      .to('out', text);
    await using driver = await TopologyTestDriver.open(builder.build(), { state: memory() });
    await driver.createInputTopic('in', text).pipeInput('schema');
    expect(driver.createOutputTopic('out', text).readValue()).toBe('SCHEMA');
  });
});

/** The string serde without its knowledge of canonical bytes, so that every value is decoded at its source. */
function textSerde(): Pick<typeof text.value, 'encodeInto' | 'immutable' | 'primitive' | 'format'> {
  return { encodeInto: (value, writer) => text.value.encodeInto(value, writer), immutable: true, primitive: true, format: undefined };
}
