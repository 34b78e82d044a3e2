/** One application handed over between Kafka Streams and Millrace, in the middle of its input, from changelog, offsets and each side's own old directory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeOffsetMetadata } from '@millrace/core/engine';
import { type StreamsClient, formatTopicPartition } from '@millrace/core/kafka';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppProcess } from '../support/app-process.ts';
import { bootstrap, openClient, uniqueName } from '../support/broker.ts';
import { javaStreams, startJava } from '../support/java-streams.ts';
import { makeLines } from '../support/lines.ts';
import { caughtUp, countWords, createTopics, ends, fold, loadLines, partitionsOf } from '../support/topics.ts';

const partitions = 4;
const store = 'KSTREAM-AGGREGATE-STATE-STORE-0000000003';

let client: StreamsClient;
let root: string;
let running: AppProcess | undefined;

beforeEach(async () => {
  client = await openClient();
  root = await mkdtemp(join(tmpdir(), 'millrace-handover-'));
});

afterEach(async () => {
  if (running !== undefined && !running.ended) await running.kill();
  await client.close();
  await rm(root, { recursive: true, force: true });
});

test('Java, Millrace, Java and Millrace count one input exactly', async () => {
  const classPath = await javaStreams();
  const appId = uniqueName('handover');
  const [input, repartition] = [`${appId}-in`, `${appId}-${store}-repartition`];
  const lines = makeLines(11, 60_000);
  const common = { bootstrap: bootstrap(), 'app-id': appId, in: input, out: `${appId}-out` };
  const java = (): AppProcess => (running = startJava(classPath, 'WordCount', { ...common, 'state-dir': join(root, 'java') }));
  const millrace = (): AppProcess =>
    (running = AppProcess.node('word-count', { ...common, 'state-dir': join(root, 'millrace'), 'commit-ms': '100', 'session-ms': '6000' }));

  /** Lines that the group has committed. */
  const committedLines = async (): Promise<number> => {
    const offsets = await client.admin().groupOffsets(appId, partitionsOf(input, partitions));
    return [...offsets.values()].reduce((sum, offset) => sum + (offset?.offset ?? 0), 0);
  };
  const until = async (app: AppProcess, share: number): Promise<void> => {
    while ((await committedLines()) < lines.length * share) {
      if (app.ended) throw new Error(app.output);
      await delay(20);
    }
  };
  /** Both sides read the same partition times from the committed metadata, and they are real times. */
  const checkPartitionTimes = async (): Promise<void> => {
    const reader = startJava(classPath, 'PartitionTimes', { bootstrap: bootstrap(), 'app-id': appId });
    await reader.exit();
    const offsets = await client
      .admin()
      .groupOffsets(appId, [...partitionsOf(input, partitions), ...partitionsOf(repartition, partitions)]);
    const ours = [...offsets]
      .flatMap(([tp, offset]) =>
        offset === null ? [] : [`${formatTopicPartition(tp)} ${decodeOffsetMetadata(offset.metadata ?? '')?.partitionTime}`],
      )
      .sort();
    expect(reader.output.split('\n').sort()).toEqual(ours);
    expect(ours.length).toBeGreaterThan(0);
    for (const line of ours) expect(Number(line.split(' ')[1])).toBeGreaterThan(1_000_000_000_000);
  };
  const chunk = async (part: number): Promise<void> =>
    loadLines(client, input, partitions, lines.slice((part * lines.length) / 4, ((part + 1) * lines.length) / 4));

  await createTopics(client, [input, `${appId}-out`], partitions);
  for (const [part, start] of [java, millrace, java].entries()) {
    const app = start();
    await app.says('READY');
    await chunk(part);
    // Somewhere inside this chunk: the rest of it is the next one's.
    await until(app, part / 4 + 0.1);
    await app.stop();
    await checkPartitionTimes();
  }
  const last = millrace();
  await last.says('READY');
  await chunk(3);
  await caughtUp(client, appId, [input, repartition], partitions);
  await last.stop();

  const expected = countWords(lines);
  expect(await fold(client, `${appId}-out`, partitions)).toEqual(expected);
  expect(await fold(client, `${appId}-${store}-changelog`, partitions)).toEqual(expected);
  expect((await ends(client, partitionsOf(input, partitions))).size).toBe(partitions);
  await checkPartitionTimes();
}, 300_000);
