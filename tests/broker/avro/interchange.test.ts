/**
 * Avro between Java and Millrace over a real broker and a real registry: Java writes with the registry's own serializer, Millrace joins, aggregates and writes, Java reads. And the
 * registry's own words where it refuses.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avro, AvroCodec, AvroError, schemaRegistry } from '@millrace/avro';
import { ByteWriter, KafkaStreams, serdes, StreamsBuilder, type Topology } from '@millrace/core';
import { kafka } from '@millrace/kafka';
import { leveldb } from '@millrace/state/leveldb';
import { memory } from '@millrace/state/memory';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bootstrap, openClient, uniqueName } from '../support/broker.ts';
import { createTopics } from '../support/topics.ts';
import { javaAvro, runJavaAvro } from './java-avro.ts';
import { type RealRegistry, startRegistry } from './registry-launcher.mjs';

let real: RealRegistry;
let classPath: string;
let directory: string | undefined;

beforeAll(async () => {
  [real, classPath, directory] = await Promise.all([startRegistry(), javaAvro(), mkdtemp(join(tmpdir(), 'millrace-avro-'))]);
}, 240_000);

afterAll(async () => {
  await real?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

const field = (name: string, type: unknown, rest: object = {}): object => ({ name, type, ...rest });

const everything = {
  type: 'record',
  name: 'Everything',
  namespace: 'shop',
  fields: [
    field('none', 'null'),
    field('flag', 'boolean'),
    field('small', 'int'),
    field('large', 'long'),
    field('single', 'float'),
    field('twice', 'double'),
    field('text', 'string'),
    field('raw', 'bytes'),
    field('kind', { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }),
    field('hash', { type: 'fixed', name: 'Hash', size: 3 }),
    field('list', { type: 'array', items: 'long' }),
    field('map', { type: 'map', values: ['null', 'string'] }),
    field('maybe', ['null', 'long'], { default: null }),
    field('event', [
      { type: 'record', name: 'Placed', fields: [field('at', { type: 'long', logicalType: 'timestamp-millis' })] },
      { type: 'record', name: 'Paid', fields: [field('at', { type: 'long', logicalType: 'timestamp-micros' })] },
    ]),
    field('price', { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 }),
    field('day', { type: 'int', logicalType: 'date' }),
    field('time', { type: 'int', logicalType: 'time-millis' }),
    field('local', { type: 'long', logicalType: 'local-timestamp-micros' }),
    field('uuid', { type: 'string', logicalType: 'uuid' }),
    field('next', ['null', 'Everything'], { default: null }),
  ],
};

const one = (large: string, next: string): string =>
  `{"none":null,"flag":true,"small":-2147483648,"large":${large},"single":1.5,"twice":-0.1,"text":"grün 😀","raw":"\\u0000\\u00FF","kind":"B","hash":"abc","list":[1,-9007199254740993],"map":{"x":null,"y":{"string":"z"}},"maybe":{"long":7},"event":{"shop.Paid":{"at":1700000000123456}},"price":"\\u0004\\u00D2","day":20526,"time":3600000,"local":1700000000123456,"uuid":"00000000-0000-4000-8000-000000000001","next":${next}}`;

/** Java escapes more of a text than is needed, and not everywhere. */
function unescaped(line: string): string {
  return line.replace(/\\u([0-9A-Fa-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

async function run<T>(topology: Topology, applicationId: string, work: () => Promise<T>): Promise<T> {
  const app = new KafkaStreams(topology, {
    applicationId,
    client: kafka({ brokers: bootstrap().split(',') }),
    state: memory(),
    commitIntervalMs: 200,
  });
  await app.start();
  try {
    return await work();
  } finally {
    await app.close();
  }
}

async function topics(...names: string[]): Promise<void> {
  const client = await openClient();
  await createTopics(client, names, 1);
  await client.close();
}

async function produce(topic: string, schema: object, lines: readonly string[]): Promise<void> {
  const file = join(directory ?? tmpdir(), `${topic}.avsc`);
  await writeFile(file, JSON.stringify(schema));
  await runJavaAvro(classPath, 'Topic', ['produce', bootstrap(), real.ownUrl, topic, file], lines.join('\n'));
}

async function consume(topic: string, count: number): Promise<string[]> {
  const output = await runJavaAvro(classPath, 'Topic', ['consume', bootstrap(), real.ownUrl, topic, String(count)]);
  return output.trim().split('\n');
}

describe('between Java and Millrace', () => {
  test('fields of every type come through Millrace unchanged', async () => {
    const [input, output] = [uniqueName('everything'), uniqueName('copies')];
    await topics(input, output);
    const lines = [
      `a\t${one('9223372036854775807', `{"shop.Everything":${one('-9223372036854775808', 'null')}}`)}`,
      `b\t${one('0', 'null')}`,
      'c\tnull',
    ];
    await produce(input, everything, lines);
    const registry = schemaRegistry({ url: real.url });
    const serde = avro<{ readonly large: bigint; readonly text: string }>(everything, { registry, longs: 'bigint' });
    const builder = new StreamsBuilder({ key: serdes.string(), value: serde });
    // Written anew, not copied: the value is another object, of another topic's subject.
    builder
      .stream(input)
      .mapValues((value) => (value === null ? value : { ...value }))
      .to(output);

    const read = await run(builder.build(), uniqueName('copy'), () => consume(output, lines.length));

    expect(read.sort().map(unescaped)).toEqual(lines.map(unescaped));
    expect(await registry.versions(`${output}-value`)).toEqual([1]);
  }, 120_000);

  test('orders are joined with customers and summed, and Java reads the sums', async () => {
    const [orders, customers, sums] = [uniqueName('orders'), uniqueName('customers'), uniqueName('sums')];
    await topics(orders, customers, sums);
    await produce(customers, { type: 'record', name: 'Customer', namespace: 'shop', fields: [field('name', 'string')] }, [
      '1\t{"name":"Anna"}',
      '2\t{"name":"Ben"}',
    ]);
    const cents = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
    await produce(orders, { type: 'record', name: 'Order', namespace: 'shop', fields: [field('id', 'long'), field('amount', cents)] }, [
      '1\t{"id":1,"amount":"\\u0004\\u00D2"}',
      '2\t{"id":2,"amount":"\\u0001"}',
      '1\t{"id":3,"amount":"\\u0064"}',
    ]);
    const registry = schemaRegistry({ url: real.url });
    interface Sum {
      readonly name: string;
      readonly orders: number;
      readonly cents: number;
    }
    const sum = avro<Sum>(
      { type: 'record', name: 'Sum', namespace: 'shop', fields: [field('name', 'string'), field('orders', 'int'), field('cents', 'long')] },
      { registry },
    );
    const builder = new StreamsBuilder({ key: serdes.string() });
    const names = builder.table(customers, { value: avro<{ readonly name: string }>('latest', { registry }) });
    builder
      .stream(orders, { value: avro<{ readonly id: number; readonly amount: string }>('latest', { registry }) })
      .join(names, ({ amount }, { name }): Sum => ({ name, orders: 1, cents: Math.round(Number(amount) * 100) }))
      .groupByKey({ value: sum })
      .reduce((before, next) => ({ name: next.name, orders: before.orders + next.orders, cents: before.cents + next.cents }), {
        store: { name: 'sums', value: sum },
      })
      .toStream()
      .to(sums, { value: sum });

    const read = await run(builder.build(), uniqueName('join'), () => consume(sums, 2));

    expect(new Map(read.map((line) => line.split('\t') as [string, string]))).toEqual(
      new Map([
        ['1', '{"name":"Anna","orders":2,"cents":1334}'],
        ['2', '{"name":"Ben","orders":1,"cents":1}'],
      ]),
    );
  }, 120_000);
});

describe('the real registry', () => {
  test('refuses an incompatible schema in its words', async () => {
    const registry = schemaRegistry({ url: real.url });
    const subject = `${uniqueName('strict')}-value`;
    const schema = (type: string): string => JSON.stringify({ type: 'record', name: 'R', fields: [field('a', type)] });
    const id = await registry.register(subject, { schema: schema('int'), references: [] });
    await fetch(`${real.url}/config/${subject}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"compatibility":"BACKWARD"}',
    });

    const failure = await Promise.resolve(registry.register(subject, { schema: schema('string'), references: [] })).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(AvroError);
    expect(failure).toMatchObject({
      code: 'MR_AVRO_SCHEMA_REFUSED',
      message: expect.stringContaining('Incompatible artifact'),
      details: { subject, status: 409 },
    });
    expect(await registry.lookUp(subject, { schema: schema('int'), references: [] })).toMatchObject({ id, version: 1 });
    const unknown = await Promise.resolve(registry.schema(999_999)).catch((error: unknown) => error);
    expect(unknown).toMatchObject({ code: 'MR_AVRO_SCHEMA_UNKNOWN', details: { id: 999_999, registryCode: 40403 } });
  });

  test('has types of other subjects', async () => {
    const registry = schemaRegistry({ url: real.url });
    const money = `${uniqueName('money')}-value`;
    await registry.register(money, {
      schema: JSON.stringify({ type: 'record', name: 'Money', namespace: 'shop', fields: [field('cents', 'long')] }),
      references: [],
    });
    const price = { type: 'record', name: 'Price', namespace: 'shop', fields: [field('net', 'shop.Money')] };
    const serde = avro<object>(price, { registry, references: [{ name: 'shop.Money', subject: money, version: 1 }] });
    const topic = uniqueName('prices');
    const writer = serde.bind?.({ topic, role: 'value' });
    await writer?.open?.({ purpose: 'sink', kept: new Map(), keep: () => {} });

    const fresh = avro<object>(`${topic}-value`, { registry: schemaRegistry({ url: real.url }) }).bind?.({ topic, role: 'value' });
    await fresh?.open?.({ purpose: 'source', kept: new Map(), keep: () => {} });
    const target = new ByteWriter();
    writer?.encodeInto({ net: { cents: 5 } }, target);
    const bytes = target.toBytes();
    expect(fresh?.decode(bytes, 0, bytes.length)).toEqual({ net: { cents: 5 } });
  });
});

test('schemas change under a running application, and it restarts while the registry is down', async () => {
  const orders = uniqueName('changing');
  await topics(orders);
  const schema = (...fields: object[]): object => ({ type: 'record', name: 'Order', namespace: 'shop', fields });
  const first = schema(field('amount', 'int'));
  const last = schema(field('amount', 'long'));
  const options = { applicationId: uniqueName('evolution'), directory: await mkdtemp(join(tmpdir(), 'millrace-evolution-')) };
  const start = async (): Promise<KafkaStreams> => {
    // A client of its own: nothing is known from before but what lies with the state.
    const registry = schemaRegistry({ url: real.url, retries: 0, requestTimeout: '2s' });
    const sum = avro<{ readonly sum: number }>({ type: 'record', name: 'Sum', fields: [field('sum', 'long')] }, { registry });
    const builder = new StreamsBuilder({ key: serdes.string(), value: avro<{ readonly amount: number }>(last, { registry }) });
    builder
      .stream(orders)
      .groupByKey()
      .aggregate<{ readonly sum: number }>(
        () => ({ sum: 0 }),
        (before, { amount }) => ({ sum: before.sum + amount }),
        { store: { name: 'sums', value: sum } },
      );
    const app = new KafkaStreams(builder.build(), {
      applicationId: options.applicationId,
      client: kafka({ brokers: bootstrap().split(',') }),
      state: leveldb({ directory: options.directory }),
      commitIntervalMs: 200,
    });
    await app.start();
    return app;
  };
  const reached = async (app: KafkaStreams, sum: number): Promise<void> => {
    const store = app.store<string, { readonly value: { readonly sum: number } }>('sums');
    await vi.waitFor(() => expect(app.state === 'RUNNING' ? store.get('a')?.value.sum : undefined).toBe(sum), {
      timeout: 60_000,
      interval: 100,
    });
  };
  try {
    await produce(orders, first, ['a\t{"amount":1}']);
    let app = await start();
    await reached(app, 1);
    await produce(orders, schema(field('amount', 'int'), field('note', 'string', { default: '' })), ['a\t{"amount":2,"note":"gift"}']);
    await reached(app, 3);
    await produce(orders, last, ['a\t{"amount":1099511627776}']);
    await reached(app, 1_099_511_627_779);
    await app.close();
    // The second start keeps what was registered during the first.
    app = await start();
    await reached(app, 1_099_511_627_779);

    const { id } = await schemaRegistry({ url: real.url }).version(`${orders}-value`, 1);
    await real.stop();
    await produceFrame(orders, 'a', id, new AvroCodec<object>(first).encode({ amount: 10 }));
    await reached(app, 1_099_511_627_789);
    await app.close();

    app = await start();
    await reached(app, 1_099_511_627_789);
    await produceFrame(orders, 'a', id, new AvroCodec<object>(first).encode({ amount: 10 }));
    await reached(app, 1_099_511_627_799);
    await app.close();
  } finally {
    await rm(options.directory, { recursive: true, force: true });
  }
}, 300_000);

/** Writes a record as a serializer does that knows the id from before. */
async function produceFrame(topic: string, key: string, id: number, bytes: Uint8Array): Promise<void> {
  const value = Buffer.alloc(5 + bytes.length);
  value.writeInt32BE(id, 1);
  value.set(bytes, 5);
  const client = await openClient();
  const producer = client.producer({
    lingerMs: 0,
    compression: 'none',
    maxBatchBytes: 65_536,
    maxBufferedBytes: 1_048_576,
    deliveryTimeoutMs: 30_000,
  });
  const name = Buffer.from(key);
  await producer.lookUp([topic]);
  producer.partition(topic, 0).append(Date.now(), name, 0, name.length, value, 0, value.length, null);
  await producer.flush();
  await producer.close();
  await client.close();
}
