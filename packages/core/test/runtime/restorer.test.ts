/** The restorer against scripted logs. Each trap in which a recovery of other systems never ended, or ended wrong, has its test by name. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChangelogState } from '../../src/engine/contract.ts';
import { ClientError } from '../../src/errors.ts';
import { type TopicPartition, topicPartition } from '../../src/kafka/topic-partition.ts';
import type { RestoreEvent } from '../../src/runtime/events.ts';
import type { Preparation } from '../../src/runtime/input-preparation.ts';
import type { OwnedTask } from '../../src/runtime/owned-task.ts';
import { Restorer } from '../../src/runtime/restorer.ts';
import { noteOfTopicId, noteTopicIds } from '../../src/runtime/state-identity.ts';
import {
  batchAt,
  bigBatchAt,
  FakeClient,
  type FakeReader,
  fakeState,
  FakeTask,
  owned,
  retriable,
  settled,
  TestClock,
  testOptions,
} from './support/fakes.ts';

const log = topicPartition('app-counts-changelog', 0);
const changelog = (position: number | undefined, tp: TopicPartition = log, isSource = false): ChangelogState => ({
  tp,
  store: 'counts',
  position,
  isSource,
});

let clock: TestClock;
let client: FakeClient;
let restorer: Restorer;
let events: RestoreEvent[];
let wakes: number;
/** Of the serdes of source topics. */
let preparations: Preparation[];

function make(options: Parameters<typeof testOptions>[1] = {}): void {
  clock = new TestClock();
  client = new FakeClient(clock);
  events = [];
  wakes = 0;
  preparations = [];
  restorer = new Restorer({
    client,
    options: testOptions(clock, { onRestore: (event) => events.push(event), ...options }),
    preparationsOf: () => preparations,
    onOutcome: () => wakes++,
  });
}
beforeEach(() => make());

const reader = (): FakeReader => client.readers[0] as FakeReader;
const progress = (position: number, end: number, tp: TopicPartition = log) => ({ tp, position, end, logStart: 0 });

/** Adds a task and lets the restorer find its bounds. */
async function add(task: FakeTask, state = fakeState(task.id)): Promise<OwnedTask> {
  const one = owned(task, state);
  restorer.add(one);
  await settled();
  return one;
}

const outcomes = (): readonly string[] =>
  restorer.takeOutcomes().map(({ owned: { id }, error }) => (error === undefined ? id : `${id} ${(error as { code: string }).code}`));

