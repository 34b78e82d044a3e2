/** @platformatic/kafka, as its users know it, against the embedded cluster over TCP. */
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let cluster: EmbeddedKafka;

beforeAll(async () => {
  cluster = await EmbeddedKafka.start({ brokers: 2, listen: true });
});

afterAll(() => cluster.close());

const common = (): { clientId: string; bootstrapBrokers: string[] } => ({
  clientId: 'platformatic',
  bootstrapBrokers: cluster.bootstrap.split(','),
});

describe('@platformatic/kafka on the embedded cluster', () => {
  it('administers, produces and consumes in a group', async () => {
    const admin = new Admin(common());
    await admin.createTopics({ topics: ['t'], partitions: 3, replicas: 2 });
    expect(await admin.listTopics()).toEqual(['t']);

    const producer = new Producer({ ...common(), idempotent: true, serializers: stringSerializers });
    const values = Array.from({ length: 50 }, (_, index) => `value-${index}`);
    await producer.send({ messages: values.map((value) => ({ topic: 't', key: value, value, headers: { from: 'test' } })) });
    await producer.close();
    expect(cluster.records('t')).toHaveLength(values.length);

    const consumer = new Consumer({ ...common(), groupId: 'g', deserializers: stringDeserializers, maxWaitTime: 50 });
    const stream = await consumer.consume({
      topics: ['t'],
      mode: MessagesStreamModes.EARLIEST,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
    });
    const seen: string[] = [];
    for await (const message of stream) {
      seen.push(message.value);
      await message.commit();
      if (seen.length === values.length) break;
    }
    expect(seen.sort()).toEqual([...values].sort());
    await stream.close();
    await consumer.close();
    expect((await admin.listGroups({})).has('g')).toBe(true);
    await admin.deleteGroups({ groups: ['g'] });
    await admin.deleteTopics({ topics: ['t'] });
    expect(cluster.topics()).toEqual([]);
    await admin.close();
  });
});
