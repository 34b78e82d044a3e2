/** Foreign-key joins and global tables on the embedded cluster: what takes internal topics, several instances and a reader of its own to go right. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import { partitionForKey } from '@millrace/core/kafka';
import { afterEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { KeptDisk } from './support/kept-state.ts';

const text = { key: serdes.string(), value: serdes.string() };
const people = Array.from({ length: 20 }, (_, at) => `p${at}`);

let harness: Harness;
let partitionCounts: ReadonlyMap<string, number>;
afterEach(() => harness.close());

async function start(...topics: readonly (readonly [name: string, partitions: number])[]): Promise<void> {
  harness = await Harness.start();
  partitionCounts = new Map(topics);
  for (const [name, partitions] of topics) harness.cluster.createTopic(name, { partitions });
}

/** Writes rows to the partitions of their keys, as tables need it. */
async function produce(topic: string, rows: readonly { readonly key: string; readonly value: string }[]): Promise<void> {
  const partitions = partitionCounts.get(topic) ?? 1;
  await harness.produce(
    topic,
    rows.map(({ key, value }) => {
      const bytes = Buffer.from(key);
      return { key, value, partition: partitionForKey(bytes, 0, bytes.length, partitions) };
    }),
  );
}

/** The last value of every key that was written. */
function latest(topic: string): Record<string, string | null> {
  const rows: Record<string, string | null> = {};
  const decoded = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('utf8'));
  for (const { key, value } of harness.cluster.records(topic)) rows[decoded(key) ?? ''] = decoded(value);
  return rows;
}

describe('a foreign-key join', () => {
  function topology(): Topology {
    const builder = new StreamsBuilder({ ...text, requireNames: true });
    const orders = builder.table('orders', { store: 'orders' });
    const customers = builder.table('customers', { store: 'customers' });
    orders
      .leftJoin(
        customers,
        (order) => order.split(':')[0],
        (order, customer) => `${order} ${customer}`,
        { name: 'enrich', store: 'enriched' },
      )
      .toStream()
      .to('out', { value: serdes.string() });
    return builder.build();
  }

  it('finds its rows over partitions that do not fit each other, while instances come and go', async () => {
    await start(['orders', 3], ['customers', 2], ['out', 1]);
    const first = harness.instance(topology());
    await harness.clock.run(first.start());
    await produce(
      'orders',
      people.map((name, at) => ({ key: `o${at}`, value: `${name}:tea` })),
    );
    await produce(
      'customers',
      people.slice(10).map((name) => ({ key: name, value: name.toUpperCase() })),
    );
    await harness.clock.advance(1_000);
    const second = harness.instance(topology());
    await harness.clock.run(second.start());
    await produce(
      'customers',
      people.slice(0, 10).map((name) => ({ key: name, value: name.toUpperCase() })),
    );
    await harness.clock.advance(5_000);
    const joined = Object.fromEntries(people.map((name, at) => [`o${at}`, `${name}:tea ${name.toUpperCase()}`]));
    expect(latest('out')).toEqual(joined);
    await harness.clock.run(first.close());
    await produce('customers', [{ key: 'p3', value: 'moved' }]);
    await produce('orders', [{ key: 'o4', value: 'p3:milk' }]);
    await harness.clock.advance(10_000);
    expect(latest('out')).toEqual({ ...joined, o3: 'p3:tea moved', o4: 'p3:milk moved' });
  });
});

describe('a global table', () => {
  function topology(): Topology {
    const builder = new StreamsBuilder(text);
    const customers = builder.globalTable('customers', { store: 'customers' });
    builder
      .stream('orders')
      .join(
        customers,
        (order) => order,
        (order, customer) => `${order} ${customer}`,
      )
      .to('out');
    return builder.build();
  }

  const everyCustomer = people.map((name) => ({ key: name, value: name.toUpperCase() }));
  const everyOrder = people.map((name, at) => ({ key: `o${at}`, value: name }));
  const everyJoin = Object.fromEntries(people.map((name, at) => [`o${at}`, `${name} ${name.toUpperCase()}`]));

  it('is whole in every instance before the first record', async () => {
    await start(['orders', 4], ['customers', 3], ['out', 1]);
    await produce('customers', everyCustomer);
    await produce('orders', everyOrder);
    const apps = [harness.instance(topology()), harness.instance(topology())];
    await harness.clock.run(Promise.all(apps.map((app) => app.start())));
    await harness.clock.advance(5_000);
    expect(latest('out')).toEqual(everyJoin);
    for (const app of apps) {
      expect([...app.store<string, { value: string }>('customers').all()].map(({ key }) => key).sort()).toEqual([...people].sort());
    }
  });

  it('follows its topic, and goes on from its disk after a restart', async () => {
    await start(['orders', 2], ['customers', 2], ['out', 1]);
    const disk = new KeptDisk(1);
    await produce('customers', everyCustomer);
    const app = harness.instance(topology(), { state: disk.backend() });
    await harness.clock.run(app.start());
    await harness.running(app);
    await produce('customers', [{ key: 'p1', value: 'changed' }]);
    await harness.clock.advance(1_000);
    await produce('orders', [{ key: 'o1', value: 'p1' }]);
    await harness.clock.advance(1_000);
    expect(latest('out')).toEqual({ o1: 'p1 changed' });
    await harness.clock.run(app.close());
    expect(app.state).toBe('NOT_RUNNING');
    await produce('customers', [{ key: 'p2', value: 'changed too' }]);
    const next = harness.instance(topology(), { state: disk.backend() });
    await harness.clock.run(next.start());
    await harness.running(next);
    await produce('orders', everyOrder);
    await harness.clock.advance(2_000);
    expect(latest('out')).toEqual({ ...everyJoin, o1: 'p1 changed', o2: 'p2 changed too' });
  });

  it('whose topic does not exist is named', async () => {
    await start(['orders', 2], ['out', 1]);
    const app = harness.instance(topology(), { topicTimeoutMs: 1_000 });
    await expect(harness.clock.run(app.start())).rejects.toMatchObject({
      code: 'MR_SOURCE_TOPIC_MISSING',
      details: { topic: 'customers' },
    });
    expect(app.state).toBe('ERROR');
  });
});
