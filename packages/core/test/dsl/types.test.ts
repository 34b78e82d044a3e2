/** What the compiler knows of streams and tables. Most of these tests fail in `tsc`, not when run. */
import { expect, expectTypeOf, test } from 'vitest';
import {
  type GlobalKTable,
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type KTable,
  type Processor,
  type ProcessorContext,
  serdes,
  StreamsBuilder,
  StreamRecord,
} from '../../src/index.ts';

interface Order {
  readonly user: string;
  readonly total: number;
  readonly coupon: string | null;
}

const zero = (): number => 0;
const plusOne = (sum: number): number => sum + 1;

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<Order>() });

test('topics have the types of their serdes, or of the defaults', () => {
  expectTypeOf(builder.stream('orders')).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(builder.stream('a', { value: serdes.long() })).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(builder.stream('b', { key: serdes.integer() })).toEqualTypeOf<KStream<number, Order>>();
  expectTypeOf(builder.table('c', { value: serdes.string() })).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(builder.table('d', { store: { value: serdes.string() } })).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(new StreamsBuilder().stream('e')).toEqualTypeOf<KStream<unknown, unknown>>();
  expect(builder).toBeInstanceOf(StreamsBuilder);
});

test('operators change the types they say they change', () => {
  const orders = builder.stream('orders');
  expectTypeOf(orders.mapValues((order) => order.total)).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(orders.map((order) => [order.total, order.user])).toEqualTypeOf<KStream<number, string>>();
  expectTypeOf(orders.selectKey((order) => order.total)).toEqualTypeOf<KStream<number, Order>>();
  expectTypeOf(orders.flatMapValues((order) => [order.user, order.total])).toEqualTypeOf<KStream<string, string | number>>();
  expectTypeOf(orders.flatMap((order, key) => [[order.total, key] as const])).toEqualTypeOf<KStream<number, string>>();
  expectTypeOf(orders.peek(() => undefined).filterNot(() => true)).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(orders.repartition()).toEqualTypeOf<KStream<string, Order>>();
  // @ts-expect-error a stream of orders cannot be merged with one of numbers
  expect(() => orders.merge(builder.stream('numbers', { value: serdes.long() }))).not.toThrow();
  // @ts-expect-error orders have no such field
  expect(() => orders.mapValues((order) => order.nothing)).not.toThrow();
  // @ts-expect-error a serde of text cannot write orders
  expect(() => orders.to('out', { value: serdes.string() })).not.toThrow();
});

test('type guards narrow, inferred ones too', () => {
  const coupons = builder.stream('orders').mapValues((order) => order.coupon);
  expectTypeOf(coupons.filter((coupon) => coupon !== null)).toEqualTypeOf<KStream<string, string>>();
  const table = builder.table('shapes', { value: serdes.json<{ kind: 'a' } | { kind: 'b'; size: number }>() });
  expectTypeOf(table.filter((shape) => shape.kind === 'b')).toEqualTypeOf<KTable<string, { kind: 'b'; size: number }>>();
  expect(coupons).toBeDefined();
});

test('aggregates know their type, and never see null', () => {
  const orders = builder.stream('orders');
  const grouped = orders.groupByKey();
  expectTypeOf(grouped).toEqualTypeOf<KGroupedStream<string, Order>>();
  expectTypeOf(orders.groupBy((order) => order.coupon)).toEqualTypeOf<KGroupedStream<string, Order>>();
  expectTypeOf(grouped.count()).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(grouped.reduce((a, b) => (a.total > b.total ? a : b))).toEqualTypeOf<KTable<string, Order>>();
  expectTypeOf(
    grouped.aggregate(
      () => 0,
      (sum, order) => sum + order.total,
      { store: { value: serdes.double() } },
    ),
  ).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(
    grouped.aggregate<string | null>(
      () => null,
      (_, order) => order.coupon,
    ),
  ).toEqualTypeOf<KTable<string, string>>();
  const asText = { store: { value: serdes.string() } };
  // @ts-expect-error the aggregate is a number
  expect(() => grouped.aggregate(zero, plusOne, asText)).not.toThrow();
  // @ts-expect-error counts are numbers
  expect(() => grouped.count({ store: { value: serdes.bigint64() } })).not.toThrow();
});

