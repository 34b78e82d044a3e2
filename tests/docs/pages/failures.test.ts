/** The code of docs/failures.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { type ErrorHandlers, StreamsBuilder, serdes } from 'millrace';
import { expect, test } from 'vitest';

const handlers = {
  deserialization: () => 'continue',
  processing: (_context, _record, error) => (error instanceof RangeError ? 'continue' : 'fail'),
  deadLetterTopic: 'orders-dead-letters',
} satisfies Partial<ErrorHandlers>;

test('a dead letter', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('orders')
    .mapValues((cents) => {
      if (Number(cents) < 0) throw new RangeError(`${cents} is no price`);
      return cents;
    })
    .to('checked');
  const topology = builder.build();

  using driver = new TopologyTestDriver(topology, { handlers });
  const orders = driver.createInputTopic('orders', { key: serdes.string(), value: serdes.string() });
  const letters = driver.createOutputTopic('orders-dead-letters', { key: serdes.string(), value: serdes.string() });

  orders.pipeInput({ key: 'o1', value: '-5' });

  const letter = letters.readRecord();
  const header = (name: string): string => Buffer.from(letter.headers.find(({ key }) => key === name)?.value ?? []).toString();
  expect(letter.value).toBe('-5');
  expect(header('__streams.errors.exception')).toBe('RangeError');
  expect(header('__streams.errors.offset')).toBe('0');
});
