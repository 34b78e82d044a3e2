// topology.test.ts
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import topology from './topology.ts';

test('counts words', () => {
  using driver = new TopologyTestDriver(topology);
  const lines = driver.createInputTopic('lines', { key: serdes.string(), value: serdes.string() });
  const counts = driver.createOutputTopic('counts', { key: serdes.string(), value: serdes.long() });

  lines.pipeInput('to be or not to be');

  expect(counts.readKeyValuesToMap()).toEqual(new Map(Object.entries({ to: 2, be: 2, or: 1, not: 1 })));
});
