/** The code of docs/avro.md. */
import { avro, schemaRegistry, type SchemaRegistry } from '@millrace/avro';
import { serdes, StreamsBuilder, type Topology } from 'millrace';

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly amount: string;
}

interface Total {
  readonly orders: number;
  readonly cents: number;
}

const totalSchema = {
  type: 'record',
  name: 'Total',
  namespace: 'shop',
  fields: [
    { name: 'orders', type: 'int' },
    { name: 'cents', type: 'long' },
  ],
};

export function totals(registry: SchemaRegistry = schemaRegistry({ url: 'http://localhost:8081' })): Topology {
  const builder = new StreamsBuilder({ key: serdes.string() });
  const total = avro<Total>(totalSchema, { registry });
  builder
    .stream('orders', { value: avro<Order>('latest', { registry }) })
    .groupBy((order) => order.customer, { value: avro<Order>('orders-value', { registry }) })
    .aggregate<Total>(
      () => ({ orders: 0, cents: 0 }),
      (before, order) => ({ orders: before.orders + 1, cents: before.cents + Math.round(Number(order.amount) * 100) }),
      { store: { name: 'totals', value: total } },
    )
    .toStream()
    .to('totals', { value: total });
  return builder.build();
}

import { TopologyTestDriver } from '@millrace/testing';
import { MemorySchemaRegistry } from '@millrace/testing/registry';
import { expect, test } from 'vitest';

const orderSchema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'customer', type: 'string' },
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
  ],
};

test('orders are summed by customer', () => {
  const registry = new MemorySchemaRegistry();
  registry.register('orders-value', { schema: JSON.stringify(orderSchema), references: [] });
  using driver = new TopologyTestDriver(totals(registry));
  const orders = driver.createInputTopic('orders', { key: serdes.string(), value: avro<object>('latest', { registry }) });
  const sums = driver.createOutputTopic('totals', { key: serdes.string(), value: avro<object>('latest', { registry }) });

  orders.pipeInput({ id: 1, customer: 'anna', amount: '12.50' });
  orders.pipeInput({ id: 2, customer: 'anna', amount: '0.25' });

  expect(sums.readKeyValuesToMap()).toEqual(new Map([['anna', { orders: 2, cents: 1275 }]]));
});
