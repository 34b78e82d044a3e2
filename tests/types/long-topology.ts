/** A topology of more than fifty operators of every family, step by step, as a user writes it: no type is written where it can be inferred. */
import {
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  joinWindows,
  type KeyValueStore,
  type ProcessorContext,
  serdes,
  sessionWindows,
  slidingWindows,
  StreamRecord,
  timeWindows,
  unlimitedWindows,
} from 'millrace';
import { type Customer, type Message, newBuilder, type Order, type Payment } from './domain.ts';

/** Numbers the records of each key. */
class Numbering {
  #context!: FixedKeyProcessorContext<string, readonly [number, Order]>;
  #seen!: KeyValueStore<string, number>;

  init(context: FixedKeyProcessorContext<string, readonly [number, Order]>): void {
    this.#context = context;
    this.#seen = context.getStateStore<KeyValueStore<string, number>>('seen');
  }

  process(record: FixedKeyRecord<string, Order>): void {
    const number = (this.#seen.get(record.key) ?? 0) + 1;
    this.#seen.put(record.key, number);
    this.#context.forward(record.withValue([number, record.value] as const));
  }
}

/** Swaps what it was keyed by and what it is about. */
class ByCents {
  #context!: ProcessorContext<number, string>;

  init(context: ProcessorContext<number, string>): void {
    this.#context = context;
  }

