/** Several instances in processes of their own count exactly, whoever joins or leaves meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamsClient } from '@millrace/core/kafka';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppProcess } from '../support/app-process.ts';
import { bootstrap, openClient, uniqueName } from '../support/broker.ts';
import { makeLines } from '../support/lines.ts';
import { caughtUp, countWords, createTopics, fold, loadLines } from '../support/topics.ts';

const partitions = 4;
const store = 'KSTREAM-AGGREGATE-STATE-STORE-0000000003';

let client: StreamsClient;
let directory: string;
const running: AppProcess[] = [];

beforeEach(async () => {
  client = await openClient();
  directory = await mkdtemp(join(tmpdir(), 'millrace-instances-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (app) => (app.ended ? undefined : app.kill())));
  await client.close();
  await rm(directory, { recursive: true, force: true });
});

function start(appId: string): AppProcess {
  const app = AppProcess.node('word-count', {
    bootstrap: bootstrap(),
    'app-id': appId,
    in: `${appId}-in`,
    out: `${appId}-out`,
    'state-dir': directory,
  });
  running.push(app);
  return app;
}

async function ready(appId: string): Promise<AppProcess> {
  const app = start(appId);
  await app.says('READY');
  return app;
}

async function finished(appId: string): Promise<void> {
  await caughtUp(client, appId, [`${appId}-in`, `${appId}-${store}-repartition`], partitions);
}

async function stopAll(): Promise<void> {
  await Promise.all(running.filter((app) => !app.ended).map((app) => app.stop()));
}

test.each([1, 2, 3])(
  '%i instances on four partitions give exact counts',
  async (instances) => {
    const appId = uniqueName(`instances-${instances}`);
    const lines = makeLines(instances, 20_000);
    await createTopics(client, [`${appId}-in`, `${appId}-out`], partitions);
    await Promise.all(Array.from({ length: instances }, () => ready(appId)));
    await loadLines(client, `${appId}-in`, partitions, lines);

    await finished(appId);
    await stopAll();

    expect(await fold(client, `${appId}-out`, partitions)).toEqual(countWords(lines));
  },
  300_000,
);

test('instances that join and leave in order under load lose and repeat nothing', async () => {
  const appId = uniqueName('moving');
  const chunks = Array.from({ length: 6 }, (_, seed) => makeLines(100 + seed, 10_000));
  await createTopics(client, [`${appId}-in`, `${appId}-out`], partitions);
  const first = await ready(appId);
  const load = async (chunk: number): Promise<void> => loadLines(client, `${appId}-in`, partitions, chunks[chunk] ?? []);

  const [, second] = await Promise.all([load(0), ready(appId)]);
  const [, third] = await Promise.all([load(1), ready(appId)]);
  await Promise.all([load(2), first.stop()]);
  await Promise.all([load(3), ready(appId)]);
  await Promise.all([load(4), second.stop(), third.stop()]);
  await load(5);
  await finished(appId);
  await stopAll();

  expect(await fold(client, `${appId}-out`, partitions)).toEqual(countWords(chunks.flat()));
  expect(await fold(client, `${appId}-${store}-changelog`, partitions)).toEqual(countWords(chunks.flat()));
}, 300_000);
