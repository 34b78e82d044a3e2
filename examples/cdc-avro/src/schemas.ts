/** Schemas as Debezium's Avro converter registers them for the tables of a database `shop`, without the parts of `source` that nobody reads. */

const source = {
  type: 'record',
  name: 'Source',
  namespace: 'io.debezium.connector.postgresql',
  fields: [
    { name: 'ts_ms', type: 'long' },
    { name: 'table', type: 'string' },
  ],
};

/** Every table has the same primary key: a `bigint` of the database. */
export function keySchema(table: string): object {
  return { type: 'record', name: 'Key', namespace: `shop.public.${table}`, fields: [{ name: 'id', type: 'long' }] };
}

function envelope(table: string, columns: readonly object[]): object {
  const fields = [
    { name: 'before', type: ['null', { type: 'record', name: 'Value', fields: columns }], default: null },
    { name: 'after', type: ['null', 'Value'], default: null },
    { name: 'source', type: source },
    { name: 'op', type: 'string' },
    { name: 'ts_ms', type: ['null', 'long'], default: null },
  ];
  return { type: 'record', name: 'Envelope', namespace: `shop.public.${table}`, fields, 'connect.name': `shop.public.${table}.Envelope` };
}

/** NUMERIC(12, 2). */
const money = {
  type: 'bytes',
  scale: 2,
  precision: 12,
  'connect.version': 1,
  'connect.parameters': { scale: '2', 'connect.decimal.precision': '12' },
  'connect.name': 'org.apache.kafka.connect.data.Decimal',
  logicalType: 'decimal',
};

export const customerSchema: object = envelope('customers', [
  { name: 'id', type: 'long' },
  { name: 'name', type: 'string' },
]);

export const orderSchema: object = envelope('orders', [
  { name: 'id', type: 'long' },
  { name: 'customer_id', type: 'long' },
  { name: 'total', type: money },
  { name: 'note', type: ['null', 'string'], default: null },
]);

export const viewSchema: object = {
  type: 'record',
  name: 'OrderView',
  namespace: 'shop',
  fields: [
    { name: 'customer', type: 'string' },
    { name: 'total', type: money },
  ],
};

/** What tables and joins keep: rows as they are in the topics. */
export function rowSchema(schema: object): object {
  // The schemas of this file have this form.
  const [before] = (schema as { readonly fields: readonly { readonly type: readonly [string, object] }[] }).fields;
  return before?.type[1] ?? {};
}
