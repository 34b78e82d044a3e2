/** What the runtime does for topics, offsets and directories beside processing. */
import type { StateDirectory } from '@millrace/state';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientError } from '../../src/errors.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { resolveTopics, snapshotOf, sourceSnapshot } from '../../src/runtime/cluster-topics.ts';
import { takeCommittedOffsets } from '../../src/runtime/input-positions.ts';
import type { InternalTopicsContext } from '../../src/runtime/internal-topics.ts';
import { Mailbox } from '../../src/runtime/mailbox.ts';
import { Purger } from '../../src/runtime/purger.ts';
import { StateCleaner } from '../../src/runtime/state-cleaner.ts';
import { silentLogger } from '../../src/log.ts';
import type { OffsetReset } from '../../src/topology/plan.ts';
import { FakeAdmin, FakeCoordinator, FakeTask, owned, retriable, settled, TestClock, testOptions } from './support/fakes.ts';
import { planOf } from './support/plans.ts';

let clock: TestClock;
let admin: FakeAdmin;
beforeEach(() => {
  clock = new TestClock();
  admin = new FakeAdmin();
});

const wordCount = planOf([
  { sources: ['lines'], repartitionSinks: ['words'] },
  { repartitionSources: ['words'], stores: ['counts'] },
]);
const topics = new ApplicationTopics('app', wordCount);
const context = (configs: Readonly<Record<string, string>> = {}): InternalTopicsContext => ({
  admin,
  clock,
  log: silentLogger,
  timeoutMs: 2_000,
  replicationFactor: -1,
  topicConfigs: configs,
});
const exists = (topic: string, partitions: number): void => {
  for (let partition = 0; partition < partitions; partition++) admin.logs.set(topicPartition(topic, partition), { start: 0, end: 0 });
};

/** Runs with the clock moving until it settles. */
async function timed<T>(work: Promise<T>): Promise<T | Error> {
  const settledWith: (T | Error)[] = [];
  void work.then(
    (value) => settledWith.push(value),
    (error: Error) => settledWith.push(error),
  );
  for (let step = 0; step < 100 && settledWith.length === 0; step++) await clock.advance(100);
  const [outcome] = settledWith;
  if (outcome === undefined) throw new Error('did not settle in ten seconds');
  return outcome;
}

describe('topics of an application', () => {
  it('are made as Kafka Streams makes them, under the settings of the application', async () => {
    exists('lines', 3);
    const resolved = await timed(
      resolveTopics(topics, context({ 'segment.bytes': '1000', 'min.insync.replicas': '2', 'cleanup.policy': 'delete' })),
    );
    expect(resolved).toMatchObject({ sources: ['app-words', 'lines'] });
    expect(admin.created).toEqual([
      {
        name: 'app-words',
        partitions: 3,
        replicationFactor: -1,
        configs: {
          'cleanup.policy': 'delete',
          'retention.ms': '-1',
          'segment.bytes': '1000',
          'message.timestamp.type': 'CreateTime',
          'min.insync.replicas': '2',
        },
      },
      {
        name: 'app-counts-changelog',
        partitions: 3,
        replicationFactor: -1,
        configs: {
          'cleanup.policy': 'compact',
          'message.timestamp.type': 'CreateTime',
          'segment.bytes': '1000',
          'min.insync.replicas': '2',
        },
      },
    ]);
  });

  it('may be made by several instances at once', async () => {
    exists('lines', 1);
    exists('app-words', 1);
    admin.creations.set('app-counts-changelog', ['exists', 'exists', 'exists']);
    const done = timed(resolveTopics(topics, context()));
    await settled();
    exists('app-counts-changelog', 1);
    expect(await done).toMatchObject({ sources: ['app-words', 'lines'] });
    expect(admin.created).toEqual([]);
  });

  it('are waited for while a topic of their name is being deleted', async () => {
    exists('lines', 1);
    admin.creations.set('app-words', [retriable('marked for deletion'), retriable('marked for deletion')]);
    await timed(resolveTopics(topics, context()));
    expect(admin.created.map(({ name }) => name).sort()).toEqual(['app-counts-changelog', 'app-words']);
  });

  it('that cannot be made are a coded error with the reason', async () => {
    exists('lines', 1);
    admin.creations.set('app-words', [new ClientError('fatal', 'replication factor 3 is larger than the cluster')]);
    expect(await timed(resolveTopics(topics, context()))).toMatchObject({
      code: 'MR_INTERNAL_TOPIC_INVALID',
      message: expect.stringMatching(/replication factor 3/),
    });
  });

  it('are given up after the time-out', async () => {
    exists('lines', 1);
    admin.creations.set(
      'app-words',
      Array.from({ length: 100 }, () => retriable('marked for deletion')),
    );
    expect(await timed(resolveTopics(topics, context()))).toMatchObject({
      code: 'MR_INTERNAL_TOPIC_INVALID',
      message: expect.stringMatching(/marked for deletion/),
    });
  });

  it('change their snapshot when partitions or matching topics come, and not otherwise', async () => {
    const patterned = new ApplicationTopics('app', planOf([{ sources: ['lines'], pattern: /more-.*/ }]));
    exists('lines', 1);
    const resolved = await resolveTopics(patterned, context());
    const before = snapshotOf(resolved.descriptions);
    exists('other', 4);
    expect(await sourceSnapshot(patterned, context())).toBe(before);
    exists('more-1', 1);
    const withMore = await sourceSnapshot(patterned, context());
    expect(withMore).not.toBe(before);
    exists('lines', 2);
    expect(await sourceSnapshot(patterned, context())).not.toBe(withMore);
  });
});

