/** Topics, offsets and brokers in trouble: each ends in a typed error with place and remedy, or in the declared policy, and loses nothing. */
import { serdes, StreamsBuilder, StreamsError, type Topology } from '@millrace/core';
import { type ClusterAdmin, topicPartition } from '@millrace/core/kafka';
import type { KafkaStreams, KafkaStreamsOptions, RestoreEvent } from '@millrace/core/runtime';
import { deleteGroupsApi, fetchApi, incrementalAlterConfigsApi } from '@millrace/kafka/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { Crash, Harness } from './support/harness.ts';
import { KeptDisk } from './support/kept-state.ts';
import { belowTruth, countWords, lastCounts, lines, sorted, wordCount } from './support/word-count.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(options: { readonly brokers?: number; readonly partitions?: number } = {}): Promise<void> {
  harness = await Harness.start(options.brokers === undefined ? {} : { brokers: options.brokers });
  harness.cluster.createTopic('lines', { partitions: options.partitions ?? 2 });
  harness.cluster.createTopic('words');
}

const admin = async (): Promise<ClusterAdmin> => (await harness.client()).admin();

function passThrough(reset?: 'earliest' | 'latest' | 'none'): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('lines', reset === undefined ? {} : { offsetReset: reset }).to('words');
  return builder.build();
}

/** Runs until the instance ends, and returns what it ended with. */
async function failure(
  topology: Topology,
  options: Partial<KafkaStreamsOptions> = {},
  during?: (app: KafkaStreams) => Promise<void>,
): Promise<StreamsError> {
  const app = harness.instance(topology, options);
  const ended = app.run().then(
    () => new Error('stopped without a failure'),
    (error: unknown) => error,
  );
  if (during !== undefined) {
    await harness.running(app);
    await during(app);
  }
  const error = await harness.clock.run(ended);
  expect(app.state).toBe('ERROR');
  expect(error).toBeInstanceOf(StreamsError);
  return error as StreamsError;
}

/** Runs word count over `count` lines and stops cleanly. */
async function runOnce(disk: KeptDisk, count: number, from = 0): Promise<void> {
  await harness.produce('lines', lines(count, from));
  const app = harness.instance(wordCount(), { state: disk.backend() });
  await harness.clock.run(app.start());
  await harness.running(app);
  await harness.clock.advance(2_000);
  await harness.clock.run(app.close());
}

async function cleanupPolicy(topic: string, policy: string): Promise<void> {
  const configs = [{ name: 'cleanup.policy', configOperation: 0, value: policy }];
  const { responses } = await harness.raw(incrementalAlterConfigsApi, 1, {
    resources: [{ resourceType: 2, resourceName: topic, configs }],
    validateOnly: false,
  });
  expect(responses[0]?.errorCode).toBe(0);
}

const text = (value: Uint8Array | null): string => Buffer.from(value ?? []).toString('utf8');

it('a topic that two patterns match stops the instance, since only one of two sources would get its records', async () => {
  await start();
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream(/line.*/).to('words');
  builder.stream(/lin.*s/).to('words');
  const error = await failure(builder.build());
  expect(error.code).toBe('MR_TOPOLOGY_INVALID');
  expect(error.message).toContain('topic lines is matched by /line.*/ and /lin.*s/');
});

