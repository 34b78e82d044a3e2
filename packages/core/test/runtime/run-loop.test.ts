/** One turn of the loop against scripted parts: what is read, paused, processed, committed, and when it waits. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { FetchedRecords } from '../../src/kafka/fetched-records.ts';
import { type TopicPartition, topicPartition } from '../../src/kafka/topic-partition.ts';
import type { Logger } from '../../src/log.ts';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { Mailbox } from '../../src/runtime/mailbox.ts';
import { OutputHolder } from '../../src/runtime/output-holder.ts';
import type { OwnedTask } from '../../src/runtime/owned-task.ts';
import { Purger } from '../../src/runtime/purger.ts';
import { RunLoop } from '../../src/runtime/run-loop.ts';
import type { TaskRegistry } from '../../src/runtime/task-registry.ts';
import type { TopologyPlan } from '../../src/topology/plan.ts';
import {
  batchAt,
  type FakeAdmin,
  FakeClient,
  FakeCoordinator,
  type FakeProducer,
  FakeReader,
  FakeTask,
  owned,
  settled,
  TestClock,
  testOptions,
} from './support/fakes.ts';
import { planOf } from './support/plans.ts';

const in0 = topicPartition('in', 0);
const in1 = topicPartition('in', 1);

/** Counts instead of computing; each record takes `msPerRecord` of the test's clock. */
class CountingTask extends FakeTask {
  readonly #clock: TestClock;
  msPerRecord = 0;
  size = 0;
  processed = 0;
  largestCall = 0;
  commitNeeded = false;
  commitRequested = false;
  due: number | undefined;
  readonly punctuated: number[] = [];
  readonly noted: [TopicPartition, number, number][] = [];

  constructor(id: string, input: TopicPartition, clock: TestClock) {
    super(id, { inputs: [input] });
    this.#clock = clock;
  }

  enqueue(batch: FetchedRecords): void {
    this.size += batch.count;
  }

  queued(): number {
    return this.size;
  }

  noteProgress(tp: TopicPartition, position: number, end: number): void {
    this.noted.push([tp, position, end]);
  }

  ready(): boolean {
    return this.size > 0;
  }

  process(limit: number): number {
    const count = Math.min(limit, this.size);
    this.size -= count;
    this.processed += count;
    this.largestCall = Math.max(this.largestCall, count);
    if (count > 0) this.commitNeeded = true;
    this.#clock.spend(count * this.msPerRecord);
    return count;
  }

  nextDueMs(): number | undefined {
    return this.due;
  }

  punctuate(nowMs: number): number {
    this.punctuated.push(nowMs);
    this.due = undefined;
    return 1;
  }
}

let clock: TestClock;
let reader: FakeReader;
let producer: FakeProducer;
let mailbox: Mailbox;
let admin: FakeAdmin;
let loop: RunLoop;
let running: OwnedTask[];
let commits: string[][];
let errors: [string, unknown][];

function make(options: Parameters<typeof testOptions>[1] = {}, plan: TopologyPlan = planOf([{ sources: ['in'] }])): void {
  clock = new TestClock();
  const client = new FakeClient(clock);
  errors = [];
  const nothing = (): void => {};
  const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: (message, fields) => errors.push([message, fields]) };
  const resolved = testOptions(clock, { commitIntervalMs: 1_000, bufferedRecordsPerPartition: 10, log, ...options });
  admin = client.fakeAdmin;
  const topics = new ApplicationTopics('app', plan);
  const output = new OutputHolder(client, resolved, topics);
  producer = client.producers[0] as FakeProducer;
  reader = new FakeReader();
  mailbox = new Mailbox();
  running = [];
  commits = [];
  const registry = {
    get running(): readonly OwnedTask[] {
      return running;
    },
    ownerOf: (tp: TopicPartition) => running.find((one) => one.task.inputs.includes(tp)),
    assignmentOf: () => 1,
  };
  loop = new RunLoop({
    options: resolved,
    topics,
    mailbox,
    // The loop uses these three of the registry.
    registry: registry as unknown as TaskRegistry,
    reader,
    admin: client.fakeAdmin,
    output,
    coordinator: new FakeCoordinator(),
    committer: {
      commit: (tasks) => {
        commits.push(tasks.map((one) => one.id));
        for (const { task } of tasks) (task as unknown as CountingTask).commitNeeded = false;
        return Promise.resolve([]);
      },
    },
    purger: new Purger(client.fakeAdmin, topics, resolved, true),
    onReplay: () => Promise.resolve(),
  });
}
beforeEach(() => make());

