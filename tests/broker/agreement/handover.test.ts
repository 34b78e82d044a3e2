/**
 * One application with every kind of store, handed over between Kafka Streams and Millrace: in one format of rows Java, Millrace without a directory, Java with its old directory,
 * Millrace with its old directory; in the other format the other way round. What it writes, internal topics included, is byte for byte what Kafka Streams writes alone.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RestoreEvent } from '@millrace/core';
import type { StreamsClient } from '@millrace/core/kafka';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClient, uniqueName } from '../support/broker.ts';
import { javaStreams } from '../support/java-streams.ts';
import { baseTime, parts } from './handover-input.ts';
import { JavaServer } from './handover-java.ts';
import { type LogRecord, type Sameness, differences, firstDifference, foldUpTo } from './handover-log.ts';
import { type Mark, formats, Run } from './handover-run.ts';
import type { Format } from './handover-topology.ts';

let client: StreamsClient;
let root: string;
let java: JavaServer;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  client = await openClient();
  root = await mkdtemp(join(tmpdir(), 'millrace-handover-'));
  // Two applications that make it at once get into each other's way in Java.
  for (const directory of ['alone', 'java']) await mkdir(join(root, directory));
  java = await JavaServer.start(await javaStreams());
  stops.push(() => java.kill());
}, 600_000);

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await client.close();
  await rm(root, { recursive: true, force: true });
});

async function startJava(run: Run, format: Format, directory: string): Promise<void> {
  expect(await run.startJava(java, format, join(root, directory))).toBe(run.topology(format).describe());
}

/** All parts by Java. */
async function alone(run: Run): Promise<void> {
  await run.places(0);
  await Promise.all(formats.map((format) => startJava(run, format, 'alone')));
  for (let part = 0; part < parts; part++) {
    const epoch = part === 0 ? undefined : await run.places(part);
    if (epoch !== undefined) for (const format of formats) await java.places(run.applicationId(format), epoch);
    await run.waves(part, () => java.check());
    await run.mark();
  }
  await Promise.all(formats.map((format) => java.stop(run.applicationId(format))));
}

/** The format that Java has in this part; the other one is Millrace's. */
const formatOfJava = (part: number): Format => (part % 2 === 0 ? 'default' : 'headers');
const formatOfMillrace = (part: number): Format => formatOfJava(part + 1);

/** The parts in turn by Java and Millrace. */
async function handedOver(run: Run): Promise<void> {
  for (let part = 0; part < parts; part++) {
    await run.places(part);
    const starts: RestoreStart[] = [];
    const app = run.millrace(formatOfMillrace(part), join(root, 'millrace'), (event) => {
      if (event.kind === 'start') starts.push(event);
    });
    stops.push(() => app.close());
    await Promise.all([startJava(run, formatOfJava(part), 'java'), app.start()]);
    await run.waves(part, () => {
      java.check();
      if (app.state === 'ERROR') throw new Error('the instance of Millrace has failed');
    });
    await Promise.all([java.stop(run.applicationId(formatOfJava(part))), app.close()]);
    for (const start of starts) checkRestore(start, run.marks[part - 2]);
    await run.mark();
  }
}

type RestoreStart = RestoreEvent & { readonly kind: 'start' };

/** State on disk is gone on with where it was left. */
function checkRestore({ rebuild, start, store, tp }: RestoreStart, left: Mark | undefined): void {
  expect(rebuild, store).toBeUndefined();
  // Which entry was used last is not on disk.
  expect(start, store).toBe(store.endsWith('-lru') ? 0 : (left?.ends.get(tp) ?? 0));
}

test('Java and Millrace go on with what the other left, for every kind of store', { timeout: 300_000 }, async () => {
  const [name, base] = [uniqueName('stores'), baseTime(Date.now())];
  const [reference, mixed] = [new Run(`${name}-alone`, client, base), new Run(`${name}-mixed`, client, base)];
  await Run.createTopics(client, [reference, mixed]);
  await Promise.all([alone(reference), handedOver(mixed)]);

  const [expected, actual] = [await reference.logs(), await mixed.logs()];
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  const found = [...expected].flatMap(([topic, log]) => compareTopic(topic, reference, log, mixed, actual.get(topic) ?? []));
  expect(found.join('\n')).toBe('');

  for (const [part, mark] of reference.marks.entries()) compareTimes(part, mark, mixed.marks[part]);
  for (const format of formats) {
    const applicationId = mixed.applicationId(format);
    expect((await java.times(applicationId, processorsWithTimes)).toSorted()).toEqual(javaTimes(mixed, format));
  }
});

function compareTopic(topic: string, left: Run, log: readonly LogRecord[], right: Run, other: readonly LogRecord[]): readonly string[] {
  if (/-(delayed|closed-buffer)-store-changelog$/.test(topic)) {
    // What is held back is logged at a commit, whenever that is, and under the time of the clock.
    return left.marks.flatMap((_, part) =>
      firstDifference(`${topic} after part ${part}`, foldUpTo(log, left.endsOf(topic, part)), foldUpTo(other, right.endsOf(topic, part))),
    );
  }
  if (/-(join-store|window-duplicates|sales-Buffer)-changelog$/.test(topic)) {
    // Java numbers what may have duplicates, and begins anew when it takes over.
    const restarted = left.endsOf(topic, topic.startsWith('run-default-') ? 1 : 0)[0] ?? 0;
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

/** Those that Java keeps a time for. */
const processorsWithTimes = ['tumbling-close', 'sliding-close', 'sessions-close'];

/** The lines in which Java tells what it reads from what was committed last. */
function javaTimes(run: Run, format: Format): readonly string[] {
  return [...(run.marks.at(-1)?.times ?? [])]
    .filter(([partition]) => partition.startsWith(`${format} `))
    .map(([partition, { partitionTime, times }]) => {
      const known = processorsWithTimes.filter((processor) => times.has(processor));
      const topic = partition.slice(format.length + 1).replace('run', run.name);
      return [topic, partitionTime, ...known.map((processor) => `${processor}=${times.get(processor)}`)].join(' ');
    })
    .toSorted();
}
