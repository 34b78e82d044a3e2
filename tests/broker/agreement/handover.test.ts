/**
 * One application with every kind of store, handed over between Kafka Streams and Millrace: Java, Millrace without a directory, Java with its old directory, Millrace with its old
 * directory. What it writes, internal topics included, is byte for byte what Kafka Streams writes alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamsClient } from '@millrace/core/kafka';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppProcess } from '../support/app-process.ts';
import { openClient, uniqueName } from '../support/broker.ts';
import { javaStreams } from '../support/java-streams.ts';
import { baseTime, parts } from './handover-input.ts';
import { type LogRecord, type Sameness, differences, firstDifference, foldUpTo } from './handover-log.ts';
import { type Mark, formats, Run } from './handover-run.ts';

let client: StreamsClient;
let root: string;
let classPath: string;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  client = await openClient();
  root = await mkdtemp(join(tmpdir(), 'millrace-handover-'));
  classPath = await javaStreams();
}, 600_000);

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await client.close();
  await rm(root, { recursive: true, force: true });
});

async function startJava(run: Run, directory: string): Promise<{ readonly app: AppProcess; readonly check: () => void }> {
  const app = run.java(classPath, join(root, directory));
  stops.push(async () => (app.ended ? undefined : app.kill()));
  await app.says('READY');
  for (const format of formats) expect(described(app, format)).toBe(run.topology(format).describe());
  const check = (): void => {
    if (app.ended) throw new Error(app.output);
  };
  return { app, check };
}

function described(app: AppProcess, format: string): string {
  const line = app.output.split('\n').find((text) => text.startsWith(`TOPOLOGY ${format} `));
  return Buffer.from(line?.split(' ')[2] ?? '', 'base64').toString();
}

/** All parts by one Java process. */
async function alone(run: Run): Promise<void> {
  await run.places(0);
  const { app, check } = await startJava(run, 'alone');
  await app.says('PLACES 1');
  for (let part = 0; part < parts; part++) {
    if (part > 0 && (await run.places(part))) await app.says('PLACES 2');
    await run.waves(part, check);
    await run.mark();
  }
  await app.stop();
}

/** The parts in turn by Java and Millrace. Returns what Java understood of the times that Millrace committed. */
async function handedOver(run: Run): Promise<readonly string[]> {
  let understood: readonly string[] = [];
  for (let part = 0; part < parts; part++) {
    await run.places(part);
    if (part % 2 === 0) {
      const { app, check } = await startJava(run, 'java');
      await run.waves(part, check);
      await app.stop();
      understood = app.output.split('\n').filter((line) => line.startsWith('TIME '));
    } else {
      const apps = run.millrace(join(root, 'millrace'));
      stops.push(() => Promise.all(apps.map((app) => app.close())));
      await Promise.all(apps.map((app) => app.start()));
      await run.waves(part, () => {
        const failed = apps.find((app) => app.state === 'ERROR');
        if (failed !== undefined) throw new Error('an instance has failed');
      });
      for (const app of apps) await app.close();
    }
    await run.mark();
  }
  return understood;
}

test('Java and Millrace go on with what the other left, for every kind of store', { timeout: 300_000 }, async () => {
  const base = baseTime(Date.now());
  const [reference, mixed] = [new Run(uniqueName('stores'), client, base), new Run(uniqueName('stores'), client, base)];
  await Run.createTopics(client, [reference, mixed]);
  const [, understood] = await Promise.all([alone(reference), handedOver(mixed)]);

  const [expected, actual] = [await reference.logs(), await mixed.logs()];
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  const found = [...expected].flatMap(([topic, log]) => compareTopic(topic, reference, log, mixed, actual.get(topic) ?? []));
  expect(found.join('\n')).toBe('');

  for (const [part, mark] of reference.marks.entries()) compareTimes(part, mark, mixed.marks[part]);
  expect(understood.map((line) => line.replaceAll(mixed.name, 'run')).sort()).toEqual(javaTimes(mixed.marks[1]));
});

function compareTopic(topic: string, left: Run, log: readonly LogRecord[], right: Run, other: readonly LogRecord[]): readonly string[] {
  if (/-(delayed|closed-buffer)-store-changelog$/.test(topic)) {
    // What is held back is logged at a commit, whenever that is, and under the time of the clock.
    return left.marks.flatMap((_, part) =>
      firstDifference(`${topic} after part ${part}`, foldUpTo(log, left.endsOf(topic, part)), foldUpTo(other, right.endsOf(topic, part))),
    );
  }
  if (/-(join-store|window-duplicates|sales-Buffer)-changelog$/.test(topic)) {
    // Java numbers what may have duplicates, and begins anew when it starts again.
    const restarted = left.endsOf(topic, 1)[0] ?? 0;
    const shown = (records: readonly LogRecord[]): readonly LogRecord[] =>
      (topic.endsWith('Buffer-changelog') ? records.map(withoutTime) : records).map((record, index) =>
        index < restarted ? record : withoutNumber(record),
      );
    return differences(topic, shown(log), shown(other), 'order');
  }
  return differences(topic, log, other, samenessOf(topic));
}

function samenessOf(topic: string): Sameness {
  if (topic.endsWith('-subscription-registration-topic')) return 'records';
  // Restored, Java's buffer may have the time at which a key was held back before, and lets it out in another order.
  return /-(billed|listed|grouped|orders|customers|out-delayed)/.test(topic) ? 'orderOfKeys' : 'order';
}

/** Without the four bytes at the end of its key. */
function withoutNumber(record: LogRecord): LogRecord {
  const key = Buffer.from(JSON.parse(record.key) as string, 'latin1');
  return { ...record, key: JSON.stringify(key.toString('latin1', 0, key.length - 4)) };
}

/** Rows of a join's buffer are written under the time of the clock. */
function withoutTime(record: LogRecord): LogRecord {
  return { ...record, timestamp: -1 };
}

/** Millrace keeps times of its own beside those that Java has. */
function compareTimes(part: number, expected: Mark, actual: Mark | undefined): void {
  for (const [partition, { partitionTime, times }] of expected.times) {
    // Java's producer sends what has no key to any partition.
    if (partition.includes('listed-subscription-registration')) continue;
    const committed = actual?.times.get(partition);
    expect(committed, `${partition} after part ${part}`).toMatchObject({ understood: true, partitionTime });
    for (const [processor, time] of times) expect(committed?.times.get(processor), `${processor} after part ${part}`).toBe(time);
  }
}

/** The lines in which Java tells what it reads. */
function javaTimes(mark: Mark | undefined): readonly string[] {
  return [...(mark?.times ?? [])]
    .map(([partition, { partitionTime, times }]) => {
      const known = ['tumbling-close', 'sliding-close', 'sessions-close'].filter((processor) => times.has(processor));
      return ['TIME', partition, partitionTime, ...known.map((processor) => `${processor}=${times.get(processor)}`)].join(' ');
    })
    .sort();
}
