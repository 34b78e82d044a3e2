/** The code of docs/testing.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, leveldb, serdes } from 'millrace';
import { expect, test } from 'vitest';

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
builder
  .stream('words')
  .groupBy((word) => word, { name: 'by-word' })
  .count({ store: 'counts' })
  .toStream()
  .to('counts', { value: serdes.long() });
const topology = builder.build();

test('the driver', () => {
  using driver = new TopologyTestDriver(topology);
  const words = driver.createInputTopic('words', { key: serdes.string(), value: serdes.string(), startMs: 1_000, autoAdvanceMs: 10 });
  const counts = driver.createOutputTopic('counts', { key: serdes.string(), value: serdes.long() });

  words.pipeValues(['to', 'be', 'to']);

  expect(counts.readKeyValuesToList()).toEqual([
    { key: 'to', value: 1 },
    { key: 'be', value: 1 },
    { key: 'to', value: 2 },
  ]);
  expect(driver.getKeyValueStore<string, number>('counts').get('to')).toBe(2);
});

test('truthful', () => {
  using driver = new TopologyTestDriver(topology, { partitions: 4 });
  const words = driver.createInputTopic('words', { key: serdes.string(), value: serdes.string() });
  const counts = driver.createOutputTopic('counts', { key: serdes.string(), value: serdes.long() });

  words.pipeInput('to');
  driver.commit();
  words.pipeInput('to');
  driver.crash();
  driver.commit();

  expect(counts.readKeyValuesToMap()).toEqual(new Map([['to', 2]]));
});

test('on an engine', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  try {
    const state = leveldb({ directory });
    await using driver = await TopologyTestDriver.open(topology, { state });
    const words = driver.createInputTopic('words', { key: serdes.string(), value: serdes.string() });

    await words.pipeInput('to');

    const counts = driver.createOutputTopic('counts', { key: serdes.string(), value: serdes.long() });
    expect(counts.readKeyValuesToMap()).toEqual(new Map([['to', 1]]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
