/** Avro in a running application on the embedded cluster: schemas that change, a registry that goes away, restarts without it. */
import { avro, type AvroError } from '@millrace/avro';
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { KafkaStreamsOptions } from '@millrace/core/runtime';
import { MemorySchemaRegistry } from '@millrace/testing/registry';
import { afterEach, describe, expect, test } from 'vitest';
import { Harness } from '../runtime/support/harness.ts';
import { KeptDisk } from '../runtime/support/kept-state.ts';

const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });
const field = (name: string, type: unknown, rest: object = {}): unknown => ({ name, type, ...rest });

const order1 = record('Order', field('amount', 'int'));
const order2 = record('Order', field('amount', 'int'), field('note', 'string', { default: '' }));
const order3 = record('Order', field('amount', 'long'));
const total1 = record('Total', field('sum', 'long'), field('last', 'long', { default: 0 }));
/** A field less, one more, one wider. */
const total2 = record('Total', field('sum', 'double'), field('count', 'int', { default: 0 }));

interface Order {
  readonly amount: number;
}

let harness: Harness;
let registry: MemorySchemaRegistry;
afterEach(() => harness.close());

async function start(partitions = 1): Promise<void> {
  harness = await Harness.start();
  registry = new MemorySchemaRegistry({ clock: harness.clock });
  harness.cluster.createTopic('orders', { partitions });
  harness.cluster.createTopic('totals');
}

function sums(totalSchema: unknown, whenUnavailable: 'wait' | 'fail' = 'wait'): Topology {
  const builder = new StreamsBuilder({ key: serdes.string() });
  const total = avro<{ readonly sum: number; readonly last?: number; readonly count?: number }>(totalSchema, {
    registry,
    unknownFields: 'drop',
  });
  builder
    .stream('orders', { value: avro<Order>(order3, { registry, whenUnavailable }) })
    .groupByKey()
    .aggregate<{ readonly sum: number; readonly last?: number; readonly count?: number }>(
      () => ({ sum: 0 }),
      (before, { amount }) => ({ ...before, sum: before.sum + amount, last: amount, count: (before.count ?? 0) + 1 }),
      { store: { name: 'sums', value: total } },
    )
    .toStream()
    .mapValues((total) => String(total?.sum))
    .to('totals', { value: serdes.string() });
  return builder.build();
}

/** Writes orders as a producer with this schema does. */
async function produce(schema: unknown, key: string, values: readonly object[], partition = 0): Promise<void> {
  const id = registry.register('orders-value', { schema: JSON.stringify(schema), references: [] });
  await produceRaw(id, schema, key, values, partition);
}

async function produceRaw(id: number, schema: unknown, key: string, values: readonly object[], partition = 0): Promise<void> {
  const { AvroCodec } = await import('@millrace/avro');
  const codec = new AvroCodec<object>(schema);
  const bytes = values.map((value) =>
    Buffer.concat([Buffer.from([0, id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255]), codec.encode(value)]),
  );
  const producer = (await harness.client()).producer({
    lingerMs: 0,
    compression: 'none',
    maxBatchBytes: 100_000,
    maxBufferedBytes: 1_000_000,
    deliveryTimeoutMs: 30_000,
  });
  await harness.clock.run(producer.lookUp(['orders']));
  const name = Buffer.from(key);
  for (const value of bytes)
    producer.partition('orders', partition).append(harness.clock.now(), name, 0, name.length, value, 0, value.length, null);
  await harness.clock.run(producer.flush());
  await harness.clock.run(producer.close());
}

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('utf8');
const results = (): string[] => harness.cluster.records('totals').map(({ key, value }) => `${text(key)}=${text(value)}`);

async function run(topology: Topology, options: Partial<KafkaStreamsOptions> = {}): Promise<ReturnType<Harness['instance']>> {
  const app = harness.instance(topology, options);
  await harness.clock.run(app.start());
  await harness.running(app);
  return app;
}

const until = (expected: string): Promise<void> =>
  harness.until(() => results().includes(expected), `${expected} among ${results().join(' ')}`);

describe('a schema changes', () => {
  test('twice under a running application: no record is lost', async () => {
    await start();
    await run(sums(total1));
    await produce(order1, 'a', [{ amount: 1 }]);
    await until('a=1');
    await produce(order2, 'a', [{ amount: 2, note: 'gift' }]);
    await until('a=3');
    await produce(order3, 'a', [{ amount: 2 ** 40 }]);
    await until(`a=${2 ** 40 + 3}`);

    expect(results()).toEqual(['a=1', 'a=3', `a=${2 ** 40 + 3}`]);
  });

  test('in a store: rows of the old schema are read after the restart, from disk and from the changelog', async () => {
    await start();
    const disk = new KeptDisk(1);
    const before = await run(sums(total1), { state: disk.backend() });
    await produce(order1, 'a', [{ amount: 5 }]);
    await until('a=5');
    await harness.clock.run(before.close());

    const after = await run(sums(total2), { state: disk.backend() });
    await produce(order1, 'a', [{ amount: 6 }]);
    await until('a=11');
    await harness.clock.run(after.close());

    await run(sums(total2));
    await produce(order1, 'a', [{ amount: 7 }]);
    await until('a=18');
    expect(results()).toEqual(['a=5', 'a=11', 'a=18']);
  });

  test('an incompatible one is refused at the start, in the words of the registry', async () => {
    await start();
    const app = await run(sums(total1));
    await harness.clock.run(app.close());

    const refused = harness.instance(sums(record('Total', field('sum', 'string'))));
    const finished = harness.clock.run(refused.run().catch((error: unknown) => error));

    const error = (await finished) as AvroError;
    expect(`${error.message} ${String((error.cause as Error | undefined)?.message)}`).toMatch(
      /MR_AVRO_SCHEMA_REFUSED.*subject "app-sums-changelog-value".*cannot read the writer's long/,
    );
  });
});