function add(id: string, input: TopicPartition): CountingTask {
  const task = new CountingTask(id, input, clock);
  running.push(owned(task));
  return task;
}

const offsets = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a turn', () => {
  it('queues what was read, tells how far the broker is, and processes it', async () => {
    const task = add('0_0', in0);
    reader.answer({ batches: [batchAt(in0, offsets(5), 5)], progress: [{ tp: in0, position: 5, end: 9, logStart: 0 }] });
    await loop.turn();
    expect(task.processed).toBe(5);
    expect(task.noted).toEqual([[in0, 5, 9]]);
    expect(running[0]?.endOffsets.get(in0)).toBe(9);
  });

  it('drops what was read for a partition that was given back', async () => {
    add('0_0', in0);
    reader.answer({ batches: [batchAt(in1, offsets(5), 5)] });
    await expect(loop.turn()).resolves.toBeUndefined();
  });

  it('pauses a partition above its limit and resumes it when the queue is short again', async () => {
    const task = add('0_0', in0);
    task.msPerRecord = 1;
    reader.answer({ batches: [batchAt(in0, offsets(100), 100)] });
    await loop.turn();
    expect(reader.calls).toEqual(['pause in-0']);
    while (task.size > 10) await loop.turn();
    expect(reader.calls).toEqual(['pause in-0', 'resume in-0']);
  });

  it('gives busy tasks turns: none waits for another to be done', async () => {
    const tasks = [add('0_0', in0), add('0_1', in1)];
    for (const task of tasks) {
      task.msPerRecord = 1;
      task.size = 500;
    }
    for (let turn = 0; turn < 10; turn++) await loop.turn();
    expect(Math.abs((tasks[0]?.processed ?? 0) - (tasks[1]?.processed ?? 0))).toBeLessThan(70);
    expect(tasks[1]?.processed).toBeGreaterThan(0);
  });

  it('makes calls small for slow records and large for fast ones, so that a slice stays a slice', async () => {
    const slow = add('0_0', in0);
    slow.msPerRecord = 5;
    slow.size = 1_000;
    for (let turn = 0; turn < 8; turn++) await loop.turn();
    const before = clock.monotonic();
    await loop.turn();
    expect(clock.monotonic() - before).toBeLessThanOrEqual(15);

    make();
    const fast = add('0_0', in0);
    fast.size = 100_000;
    await loop.turn();
    expect(fast.processed).toBe(100_000);
    expect(fast.largestCall).toBe(2_048);
  });

  it('says so, with the operators’ names, when one call held the thread for longer than the session', async () => {
    make({ sessionTimeoutMs: 300 });
    const task = add('0_0', in0);
    task.msPerRecord = 400;
    task.size = 1;
    await loop.turn();
    expect(errors).toEqual([
      [
        expect.stringMatching(/longer than the session/),
        expect.objectContaining({ taskId: '0_0', elapsedMs: 400, sessionTimeoutMs: 300, operators: [] }),
      ],
    ]);
  });

  it('waits for input no longer than until the next punctuation, and fires it', async () => {
    const task = add('0_0', in0);
    task.due = clock.now() + 40;
    reader.answer({});
    await loop.turn();
    expect(reader.waits).toEqual([40]);
    expect(task.punctuated).toEqual([]);
    await clock.advance(40);
    await loop.turn();
    expect(reader.waits).toEqual([40, 0]);
    expect(task.punctuated).toEqual([clock.now()]);
  });

  it('waits no longer than until the next commit, and not at all while there is work or a post', async () => {
    const task = add('0_0', in0);
    await clock.advance(970);
    reader.answer({});
    await loop.turn();
    task.size = 1;
    await loop.turn();
    void mailbox.post(() => {});
    await loop.turn();
    expect(reader.waits).toEqual([30, 0, 0]);
    await mailbox.drain();
  });

  it('ends its wait when something is posted', async () => {
    add('0_0', in0);
    const turn = loop.turn();
    await settled();
    void mailbox.post(() => {});
    await turn;
    await mailbox.drain();
  });

  it('processes and reads nothing while the output is full, and goes on when a post or room comes', async () => {
    const task = add('0_0', in0);
    task.size = 5;
    producer.full = true;
    let release = (): void => {};
    producer.drained = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    const blocked = loop.turn();
    await settled();
    expect(task.processed).toBe(0);
    void mailbox.post(() => {});
    await blocked;
    expect(task.processed).toBe(0);
    await mailbox.drain();
    const blockedAgain = loop.turn();
    await settled();
    producer.full = false;
    release();
    await blockedAgain;
    await loop.turn();
    expect(task.processed).toBe(5);
  });

  it('fails with the failure that kept the output full', async () => {
    add('0_0', in0);
    producer.full = true;
    producer.drained = () => Promise.reject(new Error('lost'));
    await expect(loop.turn()).rejects.toThrow('lost');
  });
});