describe('ends, and ends right', () => {
  it('replays from the start of the log where nothing is held, never from its end', async () => {
    client.fakeAdmin.logs.set(log, { start: 5, end: 8 });
    const task = new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    await add(task);
    expect(reader().calls).toEqual(['assign app-counts-changelog-0@5']);
    expect(reader().options).toMatchObject({ role: 'restore', isolation: 'committed' });
    reader().answer({ batches: [batchAt(log, [5, 6, 7], 8)], progress: [progress(8, 8)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
    expect(task.restored).toEqual(['app-counts-changelog@5', 'app-counts-changelog@6', 'app-counts-changelog@7']);
    expect(task.changelogs[0]?.position).toBe(8);
    expect(wakes).toBe(1);
    expect(reader().assigned.size).toBe(0);
  });

  it('trap: the last offset is a transaction marker, so no record ever reaches the end', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 4 });
    const task = new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    await add(task);
    reader().answer({ batches: [batchAt(log, [0, 1, 2], 3)], progress: [progress(3, 4)] });
    await settled();
    expect(outcomes()).toEqual([]);
    reader().answer({ progress: [progress(4, 4)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
    // The task's own records follow on the marker, not on the last record.
    expect(task.ends).toEqual(new Map([[log, 4]]));
  });

  it('trap: the tail was compacted away, so the last record lies far below the end', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 100 });
    const task = new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    await add(task);
    reader().answer({ batches: [batchAt(log, [3, 17], 100)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
    expect(task.changelogs[0]?.position).toBe(100);
  });

  it('trap: the partition is empty after retention', async () => {
    client.fakeAdmin.logs.set(log, { start: 50, end: 50 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    expect(outcomes()).toEqual(['0_0']);
    expect(client.readers).toEqual([]);
  });

  it('trap: there is nothing to read of a changelog that is new to old state, whose rows must go all the same', async () => {
    client.fakeAdmin.logs.set(log, { start: 50, end: 50 });
    const task = new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    await add(task, fakeState('0_0', { existed: true }));
    expect(task.events).toEqual(['flushRestore']);
    expect(outcomes()).toEqual(['0_0']);
  });

  it('trap: there is exactly one record', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 1 });
    const task = new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    await add(task);
    reader().answer({ batches: [batchAt(log, [0], 1)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
    expect(task.restored).toHaveLength(1);
  });

  it('trap: the committed offset of a source that doubles as changelog is behind its end: what lies behind is input, not state', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 10 });
    const task = new FakeTask('0_0', { inputs: [log], changelogs: [changelog(undefined, log, true)] });
    const one = owned(task);
    one.committed.set(log, { offset: 4 });
    restorer.add(one);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1, 3, 4, 5], 10)], progress: [progress(10, 10)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
    expect(task.restored).toEqual(['app-counts-changelog@0', 'app-counts-changelog@1', 'app-counts-changelog@3']);
    expect(task.changelogs[0]?.position).toBe(4);
  });

  it('trap: stores without a changelog make the task go on behind the committed offset: a source that doubles as changelog is read up to there', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 10 });
    const task = new FakeTask('0_0', { inputs: [log], changelogs: [{ ...changelog(undefined, log, true), inputPosition: 5 }] });
    const one = owned(task);
    one.committed.set(log, { offset: 4 });
    restorer.add(one);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1, 3, 4, 5], 10)], progress: [progress(10, 10)] });
    await settled();
    expect(task.restored).toEqual([0, 1, 3, 4].map((offset) => `app-counts-changelog@${offset}`));
    expect(task.changelogs[0]?.position).toBe(5);
  });

  it('trap: a source that doubles as changelog has no committed offset: nothing of it is state', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 10 });
    await add(new FakeTask('0_0', { inputs: [log], changelogs: [changelog(undefined, log, true)] }));
    expect(outcomes()).toEqual(['0_0']);
  });

  it('trap: a rebalance takes the task in the middle: what was replayed stays, and the next restore goes on there', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 10 });
    const task = new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    const one = await add(task);
    reader().answer({ batches: [batchAt(log, [0, 1, 2], 3)] });
    await settled();
    await restorer.remove(one);
    expect(task.changelogs[0]?.position).toBe(3);
    expect(events.at(-1)).toMatchObject({ kind: 'suspended', position: 3, records: 3 });
    expect(reader().assigned.size).toBe(0);
    reader().answer({ batches: [batchAt(log, [3, 4], 5)] });
    await settled();
    expect(task.restored).toHaveLength(3);
    expect(outcomes()).toEqual([]);

    const again = await add(task);
    expect(reader().calls.at(-1)).toBe('assign app-counts-changelog-0@3');
    reader().answer({ batches: [batchAt(log, [3, 9], 10)] });
    await settled();
    expect(restorer.takeOutcomes()).toEqual([{ owned: again, error: undefined }]);
  });

  it('trap: the position is not in the log any more when the reader gets there: rebuilt from the start', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 10 });
    const task = new FakeTask('0_0', { changelogs: [changelog(2)], hasState: true });
    await add(task);
    client.fakeAdmin.logs.set(log, { start: 6, end: 10 });
    reader().answer({ issues: [{ kind: 'outOfRange', tp: log, position: 2, logStart: 6, logEnd: 10 }] });
    await settled();
    expect(task.events).toContain('wipe');
    expect(reader().calls.at(-1)).toBe('assign app-counts-changelog-0@6');
    reader().answer({ progress: [progress(10, 10)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
  });

  it('does not read what it holds already', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 7 });
    const task = new FakeTask('0_0', { changelogs: [changelog(7)], hasState: true });
    await add(task);
    expect(outcomes()).toEqual(['0_0']);
    expect(task.events).toEqual([]);
  });

  it('restores several tasks at once, and each ends by itself', async () => {
    const other = topicPartition('app-counts-changelog', 1);
    client.fakeAdmin.logs.set(log, { start: 0, end: 2 });
    client.fakeAdmin.logs.set(other, { start: 0, end: 5 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    await add(new FakeTask('0_1', { changelogs: [changelog(undefined, other)] }));
    expect([...reader().assigned.keys()]).toEqual([log, other]);
    reader().answer({ batches: [batchAt(log, [0, 1], 2), batchAt(other, [0, 1], 2)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
    reader().answer({ batches: [batchAt(other, [2, 3, 4], 5)] });
    await settled();
    expect(outcomes()).toEqual(['0_1']);
  });
});

describe('local state that the changelog cannot account for (I2)', () => {
  const age = 3_600_000;
  it.each([
    { name: 'below the start of the log', position: 3, start: 5, end: 9, reason: 'belowLogStart' },
    { name: 'beyond its end', position: 12, start: 0, end: 9, reason: 'beyondLogEnd' },
    { name: 'of another topic', position: 4, start: 0, end: 9, topicId: 'new', reason: 'recreated' },
    { name: 'of another topic, although the offsets fit', position: 9, start: 0, end: 9, topicId: 'new', reason: 'recreated' },
    { name: 'older than deletions are kept', position: 4, start: 0, end: 9, retention: age - 1, reason: 'tooOld' },
  ])(
    'is rebuilt, where rows might be lost only if that was chosen: $name',
    async ({ position, start, end, topicId, retention, reason }) => {
      make({ stateMismatch: 'rebuild' });
      client.fakeAdmin.logs.set(log, { start, end, topicId: topicId ?? 'old' });
      if (retention !== undefined)
        client.fakeAdmin.configs.set(
          log.topic,
          new Map([
            ['cleanup.policy', 'compact'],
            ['delete.retention.ms', String(retention)],
          ]),
        );
      const state = fakeState('0_0', { existed: true, ageMs: age });
      await noteTopicIds(state.engine, new Map([[log.topic, 'old']]));
      const task = new FakeTask('0_0', { changelogs: [changelog(position)], hasState: true });
      await add(task, state);
      expect(task.events).toEqual([topicId === undefined ? 'wipe' : `wipe ${log.topic}`]);
      expect(events[0]).toMatchObject({ kind: 'start', rebuild: reason, start });
      expect(noteOfTopicId(state.engine, log.topic)).toBe(topicId ?? 'old');
    },
  );

  it.each([4, undefined])(
    'reads a source that was made again from its start, wherever the task stood in the one before: %s',
    async (position) => {
      make({ stateMismatch: 'rebuild' });
      client.fakeAdmin.logs.set(log, { start: 0, end: 9, topicId: 'new' });
      const state = fakeState('0_0', { existed: true });
      await noteTopicIds(state.engine, new Map([[log.topic, 'old']]));
      // Stores without a changelog had come to 6.
      const task = new FakeTask('0_0', { inputs: [log], changelogs: [{ ...changelog(position, log, true), inputPosition: 6 }] });
      const one = owned(task, state);
      one.committed.set(log, { offset: 0 });
      restorer.add(one);
      await settled();
      expect(task.events).toEqual([`wipe ${log.topic}`]);
      expect(client.readers).toEqual([]);
      expect(outcomes()).toEqual(['0_0']);
    },
  );

  it.each([
    { name: 'inside the log', position: 4, end: 9 },
    { name: 'at its end', position: 9, end: 9 },
  ])(
    'is rebuilt without being asked where its rows are of another format, since the log has them all: $name',
    async ({ position, end }) => {
      client.fakeAdmin.logs.set(log, { start: 0, end, topicId: 'old' });
      const task = new FakeTask('0_0', { changelogs: [{ ...changelog(position), otherFormat: '"a", not "b"' }], hasState: true });
      await add(task, fakeState('0_0', { existed: true }));
      expect(task.events).toEqual(['wipe']);
      expect(events[0]).toMatchObject({ kind: 'start', rebuild: 'formatChanged', start: 0 });
    },
  );

  it('is not rebuilt for its format where the log has lost rows that it may have', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 3, topicId: 'old' });
    const task = new FakeTask('0_0', { changelogs: [{ ...changelog(4), otherFormat: '"a", not "b"' }], hasState: true });
    await add(task, fakeState('0_0', { existed: true }));
    expect(task.events).toEqual([]);
    expect(outcomes()).toEqual(['0_0 MR_CHANGELOG_TRUNCATED']);
  });

  it.each([
    { name: 'inside the log', position: 4, start: 0, end: 9 },
    { name: 'old, but at the end: nothing was missed', position: 9, start: 0, end: 9, retention: 1 },
    { name: 'old, in a topic that keeps deletions long enough', position: 4, start: 0, end: 9, retention: age },
    { name: 'in a topic that does not compact', position: 4, start: 0, end: 9, retention: 1, policy: 'delete' },
  ])('is kept: $name', async ({ position, start, end, retention, policy }) => {
    client.fakeAdmin.logs.set(log, { start, end, topicId: 'old' });
    if (retention !== undefined)
      client.fakeAdmin.configs.set(
        log.topic,
        new Map([
          ['cleanup.policy', policy ?? 'compact'],
          ['delete.retention.ms', String(retention)],
        ]),
      );
    const task = new FakeTask('0_0', { changelogs: [changelog(position)], hasState: true });
    await add(task, fakeState('0_0', { existed: true, ageMs: age }));
    expect(task.events).toEqual([]);
  });

  it.each([
    { position: 12, topicId: 'old', code: 'MR_CHANGELOG_TRUNCATED' },
    { position: 4, topicId: 'new', code: 'MR_TOPIC_RECREATED' },
  ])('stops with $code unless rebuilding was chosen', async ({ position, topicId, code }) => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 9, topicId });
    const state = fakeState('0_0', { existed: true });
    await noteTopicIds(state.engine, new Map([[log.topic, 'old']]));
    const task = new FakeTask('0_0', { changelogs: [changelog(position)], hasState: true });
    await add(task, state);
    expect(outcomes()).toEqual([`0_0 ${code}`]);
    expect(task.events).toEqual([]);
  });
});