  process(record: StreamRecord<string, Payment>): void {
    this.#context.forward(record.withKey(record.value.cents).withValue(record.key));
  }
}

export const builder = newBuilder();

// Sources.
export const orders = builder.stream('orders');
export const customers = builder.table('customers', { value: serdes.json<Customer>(), store: 'customers' });
export const countries = builder.globalTable('countries', { value: serdes.string(), store: 'countries' });
export const payments = builder.stream('payments', { value: serdes.json<Payment>() });
export const messages = builder.stream(/^messages-.*$/, { key: serdes.integer(), value: serdes.json<Message | null>() });

// Record by record.
export const present = messages.filter((message) => message !== null);
export const texts = present.filter((message) => message.type === 'text');
export const lengths = texts.mapValues((message, key) => message.text.length + key);
export const words = texts.flatMapValues((message) => message.text.split(' '));
export const byWord = words.selectKey((word) => word);
export const pairs = byWord.map((word, key) => [word.length, { word, key }] as const);
export const letters = pairs.flatMap(({ word }, length) => Array.from(word, (letter) => [letter, length] as const));
export const seen = letters.peek(() => undefined, { name: 'letters-seen' });
export const vowels = seen.filterNot((_length, letter) => !'aeiou'.includes(letter));
export const spread = vowels.repartition({ name: 'vowels', key: serdes.string(), value: serdes.integer() });
export const merged = spread.merge(byWord.mapValues((word) => word.length));

// Branches.
export const { online, large, rest } = orders.split(
  {
    online: (order): order is Order & { readonly kind: 'online' } => order.kind === 'online',
    large: (order) => order.cents > 100_00,
  },
  { default: 'rest' },
);
export const [coupons, , others] = orders.split(
  [
    { when: (order) => order.coupon !== null, apply: (branch) => branch.mapValues((order) => order.coupon) },
    { when: (order) => order.cents === 0, apply: (branch) => branch.foreach(() => undefined) },
  ],
  { default: { name: 'others' } },
);
export const validCoupons = coupons.filter((coupon) => coupon !== null);

// Processors.
export const numbered = large.processValues(() => new Numbering(), {
  stores: [{ name: 'seen', key: serdes.string(), value: serdes.long() }],
});
export const byCents = payments.process(() => new ByCents());

// Groups and aggregates.
export const byCustomer = online.groupBy((order) => order.customer, { name: 'by-customer' });
export const orderCounts = byCustomer.count({ store: 'order-counts' });
export const largest = byCustomer.reduce((most, order) => (order.cents > most.cents ? order : most), { store: 'largest' });
export const spent = byCustomer.aggregate(
  () => 0,
  (cents, order) => cents + order.cents,
  { store: { name: 'spent', value: serdes.long() } },
);
export const lastCoupon = validCoupons.toTable({ store: { name: 'last-coupon', value: serdes.string() } });
export const paymentsByOrder = payments.groupByKey();
export const open = online
  .groupBy((order) => order.id, { name: 'by-order' })
  .cogroup((cents: number, order) => cents + order.cents)
  .cogroup(paymentsByOrder, (cents, payment) => cents - payment.cents);
export const owed = open.aggregate(() => 0, { store: { name: 'owed', value: serdes.long() } });
export const owedPerSession = open.windowedBy(sessionWindows({ gap: '10m' })).aggregate(
  () => 0,
  (left, right) => left + right,
  { store: { name: 'owed-per-session', value: serdes.long() } },
);

// Windows.
export const perMinute = byCustomer.windowedBy(timeWindows({ size: '1m', grace: '5s' })).count({ store: 'per-minute' });
export const sliding = paymentsByOrder.windowedBy(slidingWindows({ difference: '1m' })).reduce((a, b) => (a.cents > b.cents ? a : b));
export const sessions = byCustomer.windowedBy(sessionWindows({ gap: '30m' })).aggregate(
  () => new Array<string>(),
  (ids, order) => [...ids, order.id],
  (earlier, later) => [...earlier, ...later],
  { store: { value: serdes.json<string[]>() } },
);
export const always = paymentsByOrder.windowedBy(unlimitedWindows()).aggregate(
  () => '',
  (all, payment) => all + String(payment.cents),
  { store: { value: serdes.string() } },
);
export const finalPerMinute = perMinute.suppress({ until: 'windowClose', name: 'final' });
export const minutes = finalPerMinute.toStream((_count, { key, window }) => `${key}@${window.start}`);

// Tables.
export const busy = orderCounts.filter((count) => count > 10);
export const asText = busy.mapValues((count) => (count > 1_000 ? null : String(count)));
export const calm = asText.suppress({ until: 'timeLimit', wait: '10s', maxRecords: 1_000 });
export const transformed = calm.transformValues(() => ({ transform: (text, key) => ({ key, text }) }));
export const perCountry = customers.groupBy(({ country }, name) => [country, name], { value: serdes.string() });
export const namesPerCountry = perCountry.aggregate(
  () => '',
  { add: (names, name) => `${names},${name}`, subtract: (names, name) => names.replace(`,${name}`, '') },
  { store: { value: serdes.string() } },
);
export const customersPerCountry = perCountry.count();

// Joins.
export const together = customers.join(spent, ({ name }, cents) => ({ name, cents }), { store: { value: serdes.json() } });
export const maybe = customers.leftJoin(lastCoupon, ({ country }, coupon) => coupon ?? country, { store: { value: serdes.string() } });
export const either = spent.outerJoin(owed, (cents, left) => (cents ?? 0) + (left ?? 0));
export const withCustomer = largest.join(
  customers,
  (order) => order.customer,
  (order, customer, key) => ({ key, cents: order.cents, country: customer.country }),
  { store: { value: serdes.json<{ key: string; cents: number; country: string }>() } },
);
export const perhapsWithCustomer = largest.leftJoin(
  customers,
  ({ coupon }) => coupon,
  (order, customer) => [order.id, customer?.name ?? null] as const,
  { store: { value: serdes.json<readonly [string, string | null]>() } },
);
export const paid = orders.join(payments, (order, payment) => order.cents - payment.cents, {
  windows: joinWindows({ difference: '1h' }),
  otherValue: serdes.json<Payment>(),
});
export const perhapsPaid = orders.leftJoin(payments, (order, payment) => payment ?? order.id, {
  windows: joinWindows({ difference: '1h' }),
  otherValue: serdes.json<Payment>(),
});
export const anyOf = orders.outerJoin(payments, (order, payment) => order?.id ?? payment?.order, {
  windows: joinWindows({ difference: '1h' }),
  otherValue: serdes.json<Payment>(),
});
export const enriched = orders.join(customers, (order, { country }) => ({ ...order, country }));
export const perhapsEnriched = rest.leftJoin(customers, (order, customer) => [order, customer] as const);
export const inCountry = enriched.leftJoin(
  countries,
  ({ country }) => country,
  (order, country) => ({ id: order.id, country }),
);

// Sinks.
minutes.to('minutes', { key: serdes.string(), value: serdes.long() });
inCountry.to((order) => `orders-${order.country ?? 'nowhere'}`, { value: serdes.json() });