describe('topics', () => {
  it('waits for a source topic, and stops with a code when it does not come', async () => {
    harness = await Harness.start();
    harness.cluster.createTopic('words');
    const error = await failure(wordCount());
    expect(error).toMatchObject({ code: 'MR_SOURCE_TOPIC_MISSING', details: { topic: 'lines' } });
    expect(error.message).toMatch(/Create/);
    expect(harness.cluster.topics()).not.toContain('lines');
  });

  it('starts when the source topic appears in time', async () => {
    harness = await Harness.start();
    harness.cluster.createTopic('words');
    const app = harness.instance(wordCount());
    const starting = app.start();
    await harness.clock.advance(2_000);
    harness.cluster.createTopic('lines');
    await harness.clock.run(starting);
    await harness.running(app);
  });

  it('stops if a topic that it writes does not exist', async () => {
    harness = await Harness.start();
    harness.cluster.createTopic('lines');
    expect(await failure(passThrough())).toMatchObject({ code: 'MR_TOPIC_UNKNOWN', message: expect.stringMatching(/words.*Create/s) });
  });

  it('refuses an internal topic with a wrong number of partitions', async () => {
    await start();
    harness.cluster.createTopic('app-counts-changelog', { partitions: 5 });
    expect(await failure(wordCount())).toMatchObject({
      code: 'MR_INTERNAL_TOPIC_INVALID',
      details: { topic: 'app-counts-changelog', partitions: 5, wanted: 2 },
    });
  });

  it('refuses a changelog that deletes', async () => {
    await start();
    harness.cluster.createTopic('app-counts-changelog', { partitions: 2, configs: { 'cleanup.policy': 'delete' } });
    expect(await failure(wordCount())).toMatchObject({
      code: 'MR_INTERNAL_TOPIC_INVALID',
      details: { topic: 'app-counts-changelog', config: 'cleanup.policy' },
    });
  });

  it('stops when a source topic is deleted while it runs', async () => {
    await start();
    const error = await failure(wordCount(), {}, async () => harness.cluster.deleteTopic('lines'));
    expect(error).toMatchObject({ code: 'MR_SOURCE_TOPIC_MISSING', details: { topic: 'lines' } });
  });

  it('stops when a source topic is deleted and made again while it runs', async () => {
    await start();
    const error = await failure(wordCount(), {}, async () => {
      await harness.produce('lines', lines(20));
      await harness.clock.advance(1_000);
      harness.cluster.deleteTopic('lines');
      harness.cluster.createTopic('lines', { partitions: 2 });
    });
    expect(error.code).toMatch(/MR_TOPIC_RECREATED|MR_SOURCE_TOPIC_MISSING/);
  });

  it('makes the internal topics with the counts and settings of Kafka Streams', async () => {
    await start({ partitions: 3 });
    const app = harness.instance(wordCount(), { topicConfigs: { 'min.insync.replicas': '1' } });
    await harness.clock.run(app.start());
    const internal = harness.cluster.topics().filter((topic) => topic.startsWith('app-'));
    const configs = await harness.clock.run((await admin()).topicConfigs(internal));
    expect(internal.sort()).toEqual(['app-counts-changelog', 'app-counts-repartition']);
    expect(configs.get('app-counts-changelog')?.get('cleanup.policy')).toBe('compact');
    expect(configs.get('app-counts-repartition')?.get('cleanup.policy')).toBe('delete');
    expect(configs.get('app-counts-repartition')?.get('retention.ms')).toBe('-1');
    expect(configs.get('app-counts-repartition')?.get('min.insync.replicas')).toBe('1');
  });

  it('purges the repartition topic behind the committed offsets', async () => {
    await start();
    const app = harness.instance(wordCount(), { repartitionPurgeIntervalMs: 1_000 });
    await harness.clock.run(app.start());
    await harness.produce('lines', lines(60));
    await harness.clock.advance(5_000);
    for (const partition of [0, 1]) {
      const { startOffset, endOffset } = harness.cluster.log('app-counts-repartition', partition);
      expect(endOffset).toBeGreaterThan(0);
      expect(startOffset).toBe(endOffset);
    }
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(60))));
  });
});