describe('a source topic whose serdes must fetch something first', () => {
  const sourceTask = (): OwnedTask => {
    const one = owned(new FakeTask('0_0', { inputs: [log], changelogs: [changelog(undefined, log, true)] }));
    one.committed.set(log, { offset: 4 });
    return one;
  };
  const fakeOf = (one: OwnedTask): FakeTask => one.task as unknown as FakeTask;

  beforeEach(() => client.fakeAdmin.logs.set(log, { start: 0, end: 4 }));

  it('is restored when they have it, however often they must ask', async () => {
    let asked = 0;
    preparations.push(() => (++asked < 3 ? Promise.reject(retriable('away')) : undefined));
    const one = sourceTask();
    restorer.add(one);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 4)], progress: [progress(4, 4)] });
    await settled();
    expect([fakeOf(one).restored, outcomes()]).toEqual([[], []]);
    await clock.advance(1_000);
    await settled();
    expect(asked).toBe(3);
    expect(fakeOf(one).restored).toHaveLength(2);
    expect(outcomes()).toEqual(['0_0']);
  });

  it('fails with what cannot be fetched, and not without end', async () => {
    preparations.push(() => Promise.reject(Object.assign(new Error('refused'), { code: 'MR_REFUSED' })));
    const one = sourceTask();
    restorer.add(one);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 4)], progress: [progress(4, 4)] });
    await settled();
    expect(outcomes()).toEqual(['0_0 MR_REFUSED']);
    expect(fakeOf(one).restored).toEqual([]);
  });

  it.each([
    { taskTimeoutMs: 300_000, limitMs: 300_000 },
    { taskTimeoutMs: 0, limitMs: 60_000 },
  ])(
    'fails when nobody says whether it can be fetched: after $limitMs ms at a limit of $taskTimeoutMs',
    async ({ limitMs, taskTimeoutMs }) => {
      make({ taskTimeoutMs });
      client.fakeAdmin.logs.set(log, { start: 0, end: 4 });
      preparations.push(() => new Promise(() => {}));
      restorer.add(sourceTask());
      await settled();
      reader().answer({ batches: [batchAt(log, [0, 1], 4)], progress: [progress(4, 4)] });
      await clock.advance(limitMs - 1);
      expect(outcomes()).toEqual([]);
      await clock.advance(1);
      await settled();
      expect(restorer.takeOutcomes()).toMatchObject([
        { error: { code: 'MR_PREPARATION_TIMEOUT', details: { topic: log.topic, partition: 0, limitMs } } },
      ]);
      expect(clock.pending).toBe(0);
    },
  );

  it('leaves no timer behind when the task goes, or what was waited for is there', async () => {
    let release = (): void => {};
    preparations.push(() => new Promise((resolve) => (release = (): void => resolve())));
    const gone = sourceTask();
    restorer.add(gone);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 4)], progress: [progress(4, 4)] });
    await settled();
    expect(clock.pending).toBe(1);
    await restorer.remove(gone);
    await settled();
    expect(clock.pending).toBe(0);
    restorer.add(sourceTask());
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 4)], progress: [progress(4, 4)] });
    await settled();
    expect(clock.pending).toBe(1);
    release();
    await settled();
    expect(clock.pending).toBe(0);
    expect(outcomes()).toEqual(['0_0']);
  });

  it('asks no more, and sets no timer, when the task goes between two attempts', async () => {
    let asked = 0;
    preparations.push(() => {
      asked++;
      return Promise.reject(retriable('away'));
    });
    const gone = sourceTask();
    restorer.add(gone);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 4)], progress: [progress(4, 4)] });
    await settled();
    await restorer.remove(gone);
    await settled();
    expect([asked, clock.pending]).toEqual([1, 0]);
  });

  it('fails a task that writes only when that is written: whoever hears of it closes the engine', async () => {
    const other = topicPartition('app-other-changelog', 0);
    client.fakeAdmin.logs.set(other, { start: 0, end: 9 });
    let refuse = (): void => {};
    preparations.push(() => new Promise((_resolve, reject) => (refuse = (): void => reject(new Error('refused')))));
    const task = new FakeTask('0_0', { inputs: [log], changelogs: [changelog(undefined, log, true), changelog(undefined, other)] });
    let written = (): void => {};
    task.flushRestore = () => new Promise((resolve) => (written = resolve));
    const one = owned(task);
    one.committed.set(log, { offset: 4 });
    restorer.add(one);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 4), bigBatchAt(other, [0, 1], 2, 8 << 20)] });
    await settled();
    refuse();
    await settled();
    expect(restorer.takeOutcomes()).toEqual([]);
    written();
    await settled();
    expect(restorer.takeOutcomes().map(({ error }) => error)).toEqual([new Error('refused')]);
  });

  it('holds back nobody else while they wait', async () => {
    const other = topicPartition('app-other-changelog', 0);
    client.fakeAdmin.logs.set(other, { start: 0, end: 2 });
    let release = (): void => {};
    preparations.push(() => new Promise((resolve) => (release = (): void => resolve())));
    const slow = sourceTask();
    const quick = owned(new FakeTask('0_1', { changelogs: [changelog(undefined, other)] }));
    restorer.add(slow);
    restorer.add(quick);
    await settled();
    reader().answer({
      batches: [batchAt(log, [0, 1], 2), batchAt(other, [0, 1], 2), batchAt(log, [2, 3], 4)],
      progress: [progress(4, 4), progress(2, 2, other)],
    });
    await settled();
    expect(outcomes()).toEqual(['0_1']);
    expect(reader().calls.filter((call) => call.startsWith('pause'))).toEqual([`pause ${log.topic}-0`, `pause ${log.topic}-0`]);
    expect(fakeOf(slow).restored).toEqual([]);
    release();
    await settled();
    expect(fakeOf(slow).restored).toEqual([]);
    release();
    await settled();
    expect(fakeOf(slow).restored).toHaveLength(4);
    expect(outcomes()).toEqual(['0_0']);
  });

  it('goes on behind what was held back', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 10 });
    let release = (): void => {};
    preparations.push((batch) => (batch.offset(0) > 0 ? undefined : new Promise((resolve) => (release = (): void => resolve()))));
    const one = sourceTask();
    one.committed.set(log, { offset: 9 });
    restorer.add(one);
    await settled();
    reader().answer({ batches: [batchAt(log, [0, 1], 2)], progress: [progress(5, 10)] });
    await settled();
    release();
    await settled();
    expect(reader().calls.slice(-2)).toEqual([`pause ${log.topic}-0`, `resume ${log.topic}-0`]);
    expect(restorer.remaining(one)).toBe(4);
    reader().answer({ batches: [batchAt(log, [6, 8], 9)], progress: [progress(9, 10)] });
    await settled();
    expect(fakeOf(one).restored).toHaveLength(4);
    expect(outcomes()).toEqual(['0_0']);
  });

  it.each(['pause', 'resume'] as const)(
    'is told of a reader that failed while nobody polled, and is read by another one (%s)',
    async (call) => {
      let release = (): void => {};
      preparations.push(() => new Promise((resolve) => (release = (): void => resolve())));
      const one = sourceTask();
      restorer.add(one);
      await settled();
      const denied = new ClientError('fatal', 'denied');
      reader()[call] = () => {
        throw denied;
      };
      reader().answer({ batches: [batchAt(log, [0, 1, 2, 3], 4)], progress: [progress(4, 4)] });
      await settled();
      release();
      await settled();
      expect(restorer.takeOutcomes().map(({ error }) => error)).toEqual([denied]);
      expect(reader().closed).toBe(true);
      const again = sourceTask();
      restorer.add(again);
      await settled();
      client.readers[1]?.answer({ batches: [batchAt(log, [0, 1, 2, 3], 4)], progress: [progress(4, 4)] });
      await settled();
      release();
      await settled();
      expect(fakeOf(again).restored).toHaveLength(4);
      expect(outcomes()).toEqual(['0_0']);
    },
  );

  it('is read anew if the task went and came back meanwhile: what was read before may lie ahead', async () => {
    let release = (): void => {};
    preparations.push(() => new Promise((resolve) => (release = (): void => resolve())));
    const first = sourceTask();
    restorer.add(first);
    await settled();
    reader().answer({ batches: [batchAt(log, [2, 3], 4)], progress: [progress(4, 4)] });
    await settled();
    await restorer.remove(first);
    const second = sourceTask();
    restorer.add(second);
    await settled();
    release();
    await settled();
    expect(fakeOf(first).restored).toEqual([]);
    expect(fakeOf(second).restored).toEqual([]);
    expect(outcomes()).toEqual([]);
    reader().answer({ batches: [batchAt(log, [0, 1, 2, 3], 4)], progress: [progress(4, 4)] });
    await settled();
    release();
    await settled();
    expect(fakeOf(second).restored).toHaveLength(4);
    expect(outcomes()).toEqual(['0_0']);
  });
});

