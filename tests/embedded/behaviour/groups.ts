/** Groups and committed offsets. */
import { sleep, systemClock } from '@millrace/core/kafka';
import {
  brokerErrorCodes as code,
  deleteGroupsApi,
  describeGroupsApi,
  encodeSubscription,
  findCoordinatorApi,
  heartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  listGroupsApi,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi,
  type RequestInputOf,
  type ResponseOf,
  syncGroupApi,
} from '@millrace/kafka/protocol';
import type { WirePort } from '@millrace/kafka/wire';
import { describe, expect, it } from 'vitest';
import { type BrokerScene, unknownUuid } from './scene.ts';

export function describeGroups(scene: BrokerScene): void {
  const { ask, create, connect, unique } = scene;

  describe('groups', () => {
    /** The coordinator takes a moment on a broker that has just started. */
    const coordinate = async (groupId: string): Promise<void> => {
      for (;;) {
        const { coordinators } = await ask(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [groupId] });
        const ready =
          coordinators[0]?.errorCode === 0 &&
          (await ask(heartbeatApi, 4, { groupId, generationId: 1, memberId: 'nobody' })).errorCode === code.UNKNOWN_MEMBER_ID;
        if (ready) return;
        await sleep(systemClock, 50);
      }
    };
    const joining = {
      memberId: '',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['read'] }) }],
    };
    const join = (groupId: string, changes: Partial<RequestInputOf<typeof joinGroupApi>> = {}): Promise<ResponseOf<typeof joinGroupApi>> =>
      ask(joinGroupApi, 9, { ...joining, groupId, ...changes }, 'group');
    const ranged = { protocolType: 'consumer', protocolName: 'range' };
    /** A member alone in a stable group. */
    const member = async (groupId: string, instanceId: string | null = null): Promise<{ memberId: string; generation: number }> => {
      await coordinate(groupId);
      const first = await join(groupId, { groupInstanceId: instanceId });
      const { memberId, generationId, errorCode } = instanceId === null ? await join(groupId, { memberId: first.memberId }) : first;
      expect(errorCode).toBe(0);
      await ask(
        syncGroupApi,
        5,
        {
          groupId,
          generationId,
          memberId,
          groupInstanceId: instanceId,
          ...ranged,
          assignments: [{ memberId, assignment: Buffer.from('mine') }],
        },
        'group',
      );
      return { memberId, generation: generationId };
    };
    const commit = async (
      groupId: string,
      topic: string,
      claim: { memberId?: string; generation?: number },
      metadata: string | null = 'note',
      version = 9,
    ): Promise<number | undefined> => {
      const answer = await ask(offsetCommitApi, version, {
        groupId,
        generationIdOrMemberEpoch: claim.generation ?? -1,
        memberId: claim.memberId ?? '',
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: metadata }] }],
      });
      return answer.topics[0]?.partitions[0]?.errorCode;
    };

    it('joining: refusals', async () => {
      const groupId = unique('g');
      await coordinate(groupId);
      expect(await join(groupId, { sessionTimeoutMs: 1 })).toMatchObject({ errorCode: code.INVALID_SESSION_TIMEOUT });
      expect(await join(groupId, { memberId: 'made-up' })).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
      expect(await join(groupId, { protocols: [] })).toMatchObject({ errorCode: code.INCONSISTENT_GROUP_PROTOCOL });
      expect(await join(groupId)).toMatchObject({ errorCode: code.MEMBER_ID_REQUIRED });
      await member(groupId);
      expect(await join(groupId, { protocolType: 'connect' })).toMatchObject({ errorCode: code.INCONSISTENT_GROUP_PROTOCOL });
      expect(await join(groupId, { protocols: [{ name: 'other', metadata: encodeSubscription({ topics: [] }) }] })).toMatchObject({
        errorCode: code.INCONSISTENT_GROUP_PROTOCOL,
      });
    });

    it('heartbeats, syncs and leaving', async () => {
      const groupId = unique('g');
      const { memberId, generation } = await member(groupId);
      const beat = async (changes: Partial<RequestInputOf<typeof heartbeatApi>>): Promise<number> =>
        (await ask(heartbeatApi, 4, { groupId, generationId: generation, memberId, ...changes })).errorCode;
      expect(await beat({})).toBe(0);
      expect(await beat({ generationId: generation + 1 })).toBe(code.ILLEGAL_GENERATION);
      expect(await beat({ memberId: 'x' })).toBe(code.UNKNOWN_MEMBER_ID);
      const sync = (changes: Partial<RequestInputOf<typeof syncGroupApi>>): Promise<ResponseOf<typeof syncGroupApi>> =>
        ask(syncGroupApi, 5, {
          groupId,
          generationId: generation,
          memberId,
          ...ranged,
          assignments: [],
          ...changes,
        });
      expect(Buffer.from((await sync({})).assignment).toString()).toBe('mine');
      expect(await sync({ generationId: 9 })).toMatchObject({ errorCode: code.ILLEGAL_GENERATION });
      expect(await sync({ protocolType: null })).toMatchObject({ errorCode: code.INCONSISTENT_GROUP_PROTOCOL });
      expect(await sync({ protocolName: 'x' })).toMatchObject({ errorCode: code.INCONSISTENT_GROUP_PROTOCOL });
      expect(await sync({ memberId: 'x' })).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
      const leave = async (leaving: string): Promise<number | undefined> =>
        (await ask(leaveGroupApi, 5, { groupId, members: [{ memberId: leaving }] })).members[0]?.errorCode;
      expect(await leave('x')).toBe(code.UNKNOWN_MEMBER_ID);
      expect(await leave(memberId)).toBe(0);
      expect(await beat({})).toBe(code.UNKNOWN_MEMBER_ID);
    });

    it('static members that restart', async () => {
      const groupId = unique('g');
      const before = await member(groupId, 'i');
      const after = await join(groupId, { groupInstanceId: 'i' });
      expect(after).toMatchObject({ errorCode: 0, generationId: before.generation, leader: after.memberId, skipAssignment: true });
      expect(after.memberId).not.toBe(before.memberId);
      const beat = async (memberId: string, groupInstanceId: string | null): Promise<number> =>
        (await ask(heartbeatApi, 4, { groupId, generationId: before.generation, memberId, groupInstanceId })).errorCode;
      expect(await beat(before.memberId, 'i')).toBe(code.FENCED_INSTANCE_ID);
      expect(await beat(before.memberId, null)).toBe(code.UNKNOWN_MEMBER_ID);
      expect(await beat(after.memberId, 'i')).toBe(0);
      expect((await ask(leaveGroupApi, 5, { groupId, members: [{ memberId: '', groupInstanceId: 'i' }] })).members[0]?.errorCode).toBe(0);
    });

    it('a rebalance as its members see it', async () => {
      const [groupId, topic] = [unique('g'), unique('committed')];
      await create(topic);
      const one = await member(groupId);
      const joinOver = async (over: WirePort, memberId: string): Promise<ResponseOf<typeof joinGroupApi>> =>
        ask(joinGroupApi, 9, { ...joining, groupId, memberId }, 'group', scene.node, over);
      const others = [await connect(), await connect()] as const;
      const beat = async (generationId: number): Promise<number> =>
        (await ask(heartbeatApi, 4, { groupId, generationId, memberId: one.memberId })).errorCode;
      const eventually = async (expected: number, generation: number): Promise<void> => {
        while ((await beat(generation)) !== expected) await sleep(systemClock, 10);
      };
      const { memberId: two } = await joinOver(others[0], '');
      const parkedJoin = joinOver(others[0], two);
      await eventually(code.REBALANCE_IN_PROGRESS, 1);
      expect(await commit(groupId, topic, one)).toBe(0);
      const [leader, follower] = await Promise.all([joinOver(scene.port, one.memberId), parkedJoin]);
      expect([leader.generationId, leader.leader, leader.members.length]).toEqual([2, one.memberId, 2]);
      expect([follower.generationId, follower.leader, follower.members.length]).toEqual([2, one.memberId, 0]);
      expect(await beat(2)).toBe(0);
      expect(await commit(groupId, topic, { memberId: one.memberId, generation: 2 })).toBe(code.REBALANCE_IN_PROGRESS);
      expect(await commit(groupId, topic, one)).toBe(code.ILLEGAL_GENERATION);
      const parkedSync = ask(
        syncGroupApi,
        5,
        { groupId, generationId: 2, memberId: two, ...ranged, assignments: [] },
        'group',
        scene.node,
        others[0],
      );
      const { memberId: three } = await joinOver(others[1], '');
      const third = joinOver(others[1], three);
      expect(await parkedSync).toMatchObject({ errorCode: code.REBALANCE_IN_PROGRESS });
      const answers = await Promise.all([joinOver(scene.port, one.memberId), joinOver(others[0], two), third]);
      expect(answers.map(({ generationId }) => generationId)).toEqual([3, 3, 3]);
      // A join whose answer was lost is answered again, as long as nothing has changed.
      expect(await joinOver(others[0], two)).toMatchObject({ errorCode: 0, generationId: 3 });
      await Promise.all(others.map((each) => each.close()));
    });

    it('commits and their fences', async () => {
      const [groupId, topic] = [unique('g'), unique('committed')];
      await create(topic);
      await coordinate(groupId);
      expect(await commit(groupId, topic, { generation: 3, memberId: 'x' })).toBe(code.GROUP_ID_NOT_FOUND);
      expect(await commit(groupId, topic, { generation: 3, memberId: 'x' }, null, 8)).toBe(code.ILLEGAL_GENERATION);
      expect(await commit(groupId, topic, {})).toBe(0);
      const { memberId, generation } = await member(groupId);
      expect(await commit(groupId, topic, { memberId, generation })).toBe(0);
      expect(await commit(groupId, topic, { memberId, generation: generation + 1 })).toBe(code.ILLEGAL_GENERATION);
      expect(await commit(groupId, topic, { memberId: 'x', generation })).toBe(code.UNKNOWN_MEMBER_ID);
      expect(await commit(groupId, topic, {})).toBe(code.UNKNOWN_MEMBER_ID);
      expect(await commit(groupId, 'no-such-topic', { memberId, generation })).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await commit(groupId, topic, { memberId, generation }, 'x'.repeat(4097))).toBe(code.OFFSET_METADATA_TOO_LARGE);
      expect(await commit(groupId, topic, { memberId, generation }, null)).toBe(0);
    });

    it('committed offsets by name and by id, for one group and for several', async () => {
      const [groupId, topic] = [unique('g'), unique('fetched')];
      const topicId = await create(topic);
      await coordinate(groupId);
      await commit(groupId, topic, {});
      const one = await ask(offsetFetchApi, 7, { groupId, topics: [{ name: topic, partitionIndexes: [0, 1] }], requireStable: true });
      expect(one.topics[0]?.partitions).toMatchObject([
        { partitionIndex: 0, committedOffset: 5, metadata: 'note', errorCode: 0 },
        { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: 0 },
      ]);
      const all = await ask(offsetFetchApi, 7, { groupId, topics: null });
      expect(all.topics.map((each) => [each.name, each.partitions.length])).toEqual([[topic, 1]]);
      const ids = await ask(offsetFetchApi, 10, {
        groups: [
          {
            groupId,
            topics: [
              { topicId, partitionIndexes: [0] },
              { topicId: unknownUuid, partitionIndexes: [0] },
            ],
          },
        ],
      });
      const byId = new Map(ids.groups[0]?.topics.map((each) => [each.topicId, each.partitions[0]]));
      expect(byId.get(topicId)).toMatchObject({ committedOffset: 5, errorCode: 0 });
      expect(byId.get(unknownUuid)).toMatchObject({ errorCode: code.UNKNOWN_TOPIC_ID });
      const missing = await ask(offsetFetchApi, 8, {
        groups: [{ groupId: unique('none'), topics: [{ name: topic, partitionIndexes: [0] }] }],
      });
      expect(missing.groups[0]).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ committedOffset: -1, errorCode: 0 }] }] });
    });

    it('describing, listing and deleting', async () => {
      const [groupId, topic] = [unique('g'), unique('read')];
      await create(topic);
      const { memberId, generation } = await member(groupId);
      await commit(groupId, topic, { memberId, generation });
      const { groups } = await ask(describeGroupsApi, 6, { groups: [groupId] });
      expect(groups[0]).toMatchObject({
        errorCode: 0,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [{ memberId, clientId: 'behaviour' }],
      });
      const listed = await ask(listGroupsApi, 5, { statesFilter: ['stable'], typesFilter: ['classic'] });
      expect(listed.groups.find((each) => each.groupId === groupId)).toMatchObject({
        protocolType: 'consumer',
        groupState: 'Stable',
        groupType: 'classic',
      });
      const empty = await ask(listGroupsApi, 4, { statesFilter: ['Empty'] });
      expect(empty.groups.find((each) => each.groupId === groupId)).toBeUndefined();
      const remove = async (id: string): Promise<number | undefined> =>
        (await ask(deleteGroupsApi, 2, { groupsNames: [id] })).results[0]?.errorCode;
      expect(await remove(groupId)).toBe(code.NON_EMPTY_GROUP);
      await ask(leaveGroupApi, 5, { groupId, members: [{ memberId }] });
      expect(await remove(groupId)).toBe(0);
      expect(await remove(groupId)).toBe(code.GROUP_ID_NOT_FOUND);
      expect((await ask(describeGroupsApi, 6, { groups: [groupId] })).groups[0]).toMatchObject({
        errorCode: code.GROUP_ID_NOT_FOUND,
        groupState: 'Dead',
      });
      expect((await ask(describeGroupsApi, 5, { groups: [groupId] })).groups[0]).toMatchObject({ errorCode: 0, groupState: 'Dead' });
    });

    it('deleting offsets of topics that nobody reads', async () => {
      const groupId = unique('g');
      const other = unique('other');
      const read = unique('read');
      await create(other);
      await create(read);
      await coordinate(groupId);
      const remove = async (id: string, topic: string): Promise<number | undefined> => {
        const answer = await ask(offsetDeleteApi, 0, { groupId: id, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] });
        return answer.errorCode === 0 ? answer.topics[0]?.partitions[0]?.errorCode : answer.errorCode;
      };
      expect(await remove(unique('none'), other)).toBe(code.GROUP_ID_NOT_FOUND);
      const protocols = [{ name: 'range', metadata: encodeSubscription({ topics: [read] }) }];
      const { memberId } = await join(groupId, { protocols });
      const { generationId } = await join(groupId, { memberId, protocols });
      await ask(syncGroupApi, 5, { groupId, generationId, memberId, ...ranged, assignments: [] }, 'group');
      await commit(groupId, read, { memberId, generation: generationId });
      await commit(groupId, other, { memberId, generation: generationId });
      expect(await remove(groupId, read)).toBe(code.GROUP_SUBSCRIBED_TO_TOPIC);
      expect(await remove(groupId, other)).toBe(0);
      expect(await remove(groupId, 'no-such-topic')).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
      const left = await ask(offsetFetchApi, 7, { groupId, topics: null });
      expect(left.topics.map((each) => each.name)).toEqual([read]);
      await ask(leaveGroupApi, 5, { groupId, members: [{ memberId }] });
      expect(await remove(groupId, read)).toBe(0);
    });
  });
}
