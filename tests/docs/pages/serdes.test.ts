/** The code of docs/serdes.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, serdes } from 'millrace';
import { expect, test } from 'vitest';

test('a serde of your own', () => {
  const point = serdes.from<{ x: number; y: number }>({
    encode: ({ x, y }) => Buffer.from(`${x},${y}`),
    decode: (bytes) => {
      const [x, y] = Buffer.from(bytes).toString().split(',').map(Number);
      if (x === undefined || y === undefined) throw new TypeError('a point has two numbers');
      return { x, y };
    },
    format: 'point',
  });

  const builder = new StreamsBuilder({ key: serdes.string(), value: point });
  builder
    .stream('points')
    .mapValues(({ x, y }) => ({ x: y, y: x }))
    .to('mirrored', { value: point });
  using driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic('points', { key: serdes.string(), value: point }).pipeInput({ x: 1, y: 2 });

  expect(driver.createOutputTopic('mirrored', { key: serdes.string(), value: serdes.string() }).readValue()).toBe('2,1');
});
