/** Java's consumer reads what the batch builder wrote, in every compression. */
import { Headers, silentLogger, systemClock } from '@millrace/core/kafka';
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import {
  compressionNames,
  createTopicsApi,
  decodeResponse,
  encodeRequest,
  prepareCompression,
  produceApi,
  RecordBatchBuilder,
} from '@millrace/kafka/protocol';
import { afterAll, expect, inject, it } from 'vitest';
import { runTool } from '../launcher/kafka-broker.mjs';

const bootstrap = inject('bootstrap');
const wire = kafkajsWire({ brokers: bootstrap.split(',') })({ clientId: 'tests', clock: systemClock, log: silentLogger });
const run = `${process.pid}-${Date.now().toString(36)}`;
const timeoutMs = 30_000;

afterAll(() => wire.close());

const records = Array.from({ length: 50 }, (_, index) => ({
  timestamp: 1_700_000_000_000 + index * 1000,
  key: index % 5 === 0 ? null : `key-${index}`,
  value: `value ${index} `.repeat(index * 20 + 1).trimEnd(),
  headers: index % 2 === 0 ? [] : [`h${index}`, 'größer'],
}));

it.each(compressionNames)('%s', { timeout: 60_000 }, async (compression) => {
  await prepareCompression(compression);
  const topic = `java-reads-${compression}-${run}`;
  await createTopic(topic);
  await produce(topic, batch(compression));
  const print = ['timestamp', 'headers', 'key', 'value'].flatMap((what) => ['--formatter-property', `print.${what}=true`]);
  const separators = ['key.separator=|', 'headers.separator=;'].flatMap((property) => ['--formatter-property', property]);
  const args = [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--from-beginning',
    '--max-messages',
    `${records.length}`,
    ...print,
    ...separators,
  ];
  const { stdout } = await runTool('console-consumer', args);
  const expected = records.map(({ timestamp, key, value, headers }) => {
    const headerText = headers.length === 0 ? 'NO_HEADERS' : headers.map((name) => `${name}:${name}!`).join(';');
    return `CreateTime:${timestamp}|${headerText}|${key}|${value}`;
  });
  expect(stdout.trimEnd().split('\n')).toEqual(expected);
});

function batch(compression: (typeof compressionNames)[number]): Uint8Array {
  const builder = new RecordBatchBuilder({ maxBytes: 1 << 20 });
  for (const { timestamp, key, value, headers } of records) {
    const keyBytes = Buffer.from(key ?? '');
    const valueBytes = Buffer.from(value);
    const list = new Headers(headers.map((name) => ({ key: name, value: Buffer.from(`${name}!`) })));
    expect(builder.append(timestamp, keyBytes, key === null ? -1 : 0, keyBytes.length, valueBytes, 0, valueBytes.length, list)).toBe(true);
  }
  return builder.finish({ compression });
}

async function createTopic(name: string): Promise<void> {
  const request = { topics: [{ name, numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }], timeoutMs };
  await wire.request('any', 'admin', createTopicsApi, 5, encodeRequest(createTopicsApi, 5, request), { timeoutMs });
}

/** A new partition refuses writes for a moment. */
async function produce(topic: string, bytes: Uint8Array): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: bytes }] }];
  const body = encodeRequest(produceApi, 9, { acks: -1, timeoutMs, topicData });
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = decodeResponse(produceApi, 9, await wire.request('any', 'produce', produceApi, 9, body, { timeoutMs }));
    const partition = answer.responses[0]?.partitionResponses[0];
    if (partition?.errorCode === 0) return;
    expect([3, 6]).toContain(partition?.errorCode);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${topic} took no records`);
}
