/** kafkajs, as its users know it, against the embedded cluster over TCP. */
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { CompressionTypes, ConfigResourceTypes, type Consumer, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let cluster: EmbeddedKafka;
let kafka: Kafka;

beforeAll(async () => {
  cluster = await EmbeddedKafka.start({ brokers: 3, listen: true });
  kafka = new Kafka({ clientId: 'kafkajs', brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING });
});

afterAll(() => cluster.close());

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `value-${index}`);

/** Runs a consumer until it has seen `count` values. */
async function consume(consumer: Consumer, topic: string, seen: string[], isEnough: () => boolean): Promise<void> {
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    void consumer.run({
      eachMessage: ({ message }) => {
        seen.push(message.value?.toString() ?? '');
        if (isEnough()) resolve();
        return Promise.resolve();
      },
    });
  });
}

describe('kafkajs on the embedded cluster', () => {
  it('administers topics, settings, records and groups', async () => {
    const admin = kafka.admin();
    await admin.connect();
    expect((await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3]);
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    await expect(admin.createTopics({ topics: [{ topic: 'admin', numPartitions: 2, replicationFactor: 2, configEntries }] })).resolves.toBe(
      true,
    );
    await expect(admin.createTopics({ topics: [{ topic: 'admin' }] })).resolves.toBe(false);
    expect(await admin.listTopics()).toContain('admin');
    await admin.createPartitions({ topicPartitions: [{ topic: 'admin', count: 4 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ['admin'] });
    expect(topics[0]?.partitions.map(({ partitionId, replicas }) => [partitionId, replicas.length])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    const resource = { type: ConfigResourceTypes.TOPIC, name: 'admin' };
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...resource, configNames: ['cleanup.policy'] }],
    });
    expect(resources[0]?.configEntries).toMatchObject([{ configName: 'cleanup.policy', configValue: 'compact' }]);
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'cleanup.policy', value: 'delete' }] }],
    });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'admin', messages: names(10).map((value) => ({ value, partition: 1 })) });
    await producer.disconnect();
    await admin.deleteTopicRecords({ topic: 'admin', partitions: [{ partition: 1, offset: '4' }] });
    expect((await admin.fetchTopicOffsets('admin')).find(({ partition }) => partition === 1)).toMatchObject({ low: '4', high: '10' });
    await admin.deleteTopics({ topics: ['admin'] });
    expect(await admin.listTopics()).not.toContain('admin');
    await admin.disconnect();
  });

  it.each([
    ['plain', {}, CompressionTypes.None],
    ['idempotent', { idempotent: true }, CompressionTypes.None],
    ['compressed', {}, CompressionTypes.GZIP],
  ])('produces %s batches, and a group of one reads them', async (name, options, compression) => {
    cluster.createTopic(name, { partitions: 3 });
    const producer = kafka.producer(options);
    await producer.connect();
    const values = names(100);
    await producer.send({
      topic: name,
      compression,
      messages: values.map((value) => ({ key: value, value, headers: { from: 'test' }, timestamp: '1234' })),
    });
    await producer.disconnect();
    expect(
      cluster
        .records(name)
        .map(({ value }) => Buffer.from(value ?? []).toString())
        .sort(),
    ).toEqual([...values].sort());
    expect(cluster.records(name)[0]).toMatchObject({
      timestamp: 1234,
      headers: [{ key: 'from', value: new Uint8Array(Buffer.from('test')) }],
    });
    const seen: string[] = [];
    const consumer = kafka.consumer({ groupId: `of-${name}`, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consume(consumer, name, seen, () => seen.length === values.length);
    await consumer.disconnect();
    expect(seen.sort()).toEqual([...values].sort());
    const admin = kafka.admin();
    await admin.connect();
    const offsets = await admin.fetchOffsets({ groupId: `of-${name}`, topics: [name] });
    expect(offsets[0]?.partitions.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(values.length);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toContain(`of-${name}`);
    await admin.deleteGroups([`of-${name}`]);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(`of-${name}`);
    await admin.disconnect();
  });

  it('shares a topic among a group of two, and goes on from committed offsets', async () => {
    cluster.createTopic('shared', { partitions: 4 });
    const producer = kafka.producer();
    await producer.connect();
    const send = (values: string[]): Promise<unknown> =>
      producer.send({ topic: 'shared', messages: values.map((value, index) => ({ value, partition: index % 4 })) });
    const consumers = [0, 1].map(() =>
      kafka.consumer({ groupId: 'sharing', sessionTimeout: 6000, heartbeatInterval: 500, maxWaitTimeInMs: 50 }),
    );
    const joined = Promise.all(
      consumers.map(
        (consumer) =>
          new Promise<void>((resolve) => {
            // Alone in the group, a member has all four partitions.
            consumer.on('consumer.group_join', ({ payload }) => {
              if (payload.memberAssignment['shared']?.length === 2) resolve();
            });
          }),
      ),
    );
    const seen: string[] = [];
    const first = names(200);
    await Promise.all(consumers.map((consumer) => consumer.connect()));
    const all = Promise.race(consumers.map((consumer) => consume(consumer, 'shared', seen, () => seen.length === first.length)));
    await joined;
    await send(first);
    await all;
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    expect(seen.sort()).toEqual([...first].sort());

    const later = ['later-0', 'later-1'];
    await send(later);
    await producer.disconnect();
    const rest: string[] = [];
    const successor = kafka.consumer({ groupId: 'sharing', maxWaitTimeInMs: 50 });
    await successor.connect();
    await consume(successor, 'shared', rest, () => rest.length === later.length);
    await successor.disconnect();
    expect(rest.sort()).toEqual(later);
  });

  it('goes on after the leader has moved and a broker is gone', async () => {
    cluster.createTopic('moving', { replicationFactor: 3 });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'moving', messages: [{ value: 'a' }] });
    const { leader } = cluster.log('moving', 0);
    const other = cluster.nodes.find((node) => node !== leader) ?? 0;
    cluster.moveLeader('moving', 0, other);
    await producer.send({ topic: 'moving', messages: [{ value: 'b' }] });
    await cluster.stopBroker(other);
    await producer.send({ topic: 'moving', messages: [{ value: 'c' }] });
    await cluster.startBroker(other);
    await producer.disconnect();
    expect(cluster.records('moving').map(({ value }) => Buffer.from(value ?? []).toString())).toEqual(['a', 'b', 'c']);
  });

  it('is refused transactions', async () => {
    const producer = kafka.producer({
      transactionalId: 'tx',
      maxInFlightRequests: 1,
      idempotent: true,
      retry: { retries: 1, initialRetryTime: 1 },
    });
    await producer.connect();
    await expect(producer.transaction()).rejects.toThrow('Failed to find group coordinator');
    await producer.disconnect();
  });
});
