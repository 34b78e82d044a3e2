/** Avro in topics and stores of the synchronous test driver, over a registry in memory. */
import { avro, AvroError, branch } from '@millrace/avro';
import { serdes, StreamsBuilder, StreamsError, timeWindows, type Windowed } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { MemorySchemaRegistry } from '@millrace/testing/registry';
import { describe, expect, test } from 'vitest';

const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, namespace: 'shop', fields });
const orderSchema = record(
  'Order',
  { name: 'id', type: 'long' },
  { name: 'customer', type: 'string' },
  { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
);
const totalSchema = record('Total', { name: 'orders', type: 'int' }, { name: 'cents', type: 'long' });

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly amount: string;
}

interface Total {
  readonly orders: number;
  readonly cents: number;
}

function totals(registry: MemorySchemaRegistry): StreamsBuilder {
  const builder = new StreamsBuilder({ key: serdes.string() });
  const total = avro<Total>(totalSchema, { registry });
  builder
    .stream('orders', { value: avro<Order>(orderSchema, { registry }) })
    .groupBy((order) => order.customer)
    .aggregate<Total>(
      () => ({ orders: 0, cents: 0 }),
      ({ cents, orders }, { amount }) => ({ orders: orders + 1, cents: cents + Math.round(Number(amount) * 100) }),
      {
        store: { name: 'totals', value: total },
      },
    )
    .toStream()
    .to('totals', { value: total });
  return builder;
}

