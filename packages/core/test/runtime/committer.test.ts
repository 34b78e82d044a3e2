import { beforeEach, describe, expect, it } from 'vitest';
import { ClientError } from '../../src/errors.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { AtLeastOnceCommitter } from '../../src/runtime/committer.ts';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { OutputHolder } from '../../src/runtime/output-holder.ts';
import {
  type FakeAdmin,
  FakeClient,
  FakeCoordinator,
  type FakeProducer,
  FakeTask,
  owned,
  retriable,
  settled,
  TestClock,
  testOptions,
} from './support/fakes.ts';
import { planOf } from './support/plans.ts';

const a0 = topicPartition('a', 0);
const a1 = topicPartition('a', 1);

let clock: TestClock;
let coordinator: FakeCoordinator;
let producer: FakeProducer;
let committer: AtLeastOnceCommitter;
let admin: FakeAdmin;
let events: string[];
let stored: string[];

beforeEach(() => {
  clock = new TestClock();
  events = [];
  stored = [];
  const options = testOptions(clock, { taskTimeoutMs: 5_000, unstable: { onStep: (step) => events.push(`[${step}]`) } });
  const client = new FakeClient(clock);
  coordinator = new FakeCoordinator();
  const topics = new ApplicationTopics('app', planOf([{ sources: ['a'], pattern: /p-.*/ }]));
  const output = new OutputHolder(client, options, topics);
  admin = client.fakeAdmin;
  producer = client.producers[0] as FakeProducer;
  coordinator.events = producer.events = events;
  committer = new AtLeastOnceCommitter({
    options,
    topics,
    admin,
    coordinator,
    output,
    onCommitted: (offsets) => events.push(`committed ${offsets.size}`),
    onStored: (taskId) => stored.push(taskId),
  });
});

function task(id: string, tp: typeof a0, offset: number): FakeTask {
  const one = new FakeTask(id, { inputs: [tp] });
  one.offsets.set(tp, { offset });
  one.events = events;
  return one;
}

describe('a commit under at-least-once', () => {
  it('keeps its order: caches, acknowledgements, stores without changelog, offsets, engines', async () => {
    const first = owned(task('0_0', a0, 3));
    expect(await committer.commit([first, owned(task('0_1', a1, 7))])).toEqual([]);
    expect(events).toEqual([
      '[beforeCommit]',
      '0_0 prepare',
      '0_1 prepare',
      '[afterPrepare]',
      'flush',
      '[afterChangelogAck]',
      '0_0 unlogged',
      '0_1 unlogged',
      '[afterUnlogged]',
      'commit a-0@3,a-1@7',
      '[afterOffsetCommit]',
      'committed 2',
      '[beforeEngineBatch]',
      '0_0 complete',
      '0_1 complete',
      '[afterEngineBatch]',
    ]);
    expect(first.committed.get(a0)).toEqual({ offset: 3 });
  });

  it('commits no offset while records wait for a topic that is not known', async () => {
    const waiting = task('0_0', a0, 3);
    waiting.unresolvedTopics = ['late'];
    await committer.commit([owned(waiting)]);
    expect(events.filter((event) => !event.startsWith('['))).toEqual([
      '0_0 prepare',
      'lookUp late',
      '0_0 retry',
      'flush',
      '0_0 unlogged',
      'commit a-0@3',
      'committed 1',
      '0_0 complete',
    ]);
  });

  it('commits no offset and writes nothing if a record was not acknowledged', async () => {
    producer.flushFailure = new ClientError('fatal', 'too large');
    await expect(committer.commit([owned(task('0_0', a0, 3))])).rejects.toBe(producer.flushFailure);
    expect(events.at(-1)).toBe('flush');
  });

  it('writes no engine batch if the offsets were not committed', async () => {
    coordinator.commitFailures.push(new ClientError('fenced', 'generation'));
    await expect(committer.commit([owned(task('0_0', a0, 3))])).rejects.toMatchObject({ kind: 'fenced' });
    expect(events.at(-1)).toBe('commit a-0@3 fails');
  });

  it('asks again while the coordinator moves, with the same offsets, and goes on', async () => {
    coordinator.commitFailures.push(retriable('moved'), retriable('moved'));
    const done = committer.commit([owned(task('0_0', a0, 3))]);
    await clock.advance(1_000);
    expect(await done).toEqual([]);
    expect(events.filter((event) => event.startsWith('commit '))).toEqual(['commit a-0@3 fails', 'commit a-0@3 fails', 'commit a-0@3']);
  });

  it('gives up asking after the task time-out', async () => {
    for (let count = 0; count < 100; count++) coordinator.commitFailures.push(retriable('away'));
    const done = committer.commit([owned(task('0_0', a0, 3))]).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await done).toMatchObject({ kind: 'retriable' });
  });

  it('is fenced if the membership was lost meanwhile', async () => {
    coordinator.isMember = false;
    await expect(committer.commit([owned(task('0_0', a0, 3))])).rejects.toMatchObject({ kind: 'fenced' });
  });

  const unknownTopic = (): ClientError => new ClientError('fatal', 'unknown topic', { kafkaCode: 3 });

  it('leaves out a deleted topic of a pattern, and commits the rest', async () => {
    const gone = topicPartition('p-1', 0);
    admin.logs.set(a0, { start: 0, end: 9 });
    coordinator.commitFailures.push(unknownTopic());
    const both = task('0_0', a0, 3);
    both.offsets.set(gone, { offset: 5 });
    expect(await committer.commit([owned(both)])).toEqual([]);
    expect(events.filter((event) => event.startsWith('commit '))).toEqual(['commit a-0@3,p-1-0@5 fails', 'commit a-0@3']);
  });

  it('stops if a topic that the topology names was deleted', async () => {
    coordinator.commitFailures.push(unknownTopic());
    await expect(committer.commit([owned(task('0_0', a0, 3))])).rejects.toMatchObject({
      code: 'MR_SOURCE_TOPIC_MISSING',
      details: { topic: 'a' },
    });
  });

  it('passes the failure on if the topics are there', async () => {
    admin.logs.set(a0, { start: 0, end: 9 });
    coordinator.commitFailures.push(unknownTopic());
    await expect(committer.commit([owned(task('0_0', a0, 3))])).rejects.toMatchObject({ code: 'MR_CLIENT_FATAL' });
  });

  it('tells which engines did not take the batch; the others did', async () => {
    const broken = task('0_0', a0, 3);
    broken.completeFailure = new Error('disk');
    const [bad, good] = [owned(broken), owned(task('0_1', a1, 7))];
    expect(await committer.commit([bad, good])).toEqual([{ owned: bad, error: broken.completeFailure }]);
    expect(stored).toEqual(['0_1']);
    expect(good.committed.get(a1)).toEqual({ offset: 7 });
    expect(bad.committed.size).toBe(0);
  });

  it('stops where a step throws', async () => {
    await settled();
    const failing = new AtLeastOnceCommitter({
      options: testOptions(clock, {
        unstable: {
          onStep: (step) => {
            if (step === 'afterChangelogAck') throw new Error('crash');
          },
        },
      }),
      topics: new ApplicationTopics('app', planOf([{ sources: ['a'] }])),
      admin,
      coordinator,
      output: new OutputHolder(new FakeClient(clock), testOptions(clock), new ApplicationTopics('app', planOf([{ sources: ['a'] }]))),
      onCommitted: () => {},
      onStored: () => {},
    });
    await expect(failing.commit([owned(task('0_0', a0, 3))])).rejects.toThrow('crash');
    expect(events).toEqual(['0_0 prepare']);
  });
});
