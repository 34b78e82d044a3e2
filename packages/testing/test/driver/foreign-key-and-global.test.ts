/** Foreign-key joins and global tables where partitions, crashes and moves show: what one partition and Java's test driver hide. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/driver/topology-test-driver.ts';

const text = { key: serdes.string(), value: serdes.string() };
const people = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal'];

/** Orders `customer:what` joined with customers. */
function foreignKey(kind: 'join' | 'leftJoin'): Topology {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  const orders = builder.table('orders', { store: 'orders' });
  const customers = builder.table('customers', { store: 'customers' });
  const customerOf = (order: string): string | null => order.split(':')[0] || null;
  const joiner = (order: string, customer: string | null, id: string): string => `${id} ${order} ${customer}`;
  const joined =
    kind === 'join'
      ? orders.join(customers, customerOf, joiner, { store: 'joined' })
      : orders.leftJoin(customers, customerOf, joiner, { store: 'joined' });
  joined.toStream().to('out');
  return builder.build();
}

function topics(driver: TopologyTestDriver): {
  readonly orders: ReturnType<typeof driver.createInputTopic<string, string | null>>;
  readonly customers: ReturnType<typeof driver.createInputTopic<string, string | null>>;
  latest(): Record<string, string | null>;
} {
  const out = driver.createOutputTopic('out', text);
  const latest: Record<string, string | null> = {};
  return {
    orders: driver.createInputTopic('orders', text),
    customers: driver.createInputTopic('customers', text),
    latest: () => {
      for (const { key, value } of out.readRecordsToList()) latest[key ?? ''] = value;
      return latest;
    },
  };
}

describe('a foreign-key join over partitions', () => {
  // Orders have more partitions than customers: answers must find back to where the order is.
  const partitions = { orders: 5, customers: 3, out: 1 };

  it('finds every customer, whichever side comes first', () => {
    using driver = new TopologyTestDriver(foreignKey('join'), { partitions });
    const { customers, latest, orders } = topics(driver);
    for (const [at, name] of people.entries()) if (at % 2 === 0) customers.pipeInput({ key: name, value: name.toUpperCase() });
    for (const [at, name] of people.entries()) orders.pipeInput({ key: `o${at}`, value: `${name}:tea` });
    for (const [at, name] of people.entries()) if (at % 2 === 1) customers.pipeInput({ key: name, value: name.toUpperCase() });
    expect(latest()).toEqual(Object.fromEntries(people.map((name, at) => [`o${at}`, `o${at} ${name}:tea ${name.toUpperCase()}`])));
  });

  it('goes on where it stopped after a crash, also where all state is lost', () => {
    for (const produced of ['lost', 'kept'] as const) {
      using driver = new TopologyTestDriver(foreignKey('leftJoin'), { partitions });
      const { customers, latest, orders } = topics(driver);
      for (const [at, name] of people.entries()) orders.pipeInput({ key: `o${at}`, value: `${name}:tea` });
      driver.commit();
      for (const name of people) customers.pipeInput({ key: name, value: name.toUpperCase() });
      driver.crash({ produced });
      customers.pipeInput({ key: 'ann', value: 'Ann' });
      orders.pipeInput({ key: 'o1', value: 'ann:milk' });
      orders.pipeInput({ key: 'o2', value: null });
      driver.rebalance({ move: true });
      customers.pipeInput({ key: 'ann', value: 'ANN' });
      customers.pipeInput({ key: 'bob', value: 'Nobody orders for him any more' });
      const expected: Record<string, string | null> = Object.fromEntries(
        people.map((name, at) => [`o${at}`, `o${at} ${name}:tea ${name.toUpperCase()}`]),
      );
      expect(latest()).toEqual({ ...expected, o1: 'o1 ann:milk ANN', o2: null });
    }
  });

  it('keeps rows without a foreign key where the join is a left one', () => {
    using driver = new TopologyTestDriver(foreignKey('leftJoin'), { partitions });
    const { latest, orders } = topics(driver);
    for (const at of people.keys()) orders.pipeInput({ key: `o${at}`, value: ':tea' });
    expect(latest()).toEqual(Object.fromEntries([...people.keys()].map((at) => [`o${at}`, `o${at} :tea null`])));
  });

  it('asks the partitioners of both sides, and refuses more than one partition', () => {
    const asked: unknown[] = [];
    const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
    builder
      .table('orders')
      .join(
        builder.table('customers'),
        (order) => order,
        (order, customer) => order + customer,
        {
          partitioner: (key, value, _topic, count) => (asked.push(['order', key, value, count]), [0]),
          otherPartitioner: (key, value, _topic, count) => (asked.push(['customer', key, value, count]), key === 'both' ? [0, 1] : 0),
        },
      )
      .toStream()
      .to('out');
    using driver = new TopologyTestDriver(builder.build(), { partitions: { orders: 5, customers: 3, out: 1 } });
    const { customers, latest, orders } = topics(driver);
    customers.pipeInput({ key: 'c', value: 'C', partition: 0 });
    orders.pipeInput({ key: 'o', value: 'c', partition: 0 });
    expect(latest()).toEqual({ o: 'cC' });
    expect(asked).toEqual([
      ['customer', 'c', null, 3],
      ['order', 'o', null, 5],
    ]);
    expect(() => orders.pipeInput({ key: 'o', value: 'both', partition: 0 })).toThrow(/exactly one partition/);
  });

  it.each<[what: string, chosen: unknown, code: string, message: RegExp]>([
    ['a promise', Promise.resolve(0), 'MR_ASYNC_RESULT', /a partitioner of a foreign-key join returned a promise/],
    ['two in a set', new Set([0, 1]), 'MR_PROCESSING', /must choose exactly one partition of .*, got 2/],
    ['an object', {}, 'MR_PROCESSING', /a partitioner of a foreign-key join returned Object/],
    ['null', null, 'MR_PROCESSING', /a partitioner of a foreign-key join returned null/],
    ['nothing in an array', [undefined], 'MR_PROCESSING', /chose partition undefined of topic/],
  ])('refuses a partitioner that returns %s, on both sides', (_what, chosen, code, message) => {
    // What JavaScript may return.
    const wrong = (() => chosen) as () => number;
    for (const options of [{ partitioner: wrong }, { otherPartitioner: wrong }]) {
      const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
      const join = [(order: string) => order, (order: string, customer: string) => order + customer, options] as const;
      builder.table('orders').join(builder.table('customers'), ...join);
      using driver = new TopologyTestDriver(builder.build(), { partitions: { orders: 2, customers: 2 } });
      const { customers, orders } = topics(driver);
      const pipe = (): void => {
        customers.pipeInput({ key: 'c', value: 'C' });
        orders.pipeInput({ key: 'o', value: 'c' });
      };
      expect(pipe).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
    }
  });
});

