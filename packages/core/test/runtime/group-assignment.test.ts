import { describe, expect, it } from 'vitest';
import type { MemberView } from '../../src/kafka/port.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { topologyFingerprint } from '../../src/runtime/fingerprint.ts';
import { allTasks, decideAssignment, tasksOfAssignment } from '../../src/runtime/group-assignment.ts';
import { computePartitionCounts } from '../../src/runtime/partition-counts.ts';
import { decodeAssignmentData, encodeSubscriptionData, type GroupCode, groupCodes, runningActive } from '../../src/runtime/user-data.ts';
import { planOf } from './support/plans.ts';

const topics = new ApplicationTopics(
  'app',
  planOf([
    { sources: ['a', 'b'], repartitionSinks: ['r'] },
    { repartitionSources: ['r'], stores: ['s'] },
  ]),
);
const counts = computePartitionCounts(
  topics,
  new Map([
    ['a', 2],
    ['b', 1],
  ]),
);
const fingerprint = topologyFingerprint(topics);

const member = (
  memberId: string,
  options: { tasks?: Readonly<Record<string, number>>; fingerprint?: Uint8Array; code?: GroupCode; userData?: Uint8Array } = {},
): MemberView => ({
  memberId,
  instanceId: null,
  topics: [],
  owned: [],
  userData:
    options.userData ??
    encodeSubscriptionData({
      processId: `00000000-0000-4000-8000-00000000000${memberId.length}`,
      fingerprint: options.fingerprint ?? fingerprint,
      tasks: new Map(Object.entries(options.tasks ?? {})),
      unique: 0,
      code: options.code ?? groupCodes.none,
    }),
});
const decide = (...members: MemberView[]) => decideAssignment(members, fingerprint, counts, topics);
const activeOf = (decision: ReturnType<typeof decide>) =>
  Object.fromEntries([...decision.assignments].map(([id, { userData }]) => [id, decodeAssignmentData(userData).active]));

describe('a leader’s assignment', () => {
  it('knows every task with the topics that have its partition', () => {
    expect(allTasks(counts).map(({ id, sourceTopics }) => [id, sourceTopics])).toEqual([
      ['0_0', ['a', 'b']],
      ['0_1', ['a']],
      ['1_0', ['app-r']],
      ['1_1', ['app-r']],
    ]);
  });

  it('gives each member its tasks and their partitions', () => {
    const decision = decide(member('m'), member('mm'));
    expect(activeOf(decision)).toEqual({ m: ['0_0', '1_0'], mm: ['0_1', '1_1'] });
    expect(decision.assignments.get('m')?.partitions).toEqual([topicPartition('a', 0), topicPartition('b', 0), topicPartition('app-r', 0)]);
  });

  it('leaves tasks with who runs them, and gives others to who has most of their state', () => {
    expect(
      activeOf(
        decide(
          member('m', { tasks: { '1_1': runningActive } }),
          member('mm', { tasks: { '1_0': 50 } }),
          member('mmm', { tasks: { '1_0': 40 } }),
        ),
      ),
    ).toMatchObject({
      m: expect.arrayContaining(['1_1']),
      mm: expect.arrayContaining(['1_0']),
    });
  });

  it('stops members of another topology, and gives everything to the others', () => {
    const decision = decide(member('m'), member('other', { fingerprint: new Uint8Array(16) }));
    expect(activeOf(decision)).toEqual({ m: ['0_0', '0_1', '1_0', '1_1'], other: [] });
    expect(decodeAssignmentData(decision.assignments.get('other')?.userData as Uint8Array)).toMatchObject({
      code: groupCodes.topologyMismatch,
      message: expect.stringMatching(/differ/),
    });
  });

  it('stops a member whose user data cannot be read', () => {
    const decision = decide(member('m'), member('foreign', { userData: Uint8Array.from([1, 2, 3]) }));
    expect(activeOf(decision)).toMatchObject({ m: ['0_0', '0_1', '1_0', '1_1'] });
    expect(decodeAssignmentData(decision.assignments.get('foreign')?.userData as Uint8Array).code).toBe(groupCodes.assignmentFailed);
    expect([...decision.refused.keys()]).toEqual(['foreign']);
  });

  it('stops everybody if one member asks for it', () => {
    const decision = decide(member('m'), member('mm', { code: groupCodes.shutdownRequested }));
    expect([...decision.assignments.values()].map(({ userData }) => decodeAssignmentData(userData).code)).toEqual([
      groupCodes.shutdownRequested,
      groupCodes.shutdownRequested,
    ]);
  });
});

describe('an assignment as its member reads it', () => {
  it('gives each task the topics whose partitions came with it', () => {
    expect(tasksOfAssignment(['0_0', '1_1'], [topicPartition('a', 0), topicPartition('app-r', 1), topicPartition('b', 0)], topics)).toEqual(
      [
        { id: '0_0', subtopology: 0, partition: 0, sourceTopics: ['a', 'b'] },
        { id: '1_1', subtopology: 1, partition: 1, sourceTopics: ['app-r'] },
      ],
    );
  });

  it.each([
    ['a sub-topology that does not exist', ['7_0'], [topicPartition('a', 0)]],
    ['a task without partitions', ['0_1'], [topicPartition('a', 0)]],
    ['partitions of another sub-topology', ['1_0'], [topicPartition('a', 0)]],
  ])('refuses %s', (_name, active, partitions) => {
    expect(() => tasksOfAssignment(active, partitions, topics)).toThrow(expect.objectContaining({ code: 'MR_GROUP_DATA_INVALID' }));
  });
});
