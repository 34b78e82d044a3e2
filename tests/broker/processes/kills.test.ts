/**
 * kill -9 at every point of a commit and at arbitrary moments, under load, with the state directory kept, replaced by an older copy, or gone. At-least-once: no word
 * falls below its true count, and what the store holds afterwards is the fold of its changelog.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamsClient } from '@millrace/core/kafka';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppProcess } from '../support/app-process.ts';
import { bootstrap, openClient, uniqueName } from '../support/broker.ts';
import { makeLines, random } from '../support/lines.ts';
import { caughtUp, countWords, createTopics, fold, loadLines } from '../support/topics.ts';

const partitions = 4;
const store = 'KSTREAM-AGGREGATE-STATE-STORE-0000000003';
const steps = ['afterPrepare', 'afterChangelogAck', 'afterOffsetCommit', 'beforeEngineBatch', 'afterEngineBatch', 'any moment'] as const;
const treatments = ['kept', 'older copy', 'gone'] as const;
/** Every point with every treatment of the directory, and some more at arbitrary moments. */
const kills = [
  ...steps.flatMap((step) => treatments.map((treatment) => ({ step, treatment }))),
  ...treatments.map((treatment) => ({ step: 'any moment' as const, treatment })),
];

let client: StreamsClient;
let root: string;
let app: AppProcess | undefined;

beforeEach(async () => {
  client = await openClient();
  root = await mkdtemp(join(tmpdir(), 'millrace-kills-'));
});

afterEach(async () => {
  if (app !== undefined && !app.ended) await app.kill();
  await client.close();
  await rm(root, { recursive: true, force: true });
});

test.each(['rocksdb', 'leveldb'] as const)(
  `${kills.length} kills under load lose no word (%s)`,
  async (engine) => {
    const appId = uniqueName(`kills-${engine}`);
    const [current, older] = [join(root, 'state'), join(root, 'older')];
    const topics = [`${appId}-in`, `${appId}-${store}-repartition`];
    const next = random(engine.length);
    const lines: string[] = [];
    let seed = 0;
    const load = async (): Promise<void> => {
      const chunk = makeLines(seed++, 3_000);
      lines.push(...chunk);
      await loadLines(client, `${appId}-in`, partitions, chunk);
    };
    const start = (killAt: string): AppProcess =>
      (app = AppProcess.node('word-count', {
        bootstrap: bootstrap(),
        'app-id': appId,
        in: `${appId}-in`,
        out: `${appId}-out`,
        'state-dir': current,
        engine,
        'commit-ms': '50',
        ...(killAt === '' ? {} : { 'kill-at': killAt }),
      }));
    await createTopics(client, [`${appId}-in`, `${appId}-out`], partitions);
    await load();

    for (const [index, { step, treatment }] of kills.entries()) {
      const process = start(step === 'any moment' ? '' : `${step}:${2 + Math.floor(next() * 6)}`);
      // With a backlog, a commit can come to the fatal point before anything was said.
      await process.saysOrEnds('READY');
      const loading = load();
      if (step === 'any moment') {
        await delay(50 + next() * 700);
        await process.kill();
      } else {
        // More input until the commits have brought the process to its point.
        for (await loading; !process.ended; await Promise.race([process.exit(), load()]));
      }
      await loading;
      expect((await process.exit()).signal, process.output).toBe('SIGKILL');
      if (treatment === 'older copy') {
        await rm(current, { recursive: true, force: true });
        await cp(older, current, { recursive: true, force: true }).catch(() => undefined);
      } else if (treatment === 'gone') await rm(current, { recursive: true, force: true });
      else if (index % 4 === 0) {
        await rm(older, { recursive: true, force: true });
        await cp(current, older, { recursive: true });
      }
    }

    const last = start('');
    await last.says('READY');
    await caughtUp(client, appId, topics, partitions);
    await last.stop();

    const counts = await fold(client, `${appId}-out`, partitions);
    const expected = countWords(lines);
    const lost = [...expected].filter(([word, count]) => (counts.get(word) ?? 0) < count);
    expect(lost).toEqual([]);
    const changelog = await fold(client, `${appId}-${store}-changelog`, partitions);
    expect(counts).toEqual(changelog);
    expect(await storedTable(engine, current, appId)).toEqual(changelog);
  },
  900_000,
);

/** What the engines of a stopped application hold, read without Kafka. */
async function storedTable(engine: string, directory: string, appId: string): Promise<Map<string, number>> {
  const reader = AppProcess.node('read-store', { engine, 'state-dir': directory, 'app-id': appId, store });
  const { code } = await reader.exit();
  if (code !== 0) throw new Error(reader.output);
  return new Map(JSON.parse(reader.output) as [string, number][]);
}
