/** Dead letters in the driver: read as any output, in both modes, and also when the failure stops it. */
import { deadLetter, deadLetterHeaders, type ErrorHandlers, serdes, StreamsBuilder, type Topology } from '@millrace/core';
import { expect, it } from 'vitest';
import { type OutputTopicOptions, TopologyTestDriver } from '../../src/index.ts';

const strings: OutputTopicOptions<string, string> = { key: serdes.string(), value: serdes.string() };

/** Numbers as text; what is none makes the mapper throw. By key into another sub-topology, where 13 throws too. */
function topology(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('orders')
    .mapValues((value) => {
      if (!/^\d+$/.test(value)) throw new TypeError(`${value} is no number`);
      return value;
    })
    .selectKey((value) => value)
    .repartition({ name: 'by-number' })
    .peek((value) => {
      if (value === '13') throw new RangeError('unlucky');
    })
    .to('numbers');
  return builder.build();
}

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

it('are read from their topic', () => {
  using driver = new TopologyTestDriver(topology(), { handlers: { processing: () => 'continue', deadLetterTopic: 'dead' } });
  const orders = driver.createInputTopic('orders', strings);
  const dead = driver.createOutputTopic('dead', strings);
  orders.pipeInput({ key: 'a', value: 'not an order' });
  orders.pipeInput({ key: 'b', value: '13' });
  const letter = dead.readRecord();
  expect(letter).toMatchObject({ key: 'a', value: 'not an order' });
  expect(letter.headers.map(({ key }) => key)).toContain(deadLetterHeaders.exception);
  const second = dead.readRecord();
  expect(second).toMatchObject({ key: '13', value: '13' });
  expect(text(second.headers.find(({ key }) => key === deadLetterHeaders.topic)?.value)).toBe('test-by-number-repartition');
  expect(dead.isEmpty).toBe(true);
});

it('are there when their failure stops the driver, whose other outputs of the step are not', () => {
  const handlers = { deadLetterTopic: 'dead', deserialization: () => 'continue' as const };
  using driver = new TopologyTestDriver(topology(), { handlers });
  const orders = driver.createInputTopic('orders', strings);
  expect(() => orders.pipeInput({ key: 'b', value: '13' })).toThrow(/MR_PROCESSING.*unlucky/);
  expect(driver.createOutputTopic('dead', strings).readKeyValuesToList()).toEqual([{ key: '13', value: '13' }]);
  expect(driver.createOutputTopic('numbers', strings).isEmpty).toBe(true);
});

it('are partitioned by key in the truthful mode, and taken back by a crash before the commit', () => {
  const handlers = { processing: () => 'continue' as const, deadLetterTopic: 'dead' };
  using driver = new TopologyTestDriver(topology(), { handlers, partitions: 4 });
  const orders = driver.createInputTopic('orders', strings);
  const dead = driver.createOutputTopic('dead', strings);
  for (const key of ['a', 'b', 'c', 'd', 'e']) orders.pipeInput({ key, value: 'x' });
  const letters = dead.readRecordsToList();
  expect(letters.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(new Set(letters.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  driver.crash();
  expect(new Set(dead.readRecordsToList().map(({ key }) => key))).toEqual(new Set(['a', 'b', 'c', 'd', 'e']));
});

it('may be of the handler’s own making', () => {
  const processing: ErrorHandlers['processing'] = (context, _record, error) => ({
    decision: 'continue',
    deadLetters: [deadLetter(error instanceof RangeError ? 'unlucky' : 'wrong', context, error)],
  });
  using driver = new TopologyTestDriver(topology(), { handlers: { processing } });
  const orders = driver.createInputTopic('orders', strings);
  orders.pipeInput({ key: 'a', value: 'x' });
  orders.pipeInput({ key: 'b', value: '13' });
  expect(driver.createOutputTopic('wrong', strings).readKeyValuesToList()).toEqual([{ key: 'a', value: 'x' }]);
  expect(driver.createOutputTopic('unlucky', strings).readKeyValuesToList()).toEqual([{ key: '13', value: '13' }]);
});