describe('where new tasks start', () => {
  const in0 = topicPartition('in', 0);
  const r0 = topicPartition('app-r', 0);
  const coordinator = (): FakeCoordinator => new FakeCoordinator();
  const take = async (task: FakeTask, group: FakeCoordinator, reset?: OffsetReset) => {
    const given = new ApplicationTopics(
      'app',
      planOf([
        { sources: ['in'], repartitionSinks: ['r'], ...(reset === undefined ? {} : { offsetReset: reset }) },
        { repartitionSources: ['r'] },
      ]),
    );
    const one = owned(task);
    await takeCommittedOffsets([one], { coordinator: group, admin, topics: given, clock, log: silentLogger, timeoutMs: 1_000 });
    return one.committed;
  };
  beforeEach(() => {
    admin.logs.set(in0, { start: 3, end: 9 });
    admin.logs.set(r0, { start: 2, end: 7 });
  });

  it('is what the group committed', async () => {
    const group = coordinator();
    group.offsets.set(in0, { offset: 5, metadata: 'AgAA' });
    expect(await take(new FakeTask('0_0', { inputs: [in0] }), group)).toEqual(new Map([[in0, { offset: 5, metadata: 'AgAA' }]]));
    expect(group.events).toEqual([]);
  });

  it.each([
    [undefined, 3],
    ['earliest', 3],
    ['latest', 9],
  ] as const)('is decided by the policy %o, and committed before anything is read', async (reset, offset) => {
    const group = coordinator();
    expect(await take(new FakeTask('0_0', { inputs: [in0] }), group, reset)).toEqual(new Map([[in0, { offset }]]));
    expect(group.events).toEqual([`commit in-0@${offset}`]);
  });

  it('is the start of a repartition topic', async () => {
    expect(await take(new FakeTask('1_0', { inputs: [r0] }), coordinator())).toEqual(new Map([[r0, { offset: 2 }]]));
  });

  it('is refused with policy none', async () => {
    await expect(take(new FakeTask('0_0', { inputs: [in0] }), coordinator(), 'none')).rejects.toMatchObject({
      code: 'MR_OFFSET_MISSING',
      details: { topic: 'in', partition: 0 },
    });
  });

  it('is refused where state is and no offset', async () => {
    await expect(take(new FakeTask('0_0', { inputs: [in0], hasState: true }), coordinator())).rejects.toMatchObject({
      code: 'MR_OFFSET_MISSING',
      details: { taskId: '0_0' },
    });
  });

  it('is the policy’s for one more input of a task with state whose other inputs have offsets', async () => {
    const more = topicPartition('more', 0);
    admin.logs.set(more, { start: 1, end: 4 });
    const group = coordinator();
    group.offsets.set(in0, { offset: 5 });
    expect(await take(new FakeTask('0_0', { inputs: [in0, more], hasState: true }), group)).toEqual(
      new Map([
        [in0, { offset: 5 }],
        [more, { offset: 1 }],
      ]),
    );
  });
});

