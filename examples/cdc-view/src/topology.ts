/** A denormalised view of three tables of a database. Their changes come as Debezium writes them; foreign keys join them, whichever side changes. */
import { type Serde, StreamsBuilder, type KTable, type Topology, serdes } from 'millrace';

/** A change of a row. Behind a deletion Debezium writes a tombstone too: a record without value. */
export interface Change<Row> {
  readonly before: Row | null;
  readonly after: Row | null;
  /** Created, updated, deleted, read by the first snapshot. */
  readonly op: 'c' | 'u' | 'd' | 'r';
  readonly ts_ms: number;
}

/** The primary key of every table. */
export interface Id {
  readonly id: number;
}

export interface Customer {
  readonly id: number;
  readonly name: string;
}

export interface Product {
  readonly id: number;
  readonly title: string;
}

export interface Order {
  readonly id: number;
  readonly customer_id: number;
  readonly product_id: number;
  readonly quantity: number;
}

export interface OrderView {
  readonly customer: string;
  readonly product: string;
  readonly quantity: number;
}

const id: Serde<Id> = serdes.json<Id>();
const builder = new StreamsBuilder({ requireNames: true });

/** The table that a topic of changes describes. */
function tableOf<Row>(topic: string, store: string): KTable<Id, NonNullable<Row>> {
  return builder
    .stream(topic, { key: id, value: serdes.json<Change<Row>>() })
    .mapValues((change) => change?.after ?? null)
    .toTable({ store: { name: store, key: id, value: serdes.json<NonNullable<Row>>() } });
}

const customers = tableOf<Customer>('shop.public.customers', 'customers');
const products = tableOf<Product>('shop.public.products', 'products');
const orders = tableOf<Order>('shop.public.orders', 'orders');

const view = serdes.json<OrderView>();

orders
  .join(
    customers,
    (order) => ({ id: order.customer_id }),
    (order, customer) => ({ order, customer: customer.name }),
    { name: 'order-customer', store: { name: 'orders-with-customers', key: id, value: serdes.json<{ order: Order; customer: string }>() } },
  )
  .join(
    products,
    ({ order }) => ({ id: order.product_id }),
    ({ customer, order }, product) => ({ customer, product: product.title, quantity: order.quantity }),
    { name: 'order-product', store: { name: 'order-view', key: id, value: view } },
  )
  .toStream()
  .to('order-view', { key: id, value: view });

export const topology: Topology = builder.build();
