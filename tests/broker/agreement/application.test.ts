/**
 * One application with all that a driver alone does not prove runs on Kafka Streams without a stop, and on Millrace in two instances, of which one is stopped and one killed in
 * the middle of the input: both end with the same results, tables, dead letters and changelogs. Why they are determined stands in application-input.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamsClient, TopicSpec } from '@millrace/core/kafka';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { application } from '../../programs/src/application-topology.ts';
import { AppProcess } from '../support/app-process.ts';
import { bootstrap, openClient, uniqueName } from '../support/broker.ts';
import { javaStreams, startJava } from '../support/java-streams.ts';
import { caughtUp } from '../support/topics.ts';
import { type Comparison, deadLetters, lastOf, results, table } from './application-comparison.ts';
import {
  baseTime,
  ending,
  expectedTotals,
  firstProducts,
  lastResults,
  laterProduct,
  outputs,
  partitions,
  productCounts,
  stageInput,
  taskTopics,
  tick,
} from './application-input.ts';
import { type Kept, readTopics, write } from './application-topics.ts';

/** What must come out as the same records, in whatever order. */
const streams: Readonly<Record<string, Comparison>> = {
  priced: {},
  paired: {},
  // Their headers are those of the record that makes the emission due, which the throttle decides.
  closed: { headers: false },
  suppressed: {},
  places: {},
  quoted: {},
};

/** Which row of a customer an account met last depends on which of the two topics is ahead; without one it is the time of the account or of the deletion. */
const named = { timestamps: ({ value }: Kept) => value?.endsWith('=null') !== true };
const byTheWallClock = { timestamps: false };

/** What must come out as the same table. */
const tables: Readonly<Record<string, Comparison>> = {
  // Of several events counted under one kind in different partitions, any may be the last.
  'event-counts': { headers: false },
  'account-names': named,
  totals: byTheWallClock,
};

/** Every other changelog has the same rows with the same times. */
const changelogs: Readonly<Record<string, Comparison>> = {
  'account-names-changelog': named,
  'told-changelog': byTheWallClock,
  // Rows of buffers carry no time, so the producer's is taken.
  'final-store-changelog': byTheWallClock,
  'quoted-Buffer-changelog': byTheWallClock,
};

/** An application id, and what stands before the names of its output topics. */
interface Side {
  readonly appId: string;
  readonly out: string;
}

let client: StreamsClient;
let directory: string;
/** Those that are expected to run. */
let running: AppProcess[];

beforeEach(async () => {
  client = await openClient();
  directory = await mkdtemp(join(tmpdir(), 'millrace-application-'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map(async (app) => (app.ended ? undefined : app.kill())));
  await client.close();
  await rm(directory, { recursive: true, force: true });
});

async function ready(app: AppProcess): Promise<AppProcess> {
  running.push(app);
  await app.says('READY');
  return app;
}

async function end(app: AppProcess, how: 'stop' | 'kill'): Promise<void> {
  running = running.filter((other) => other !== app);
  await app[how]();
}

async function create(topics: readonly string[], count = partitions): Promise<void> {
  const specs = topics.map((name): TopicSpec => ({ name, partitions: count, replicationFactor: 1, configs: { 'retention.ms': '-1' } }));
  for (const result of (await client.admin().createTopics(specs)).values()) if (result !== 'created') throw new Error(String(result));
}

/** Waits until there is nothing that is missing. */
async function until(missing: () => Promise<readonly string[]>): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    const dead = running.find((app) => app.ended);
    if (dead !== undefined) throw new Error(`a process ended:\n${dead.output}`);
    if (Date.now() > deadline) throw new Error(`still missing: ${left.join(', ')}\n${running.map((app) => app.output).join('\n')}`);
    await delay(50);
  }
}

/** The internal topics of an application, by their names behind its id. */
async function internalTopics({ appId }: Side): Promise<readonly string[]> {
  return (await client.admin().listTopics())
    .filter((topic) => topic.startsWith(`${appId}-`))
    .map((topic) => topic.slice(appId.length + 1))
    .sort();
}

/** Waits until the application has committed all of these input topics, and of the topics between its tasks. */
async function finished(side: Side, topics: readonly string[]): Promise<void> {
  const between = (await internalTopics(side)).filter((topic) => !topic.endsWith('-changelog'));
  await caughtUp(client, side.appId, [...topics, ...between.map((topic) => `${side.appId}-${topic}`)], partitions);
}

/** Numbers by key, as the application has told them last. */
async function toldBy(side: Side): Promise<ReadonlyMap<string, number>> {
  const topic = `${side.out}totals`;
  const told = lastOf((await readTopics(client, [topic], partitions)).get(topic) ?? []);
  return new Map([...told].map(([key, { value }]) => [key ?? '', Number(value)]));
}

function untold(told: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): readonly string[] {
  return [...expected].flatMap(([key, number]) => (told.get(key) === number ? [] : [`${key}: ${number}, not ${told.get(key)}`]));
}

