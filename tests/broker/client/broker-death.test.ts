/** A broker that is killed, restarted and frozen under load: what was acknowledged is there once and in order, and the membership lasts. */
import {
  type GroupHandler,
  type GroupMember,
  type MemberAssignment,
  silentLogger,
  sleep,
  type StreamsClient,
  systemClock,
  topicPartition,
} from '@millrace/core/kafka';
import { kafka } from '@millrace/kafka';
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import { platformatic } from '@millrace/kafka/platformatic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, BrokerScene } from '../../embedded/behaviour/scene.ts';
import { type KafkaBroker, startBroker } from '../launcher/kafka-broker.mjs';

const clients = {
  kafkajs: (brokers: readonly string[]) => kafka({ brokers }),
  '@platformatic/kafka': (bootstrapBrokers: readonly string[]) => platformatic({ bootstrapBrokers }),
};

/** A broker takes up to a minute to stop and to start again on a busy machine: nothing is given up meanwhile. */
const patienceMs = 240_000;

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(async () => {
  await broker.remove();
});

describe.each(Object.entries(clients))('over %s', (_, factory) => {
  it('nothing is lost, repeated or reordered', async () => {
    const client = factory([broker.bootstrap]).create({ clientId: 'death', clock: systemClock, log: silentLogger });
    await client.connect();
    const topic = `death-${Date.now()}`;
    await client.admin().createTopics([{ name: topic, partitions: 1, replicationFactor: -1, configs: {} }]);
    const tp = topicPartition(topic, 0);
    const { member, events } = await join(client, topic);
    const generation = member.metadata()?.generation;

    const read: number[] = [];
    const reader = client.reader({ isolation: 'uncommitted', role: 'main', maxBufferedBytes: 1_000_000 });
    reader.assign(new Map([[tp, 0]]));
    const producer = client.producer({
      lingerMs: 2,
      compression: 'lz4',
      maxBatchBytes: 2_000,
      maxBufferedBytes: 100_000,
      deliveryTimeoutMs: patienceMs,
    });
    await producer.lookUp([topic]);
    let written = 0;
    const load = new AbortController();
    const writing = (async () => {
      for (; !load.signal.aborted; written++) {
        const bytes = Buffer.from(String(written));
        // Half of them without a timestamp: a broker that starts anew must know their batches all the same.
        producer.partition(topic, 0).append(written % 200 < 100 ? -1 : systemClock.now(), bytes, -1, -1, bytes, 0, bytes.length, null);
        if (producer.full) await producer.drained();
        if (written % 50 === 0) await sleep(systemClock, 5);
      }
    })();
    const reading = (async () => {
      while (!load.signal.aborted || read.length < written) {
        const { batches, issues } = await reader.poll({ maxWaitMs: 500 });
        expect(issues).toEqual([]);
        for (const batch of batches)
          for (let index = 0; index < batch.count; index++) read.push(Number(Buffer.from(batch.value(index) ?? [])));
      }
    })();

    await sleep(systemClock, 1_000);
    await broker.kill();
    await broker.start();
    await sleep(systemClock, 1_000);
    await broker.restart();
    await sleep(systemClock, 1_000);
    await broker.freeze();
    // Longer than its own session: the controller fences it when both go on, and for a moment there is no leader.
    await sleep(systemClock, 4_000);
    broker.thaw();
    await sleep(systemClock, 1_000);
    load.abort();
    await writing;
    const acknowledged = await producer.flush();
    await reading;

    expect(acknowledged).toEqual(new Map([[tp, { lastOffset: written - 1, contiguous: true }]]));
    expect(read).toEqual(Array.from({ length: written }, (__, index) => index));
    await member.commit(new Map([[tp, { offset: written }]]));
    expect([events, member.metadata()?.generation]).toEqual([['assigned'], generation]);
    await member.close({ leave: true });
    await client.close();
  }, 600_000);
});

/** What the producer, the embedded cluster and their pages rest on: the sequence numbers that a broker reads from its log are those of young records. */
describe.each(['stop', 'kill'] as const)('a broker after %s', (death) => {
  it('recognises a batch that comes again, unless its timestamps are a day old or absent', async () => {
    const hourMs = 3_600_000;
    const nowMs = systemClock.now();
    const cases = [
      { name: 'now', timestamp: nowMs },
      { name: 'almost a day', timestamp: nowMs - 23 * hourMs },
      { name: 'more than a day', timestamp: nowMs - 25 * hourMs, isForgotten: true },
      { name: 'none', timestamp: -1, isForgotten: true },
      { name: 'none, but the broker sets them', timestamp: -1, configs: { 'message.timestamp.type': 'LogAppendTime' } },
    ];
    const written: { readonly name: string; readonly topic: string; readonly batch: Uint8Array; readonly known: unknown }[] = [];
    const before = await openScene();
    for (const { name, timestamp, configs } of cases) {
      const topic = before.unique('memory');
      await before.create(topic, configs);
      const { producerId, producerEpoch } = await before.initProducer();
      const batches = [0, 1].map((baseSequence) => batchOf([{ timestamp }], { producerId, producerEpoch, baseSequence }));
      for (const each of batches) await before.produce(topic, each);
      const [, batch = new Uint8Array(0)] = batches;
      written.push({ name, topic, batch, known: (await before.produce(topic, batch))?.baseOffset });
    }
    await before.close();
    expect(written.map(({ name, known }) => [name, known])).toEqual(cases.map(({ name }) => [name, 1]));

    await broker[death]();
    await broker.start();
    const after = await openScene();
    const again: unknown[] = [];
    for (const { name, topic, batch } of written) {
      while ((await after.listOffset(topic, -1))?.errorCode !== 0) await sleep(systemClock, 20);
      again.push([name, (await after.produce(topic, batch))?.baseOffset]);
    }
    await after.close();
    expect(again).toEqual(cases.map(({ name, isForgotten }) => [name, isForgotten === true ? 2 : 1]));
  }, 120_000);
});

async function openScene(): Promise<BrokerScene> {
  const scene = new BrokerScene(() => kafkajsWire({ brokers: [broker.bootstrap] }));
  await scene.open();
  return scene;
}

/** A member that owns nothing of interest: only its membership is looked at. The session outlasts the restarts. */
async function join(client: StreamsClient, topic: string): Promise<{ readonly member: GroupMember; readonly events: readonly string[] }> {
  const events: string[] = [];
  const note = (event: string): Promise<void> => {
    events.push(event);
    return Promise.resolve();
  };
  const handler: GroupHandler = {
    onRevoke: () => note('revoke'),
    subscription: () => Promise.resolve({ topics: [topic], userData: new Uint8Array(0) }),
    assign: (members) =>
      Promise.resolve(
        new Map<string, MemberAssignment>(members.map(({ memberId }) => [memberId, { partitions: [], userData: new Uint8Array(0) }])),
      ),
    onAssigned: () => note('assigned'),
    onLost: () => note('lost'),
    onFatal: () => void note('fatal'),
  };
  const member = client.member(
    {
      groupId: `death-${Date.now()}`,
      protocolName: 'test',
      sessionTimeoutMs: patienceMs,
      rebalanceTimeoutMs: 60_000,
      heartbeatIntervalMs: 500,
      progressDeadlineMs: 3_600_000,
    },
    handler,
  );
  await member.start();
  while (events.length === 0) await sleep(systemClock, 50);
  return { member, events };
}
