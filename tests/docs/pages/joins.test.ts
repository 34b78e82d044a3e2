/** The code of docs/joins.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, joinWindows, serdes } from 'millrace';
import { expect, test } from 'vitest';

interface Order {
  readonly cents: number;
  readonly customer: string;
  readonly product: string;
}

interface Payment {
  readonly cents: number;
}

interface Customer {
  readonly name: string;
}

interface Product {
  readonly title: string;
}

test('joins', () => {
  const builder = new StreamsBuilder({ key: serdes.string() });

  const orders = builder.stream('orders', { value: serdes.json<Order>() });
  const payments = builder.stream('payments', { value: serdes.json<Payment>() });
  const customers = builder.table('customers', { value: serdes.json<Customer>(), store: 'customers' });
  const products = builder.globalTable('products', { value: serdes.json<Product>(), store: 'products' });

  orders
    .join(payments, (order, payment) => ({ due: order.cents, paid: payment.cents }), {
      windows: joinWindows({ difference: '1h', grace: '5m' }),
      value: serdes.json<Order>(),
      otherValue: serdes.json<Payment>(),
      store: 'order-payment',
    })
    .to('paid', { value: serdes.json<{ due: number; paid: number }>() });

  orders
    .leftJoin(
      products,
      (order) => order.product,
      (order, product) => `${order.cents} for ${product?.title ?? 'something'}`,
    )
    .to('told', { value: serdes.string() });

  orders
    .selectKey((order) => order.customer)
    .join(customers, (order, customer) => `${customer.name}: ${order.cents}`, { name: 'by-customer', value: serdes.json<Order>() })
    .to('by-customer', { value: serdes.string() });

  const latestOrders = orders.toTable({ store: { name: 'latest-orders', value: serdes.json<Order>() } });

  latestOrders
    .join(
      customers,
      (order) => order.customer,
      (order, customer) => ({ name: customer.name, cents: order.cents }),
      {
        name: 'order-customer',
        store: { name: 'orders-with-names', value: serdes.json<{ name: string; cents: number }>() },
      },
    )
    .toStream()
    .to('orders-with-names', { value: serdes.json<{ name: string; cents: number }>() });

  using driver = new TopologyTestDriver(builder.build());
  driver
    .createInputTopic('customers', { key: serdes.string(), value: serdes.json<Customer>() })
    .pipeInput({ key: 'c1', value: { name: 'Ada' } });
  driver
    .createInputTopic('products', { key: serdes.string(), value: serdes.json<Product>() })
    .pipeInput({ key: 'p1', value: { title: 'Tea' } });
  const order = driver.createInputTopic('orders', { key: serdes.string(), value: serdes.json<Order>() });
  order.pipeInput({ key: 'o1', value: { cents: 300, customer: 'c1', product: 'p1' }, timestamp: 0 });
  driver
    .createInputTopic('payments', { key: serdes.string(), value: serdes.json<Payment>() })
    .pipeInput({ key: 'o1', value: { cents: 300 }, timestamp: 3_600_000 });

  const paid = driver.createOutputTopic('paid', { key: serdes.string(), value: serdes.json<unknown>() });
  expect(paid.readKeyValuesToList()).toEqual([{ key: 'o1', value: { due: 300, paid: 300 } }]);
  const text = { key: serdes.string(), value: serdes.string() };
  expect(driver.createOutputTopic('told', text).readValuesToList()).toEqual(['300 for Tea']);
  expect(driver.createOutputTopic('by-customer', text).readValuesToList()).toEqual(['Ada: 300']);
  const named = driver.createOutputTopic('orders-with-names', { key: serdes.string(), value: serdes.json<unknown>() });
  expect(named.readValuesToList()).toEqual([{ name: 'Ada', cents: 300 }]);
});