describe('offsets', () => {
  it('starts at the earliest offset where nothing is committed', async () => {
    await start();
    await harness.produce('lines', lines(10));
    const app = harness.instance(passThrough());
    await harness.clock.run(app.start());
    await harness.clock.advance(1_000);
    expect(harness.cluster.records('words')).toHaveLength(10);
  });

  it('starts at the end for a source with offsetReset latest, and does not jump again after a crash', async () => {
    await start();
    await harness.produce('lines', lines(10));
    const app = harness.instance(passThrough('latest'), {
      leaveOnClose: false,
      unstable: {
        onStep: () => {
          throw new Crash('first commit');
        },
      },
    });
    const ended = app.run().catch((error: unknown) => error);
    await harness.running(app);
    await harness.produce('lines', [{ value: 'after' }]);
    expect(await harness.clock.run(ended)).toBeInstanceOf(Crash);
    await harness.produce('lines', [{ value: 'meanwhile' }]);
    const again = harness.instance(passThrough('latest'));
    await harness.clock.run(again.start());
    await harness.running(again);
    await harness.clock.advance(1_000);
    const values = harness.cluster.records('words').map((record) => text(record.value));
    expect(values).toEqual(expect.arrayContaining(['after', 'meanwhile']));
    expect(values).not.toContain('w0 w0 w0');
  });

  it('refuses a source without an offset and with offsetReset none', async () => {
    await start();
    expect(await failure(passThrough('none'))).toMatchObject({ code: 'MR_OFFSET_MISSING', details: { topic: 'lines' } });
  });

  it('refuses to start over where there is state on disk but no committed offset', async () => {
    await start();
    const disk = new KeptDisk(1);
    await runOnce(disk, 20);
    // The offsets are gone, as after their retention.
    const { results } = await harness.raw(deleteGroupsApi, 2, { groupsNames: ['app'] });
    expect(results).toEqual([{ groupId: 'app', errorCode: 0 }]);
    const error = await failure(wordCount(), { state: disk.backend() });
    expect(error).toMatchObject({ code: 'MR_OFFSET_MISSING', details: { taskId: '1_0' } });
    expect(error.message).toMatch(/reset/);
  });

  it('names the gap of an offset that is out of range', async () => {
    await start({ partitions: 1 });
    await harness.produce('lines', lines(10));
    const app = harness.instance(passThrough());
    await harness.clock.run(app.start());
    await harness.clock.advance(1_000);
    await harness.clock.run(app.close());
    await harness.produce('lines', lines(10));
    await harness.clock.run((await admin()).deleteRecords(new Map([[topicPartition('lines', 0), 15]])));
    const error = await failure(passThrough());
    expect(error).toMatchObject({ code: 'MR_OFFSET_OUT_OF_RANGE', details: { topic: 'lines', partition: 0, offset: 10, logStart: 15 } });
    expect(error.message).toMatch(/records 10 to 14 are gone/);
  });

  it('goes on over the gap where the source declares a policy', async () => {
    await start({ partitions: 1 });
    await harness.produce('lines', lines(10));
    const first = harness.instance(passThrough('earliest'));
    await harness.clock.run(first.start());
    await harness.clock.advance(1_000);
    await harness.clock.run(first.close());
    await harness.produce('lines', lines(10));
    await harness.clock.run((await admin()).deleteRecords(new Map([[topicPartition('lines', 0), 15]])));
    const second = harness.instance(passThrough('earliest'));
    await harness.clock.run(second.start());
    await harness.clock.advance(2_000);
    expect(harness.cluster.records('words')).toHaveLength(15);
    expect(await harness.committed('lines', 0)).toBe(20);
  });
});

describe('damaged batches', () => {
  it('stops at a batch whose checksum is wrong, says where, and skips nothing', async () => {
    await start({ partitions: 1 });
    await harness.produce('lines', lines(5));
    await harness.produce('lines', lines(5, 5));
    harness.cluster.intercept(fetchApi, (_request, context) =>
      context.clientId === 'app'
        ? {
            change: (answer) => ({
              ...answer,
              responses: answer.responses?.map((response) => ({
                ...response,
                partitions: response.partitions?.map((partition) => ({ ...partition, records: damaged(partition.records ?? null) })),
              })),
            }),
          }
        : 'pass',
    );
    expect(await failure(passThrough())).toMatchObject({ code: 'MR_RECORD_CORRUPT', details: { topic: 'lines', partition: 0, offset: 0 } });
    expect(await harness.committed('lines', 0)).toBe(0);
  });
});

