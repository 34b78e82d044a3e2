/** What the classic group asks and is told, against a scripted member. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientError, type StreamsError } from '../../src/errors.ts';
import type { GroupHandler, GroupMember, MemberOptions, MemberView } from '../../src/kafka/port.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { ClassicCoordinator } from '../../src/runtime/classic-coordinator.ts';
import type { AssignedTask, TaskAssignment, TaskHost } from '../../src/runtime/coordinator.ts';
import {
  decodeAssignmentData,
  decodeSubscriptionData,
  encodeAssignmentData,
  groupCodes,
  runningActive,
} from '../../src/runtime/user-data.ts';
import { FakeClient, settled, TestClock, testOptions } from './support/fakes.ts';
import { planOf } from './support/plans.ts';

class FakeHost implements TaskHost {
  readonly assignments: TaskAssignment[] = [];
  readonly events: string[] = [];
  readonly failures: StreamsError[] = [];
  local: ReadonlyMap<string, number> = new Map();
  tasks: readonly AssignedTask[] = [];

  suspend(): Promise<void> {
    this.events.push('suspend');
    return Promise.resolve();
  }

  assign(assignment: TaskAssignment): Promise<void> {
    this.assignments.push(assignment);
    return Promise.resolve();
  }

  lose(error: StreamsError): Promise<void> {
    this.events.push(`lose ${error.code}`);
    return Promise.resolve();
  }

  fail(error: StreamsError): void {
    this.failures.push(error);
  }

  localTasks(): ReadonlyMap<string, number> {
    return this.local;
  }

  noteTasks(tasks: readonly AssignedTask[]): void {
    this.tasks = tasks;
  }
}

let clock: TestClock;
let client: FakeClient;
let host: FakeHost;
let handler: GroupHandler;
let memberOptions: MemberOptions;
let rejoins: string[];
let coordinator: ClassicCoordinator;

beforeEach(async () => {
  clock = new TestClock();
  client = new FakeClient(clock);
  host = new FakeHost();
  rejoins = [];
  client.member = (options, given) => {
    handler = given;
    memberOptions = options;
    const member: Partial<GroupMember> = {
      requestRejoin: (reason) => rejoins.push(reason),
      close: () => Promise.resolve(),
    };
    // The coordinator calls no more of it in these tests.
    return member as GroupMember;
  };
  client.fakeAdmin.logs.set(topicPartition('in', 0), { start: 0, end: 0 });
  client.fakeAdmin.logs.set(topicPartition('in', 1), { start: 0, end: 0 });
  const topics = new ApplicationTopics('app', planOf([{ sources: ['in'], stores: ['s'] }]));
  const options = testOptions(clock, { topicTimeoutMs: 1_000, topicRefreshMs: 5_000, instanceId: 'one' });
  coordinator = new ClassicCoordinator({ client, topics, options, host, processId: '00000000-0000-4000-8000-000000000001' });
  const prepared = coordinator.prepare();
  await clock.advance(1_000);
  await prepared;
});

const metadata = (generation: number) => ({ groupId: 'app', generation, memberId: 'm', instanceId: null });
const assignment = (
  active: readonly string[],
  code: (typeof groupCodes)[keyof typeof groupCodes] = groupCodes.none,
  followUpMs: number = 0,
) => ({
  partitions: active.map((id) => topicPartition('in', Number(id.split('_')[1]))),
  userData: encodeAssignmentData({ active, followUpMs, code, message: 'because' }),
});
const assigned = (generation: number, active: readonly string[] = ['0_0'], isLeader = false): Promise<void> =>
  handler.onAssigned(assignment(active), { metadata: metadata(generation), isLeader });

describe('the classic coordinator', () => {
  it('joins under the application id, and prepares topics and tasks before', () => {
    expect(memberOptions).toMatchObject({ groupId: 'app', protocolName: 'millrace', instanceId: 'one' });
    expect(client.fakeAdmin.created.map(({ name }) => name)).toEqual(['app-s-changelog']);
    expect(host.tasks.map((task) => task.id)).toEqual(['0_0', '0_1']);
  });

  it('says in each subscription what it has, in bytes that always differ', async () => {
    host.local = new Map([
      ['0_0', runningActive],
      ['0_1', 17],
    ]);
    const first = await handler.subscription();
    const second = await handler.subscription();
    expect(first.topics).toEqual(['in']);
    expect(decodeSubscriptionData(first.userData).tasks).toEqual(host.local);
    expect(Buffer.compare(first.userData, second.userData)).not.toBe(0);
  });

  it('knows whether it missed an assignment: only then may suspended tasks be resumed as they are', async () => {
    await assigned(1);
    await assigned(2);
    await assigned(4);
    await assigned(5);
    await handler.onLost(new ClientError('fenced', 'evicted'));
    await assigned(6);
    expect(host.assignments.map(({ generation, contiguous }) => [generation, contiguous])).toEqual([
      [1, false],
      [2, true],
      [4, false],
      [5, true],
      [6, false],
    ]);
    expect(host.events).toEqual(['lose MR_CLIENT_FENCED']);
  });

  it('hands the tasks over with the topics that they read', async () => {
    await assigned(1, ['0_1', '0_0']);
    expect(host.assignments[0]?.tasks).toEqual([
      { id: '0_1', subtopology: 0, partition: 1, sourceTopics: ['in'] },
      { id: '0_0', subtopology: 0, partition: 0, sourceTopics: ['in'] },
    ]);
  });

  it.each([
    [groupCodes.sourceTopicMissing, 'MR_SOURCE_TOPIC_MISSING'],
    [groupCodes.topologyMismatch, 'MR_TOPOLOGY_MISMATCH'],
    [groupCodes.copartitionMismatch, 'MR_COPARTITION_MISMATCH'],
    [groupCodes.internalTopicInvalid, 'MR_INTERNAL_TOPIC_INVALID'],
    [groupCodes.shutdownRequested, 'MR_SHUTDOWN_REQUESTED'],
    [groupCodes.assignmentFailed, 'MR_GROUP_DATA_INVALID'],
  ])('fails the instance that the leader refuses with %i: %s', async (code, expected) => {
    await handler.onAssigned(assignment([], code), { metadata: metadata(1), isLeader: false });
    expect(host.failures).toMatchObject([{ code: expected, message: expect.stringMatching(/because/) }]);
    expect(host.assignments).toEqual([]);
  });

  it('fails the instance that cannot read its assignment', async () => {
    await handler.onAssigned({ partitions: [], userData: new Uint8Array([1]) }, { metadata: metadata(1), isLeader: false });
    expect(host.failures).toMatchObject([{ code: 'MR_GROUP_DATA_INVALID' }]);
  });

  it('tells everybody why it can assign nothing, itself included', async () => {
    client.fakeAdmin.logs.clear();
    const views = await Promise.all(
      ['m', 'n'].map(async (memberId): Promise<MemberView> => ({
        memberId,
        instanceId: null,
        topics: [],
        owned: [],
        userData: (await handler.subscription()).userData,
      })),
    );
    const assigning = handler.assign(views, metadata(1));
    await clock.advance(2_000);
    const answers = await assigning;
    expect([...answers.keys()]).toEqual(['m', 'n']);
    for (const { partitions, userData } of answers.values()) {
      expect(partitions).toEqual([]);
      expect(decodeAssignmentData(userData)).toMatchObject({
        code: groupCodes.sourceTopicMissing,
        message: expect.stringMatching(/\bin\b/),
      });
    }
  });

  it('as leader asks for another assignment when partitions were added, and not before', async () => {
    await assigned(1, ['0_0'], true);
    await clock.advance(5_000);
    expect(rejoins).toEqual([]);
    client.fakeAdmin.logs.set(topicPartition('in', 2), { start: 0, end: 0 });
    await clock.advance(5_000);
    expect(rejoins).toEqual(['source topics changed']);
  });

  it.each([true, false])('asks for another assignment when the one it got says so, as leader: %s', async (isLeader) => {
    await handler.onAssigned(assignment(['0_0'], groupCodes.none, 2_000), { metadata: metadata(1), isLeader });
    await clock.advance(1_999);
    expect(rejoins).toEqual([]);
    await clock.advance(1);
    expect(rejoins).toEqual(['the assignment asked for a follow-up']);
  });

  it('sets no second timer where a look at the topics outlasts a rebalance', async () => {
    await assigned(1, ['0_0'], true);
    const answers: (() => void)[] = [];
    const { fakeAdmin } = client;
    const describeTopics = fakeAdmin.describeTopics.bind(fakeAdmin);
    fakeAdmin.describeTopics = (names) => new Promise((resolve) => answers.push(() => resolve(describeTopics(names))));
    await clock.advance(5_000);
    expect(answers).toHaveLength(1);
    await handler.onRevoke({ metadata: metadata(1), deadlineMs: 0, signal: new AbortController().signal });
    await assigned(2, ['0_0'], true);
    answers[0]?.();
    await settled();
    expect(clock.pending).toBe(1);
    await coordinator.close({ leave: true });
    expect(clock.pending).toBe(0);
  });

  it.each(['a follower', 'a leader after the barrier', 'a coordinator that is closed'])('looks at no topics as %s', async (who) => {
    await assigned(1, ['0_0'], who !== 'a follower');
    if (who === 'a leader after the barrier')
      await handler.onRevoke({ metadata: metadata(1), deadlineMs: 0, signal: new AbortController().signal });
    if (who === 'a coordinator that is closed') await coordinator.close({ leave: true });
    client.fakeAdmin.logs.set(topicPartition('in', 2), { start: 0, end: 0 });
    await clock.advance(60_000);
    await settled();
    expect(rejoins).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('carries a request to stop the application in its next subscription', async () => {
    coordinator.requestShutdown();
    expect(rejoins).toHaveLength(1);
    expect(decodeSubscriptionData((await handler.subscription()).userData).code).toBe(groupCodes.shutdownRequested);
  });

  it('passes on that the membership ended', () => {
    const error = new ClientError('fatal', 'denied');
    handler.onFatal(error);
    expect(host.failures).toEqual([error]);
  });
});