/** Waits for what comes out by the wall clock, and moves on what waits for the next record. */
async function emitted(side: Side, input: string, base: number): Promise<void> {
  await until(async () => {
    const written = await readTopics(client, [`${side.out}closed`, `${side.out}paired`], partitions);
    const late = lastResults(base).filter(({ topic, key }) => !lastOf(written.get(side.out + topic) ?? []).has(key));
    if (late.length > 0) await write(client, input, tick(base));
    return [...late.map(({ topic, key }) => `${key} in ${topic}`), ...untold(await toldBy(side), expectedTotals(base))];
  });
}

/** Everything that an application wrote, by the topic's name behind the application's. */
async function read(side: Side, internal: readonly string[]): Promise<(topic: string) => readonly Kept[]> {
  const records = await readTopics(
    client,
    [...outputs.map((topic) => side.out + topic), ...internal.map((topic) => `${side.appId}-${topic}`)],
    partitions,
  );
  return (topic) => records.get(side.out + topic) ?? records.get(`${side.appId}-${topic}`) ?? [];
}

async function configsOf({ appId }: Side, internal: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const configs = await client.admin().topicConfigs(internal.map((topic) => `${appId}-${topic}`));
  return Object.fromEntries([...configs].map(([topic, config]) => [topic.slice(appId.length + 1), Object.fromEntries(config)]));
}

test('an application with everything ends as it does on Kafka Streams', async () => {
  const classPath = await javaStreams();
  const base = baseTime(Date.now());
  const name = uniqueName('application');
  const input = `in-${name}-`;
  const ours: Side = { appId: `millrace-${name}`, out: `out-millrace-${name}-` };
  const theirs: Side = { appId: `java-${name}`, out: `out-java-${name}-` };
  const flagsOf = ({ appId, out }: Side): Readonly<Record<string, string>> => ({
    bootstrap: bootstrap(),
    'app-id': appId,
    in: input,
    out,
    'state-dir': directory,
  });
  const instance = async (): Promise<AppProcess> => ready(AppProcess.node('application', flagsOf(ours)));
  const topics = taskTopics.map((topic) => input + topic);
  const later = `${input}events-b`;

  await create(topics.filter((topic) => topic !== later));
  await create([`${input}products`], 2);
  await create([...outputs.map((topic) => ours.out + topic), ...outputs.map((topic) => theirs.out + topic)]);
  await write(client, input, { products: firstProducts(base), ...stageInput(0, base) });

  // Two instances, the second while the first is at work.
  const one = await instance();
  const two = await instance();
  await finished(
    ours,
    topics.filter((topic) => topic !== later),
  );

  // A topic that the pattern matches and a row of the global table come while both run.
  const { 'events-b': laterEvents = [], quotes: secondQuotes = [], ...second } = stageInput(1, base);
  await create([later]);
  await write(client, input, { 'events-b': laterEvents, products: [laterProduct(base)] });
  await finished(ours, [later]);
  await until(async () => untold(await toldBy(ours), productCounts));

  // One stops while more input comes, and starts again.
  await Promise.all([write(client, input, second), end(one, 'stop')]);
  await instance();
  await finished(ours, [`${input}prices`]);
  await write(client, input, { quotes: secondQuotes });
  await finished(ours, topics);

  // The other is killed, and starts again. It had committed everything, so nothing is processed twice. Until the group has missed it there is time for Java.
  const { quotes: thirdQuotes = [], ...third } = stageInput(2, base);
  await end(two, 'kill');
  await write(client, input, third);
  const [java] = await Promise.all([ready(startJava(classPath, 'Application', flagsOf(theirs))), instance()]);
  for (const side of [ours, theirs]) await finished(side, [`${input}prices`]);
  await write(client, input, { quotes: thirdQuotes });
  for (const side of [ours, theirs]) await finished(side, topics);

  await write(client, input, ending(base));
  for (const side of [ours, theirs]) {
    await finished(side, topics);
    await emitted(side, input, base);
  }
  for (const side of [ours, theirs]) await finished(side, topics);
  await Promise.all(running.map((app) => app.stop()));

  const described = /^TOPOLOGY (.*)$/m.exec(java.output)?.[1] ?? '';
  expect.soft(application(input, theirs.out).describe()).toBe(Buffer.from(described, 'base64').toString());
  const internal = await internalTopics(theirs);
  expect.soft(await internalTopics(ours)).toEqual(internal);
  expect.soft(await configsOf(ours, internal)).toEqual(await configsOf(theirs, internal));

  const [of, by] = [await read(ours, internal), await read(theirs, internal)];
  expect.soft(deadLetters(of('dead'))).toEqual(deadLetters(by('dead')));
  expect.soft(deadLetters(by('dead'))).toHaveLength(36);
  for (const [topic, compared] of Object.entries(streams)) {
    expect.soft(results(of(topic), compared), topic).toEqual(results(by(topic), compared));
    expect.soft(results(by(topic), compared).length, topic).toBeGreaterThan(50);
  }
  const logs = internal.filter((topic) => topic.endsWith('-changelog')).map((topic) => [topic, changelogs[topic] ?? {}] as const);
  for (const [topic, compared] of [...Object.entries(tables), ...logs]) {
    expect.soft(table(of(topic), compared), topic).toEqual(table(by(topic), compared));
    expect.soft(table(by(topic), compared).length, topic).toBeGreaterThan(2);
  }
}, 300_000);
