/** Options that JavaScript may pass to a driver and the types do not have. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import { memory } from '@millrace/state/memory';
import { expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

function topology(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('in').to('out');
  return builder.build();
}

it.each([
  [{ startMS: 5 }, 'there is no option startMS of TopologyTestDriver. Did you mean startMs?'],
  [{ wallClock: 5 }, 'The options are applicationId, startMs'],
  [{ commit: 'always' }, "commit of TopologyTestDriver must be 'record' or 'manual'"],
  [{ taskOrder: 'random' }, "must be 'ascending' or 'descending'"],
  [{ topics: 'in' }, 'topics of TopologyTestDriver must be a list'],
  [{ applicationId: 7 }, 'must be text'],
  [{ handlers: { proces: () => 'continue' } }, 'there is no option proces of handlers'],
  [{ handlers: { deadLetterTopic: 5 } }, 'option handlers.deadLetterTopic is 5'],
  [{ partitions: null }, 'must be a number, or an object'],
  [{ partitions: new Map([['in', 2]]) }, 'must be a number, or an object'],
  [{ partitions: [2] }, 'must be a number, or an object'],
  [{ partitions: '2' }, 'whole number of partitions'],
  [{ partitions: 2n }, '2 is not'],
  [{ state: memory() }, 'await TopologyTestDriver.open(topology, { state })'],
  [null, 'must be an object'],
])('the constructor refuses %o', (options, message) => {
  expect(() => new TopologyTestDriver(topology(), options as never)).toThrow(message);
});

it.each([
  [{ states: memory() }, 'Did you mean state?'],
  [{}, 'needs the option state'],
  [{ state: './state' }, 'needs the option state'],
  [undefined, 'must be an object'],
])('open refuses %o', async (options, message) => {
  await expect(TopologyTestDriver.open(topology(), options as never)).rejects.toThrow(message);
});

it('an option that is undefined is none', () => {
  using driver = new TopologyTestDriver(topology(), { state: undefined, partitions: undefined } as never);
  expect(driver.wallClockMs).toBe(0);
});

it.each<[string, unknown, string]>([
  ['crash', { stat: 'lost' }, 'there is no option stat of crash. Did you mean state?'],
  ['crash', { state: 'x' }, "state of crash must be 'lost' or 'kept'"],
  ['crash', { produced: 'los' }, "Did you mean 'lost'?"],
  ['crash', null, 'must be an object'],
  ['rebalance', { x: 1 }, 'there is no option x of rebalance'],
  ['rebalance', { move: 'yes' }, 'move of rebalance must be true or false'],
])('%s refuses %o, and the driver goes on', (call, options, message) => {
  using driver = new TopologyTestDriver(topology(), { partitions: 1 });
  const text = { key: serdes.string(), value: serdes.string() };
  const input = driver.createInputTopic('in', text);
  input.pipeInput({ key: 'k', value: 'before' });
  expect(() => (call === 'crash' ? driver.crash(options as never) : driver.rebalance(options as never))).toThrow(message);
  input.pipeInput({ key: 'k', value: 'after' });
  expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['before', 'after']);
});
