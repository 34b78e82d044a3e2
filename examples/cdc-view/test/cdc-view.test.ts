/** The view follows changes on every side. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Change, type Customer, type Id, type Order, type OrderView, type Product, topology } from '../src/topology.ts';

const key = serdes.json<Id>();

function created<Row>(row: Row): Change<Row> {
  return { before: null, after: row, op: 'c', ts_ms: 0 };
}

test('a row appears with its last part, changes with any, and goes with the order', () => {
  using driver = new TopologyTestDriver(topology);
  const customers = driver.createInputTopic('shop.public.customers', { key, value: serdes.json<Change<Customer>>() });
  const products = driver.createInputTopic('shop.public.products', { key, value: serdes.json<Change<Product>>() });
  const orders = driver.createInputTopic('shop.public.orders', { key, value: serdes.json<Change<Order>>() });
  const view = driver.createOutputTopic('order-view', { key, value: serdes.json<OrderView>() });
  const order = { id: 7, customer_id: 1, product_id: 2, quantity: 3 };

  orders.pipeInput({ key: { id: 7 }, value: created(order) });
  customers.pipeInput({ key: { id: 1 }, value: created({ id: 1, name: 'Ada' }) });
  expect(view.isEmpty).toBe(true);

  products.pipeInput({ key: { id: 2 }, value: created({ id: 2, title: 'Tea' }) });
  customers.pipeInput({ key: { id: 1 }, value: { before: null, after: { id: 1, name: 'Ada L.' }, op: 'u', ts_ms: 1 } });
  orders.pipeInput({ key: { id: 7 }, value: { before: order, after: null, op: 'd', ts_ms: 2 } });
  orders.pipeInput({ key: { id: 7 }, value: null });

  expect(view.readValuesToList()).toEqual([
    { customer: 'Ada', product: 'Tea', quantity: 3 },
    { customer: 'Ada L.', product: 'Tea', quantity: 3 },
    null,
  ]);
});

test('the play ends with two orders', () => {
  expect(rehearse(play).get('order-view')).toEqual([
    { key: '{"id":100}', value: { customer: 'Ada Lovelace', product: 'Tea', quantity: 2 } },
    { key: '{"id":102}', value: { customer: 'Ada Lovelace', product: 'Jam', quantity: 5 } },
  ]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