/** One bit in the first batch is wrong. */
function damaged(records: Uint8Array | null): Uint8Array | null {
  if (records === null || records.length < 100) return records;
  const copy = records.slice();
  copy[80] = (copy[80] ?? 0) ^ 1;
  return copy;
}

describe('changelogs and local state', () => {
  const rebuilds = (events: readonly RestoreEvent[]): readonly (string | undefined)[] =>
    events.flatMap((event) => (event.kind === 'start' ? [event.rebuild] : []));

  it('rebuilds from a changelog that was made again, whose ids differ', async () => {
    await start();
    const disk = new KeptDisk(1);
    await runOnce(disk, 30);
    harness.cluster.deleteTopic('app-counts-changelog');
    const events: RestoreEvent[] = [];
    const logged: unknown[] = [];
    const log = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (message: string, fields?: unknown) => logged.push([message, fields]),
    };
    const app = harness.instance(wordCount(), {
      state: disk.backend(),
      stateMismatch: 'rebuild',
      onRestore: (event) => events.push(event),
      log,
    });
    await harness.clock.run(app.start());
    await harness.running(app);
    expect(logged).toContainEqual([
      expect.stringMatching(/dropped and rebuilt/),
      expect.objectContaining({ code: 'MR_TOPIC_RECREATED', reason: 'recreated' }),
    ]);
    expect([...app.store('counts').all()]).toEqual([]);
  });

  it('stops by default: the local rows may be the only ones', async () => {
    await start();
    const disk = new KeptDisk(1);
    await runOnce(disk, 30);
    harness.cluster.deleteTopic('app-counts-changelog');
    expect(await failure(wordCount(), { state: disk.backend() })).toMatchObject({
      code: 'MR_TOPIC_RECREATED',
      details: { topic: 'app-counts-changelog' },
    });
  });

  it('rebuilds where the changelog starts behind the local position', async () => {
    await start({ partitions: 1 });
    const disk = new KeptDisk(1);
    await runOnce(disk, 20);
    const older = disk.copy();
    await runOnce(disk, 20, 20);
    const end = harness.cluster.log('app-counts-changelog', 0).endOffset;
    disk.putBack(older);
    await cleanupPolicy('app-counts-changelog', 'compact,delete');
    await harness.clock.run((await admin()).deleteRecords(new Map([[topicPartition('app-counts-changelog', 0), end - 2]])));
    await cleanupPolicy('app-counts-changelog', 'compact');
    const events: RestoreEvent[] = [];
    const app = harness.instance(wordCount(), { state: disk.backend(), onRestore: (event) => events.push(event) });
    await harness.clock.run(app.start());
    await harness.running(app);
    expect(rebuilds(events)).toEqual(['belowLogStart']);
    expect([...app.store('counts').all()].length).toBeGreaterThan(0);
  });

  it('rebuilds state that is older than the changelog keeps deletions', async () => {
    await start({ partitions: 1 });
    const disk = new KeptDisk(1);
    await runOnce(disk, 20);
    const older = disk.copy();
    await runOnce(disk, 20, 20);
    disk.putBack(older);
    await harness.clock.advance(25 * 3_600_000);
    const events: RestoreEvent[] = [];
    const app = harness.instance(wordCount(), { state: disk.backend(), onRestore: (event) => events.push(event) });
    await harness.clock.run(app.start());
    await harness.running(app);
    expect(rebuilds(events)).toEqual(['tooOld']);
    expect(sorted(new Map([...app.store<string, { value: number }>('counts').all()].map(({ key, value }) => [key, value.value])))).toEqual(
      sorted(countWords(lines(40))),
    );
  });

  it('restores only the tail onto an older copy of the disk', async () => {
    await start({ partitions: 1 });
    const disk = new KeptDisk(1);
    await runOnce(disk, 20);
    const older = disk.copy();
    const middle = harness.cluster.log('app-counts-changelog', 0).endOffset;
    await runOnce(disk, 20, 20);
    disk.putBack(older);
    const events: RestoreEvent[] = [];
    const app = harness.instance(wordCount(), { state: disk.backend(), onRestore: (event) => events.push(event) });
    await harness.clock.run(app.start());
    await harness.running(app);
    expect(events[0]).toMatchObject({ kind: 'start', start: middle, rebuild: undefined });
    expect(sorted(new Map([...app.store<string, { value: number }>('counts').all()].map(({ key, value }) => [key, value.value])))).toEqual(
      sorted(countWords(lines(40))),
    );
  });

  it('deletes the state of tasks that went elsewhere, after the delay', async () => {
    await start();
    const [firstDisk, secondDisk] = [new KeptDisk(1), new KeptDisk(2)];
    const [first, second] = [firstDisk, secondDisk].map((disk) =>
      harness.instance(wordCount(), { state: disk.backend(), stateCleanupDelayMs: 3_000 }),
    ) as [KafkaStreams, KafkaStreams];
    await harness.clock.run(first.start());
    await harness.produce('lines', lines(40));
    await harness.running(first);
    await harness.clock.advance(1_000);
    await harness.clock.run(second.start());
    await harness.until(() => second.state === 'RUNNING' && second.tasks().length === 2, 'the second instance has two tasks');
    const mine = new Set(first.tasks().map((task) => task.taskId));
    expect([...firstDisk.tasks.keys()].length).toBeGreaterThan(0);
    await harness.clock.advance(10_000);
    expect([...firstDisk.tasks.keys()].filter((id) => !mine.has(id))).toEqual([]);
  });
});

