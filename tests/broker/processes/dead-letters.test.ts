/** Dead letters on a real broker: a poisoned record, a mapper that throws and an output that is too large, under handlers that stop and, after a restart, under ones that go on. */
import {
  deadLetterHeaders,
  KafkaStreams,
  type KafkaStreamsOptions,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology,
} from '@millrace/core';
import type { StreamsClient } from '@millrace/core/kafka';
import { kafka } from '@millrace/kafka';
import { memory } from '@millrace/state/memory';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootstrap, openClient, uniqueName } from '../support/broker.ts';
import { caughtUp, partitionsOf } from '../support/topics.ts';

let client: StreamsClient;
const running: KafkaStreams[] = [];

beforeEach(async () => {
  client = await openClient();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
  await client.close();
});

interface Order {
  readonly item: string;
  readonly copies: number;
}

/** Writes the item as often as asked for; refuses to on a negative number. */
function topology(appId: string): Topology {
  const builder = new StreamsBuilder({ key: serdes.string() });
  builder
    .stream(`${appId}-orders`, { value: serdes.json<Order>() })
    .mapValues(({ copies, item }) => {
      if (copies < 0) throw new RangeError(`${copies} copies`);
      return item.repeat(copies);
    })
    .to(`${appId}-copies`, { value: serdes.string() });
  return builder.build();
}

function start(appId: string, handlers: KafkaStreamsOptions['handlers']): KafkaStreams {
  const app = new KafkaStreams(topology(appId), {
    applicationId: appId,
    client: kafka({ brokers: bootstrap().split(',') }),
    state: memory(),
    commitIntervalMs: 200,
    producer: { lingerMs: 20 },
    log: silentLogger,
    handlers: { ...handlers, deadLetterTopic: `${appId}-dead` },
  });
  running.push(app);
  return app;
}

async function createTopics(appId: string): Promise<void> {
  const small = { 'max.message.bytes': '1000' };
  const results = await client.admin().createTopics(
    ['orders', 'copies', 'dead'].map((name) => ({
      name: `${appId}-${name}`,
      partitions: 1,
      replicationFactor: 1,
      configs: name === 'copies' ? small : {},
    })),
  );
  for (const result of results.values()) if (result !== 'created') throw new Error(`a topic was not made: ${String(result)}`);
}

async function produce(topic: string, records: readonly (readonly [key: string, value: string])[]): Promise<void> {
  const producer = client.producer({
    lingerMs: 0,
    compression: 'none',
    maxBatchBytes: 65_536,
    maxBufferedBytes: 1 << 20,
    deliveryTimeoutMs: 30_000,
  });
  try {
    await producer.lookUp([topic]);
    for (const [key, value] of records) {
      const [k, v] = [Buffer.from(key), Buffer.from(value)];
      producer.partition(topic, 0).append(1_000, k, 0, k.length, v, 0, v.length, null);
    }
    await producer.flush();
  } finally {
    await producer.close();
  }
}

interface Shown {
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const text = (bytes: Uint8Array | null): string | undefined => (bytes === null ? undefined : Buffer.from(bytes).toString());

/** Everything on the topic's only partition. */
async function read(topic: string): Promise<readonly Shown[]> {
  const [tp] = partitionsOf(topic, 1);
  if (tp === undefined) return [];
  const end = (await client.admin().listOffsets(new Map([[tp, 'latest']]), { isolation: 'uncommitted' })).get(tp) ?? 0;
  const reader = client.reader({ isolation: 'uncommitted', role: 'restore', maxBufferedBytes: 1 << 20 });
  const shown: Shown[] = [];
  try {
    reader.assign(new Map([[tp, 0]]));
    while (reader.position(tp) < end) {
      for (const batch of (await reader.poll({ maxWaitMs: 500 })).batches) {
        for (let i = 0; i < batch.count; i++) {
          const headers = Object.fromEntries([...batch.headers(i)].map((header) => [header.key, text(header.value)]));
          shown.push({ key: text(batch.key(i)), value: text(batch.value(i)), headers });
        }
      }
    }
  } finally {
    await reader.close();
  }
  return shown;
}

test('a failure that stops the application leaves its letter; after a restart that goes on, every failure has one and the rest is done', async () => {
  const appId = uniqueName('dead-letters');
  await createTopics(appId);
  const orders = [
    ['fine', '{"item":"a","copies":2}'],
    ['poison', '{'],
    ['throws', '{"item":"b","copies":-1}'],
    ['large', '{"item":"c","copies":5000}'],
    ['last', '{"item":"d","copies":3}'],
  ] as const;
  await produce(`${appId}-orders`, orders);

  await expect(start(appId, {}).run()).rejects.toMatchObject({ code: 'MR_DESERIALIZATION', details: { offset: 1 } });
  expect(await read(`${appId}-dead`)).toMatchObject([
    { key: 'poison', value: '{', headers: { [deadLetterHeaders.exception]: 'SyntaxError', [deadLetterHeaders.offset]: '1' } },
  ]);

  const second = start(appId, { deserialization: () => 'continue', processing: () => 'continue' });
  await expect(second.run()).rejects.toMatchObject({ code: 'MR_PRODUCTION', cause: { kafkaCode: 10 } });

  const third = start(appId, { deserialization: () => 'continue', processing: () => 'continue', production: () => 'continue' });
  await third.start();
  await caughtUp(client, appId, [`${appId}-orders`], 1);
  await third.close();

  const letters = await read(`${appId}-dead`);
  const last = letters.slice(-3);
  expect(last.map(({ key }) => key)).toEqual(['poison', 'throws', 'large']);
  expect(last).toMatchObject([
    {
      value: '{',
      headers: { [deadLetterHeaders.topic]: `${appId}-orders`, [deadLetterHeaders.partition]: '0', [deadLetterHeaders.offset]: '1' },
    },
    {
      value: orders[2][1],
      headers: { [deadLetterHeaders.exception]: 'RangeError', [deadLetterHeaders.message]: '-1 copies', [deadLetterHeaders.offset]: '2' },
    },
    { value: undefined, headers: { [deadLetterHeaders.topic]: `${appId}-copies`, [deadLetterHeaders.offset]: '-1' } },
  ]);
  // The second start may have written what it could not commit.
  const copies = (await read(`${appId}-copies`)).map(({ key, value }) => [key, value]);
  expect(copies.slice(-2)).toEqual([
    ['fine', 'aa'],
    ['last', 'ddd'],
  ]);
}, 180_000);
