/** Kafka's own Java programs against the embedded cluster: console tools, and a Kafka Streams application that is stopped and started again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type StreamsClient, silentLogger, systemClock } from '@millrace/core/kafka';
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { kafka } from '@millrace/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../launcher/kafka-broker.mjs';
import { javaStreams, startJava } from '../support/java-streams.ts';
import { makeLines } from '../support/lines.ts';
import { caughtUp, countWords, createTopics, fold, loadLines, partitionsOf } from '../support/topics.ts';

let cluster: EmbeddedKafka;
let client: StreamsClient;

beforeAll(async () => {
  cluster = await EmbeddedKafka.start({ brokers: 3, listen: true });
  client = kafka({ brokers: cluster.bootstrap.split(',') }).create({ clientId: 'tests', clock: systemClock, log: silentLogger });
  await client.connect();
});

afterAll(async () => {
  await client.close();
  await cluster.close();
});

/** Output of a tool; it must end with code 0. */
async function tool(name: string, args: readonly string[], input?: string): Promise<string> {
  const { stdout, stderr, exitCode } = await runTool(name, ['--bootstrap-server', cluster.bootstrap, ...args], {
    input,
    timeoutMs: 60_000,
  });
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

test('console tools', { timeout: 180_000 }, async () => {
  await tool('topics', [
    '--create',
    '--topic',
    'console',
    '--partitions',
    '3',
    '--replication-factor',
    '2',
    '--config',
    'retention.ms=60000000',
  ]);
  const described = await tool('topics', ['--describe', '--topic', 'console']);
  expect(described).toContain('PartitionCount: 3\tReplicationFactor: 2\tConfigs: retention.ms=60000000');
  const values = Array.from({ length: 500 }, (_, index) => `value-${index}`);
  await tool('console-producer', ['--topic', 'console', '--compression-codec', 'zstd'], `${values.join('\n')}\n`);
  const read = await tool('console-consumer', [
    '--topic',
    'console',
    '--from-beginning',
    '--max-messages',
    `${values.length}`,
    '--group',
    'readers',
  ]);
  expect(read.trimEnd().split('\n').sort()).toEqual([...values].sort());
  expect(
    (await tool('get-offsets', ['--topic', 'console'])).match(/:(\d+)$/gm)?.reduce((sum, text) => sum + Number(text.slice(1)), 0),
  ).toBe(values.length);
  expect(await tool('groups', ['--list'])).toContain('readers');
  expect(await tool('groups', ['--describe', '--group', 'readers'])).toMatch(/readers\s+console\s+\d\s+\d+\s+\d+\s+0\s/);
  await tool('groups', ['--group', 'readers', '--reset-offsets', '--to-earliest', '--topic', 'console', '--execute']);
  const again = await tool('console-consumer', ['--topic', 'console', '--max-messages', `${values.length}`, '--group', 'readers']);
  expect(again.trimEnd().split('\n')).toHaveLength(values.length);
  await tool('configs', ['--entity-type', 'topics', '--entity-name', 'console', '--alter', '--add-config', 'retention.ms=5000']);
  expect(await tool('configs', ['--entity-type', 'topics', '--entity-name', 'console', '--describe'])).toContain('retention.ms=5000');
  await tool('groups', ['--delete', '--group', 'readers']);
  await tool('topics', ['--delete', '--topic', 'console']);
  expect(cluster.topics()).not.toContain('console');
});

test('Kafka Streams counts words exactly, over a restart', { timeout: 180_000 }, async () => {
  const classPath = await javaStreams();
  const directory = await mkdtemp(join(tmpdir(), 'millrace-embedded-'));
  const [input, output, appId, partitions] = ['words-in', 'words-out', 'words', 4];
  const lines = makeLines(5, 20_000);
  await createTopics(client, [input, output], partitions);
  const start = (): ReturnType<typeof startJava> =>
    startJava(classPath, 'WordCount', { bootstrap: cluster.bootstrap, 'app-id': appId, in: input, out: output, 'state-dir': directory });
  let app = start();
  try {
    await loadLines(client, input, partitions, lines);
    const committed = async (): Promise<number> => {
      const offsets = await client.admin().groupOffsets(appId, partitionsOf(input, partitions));
      return [...offsets.values()].reduce((sum, offset) => sum + (offset?.offset ?? 0), 0);
    };
    while ((await committed()) === 0) {
      if (app.ended) throw new Error(app.output);
      await delay(20);
    }
    await app.stop();
    app = start();
    const store = 'KSTREAM-AGGREGATE-STATE-STORE-0000000003';
    await caughtUp(client, appId, [input, `${appId}-${store}-repartition`], partitions);
    await app.stop();
    expect(await fold(client, output, partitions)).toEqual(countWords(lines));
    expect(await fold(client, `${appId}-${store}-changelog`, partitions)).toEqual(countWords(lines));
  } finally {
    if (!app.ended) await app.kill();
    await rm(directory, { recursive: true, force: true });
  }
});