test('tables change to streams with null for what was deleted, and back', () => {
  const counts = builder.stream('orders').groupByKey().count();
  expectTypeOf(counts.toStream()).toEqualTypeOf<KStream<string, number | null>>();
  expectTypeOf(counts.toStream((count, key) => [count, key])).toEqualTypeOf<KStream<(string | number | null)[], number | null>>();
  expectTypeOf(counts.toStream().toTable()).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(counts.mapValues((count) => (count > 1 ? String(count) : null))).toEqualTypeOf<KTable<string, string>>();
  const grouped = counts.groupBy((count, key) => [count, key]);
  expectTypeOf(grouped).toEqualTypeOf<KGroupedTable<number, string>>();
  expectTypeOf(grouped.reduce({ add: (a, b) => a + b, subtract: (a) => a })).toEqualTypeOf<KTable<number, string>>();
  expectTypeOf(grouped.aggregate(() => 0n, { add: (sum, word) => sum + BigInt(word.length), subtract: (sum) => sum })).toEqualTypeOf<
    KTable<number, bigint>
  >();
  counts.toStream().to('out', { value: serdes.long() });
  expect(counts.queryableStoreName).toBeUndefined();
});

test('a stream of values is one of values or null, but not the other way round', () => {
  const plain = builder.stream('orders');
  const nullable: KStream<string, Order | null> = plain;
  const table: KTable<string, Order | null> = builder.table('orders-table');
  expectTypeOf(nullable.merge(plain)).toEqualTypeOf<KStream<string, Order | null>>();
  // @ts-expect-error a null may come
  const back: KStream<string, Order> = nullable;
  expect([back, table]).toHaveLength(2);
});

test('branches keep their names; a guard narrows its branch', () => {
  const values = builder.stream('values', { value: serdes.json<string | number | null>() });
  const branches = values.split({ text: (value) => typeof value === 'string', large: (value) => Number(value) > 10 }, { default: 'rest' });
  expectTypeOf(branches.text).toEqualTypeOf<KStream<string, string>>();
  expectTypeOf(branches.large).toEqualTypeOf<KStream<string, string | number | null>>();
  expectTypeOf(branches.rest).toEqualTypeOf<KStream<string, string | number | null>>();
  // @ts-expect-error there is no such branch
  expect(branches.other).toBeUndefined();
  const { only } = builder.stream('x').split({ only: () => true });
  expectTypeOf(only).toEqualTypeOf<KStream<string, Order>>();
  expect(Object.keys(branches)).toEqual(['text', 'large', 'rest']);
});

test('branches of an array stand by position, changed by their functions', () => {
  const [totals, nothing, plain, rest] = builder.stream('y').split(
    [
      { when: (order) => order.total > 1, apply: (branch) => branch.mapValues((order) => order.total) },
      { when: () => true, apply: (branch) => branch.to('z') },
      { when: () => true, name: 'plain' },
    ],
    { default: {} },
  );
  expectTypeOf(totals).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(nothing).toEqualTypeOf<void>();
  expectTypeOf(plain).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(rest).toEqualTypeOf<KStream<string, Order>>();
  expect(nothing).toBeUndefined();
});

test('processors fit the stream they are put into', () => {
  class Totals implements Processor<string, Order, number, string> {
    #context!: ProcessorContext<number, string>;

    init(context: ProcessorContext<number, string>): void {
      this.#context = context;
    }

    process(record: StreamRecord<string, Order>): void {
      this.#context.forward(record.withKey(record.value.total).withValue(record.key));
    }
  }
  expectTypeOf(builder.stream('orders').process(() => new Totals())).toEqualTypeOf<KStream<number, string>>();
  // @ts-expect-error these are not orders
  expect(() => builder.stream('numbers2', { value: serdes.long() }).process(() => new Totals())).not.toThrow();
  const fixed = builder.stream('orders').processValues<number>(() => ({
    process(record) {
      expectTypeOf(record.key).toEqualTypeOf<string>();
      // @ts-expect-error the key is fixed
      record.withKey('other');
    },
  }));
  expectTypeOf(fixed).toEqualTypeOf<KStream<string, number>>();
  expect(fixed).toBeDefined();
});

