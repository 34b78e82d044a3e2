/** Payments in time, early and late. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Order, type Outcome, type Payment, topology } from '../src/topology.ts';

test('an order that nobody pays is told as unpaid once the hour and the grace are over', () => {
  using driver = new TopologyTestDriver(topology);
  const orders = driver.createInputTopic('orders', { key: serdes.string(), value: serdes.json<Order>() });
  const payments = driver.createInputTopic('payments', { key: serdes.string(), value: serdes.json<Payment>() });
  const open = driver.createOutputTopic('open-orders', { key: serdes.string(), value: serdes.json<Outcome>() });
  const end = 65 * 60_000;

  orders.pipeInput({ key: 'order-1', value: { cents: 100 }, timestamp: 0 });
  payments.pipeInput({ key: 'other', value: { cents: 1, method: 'card' }, timestamp: end });
  expect(open.isEmpty).toBe(true);

  payments.pipeInput({ key: 'other', value: { cents: 1, method: 'card' }, timestamp: end + 1 });
  expect(open.readKeyValuesToList()).toEqual([{ key: 'order-1', value: { status: 'unpaid', cents: 0 } }]);
});

test('the play has two paid orders, one of them paid before it came, and one that is short', () => {
  const story = rehearse(play);
  expect(story.get('paid-orders')).toEqual([
    { key: 'order-1', value: { status: 'paid', cents: 1_000 } },
    { key: 'order-2', value: { status: 'paid', cents: 2_000 } },
  ]);
  expect(story.get('open-orders')).toEqual([{ key: 'order-3', value: { status: 'short', cents: 2_500 } }]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