describe('a partition whose serde must fetch something first', () => {
  let fetched = (): void => {};
  let know: () => void;

  beforeEach(() => {
    const plan = planOf([{ sources: ['in'] }]);
    let isKnown = false;
    const prepare = (): Promise<void> | void => (isKnown ? undefined : new Promise((resolve) => (fetched = resolve)));
    const waiting = plan.subtopologies.map((subtopology) => ({
      ...subtopology,
      nodes: subtopology.nodes.map((one) => (one.kind === 'source' ? { ...one, valueSerde: { ...one.valueSerde, prepare } } : one)),
    }));
    make({}, { ...plan, subtopologies: waiting });
    know = (): void => {
      isKnown = true;
      fetched();
    };
  });

  it('is paused, and its task hears that there is more but no position behind what is held', async () => {
    const task = add('0_0', in0);
    reader.answer({ batches: [batchAt(in0, [4, 5], 6)], progress: [{ tp: in0, position: 6, end: 9, logStart: 0 }] });
    await loop.turn();
    expect([task.size + task.processed, task.noted, [...(running[0] as OwnedTask).paused]]).toEqual([0, [[in0, 0, 9]], [in0]]);
    know();
    await settled();
    reader.answer({});
    await loop.turn();
    expect(task.processed).toBe(2);
    expect((running[0] as OwnedTask).paused.size).toBe(0);
  });
});

describe('commits', () => {
  it('come with the interval, and only for tasks that did something', async () => {
    const task = add('0_0', in0);
    add('0_1', in1);
    task.size = 3;
    await loop.turn();
    expect(commits).toEqual([]);
    await clock.advance(1_000);
    await loop.turn();
    expect(commits).toEqual([['0_0']]);
    await clock.advance(999);
    task.size = 1;
    await loop.turn();
    expect(commits).toHaveLength(1);
    await clock.advance(1);
    await loop.turn();
    expect(commits).toHaveLength(2);
  });

  it('come at once when a processor asks', async () => {
    const task = add('0_0', in0);
    task.size = 1;
    task.commitRequested = true;
    await loop.turn();
    expect(commits).toEqual([['0_0']]);
  });

  it('wait for the first record of a task that asked in its init, and the others keep to the interval meanwhile', async () => {
    add('0_0', in0).commitRequested = true;
    const other = add('0_1', in1);
    for (let round = 0; round < 3; round++) {
      other.size = 1;
      await loop.turn();
    }
    expect(commits).toEqual([]);
    await clock.advance(1_000);
    await loop.turn();
    expect(commits).toEqual([['0_1']]);
  });

  it('look up topics that records wait for', async () => {
    const task = add('0_0', in0);
    task.size = 1;
    task.unresolvedTopics = ['dynamic'];
    await loop.turn();
    expect(producer.events).toContain('lookUp dynamic');
    expect(task.unresolvedTopics).toEqual([]);
  });
});

describe('issues of partitions', () => {
  const issue = { kind: 'outOfRange', tp: in0, position: 3, logStart: 9, logEnd: 20 } as const;

  it('end the turn with a coded error', async () => {
    add('0_0', in0);
    reader.answer({ issues: [issue] });
    await expect(loop.turn()).rejects.toMatchObject({ code: 'MR_OFFSET_OUT_OF_RANGE' });
  });

  it('move the task with the reader where the source declares what to do', async () => {
    make({}, planOf([{ sources: ['in'], offsetReset: 'earliest' }]));
    const task = add('0_0', in0);
    admin.logs.set(in0, { start: 0, end: 2 });
    reader.answer({ issues: [{ ...issue, position: 9, logStart: 0, logEnd: 2 }] });
    await loop.turn();
    expect(reader.calls).toEqual(['seek in-0@0']);
    expect(task.events).toEqual(['seek in-0@0']);
  });

  it('of a partition that was given back mean nothing', async () => {
    reader.answer({ issues: [issue] });
    await expect(loop.turn()).resolves.toBeUndefined();
  });
});
