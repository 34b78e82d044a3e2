/** Orders with the names of their customers. Changes come as Debezium writes them in Avro; a foreign key joins them, whichever side changes. */
import { avro } from '@millrace/avro';
import { MemorySchemaRegistry } from '@millrace/testing/registry';
import { type KTable, type Serde, serdes, StreamsBuilder, type Topology } from 'millrace';
import { customerSchema, keySchema, orderSchema, rowSchema, viewSchema } from './schemas.ts';

/** A change of a row. Behind a deletion Debezium writes a tombstone too: a record without value. */
export interface Change<Row> {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly source: { readonly ts_ms: bigint; readonly table: string };
  /** Created, updated, deleted, read by the first snapshot. */
  readonly op: string;
  readonly ts_ms: bigint | null;
}

/** Keys of a database have 64 bits, of which a number holds 53. */
export interface Id {
  readonly id: bigint;
}

export interface Customer extends Id {
  readonly name: string;
}

export interface Order extends Id {
  readonly customer_id: bigint;
  /** Exact: decimals are text. */
  readonly total: string;
  readonly note: string | null;
}

export interface OrderView {
  readonly customer: string;
  readonly total: string;
}

/** Of an application: `schemaRegistry({ url: 'http://localhost:8081' })`. */
export const registry: MemorySchemaRegistry = new MemorySchemaRegistry();
const options = { registry, longs: 'bigint' } as const;

export const keyOf = (table: string): Serde<Id> => avro<Id>(keySchema(table), options);
export const customerChanges: Serde<Change<Customer>> = avro(customerSchema, options);
export const orderChanges: Serde<Change<Order>> = avro(orderSchema, options);
export const view: Serde<OrderView> = avro(viewSchema, options);

const builder = new StreamsBuilder({ requireNames: true });

/** The table that a topic of changes describes. */
function tableOf<Row>(name: string, changes: Serde<Change<Row>>, row: Serde<NonNullable<Row>>): KTable<Id, NonNullable<Row>> {
  const key = keyOf(name);
  return builder
    .stream(`shop.public.${name}`, { key, value: changes })
    .mapValues((change) => change?.after ?? null)
    .toTable({ store: { name, key, value: row } });
}

const customers = tableOf('customers', customerChanges, avro<Customer>(rowSchema(customerSchema), options));
const orders = tableOf('orders', orderChanges, avro<Order>(rowSchema(orderSchema), options));

orders
  .join(
    customers,
    (order) => ({ id: order.customer_id }),
    (order, customer): OrderView => ({ customer: customer.name, total: order.total }),
    { name: 'order-customer', store: { name: 'order-view', key: keyOf('orders'), value: view } },
  )
  .toStream()
  .selectKey((_, { id }) => String(id))
  .to('order-view', { key: serdes.string(), value: view });

export const topology: Topology = builder.build();
