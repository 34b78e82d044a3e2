/** Rows come, a customer is renamed, an order is deleted, a product arrives late. */
import { type Play, type ScriptRecord, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Change, type Customer, type Id, type Order, type OrderView, type Product, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

function record<Row extends Id>(second: number, op: Change<Row>['op'], row: Row, before: Row | null = null): ScriptRecord<Id, Change<Row>> {
  const timestamp = noon + second * 1_000;
  const after = op === 'd' ? null : row;
  return { key: { id: row.id }, value: { before: op === 'd' ? row : before, after, op, ts_ms: timestamp }, timestamp };
}

function tombstone(second: number, id: number): ScriptRecord<Id, never> {
  return { key: { id }, value: null, timestamp: noon + second * 1_000 };
}

const ada: Customer = { id: 1, name: 'Ada' };
const ben: Customer = { id: 2, name: 'Ben' };
const tea: Product = { id: 10, title: 'Tea' };
const jam: Product = { id: 11, title: 'Jam' };
const first: Order = { id: 100, customer_id: 1, product_id: 10, quantity: 2 };
const second: Order = { id: 101, customer_id: 2, product_id: 11, quantity: 1 };
const third: Order = { id: 102, customer_id: 1, product_id: 11, quantity: 5 };

const key = serdes.json<Id>();

export const play: Play = {
  applicationId: 'cdc-view',
  about: 'Orders with the names of their customers and products, as the database has them at the end:',
  topology,
  inputs: [
    script('shop.public.customers', key, serdes.json<Change<Customer>>(), [
      record(0, 'r', ada),
      record(1, 'r', ben),
      record(5, 'u', { ...ada, name: 'Ada Lovelace' }, ada),
    ]),
    script('shop.public.products', key, serdes.json<Change<Product>>(), [record(0, 'r', tea), record(8, 'c', jam)]),
    script('shop.public.orders', key, serdes.json<Change<Order>>(), [
      record(2, 'c', first),
      record(3, 'c', second),
      record(4, 'c', third),
      record(6, 'd', second),
      tombstone(6, second.id),
    ]),
  ],
  outputs: [rows('order-view', key, serdes.json<OrderView>())],
};