describe('a global table over partitions', () => {
  function topology(): Topology {
    const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
    const customers = builder.globalTable('customers', { store: 'customers' });
    builder
      .stream('orders')
      .join(
        customers,
        (order) => order,
        (order, customer, key) => `${key} ${order} ${customer}`,
      )
      .to('out');
    return builder.build();
  }

  it('is whole in every task, and still is after crashes and moves', () => {
    using driver = new TopologyTestDriver(topology(), { partitions: { orders: 4, customers: 3, out: 1 } });
    const { customers, latest, orders } = topics(driver);
    const expectAll = (): void => {
      for (const [at, name] of people.entries()) orders.pipeInput({ key: `o${at}`, value: name });
      expect(latest()).toEqual(Object.fromEntries(people.map((name, at) => [`o${at}`, `o${at} ${name} ${name.toUpperCase()}`])));
    };
    for (const name of people) customers.pipeInput({ key: name, value: name.toUpperCase() });
    expectAll();
    driver.crash();
    expectAll();
    driver.commit();
    driver.crash({ state: 'lost' });
    expectAll();
    driver.rebalance({ move: true });
    expectAll();
  });

  it('shows its store, and refuses a second reader of its topic', () => {
    using driver = new TopologyTestDriver(topology(), { partitions: { orders: 2, customers: 3, out: 1 } });
    topics(driver).customers.pipeInput({ key: 'ann', value: 'ANN', timestamp: 5 });
    expect(driver.getTimestampedKeyValueStore<string, string>('customers').get('ann')).toEqual({ value: 'ANN', timestamp: 5 });
    const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
    builder.globalTable('customers');
    builder.stream('customers').to('out');
    expect(() => builder.build()).toThrow(/reads the topic "customers" already/);
  });

  it('gets what the topology itself writes to its topic', () => {
    const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
    const customers = builder.globalTable('customers');
    const input = builder.stream('orders');
    input.to('customers');
    input
      .leftJoin(
        customers,
        (order) => order,
        (order, customer) => `${order} ${customer}`,
      )
      .to('out');
    using driver = new TopologyTestDriver(builder.build());
    const { latest, orders } = topics(driver);
    orders.pipeInput({ key: 'a', value: 'a' });
    orders.pipeInput({ key: 'b', value: 'a' });
    expect(latest()).toEqual({ a: 'a null', b: 'a a' });
  });
});
