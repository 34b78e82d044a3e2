/** Carts and orders from events. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Cart, type CartEvent, apply, topology } from '../src/topology.ts';

const empty: Cart = { items: {}, isOrdered: false };

test.each<[CartEvent, Cart, Cart['items']]>([
  [{ type: 'added', item: 'tea', quantity: 2 }, empty, { tea: 2 }],
  [{ type: 'added', item: 'tea', quantity: 2 }, { ...empty, items: { tea: 1 } }, { tea: 3 }],
  [{ type: 'removed', item: 'tea' }, { ...empty, items: { tea: 1, jam: 1 } }, { jam: 1 }],
  [{ type: 'added', item: 'jam', quantity: 1 }, { items: { tea: 1 }, isOrdered: true }, { jam: 1 }],
])('%o', (event, cart, items) => {
  expect(apply(cart, event)).toEqual({ items, isOrdered: false });
});

test('an empty cart makes no order, and the cart can be read from its store', () => {
  using driver = new TopologyTestDriver(topology);
  const events = driver.createInputTopic('cart-events', { key: serdes.string(), value: serdes.json<CartEvent>() });
  const orders = driver.createOutputTopic('orders', { key: serdes.string(), value: serdes.json<Cart['items']>() });

  events.pipeInput({ key: 'ada', value: { type: 'checkedOut' } });
  events.pipeInput({ key: 'ada', value: { type: 'added', item: 'tea', quantity: 1 } });

  expect(orders.isEmpty).toBe(true);
  expect(driver.getKeyValueStore<string, Cart>('carts').get('ada')).toEqual({ items: { tea: 1 }, isOrdered: false });
});

test('the play ends with two orders', () => {
  expect(rehearse(play).get('orders')).toEqual([
    { key: 'ada', value: { tea: 3 } },
    { key: 'ben', value: { bread: 1 } },
  ]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