test('joins by other keys are typed from both sides', () => {
  const orders = builder.table('orders-by-id');
  const users = builder.table('users', { value: serdes.string() });
  const totals = builder.table('totals', { key: serdes.long(), value: serdes.string() });
  // Keys of one type: the selector must not be taken for the joiner.
  const joined = orders.join(
    users,
    (order) => order.user,
    (order, user, id) => {
      expectTypeOf(order).toEqualTypeOf<Order>();
      expectTypeOf(user).toEqualTypeOf<string>();
      expectTypeOf(id).toEqualTypeOf<string>();
      return order.total;
    },
  );
  expectTypeOf(joined).toEqualTypeOf<KTable<string, number>>();
  const left = orders.leftJoin(
    totals,
    (order) => order.total,
    (order, total) => {
      expectTypeOf(total).toEqualTypeOf<string | null>();
      return order.coupon ?? total;
    },
  );
  expectTypeOf(left).toEqualTypeOf<KTable<string, string>>();
  expect(() =>
    orders.join(
      totals,
      // @ts-expect-error totals are not found by texts
      (order) => order.user,
      (order) => order.total,
    ),
  ).not.toThrow();

  const everyone = builder.globalTable('everyone', { value: serdes.integer() });
  expectTypeOf(everyone).toEqualTypeOf<GlobalKTable<string, number>>();
  const stream = builder.stream('orders').leftJoin(
    everyone,
    (order) => order.user,
    (order, age, key) => {
      expectTypeOf(order).toEqualTypeOf<Order>();
      expectTypeOf(age).toEqualTypeOf<number | null>();
      expectTypeOf(key).toEqualTypeOf<string>();
      return age ?? 0;
    },
  );
  expectTypeOf(stream).toEqualTypeOf<KStream<string, number>>();
  expect(stream).toBeDefined();
});

test('processors that bring stores, and those that fill global ones, are typed as others', () => {
  const first = { create: (): Processor<string, Order, number, string> => ({ process: () => {} }), stores: [{ name: 'seen' }] };
  expectTypeOf(builder.stream('orders').process(first)).toEqualTypeOf<KStream<number, string>>();
  // @ts-expect-error It takes other values.
  builder.stream('texts', { value: serdes.string() }).process(first);
  const fill = (): Processor<string, Order, never, never> => ({ process: () => {} });
  builder.addGlobalStore<string, Order>({ name: 'global' }, 'rows', fill);
  // @ts-expect-error What fills a store forwards nothing.
  builder.addGlobalStore<string, Order>({ name: 'other' }, 'others', first.create);
  // @ts-expect-error The topic is its changelog.
  expect(() => builder.addGlobalStore({ name: 'logged', logging: true }, 'third', fill)).toThrow(/MR_TOPOLOGY_INVALID/);
});

test('a JSON serde without a type takes that of its place, and is unknown where there is none', () => {
  const counts = builder.stream('json-orders').groupByKey().count();
  const asJson = { store: { name: 'as-json', value: serdes.json() } };
  expectTypeOf(counts.mapValues((count, key) => ({ count, key }), asJson)).toEqualTypeOf<KTable<string, { count: number; key: string }>>();
  expectTypeOf(counts.join(counts, (left, right) => [left, right] as const, { store: { value: serdes.json() } })).toEqualTypeOf<
    KTable<string, readonly [number, number]>
  >();
  expectTypeOf(counts.groupBy((count, key) => [{ count }, { key }], { key: serdes.json(), value: serdes.json() })).toEqualTypeOf<
    KGroupedTable<{ count: number }, { key: string }>
  >();
  expectTypeOf(builder.stream('json-unknown', { value: serdes.json() })).toEqualTypeOf<KStream<string, unknown>>();
  expectTypeOf(new StreamsBuilder({ value: serdes.json() }).stream('json-default')).toEqualTypeOf<KStream<unknown, unknown>>();
  // @ts-expect-error what was said of the JSON holds
  expect(() => counts.mapValues((count) => ({ count }), { store: { value: serdes.json<{ total: number }>() } })).not.toThrow();
});
