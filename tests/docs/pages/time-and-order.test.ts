/** The code of docs/time-and-order.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, serdes } from 'millrace';
import { expect, test } from 'vitest';

interface Reading {
  readonly measuredAt: number;
}

test('event time', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<Reading>() });

  builder.stream('readings', { timestampExtractor: ({ value }) => (value as Reading).measuredAt }).to('by-measurement');

  using driver = new TopologyTestDriver(builder.build());
  const topics = { key: serdes.string(), value: serdes.json<Reading>() };
  driver.createInputTopic('readings', topics).pipeInput({ key: 's', value: { measuredAt: 42 }, timestamp: 1_000 });

  expect(driver.createOutputTopic('by-measurement', topics).readRecord().timestamp).toBe(42);
});