describe('the purge of repartition topics', () => {
  const words = topicPartition('app-words', 0);
  const log = topicPartition('app-counts-changelog', 0);
  const make = (enabled = true): Purger => new Purger(admin, topics, testOptions(clock, { repartitionPurgeIntervalMs: 1_000 }), enabled);

  it('deletes behind the newest committed offsets, when it is time, and of repartition topics only', async () => {
    const purger = make();
    purger.noteCommitted(
      new Map([
        [words, { offset: 4 }],
        [log, { offset: 9 }],
        [topicPartition('lines', 0), { offset: 2 }],
      ]),
    );
    purger.noteCommitted(new Map([[words, { offset: 6 }]]));
    purger.tick();
    await purger.idle();
    expect(admin.deleted).toEqual([]);
    await clock.advance(1_000);
    purger.tick();
    await purger.idle();
    expect(admin.deleted).toEqual([[words, 6]]);
    await clock.advance(1_000);
    purger.noteCommitted(new Map([[words, { offset: 6 }]]));
    purger.tick();
    await purger.idle();
    expect(admin.deleted).toHaveLength(1);
  });

  it('tries again after a failure', async () => {
    const purger = make();
    admin.failures.push(retriable('no leader'));
    purger.noteCommitted(new Map([[words, { offset: 4 }]]));
    for (let round = 0; round < 2; round++) {
      await clock.advance(1_000);
      purger.tick();
      await purger.idle();
    }
    expect(admin.deleted).toEqual([[words, 4]]);
  });

  it('leaves brokers alone that cannot delete records', async () => {
    const purger = make(false);
    purger.noteCommitted(new Map([[words, { offset: 4 }]]));
    await clock.advance(1_000);
    purger.tick();
    await purger.idle();
    expect(admin.deleted).toEqual([]);
  });
});

describe('the cleaning of state', () => {
  const stored = (...ids: string[]) => ids.map((taskId) => ({ taskId, checkpointHint: new Map<string, number>(), lastOpenMs: 0 }));
  let dropped: string[];
  let tasks: ReturnType<typeof stored>;
  let failure: Error | undefined;
  const make = (): StateCleaner => {
    dropped = [];
    failure = undefined;
    const directory: Pick<StateDirectory, 'storedTasks' | 'dropTask'> = {
      storedTasks: () => tasks,
      dropTask: (taskId) => {
        if (failure !== undefined) throw failure;
        dropped.push(taskId);
        tasks = tasks.filter((task) => task.taskId !== taskId);
      },
    };
    // The cleaner uses these two.
    return new StateCleaner(directory as StateDirectory, testOptions(clock, { stateCleanupDelayMs: 1_000 }));
  };
  const owns = (taskId: string): boolean => taskId === '0_0';

  it('deletes what nobody owned for the delay, however old it was before', async () => {
    tasks = stored('0_0', '0_1', '9_9');
    const cleaner = make();
    await cleaner.tick(owns);
    await clock.advance(999);
    await cleaner.tick(owns);
    expect(dropped).toEqual([]);
    await clock.advance(1);
    await cleaner.tick(owns);
    expect(dropped).toEqual(['0_1', '9_9']);
  });

  it('starts to count again after a rebalance', async () => {
    tasks = stored('0_1');
    const cleaner = make();
    await cleaner.tick(owns);
    await clock.advance(900);
    cleaner.restart();
    await cleaner.tick(owns);
    await clock.advance(900);
    await cleaner.tick(owns);
    expect(dropped).toEqual([]);
  });

  it('tries again later what could not be deleted', async () => {
    tasks = stored('0_1');
    const cleaner = make();
    failure = new Error('busy');
    await cleaner.tick(owns);
    await clock.advance(1_000);
    await cleaner.tick(owns);
    failure = undefined;
    for (let round = 0; round < 2; round++) {
      await clock.advance(1_000);
      await cleaner.tick(owns);
    }
    expect(dropped).toEqual(['0_1']);
  });
});

describe('the mailbox', () => {
  it('does jobs in order, one at a time, and tells their posters', async () => {
    const mailbox = new Mailbox();
    const seen: string[] = [];
    const first = mailbox.post(async () => {
      await Promise.resolve();
      seen.push('first');
    });
    const second = mailbox.post(() => void seen.push('second'));
    await mailbox.drain();
    await Promise.all([first, second]);
    expect(seen).toEqual(['first', 'second']);
  });

  it('throws a job’s failure at the loop, not at its poster, and keeps the jobs behind it', async () => {
    const mailbox = new Mailbox();
    const failing = mailbox.post(() => {
      throw new Error('job');
    });
    let later = false;
    const next = mailbox.post(() => void (later = true));
    await expect(mailbox.drain()).rejects.toThrow('job');
    await failing;
    expect(later).toBe(false);
    await mailbox.drain();
    await next;
    expect(later).toBe(true);
  });

  it('wakes whoever waits, and lets everybody go when it closes', async () => {
    const mailbox = new Mailbox();
    const signal = mailbox.waitSignal();
    expect(mailbox.waitSignal()).toBe(signal);
    const posted = mailbox.post(() => {});
    expect(signal.aborted).toBe(true);
    expect(mailbox.waitSignal().aborted).toBe(true);
    mailbox.close();
    await posted;
    await mailbox.post(() => {
      throw new Error('never runs');
    });
  });
});