describe('with a registry', () => {
  test('orders are summed; every topic and store has its subject', () => {
    const registry = new MemorySchemaRegistry();
    using driver = new TopologyTestDriver(totals(registry).build());
    const orders = driver.createInputTopic('orders', { key: serdes.string(), value: avro<Order>(orderSchema, { registry }) });
    const sums = driver.createOutputTopic('totals', { key: serdes.string(), value: avro<Total>('latest', { registry }) });

    orders.pipeInput({ key: 'a', value: { id: 1, customer: 'anna', amount: '12.50' } });
    orders.pipeInput({ key: 'b', value: { id: 2, customer: 'anna', amount: '0.25' } });

    expect(sums.readKeyValuesToMap()).toEqual(new Map([['anna', { orders: 2, cents: 1275 }]]));
    expect(registry.subjects().map((name) => name.replace(/^.*?-(?=totals-|KSTREAM)/, ''))).toEqual([
      'totals-repartition-value',
      'totals-value',
      'totals-changelog-value',
      'orders-value',
    ]);
  });

  test('what cannot be decoded goes to the handler with its place', () => {
    const registry = new MemorySchemaRegistry();
    const id = registry.register('orders-value', { schema: JSON.stringify(orderSchema), references: [] });
    const seen: {
      readonly offset: number;
      readonly code: string;
      readonly id: number | undefined;
      readonly subject: string | undefined;
    }[] = [];
    using driver = new TopologyTestDriver(totals(registry).build(), {
      handlers: {
        deserialization: (context, error) => {
          const { code, details } = error as AvroError;
          seen.push({ offset: context.offset, code, id: details.id, subject: details.subject });
          return 'continue';
        },
      },
    });
    const raw = driver.createInputTopic('orders', { key: serdes.string(), value: serdes.bytes() });
    const frame = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);

    raw.pipeInput({ key: 'a', value: frame(1, 2) });
    raw.pipeInput({ key: 'a', value: frame(0, 0, 0, 0, 99, 1) });
    raw.pipeInput({ key: 'a', value: frame(0, 0, 0, 0, id, 2, 250) });

    expect(seen).toEqual([
      { offset: 0, code: 'MR_AVRO_FRAME_INVALID', id: undefined, subject: 'orders-value' },
      { offset: 1, code: 'MR_AVRO_SCHEMA_UNKNOWN', id: 99, subject: 'orders-value' },
      { offset: 2, code: 'MR_AVRO_DATA_INVALID', id, subject: 'orders-value' },
    ]);
  });

  test('a value that does not fit goes to the production handler', () => {
    const registry = new MemorySchemaRegistry();
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder
      .stream('in')
      .mapValues((text): Total => ({ orders: Number(text), cents: 0 }))
      .to('out', { value: avro<Total>(totalSchema, { registry }) });
    const seen: string[] = [];
    using driver = new TopologyTestDriver(builder.build(), {
      handlers: {
        production: (context, error) => {
          seen.push(`${context.topic} ${(error as Error).message}`);
          return 'continue';
        },
      },
    });
    driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() }).pipeInput('many');

    expect(seen).toEqual([expect.stringMatching(/^out MR_AVRO_VALUE_INVALID: orders: null is no int \(value of out, schema id \d\)$/)]);
  });

  test('a schema that the registry does not take ends the start, in its words', () => {
    const registry = new MemorySchemaRegistry();
    registry.register('totals-value', { schema: JSON.stringify(record('Total', { name: 'orders', type: 'string' })), references: [] });

    expect(() => new TopologyTestDriver(totals(registry).build())).toThrow(
      /MR_AVRO_SCHEMA_REFUSED.*incompatible with an earlier schema for subject "totals-value".*cannot read the writer's string/,
    );
  });

  test('without registration the registry must have the schema', () => {
    const registry = new MemorySchemaRegistry();
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder
      .stream('in')
      .mapValues((): Total => ({ orders: 1, cents: 1 }))
      .to('out', { value: avro<Total>(totalSchema, { registry, autoRegister: false }) });
    expect(() => new TopologyTestDriver(builder.build())).toThrow('MR_AVRO_SCHEMA_UNKNOWN');

    registry.register('out-value', { schema: JSON.stringify(totalSchema), references: [] });
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() }).pipeInput('x');
    expect(driver.createOutputTopic('out', { key: serdes.string(), value: avro<Total>('latest', { registry }) }).readValue()).toEqual({
      orders: 1,
      cents: 1,
    });
  });

  test.each([
    ['topic', 'out-value'],
    ['record', 'shop.Total'],
    ['topic-record', 'out-shop.Total'],
  ] as const)('the subject strategy %s', (subject, expected) => {
    const registry = new MemorySchemaRegistry();
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder
      .stream('in')
      .mapValues((): Total => ({ orders: 1, cents: 1 }))
      .to('out', { value: avro<Total>(totalSchema, { registry, subject }) });
    using driver = new TopologyTestDriver(builder.build());

    expect(driver.storeNames).toEqual([]);
    expect(registry.subjects()).toEqual([expected]);
  });

  test('types of other subjects', () => {
    const registry = new MemorySchemaRegistry();
    registry.register('money', { schema: JSON.stringify(record('Money', { name: 'cents', type: 'long' })), references: [] });
    const schema = record('Price', { name: 'net', type: 'Money' }, { name: 'gross', type: 'shop.Money' });
    const price = avro<unknown>(schema, { registry, references: [{ name: 'shop.Money', subject: 'money', version: 1 }] });
    const builder = new StreamsBuilder({ key: serdes.string(), value: price });
    builder.stream('in').to('out');
    using driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', { key: serdes.string(), value: price });
    const value = { net: { cents: 100 }, gross: { cents: 119 } };
    registry.register('in-value', { schema: JSON.stringify(schema), references: [{ name: 'shop.Money', subject: 'money', version: 1 }] });
    input.pipeInput(value);

    expect(driver.createOutputTopic('out', { key: serdes.string(), value: avro<unknown>('latest', { registry }) }).readValue()).toEqual(
      value,
    );
  });

  test('keys, also of windows', () => {
    const registry = new MemorySchemaRegistry();
    const key = avro<{ readonly sku: string }>(record('Key', { name: 'sku', type: 'string' }), { registry });
    const windowed = serdes.timeWindowed(key, { size: 10_000 });
    const builder = new StreamsBuilder({ key, value: serdes.string() });
    builder
      .stream('in')
      .groupByKey()
      .windowedBy(timeWindows({ size: 10_000, grace: 0 }))
      .count()
      .toStream()
      .to('out', { key: windowed, value: serdes.long() });
    using driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', { key, value: serdes.string() });
    input.pipeInput({ key: { sku: 'x' }, value: 'a', timestamp: 1 });
    input.pipeInput({ key: { sku: 'x' }, value: 'b', timestamp: 2 });

    const out = driver.createOutputTopic<Windowed<{ readonly sku: string }>, number>('out', { key: windowed, value: serdes.long() });
    expect(out.readRecordsToList().map(({ key: read, value }) => [read?.key, read?.window.start, value])).toEqual([
      [{ sku: 'x' }, 0, 1],
      [{ sku: 'x' }, 0, 2],
    ]);
  });

  test('a foreign-key join, whose hashes and subscriptions use the serdes under names of their own', () => {
    const registry = new MemorySchemaRegistry();
    const builder = new StreamsBuilder({ key: serdes.string() });
    const order = avro<Order>(orderSchema, { registry });
    const customer = avro<{ readonly name: string }>(record('Customer', { name: 'name', type: 'string' }), { registry });
    builder
      .table('orders', { value: order })
      .join(
        builder.table('customers', { value: customer }),
        (value) => value.customer,
        (left, right) => `${right.name} ${left.amount}`,
      )
      .toStream()
      .to('out', { value: serdes.string() });
    using driver = new TopologyTestDriver(builder.build());
    const orders = driver.createInputTopic('orders', { key: serdes.string(), value: order });
    const customers = driver.createInputTopic('customers', { key: serdes.string(), value: customer });
    customers.pipeInput({ key: 'c', value: { name: 'Anna' } });
    orders.pipeInput({ key: '1', value: { id: 1, customer: 'c', amount: '1.00' } });
    customers.pipeInput({ key: 'c', value: { name: 'Anne' } });

    expect(driver.createOutputTopic('out', { key: serdes.string(), value: serdes.string() }).readValuesToList()).toEqual([
      'Anna 1.00',
      'Anne 1.00',
    ]);
  });

  test('the latest schema of a topic serves the store of its table', () => {
    const registry = new MemorySchemaRegistry();
    registry.register('totals-value', { schema: JSON.stringify(totalSchema), references: [] });
    const builder = new StreamsBuilder({ key: serdes.string(), value: avro<Total>('latest', { registry }) });
    builder.table('totals', { store: 'rows' });
    using driver = new TopologyTestDriver(builder.build());
    driver
      .createInputTopic('totals', { key: serdes.string(), value: avro<Total>(totalSchema, { registry }) })
      .pipeInput({ key: 'a', value: { orders: 1, cents: 2 } });

    expect(registry.subjects()).toEqual(['totals-value', expect.stringMatching(/rows-changelog-value$/)]);
    expect(driver.getKeyValueStore<string, Total>('rows').get('a')).toEqual({ orders: 1, cents: 2 });
  });

  test('a global table', () => {
    const registry = new MemorySchemaRegistry();
    const total = avro<Total>(totalSchema, { registry });
    const builder = new StreamsBuilder({ key: serdes.string() });
    const rows = builder.globalTable('totals', { value: total, store: 'totals' });
    builder
      .stream('in', { value: serdes.string() })
      .join(
        rows,
        (value) => value,
        (value, { cents }) => `${value} ${cents}`,
      )
      .to('out', { value: serdes.string() });
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('totals', { key: serdes.string(), value: total }).pipeInput({ key: 'a', value: { orders: 1, cents: 7 } });
    driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() }).pipeInput({ key: 'x', value: 'a' });

    expect(driver.createOutputTopic('out', { key: serdes.string(), value: serdes.string() }).readValue()).toBe('a 7');
  });

  test('topics that are chosen per record', () => {
    const registry = new MemorySchemaRegistry();
    const total = avro<Total>(totalSchema, { registry });
    const builder = new StreamsBuilder({ key: serdes.string(), value: total });
    builder.stream('in').to((value) => `out-${value?.orders ?? 0}`);
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', { key: serdes.string(), value: total }).pipeInput({ key: 'a', value: { orders: 5, cents: 7 } });

    expect(driver.createOutputTopic('out-5', { key: serdes.string(), value: total }).readValue()).toEqual({ orders: 5, cents: 7 });
    expect(registry.subjects()).toContain('out-5-value');
  });

  test('records of a union', () => {
    const registry = new MemorySchemaRegistry();
    const events = avro<object>([record('Placed', { name: 'id', type: 'int' }), record('Paid', { name: 'id', type: 'int' })], { registry });
    const builder = new StreamsBuilder({ key: serdes.string(), value: events });
    builder.stream('in').to('out');
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', { key: serdes.string(), value: events }).pipeInput(branch('shop.Paid', { id: 5 }));
    expect(driver.createOutputTopic('out', { key: serdes.string(), value: serdes.bytes() }).readValue()?.[5]).toBe(2);
  });
});

describe('without a registry', () => {
  test('single objects name their schema; earlier ones are given, or kept with the state', () => {
    const earlier = record('Total', { name: 'orders', type: 'int' });
    const later = avro<Total>(record('Total', { name: 'orders', type: 'int' }, { name: 'cents', type: 'long', default: 0 }), {
      history: [earlier],
    });
    const before = avro<object>(earlier);
    const builder = new StreamsBuilder({ key: serdes.string(), value: later });
    builder.stream('in').to('out');
    using driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic('in', { key: serdes.string(), value: before }).pipeInput({ orders: 3 });
    const out = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.bytes() });
    expect([...(out.readValue()?.subarray(0, 2) ?? [])]).toEqual([0xc3, 0x01]);
    expect(() => driver.createInputTopic('in', { key: serdes.string(), value: avro<object>(record('Other')) }).pipeInput({})).toThrow(
      StreamsError,
    );
  });
});
