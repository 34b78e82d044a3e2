/** Rows come, a customer is renamed, a total is corrected, an order is deleted. */
import { type Play, rows, script, type ScriptRecord } from '@millrace/example-stage';
import { type Serde, serdes } from 'millrace';
import { type Change, type Customer, customerChanges, type Id, keyOf, type Order, orderChanges, topology, view } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

function record<Row extends Id>(table: string, second: number, op: string, row: Row): ScriptRecord<Id, Change<Row>> {
  const timestamp = noon + second * 1_000;
  const ts = BigInt(timestamp);
  const isGone = op === 'd';
  const value = { before: isGone ? row : null, after: isGone ? null : row, source: { ts_ms: ts, table }, op, ts_ms: ts };
  return { key: { id: row.id }, value, timestamp };
}

/** The serde of a topic: its subject in the registry is named for it. */
function of<T>(serde: Serde<T>, table: string, role: 'key' | 'value'): Serde<T> {
  return serde.bind?.({ topic: `shop.public.${table}`, role }) ?? serde;
}

// Beyond 2^53, where numbers would be one and the same.
const ada: Customer = { id: 9_007_199_254_740_993n, name: 'Ada' };
const ben: Customer = { id: 9_007_199_254_740_992n, name: 'Ben' };
const first: Order = { id: 100n, customer_id: ada.id, total: '19.90', note: null };
const second: Order = { id: 101n, customer_id: ben.id, total: '0.10', note: 'gift' };
const third: Order = { id: 102n, customer_id: ben.id, total: '1000000000.01', note: null };

export const play: Play = {
  applicationId: 'cdc-avro',
  about: 'Orders with the names of their customers, from Avro and in Avro:',
  topology,
  inputs: [
    script('shop.public.customers', of(keyOf('customers'), 'customers', 'key'), of(customerChanges, 'customers', 'value'), [
      record('customers', 0, 'r', ada),
      record('customers', 1, 'r', ben),
      record('customers', 5, 'u', { ...ada, name: 'Ada Lovelace' }),
    ]),
    script('shop.public.orders', of(keyOf('orders'), 'orders', 'key'), of(orderChanges, 'orders', 'value'), [
      record('orders', 2, 'c', first),
      record('orders', 3, 'c', second),
      record('orders', 4, 'c', third),
      record('orders', 6, 'u', { ...first, total: '18.90' }),
      record('orders', 7, 'd', second),
      { key: { id: second.id }, value: null, timestamp: noon + 7_000 },
    ]),
  ],
  outputs: [rows('order-view', serdes.string(), view)],
};