test('rows of single objects are read with the next schema: the one before is kept with them', async () => {
  await start();
  const disk = new KeptDisk(1);
  const counting = (schema: unknown): Topology => {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.bytes() });
    builder
      .stream('orders')
      .groupByKey()
      .aggregate<{ readonly count: number }>(
        () => ({ count: 0 }),
        (before) => ({ ...before, count: before.count + 1 }),
        { store: { name: 'counts', value: avro<{ readonly count: number }>(schema) } },
      )
      .toStream()
      .mapValues((value) => String(value?.count))
      .to('totals', { value: serdes.string() });
    return builder.build();
  };
  const before = await run(counting(record('Count', field('count', 'int'))), { state: disk.backend() });
  await produce(order1, 'a', [{ amount: 1 }]);
  await until('a=1');
  await harness.clock.run(before.close());

  await run(counting(record('Count', field('name', 'string', { default: '' }), field('count', 'long'))), { state: disk.backend() });
  await produce(order1, 'a', [{ amount: 1 }]);
  await until('a=2');
});

describe('the registry goes away', () => {
  test('what is known goes on; a partition with something unknown waits, alone, until it is back', async () => {
    await start(2);
    await run(sums(total1));
    await produce(order1, 'a', [{ amount: 1 }], 0);
    await until('a=1');
    const known = idOf(order1);
    const id = idOf(order2);
    registry.stop();
    await produceRaw(
      id,
      order2,
      'a',
      [
        { amount: 2, note: '' },
        { amount: 3, note: '' },
      ],
      0,
    );
    await produceRaw(known, order1, 'a', [{ amount: 4 }], 0);
    await produceRaw(known, order1, 'b', [{ amount: 10 }], 1);
    await until('b=10');
    await harness.clock.advance(10_000);
    expect(results()).toEqual(['a=1', 'b=10']);
    expect(await harness.committed('orders', 0)).toBe(1);

    registry.start();
    await until('a=10');
    expect(results()).toEqual(['a=1', 'b=10', 'a=10']);
  });

  test('a partition that waits goes to another instance: nothing of it is lost or done twice', async () => {
    await start(2);
    const first = await run(sums(total1));
    const known = idOf(order1);
    await produceRaw(known, order1, 'a', [{ amount: 1 }], 0);
    await until('a=1');
    const id = idOf(order2);
    registry.stop();
    await produceRaw(id, order2, 'a', [{ amount: 2, note: '' }], 0);
    await produceRaw(id, order2, 'b', [{ amount: 20, note: '' }], 1);
    await harness.clock.advance(3_000);

    // The second must know its store's schema; that it can open while the registry is away is another test.
    registry.start();
    const second = harness.instance(sums(total1));
    await harness.clock.run(second.start());
    registry.stop();
    await harness.clock.advance(5_000);
    await produceRaw(known, order1, 'a', [{ amount: 4 }], 0);
    registry.start();
    await harness.running(first, second);
    await until('a=7');
    await until('b=20');

    expect(
      results()
        .filter((line) => line.startsWith('a='))
        .at(-1),
    ).toBe('a=7');
    expect(results().filter((line) => line.startsWith('b='))).toEqual(['b=20']);
  });

  test('what is unknown fails where that is declared: nothing is committed behind it', async () => {
    await start();
    const app = harness.instance(sums(total1, 'fail'));
    const failed = app.run().catch((error: unknown) => error);
    await harness.running(app);
    await produce(order1, 'a', [{ amount: 1 }]);
    await until('a=1');
    const id = idOf(order2);
    registry.stop();
    await produceRaw(id, order2, 'a', [{ amount: 2, note: '' }]);

    await harness.until(() => app.state === 'ERROR', 'the instance stops');
    expect(await failed).toMatchObject({
      code: 'MR_DESERIALIZATION',
      details: { topic: 'orders', partition: 0, offset: 1 },
      cause: { code: 'MR_AVRO_REGISTRY_UNAVAILABLE', details: { id, subject: 'orders-value' } },
    });
    expect(await harness.committed('orders', 0)).toBe(1);
  });

  test('a restart without it reads its stores', async () => {
    await start();
    const disk = new KeptDisk(1);
    const before = await run(sums(total1), { state: disk.backend() });
    await produce(order1, 'a', [{ amount: 5 }]);
    await until('a=5');
    await harness.clock.run(before.close());

    // The orders' schema was registered after the first start: the second keeps it.
    const known = idOf(order1);
    await harness.clock.run((await run(sums(total1), { state: disk.backend() })).close());

    registry = new MemorySchemaRegistry({ clock: harness.clock });
    registry.stop();
    const after = await run(sums(total1), { state: disk.backend() });
    expect(after.store<string, unknown>('sums').get('a')).toMatchObject({ value: { sum: 5 } });
    await produceRaw(known, order1, 'a', [{ amount: 6 }]);
    await until('a=11');
    expect(registry.calls.get('register') ?? 0).toBeGreaterThan(0);
  });

  test('a start without it waits, and goes on when it is back', async () => {
    await start();
    registry.stop();
    const app = harness.instance(sums(total1));
    const started = harness.clock.run(app.start());
    await started;
    await harness.clock.advance(5_000);
    expect(app.state).toBe('REBALANCING');
    registry.start();
    await harness.running(app);
    await produce(order1, 'a', [{ amount: 5 }]);
    await until('a=5');
  });
});

/** The id of a schema of the orders. */
function idOf(schema: unknown): number {
  return registry.register('orders-value', { schema: JSON.stringify(schema), references: [] });
}
