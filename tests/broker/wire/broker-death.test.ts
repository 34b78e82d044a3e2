/** A broker that is killed, restarted and frozen under a wire, with the project's launcher. */
import { silentLogger, systemClock } from '@millrace/core/kafka';
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import { platformaticWire } from '@millrace/kafka/platformatic';
import { createTopicsApi, decodeResponse, encodeRequest, metadataApi } from '@millrace/kafka/protocol';
import { WireError, type WirePort } from '@millrace/kafka/wire';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KafkaBroker, startBroker } from '../launcher/kafka-broker.mjs';

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(() => broker.remove());

const libraries: readonly (readonly [string, (address: string) => WirePort])[] = [
  ['kafkajs', (address) => kafkajsWire({ brokers: [address] })({ clientId: 'tests', clock: systemClock, log: silentLogger })],
  [
    '@platformatic/kafka',
    (address) => platformaticWire({ bootstrapBrokers: [address] })({ clientId: 'tests', clock: systemClock, log: silentLogger }),
  ],
];

it.each(libraries)('%s: kill -9, start again, freeze, thaw', { timeout: 120_000 }, async (name, create) => {
  const topic = `death-${name.replaceAll(/\W/g, '')}`;
  const wire = create(broker.bootstrap);
  try {
    const topics = [{ name: topic, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }];
    const body = encodeRequest(createTopicsApi, 7, { topics, timeoutMs: 10_000 });
    const created = decodeResponse(createTopicsApi, 7, await wire.request('any', 'admin', createTopicsApi, 7, body, { timeoutMs: 15_000 }));
    expect(created.topics[0]?.errorCode).toBe(0);

    const { pid } = broker;
    await broker.kill();
    expect(['disconnected', 'refused']).toContain(await kindOf(partitions(wire, topic)));
    expect(await kindOf(partitions(wire, topic))).toBe('refused');
    await broker.start();
    expect(broker.pid).not.toBe(pid);
    expect(await partitions(wire, topic)).toBe(2);

    await broker.freeze();
    try {
      expect(await kindOf(partitions(wire, topic, 500))).toBe('timeout');
      // The machine still takes connections for a process that stands still.
      expect(await kindOf(partitions(wire, topic, 500))).toBe('timeout');
    } finally {
      broker.thaw();
    }
    expect(await partitions(wire, topic)).toBe(2);

    // Opened by its directory, as another process would.
    await KafkaBroker.open(broker.directory).restart();
    expect(await kindOf(partitions(wire, topic))).toMatch(/^(none|disconnected)$/);
    expect(await partitions(wire, topic)).toBe(2);
  } finally {
    await wire.close();
  }
});

async function partitions(wire: WirePort, topic: string, timeoutMs = 15_000): Promise<number> {
  const body = encodeRequest(metadataApi, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false });
  const answer = decodeResponse(metadataApi, 12, await wire.request('any', 'control', metadataApi, 12, body, { timeoutMs }));
  return answer.topics[0]?.partitions.length ?? -1;
}

async function kindOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof WireError ? error.kind : String(error);
  }
}