describe('trouble', () => {
  it('asks again while nobody knows the bounds', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 0 });
    client.fakeAdmin.failures.push(retriable('no leader'), retriable('no leader'));
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    expect(outcomes()).toEqual([]);
    await clock.advance(1_000);
    expect(outcomes()).toEqual(['0_0']);
  });

  it.each([
    [
      'a changelog that was deleted',
      { kind: 'missingTopic', tp: log, error: new ClientError('fatal', 'gone') },
      'MR_INTERNAL_TOPIC_INVALID',
    ],
    ['a batch that cannot be read', { kind: 'corrupt', tp: log, position: 4, error: new ClientError('fatal', 'crc') }, 'MR_RECORD_CORRUPT'],
    ['a changelog that must not be read', { kind: 'unauthorised', tp: log, error: new ClientError('fatal', 'denied') }, 'MR_CLIENT_FATAL'],
  ] as const)('fails the task for %s', async (_name, issue, code) => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 9 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    reader().answer({ issues: [issue] });
    await settled();
    expect(outcomes()).toEqual([`0_0 ${code}`]);
  });

  it('tells progress with rate and time left', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 100 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    await clock.advance(500);
    reader().answer({ batches: [batchAt(log, [0, 10, 20], 25)] });
    await settled();
    expect(events.find((event) => event.kind === 'progress')).toMatchObject({
      position: 25,
      end: 100,
      records: 3,
      recordsPerSecond: 6,
      etaMs: 1_500,
    });
    await clock.advance(500);
    reader().answer({ batches: [batchAt(log, [99], 100)] });
    await settled();
    expect(events.at(-1)).toMatchObject({ kind: 'end', position: 100, records: 4, elapsedMs: 1_000 });
  });

  it('is not stopped by a listener that throws', async () => {
    make({
      onRestore: () => {
        throw new Error('listener');
      },
    });
    client.fakeAdmin.logs.set(log, { start: 0, end: 1 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    reader().answer({ batches: [batchAt(log, [0], 1)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
  });

  it('reads with another reader after one failed for good', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 1 });
    const task = (): FakeTask => new FakeTask('0_0', { changelogs: [changelog(undefined)] });
    await add(task());
    const denied = new ClientError('fatal', 'denied');
    reader().poll = () => Promise.reject(denied);
    reader().answer({});
    await settled();
    expect(restorer.takeOutcomes().map(({ error }) => error)).toEqual([denied]);
    expect(reader().closed).toBe(true);
    await add(task());
    client.readers[1]?.answer({ batches: [batchAt(log, [0], 1)] });
    await settled();
    expect(outcomes()).toEqual(['0_0']);
  });

  it('closes while nobody knows the bounds, without waiting for as long as a task is patient', async () => {
    client.fakeAdmin.failures.push(...Array.from({ length: 100 }, () => retriable('no leader')));
    client.fakeAdmin.logs.set(log, { start: 0, end: 9 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    let closed = false;
    const closing = restorer.close().then(() => (closed = true));
    await settled();
    expect(closed).toBe(true);
    expect(clock.pending).toBe(0);
    await closing;
  });

  it('closes in the middle of a restore', async () => {
    client.fakeAdmin.logs.set(log, { start: 0, end: 9 });
    await add(new FakeTask('0_0', { changelogs: [changelog(undefined)] }));
    await restorer.close();
    expect(reader().closed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