describe('brokers', () => {
  it('waits for a broker that is away at start', async () => {
    await start();
    await harness.cluster.stopBroker(1);
    const app = harness.instance(wordCount());
    const starting = app.start();
    await harness.clock.advance(5_000);
    expect(app.state).toBe('REBALANCING');
    await harness.cluster.startBroker(1);
    await harness.clock.run(starting);
    await harness.running(app);
  });

  it('stops with a code if no broker ever answers', async () => {
    await start();
    await harness.cluster.stopBroker(1);
    expect(await failure(wordCount(), { taskTimeoutMs: 5_000 })).toMatchObject({ code: 'MR_CLIENT_RETRIABLE' });
    await harness.cluster.startBroker(1);
  });

  it('goes on after the only broker was away, and counts exactly', async () => {
    await start();
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await harness.produce('lines', lines(30));
    await harness.running(app);
    await harness.cluster.stopBroker(1);
    await harness.clock.advance(3_000);
    await harness.cluster.startBroker(1);
    await harness.produce('lines', lines(30, 30));
    await harness.clock.advance(20_000);
    await harness.running(app);
    await harness.clock.advance(2_000);
    const truth = countWords(lines(60));
    expect(belowTruth(lastCounts(harness.cluster), truth)).toEqual([]);
  });

  it('goes on when leaders and the coordinator move', async () => {
    await start({ brokers: 3 });
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await harness.produce('lines', lines(30));
    await harness.running(app);
    for (const node of [2, 3, 1]) {
      for (const topic of ['lines', 'app-counts-repartition', 'app-counts-changelog'])
        for (const partition of [0, 1]) harness.cluster.moveLeader(topic, partition, node);
      harness.cluster.moveCoordinator('app', node);
      await harness.produce('lines', lines(10, 30));
      await harness.clock.advance(1_000);
    }
    await harness.clock.advance(5_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(
      sorted(countWords([...lines(30), ...lines(10, 30), ...lines(10, 30), ...lines(10, 30)])),
    );
  });
});
