/** Membership of a group, as every client must keep it. */
import {
  type ClientError,
  type GroupHandler,
  type GroupMember,
  type GroupMetadata,
  type MemberAssignment,
  type MemberOptions,
  type MemberView,
  type RevokeContext,
  type StreamsClient,
  type TopicPartition,
  topicPartition,
} from '@millrace/core/kafka';
import type { SceneTest } from './client.ts';
import { type ClientScene, partitionsOf, rejectionOf, text } from './client-scene.ts';
import type { TestTools } from './test-tools.ts';

/** On real sockets a busy machine stands still for a second now and then: no membership may hang on that. */
const sessionTimeoutMs = 4_000;
const heartbeatIntervalMs = 200;
const rebalanceTimeoutMs = 10_000;

export function describeMembers({ describe, expect }: TestTools, test: SceneTest): void {
  describe('member', () => {
    test('alone gets everything, commits, and finds again what it committed', async (scene) => {
      const group = await TestGroup.of(scene, 3);
      const member = await group.join('a');
      await scene.until(() => member.owned.length === 3);
      expect(member.isLeader).toBe(true);
      expect(member.assignedData).toBe('for a');
      const [first, second] = group.tps as [TopicPartition, TopicPartition];
      expect(await member.member.committed(group.tps, { requireStable: true })).toEqual(new Map(group.tps.map((tp) => [tp, null])));
      await member.member.commit(
        new Map([
          [first, { offset: 7, metadata: 'stream time 12' }],
          [second, { offset: 8, leaderEpoch: 0 }],
        ]),
      );
      const committed = await member.member.committed([first, second], { requireStable: true });
      expect(committed.get(first)).toMatchObject({ offset: 7, metadata: 'stream time 12' });
      expect(committed.get(second)).toMatchObject({ offset: 8, leaderEpoch: 0 });
      expect((await scene.client.admin().groupOffsets(group.groupId, [first])).get(first)).toMatchObject({ offset: 7 });
    });

    test('shares with others, and the leader sees the user data of all', async (scene) => {
      const group = await TestGroup.of(scene, 4);
      const a = await group.join('a');
      await scene.until(() => a.owned.length === 4);
      const b = await group.join('b');
      await scene.until(() => a.owned.length === 2 && b.owned.length === 2);
      expect(new Set([...a.owned, ...b.owned]).size).toBe(4);
      expect(b.assignedData).toBe('for b');
      const seen = a.views.at(-1) ?? [];
      expect(new Set(seen.map(({ userData }) => text(userData)?.split('#')[0]))).toEqual(new Set(['a', 'b']));
      expect(seen.map(({ topics }) => topics)).toEqual([[group.topic], [group.topic]]);
      expect(a.metadata?.generation).toBe(b.metadata?.generation);
      expect(a.member.metadata()).toEqual(a.metadata);
    });

    test('sends no join before the barrier is done, and may commit behind it', async (scene) => {
      const group = await TestGroup.of(scene, 2);
      const [tp] = group.tps as [TopicPartition];
      const a = await group.join('a');
      await scene.until(() => a.owned.length === 2);
      let commitFailure: unknown;
      a.onBarrier = async ({ deadlineMs }) => {
        expect(deadlineMs).toBeGreaterThan(scene.client.clock.monotonic());
        await scene.sleep(sessionTimeoutMs * 1.5);
        commitFailure = await rejectionOf(a.member.commit(new Map([[tp, { offset: 5 }]])));
      };
      const b = await group.join('b');
      await scene.sleep(sessionTimeoutMs);
      expect([a.events.includes('revoke'), b.events]).toEqual([true, []]);
      await scene.until(() => a.owned.length === 1 && b.owned.length === 1);
      // It took longer than a session; heartbeats went on.
      expect([commitFailure, a.events.includes('lost')]).toEqual([undefined, false]);
      expect((await b.member.committed([tp], { requireStable: true })).get(tp)?.offset).toBe(5);
    });

    test('that leaves makes room at once', async (scene) => {
      const group = await TestGroup.of(scene, 2);
      const a = await group.join('a');
      const b = await group.join('b');
      await scene.until(() => a.owned.length === 1 && b.owned.length === 1);
      const startMs = scene.client.clock.monotonic();
      await b.member.close({ leave: true });
      await scene.until(() => a.owned.length === 2);
      expect(scene.client.clock.monotonic() - startMs).toBeLessThan(sessionTimeoutMs - heartbeatIntervalMs);
    });

    test('that is gone without a word is missed after its session', async (scene) => {
      const group = await TestGroup.of(scene, 2);
      const a = await group.join('a');
      const b = await group.join('b');
      await scene.until(() => a.owned.length === 1 && b.owned.length === 1);
      await b.member.close({ leave: false });
      await scene.sleep(sessionTimeoutMs / 2);
      expect(a.owned.length).toBe(1);
      await scene.until(() => a.owned.length === 2);
      expect(a.owned.length).toBe(2);
    });

    test('gets the rebalance that it asks for, with fresh user data', async (scene) => {
      const group = await TestGroup.of(scene, 1);
      const a = await group.join('a');
      await scene.until(() => a.owned.length === 1);
      const { generation } = a.metadata as GroupMetadata;
      a.member.requestRejoin('a topic grew');
      await scene.until(() => (a.metadata?.generation ?? 0) > generation && a.owned.length === 1);
      expect(a.events).toEqual(['assigned', 'revoke', 'assigned']);
      expect(a.views.map((views) => views.map(({ userData }) => text(userData)))).toEqual([['a#0'], ['a#1']]);
    });

    test('that makes no progress leaves, says so, and comes back when it does', async (scene) => {
      const group = await TestGroup.of(scene, 1);
      const a = await group.join('a', { progressDeadlineMs: 1_000 }, { notesProgress: false });
      await scene.until(() => a.owned.length === 1);
      await scene.until(() => a.events.includes('lost'));
      expect(a.losses[0]).toMatchObject({ kind: 'retriable', details: { progressDeadlineMs: 1_000 } });
      expect(a.member.metadata()).toBe(undefined);
      expect(await rejectionOf(a.member.commit(new Map([[topicPartition(group.topic, 0), { offset: 1 }]])))).toMatchObject({
        kind: 'fenced',
      });
      await scene.sleep(1_000);
      expect(a.events).toEqual(['assigned', 'lost']);
      a.member.noteProgress();
      await scene.until(() => a.owned.length === 1);
      expect(a.events).toEqual(['assigned', 'lost', 'assigned']);
    });

    test('that is static keeps its place over a restart, and its new user data reaches the leader', async (scene) => {
      const group = await TestGroup.of(scene, 2);
      const a = await group.join('a');
      const first = await group.join('s', { instanceId: 'instance-1' });
      await scene.until(() => a.owned.length === 1 && first.owned.length === 1);
      const joinsBefore = a.events.length;
      await first.member.close({ leave: false });
      await scene.sleep(sessionTimeoutMs / 2);
      expect(a.events.length).toBe(joinsBefore);
      const second = await group.join('t', { instanceId: 'instance-1' });
      await scene.until(
        () => second.owned.length === 1 && a.views.at(-1)?.some(({ userData }) => text(userData)?.startsWith('t') === true) === true,
      );
      expect(
        a.views
          .at(-1)
          ?.map(({ instanceId }) => instanceId)
          .toSorted(),
      ).toEqual(['instance-1', null]);
      expect(second.owned.length).toBe(1);
    });

    test('that is static keeps its place without a rebalance where that is enough', async (scene) => {
      const group = await TestGroup.of(scene, 2);
      const a = await group.join('a');
      // Its successor has all the time that it needs to start.
      const first = await group.join('s', { instanceId: 'instance-1', sessionTimeoutMs: 20_000 });
      await scene.until(() => a.owned.length === 1 && first.owned.length === 1);
      await scene.sleep(300);
      const { owned } = first;
      const before = [...a.events];
      await first.member.close({ leave: false });
      const second = await group.join('t', { instanceId: 'instance-1' }, { mustReachLeader: false });
      await scene.until(() => second.owned.length === 1);
      expect(second.owned).toEqual(owned);
      expect(a.events).toEqual(before);
    });

    test('that is static ends when another process takes its name', async (scene) => {
      const group = await TestGroup.of(scene, 1);
      const first = await group.join('s', { instanceId: 'instance-1' });
      await scene.until(() => first.owned.length === 1);
      const second = await group.join('t', { instanceId: 'instance-1' });
      await scene.until(() => first.events.includes('fatal') && second.owned.length === 1);
      expect(first.fatal).toMatchObject({ kind: 'fatal', kafkaCode: 82, details: { instanceId: 'instance-1' } });
      expect([first.member.metadata(), second.owned.length]).toEqual([undefined, 1]);
    });

    test('keeps its membership when the coordinator moves and connections break', async (scene) => {
      const { faults } = scene;
      if (faults === undefined) return;
      const group = await TestGroup.of(scene, 1);
      const [tp] = group.tps as [TopicPartition];
      const a = await group.join('a');
      await scene.until(() => a.owned.length === 1);
      const before = a.metadata;
      await faults.moveCoordinator(group.groupId);
      await a.member.commit(new Map([[tp, { offset: 3 }]]));
      await scene.sleep(sessionTimeoutMs * 1.25);
      await faults.disconnect();
      await a.member.commit(new Map([[tp, { offset: 4 }]]));
      await scene.sleep(sessionTimeoutMs * 1.25);
      expect((await a.member.committed([tp], { requireStable: true })).get(tp)?.offset).toBe(4);
      expect([a.events, a.member.metadata()]).toEqual([['assigned'], before]);
    });

    test('starts once, and is quiet after it was closed', async (scene) => {
      const group = await TestGroup.of(scene, 1);
      const a = await group.join('a');
      await scene.until(() => a.owned.length === 1);
      expect(await rejectionOf(a.member.start())).toMatchObject({ kind: 'fatal' });
      await a.member.close({ leave: true });
      await a.member.close({ leave: true });
      a.member.requestRejoin('too late');
      await scene.sleep(1_000);
      expect(a.events).toEqual(['assigned']);
      const [tp] = group.tps as [TopicPartition];
      const late = [a.member.start(), a.member.commit(new Map([[tp, { offset: 1 }]])), a.member.committed([tp], { requireStable: true })];
      for (const rejection of await Promise.all(late.map(rejectionOf))) expect(rejection).toMatchObject({ details: { closed: true } });
    });
  });
}

interface JoinSettings {
  readonly notesProgress?: boolean;
  readonly mustReachLeader?: boolean;
}

/** A group over the partitions of one topic. */
class TestGroup {
  readonly groupId: string;
  readonly topic: string;
  readonly tps: readonly TopicPartition[];
  readonly #scene: ClientScene;

  private constructor(scene: ClientScene, topic: string, partitions: number) {
    this.#scene = scene;
    this.groupId = scene.name('group');
    this.topic = topic;
    this.tps = partitionsOf(topic, partitions);
  }

  static async of(scene: ClientScene, partitions: number): Promise<TestGroup> {
    return new TestGroup(scene, await scene.topic(partitions), partitions);
  }

  async join(name: string, options: Partial<MemberOptions> = {}, settings: JoinSettings = {}): Promise<TestMember> {
    const member = new TestMember(
      await this.#scene.anotherClient(),
      {
        groupId: this.groupId,
        protocolName: 'conformance',
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        heartbeatIntervalMs,
        progressDeadlineMs: settings.notesProgress === false ? 60_000 : 3_600_000,
        ...options,
      },
      { name, topic: this.topic, tps: this.tps, mustReachLeader: settings.mustReachLeader },
    );
    await member.member.start();
    return member;
  }
}

interface Diary {
  readonly name: string;
  readonly topic: string;
  readonly tps: readonly TopicPartition[];
  readonly mustReachLeader: boolean | undefined;
}

/** A member that keeps a diary. */
class TestMember implements GroupHandler {
  readonly member: GroupMember;
  readonly events: string[] = [];
  readonly views: (readonly MemberView[])[] = [];
  readonly losses: ClientError[] = [];
  owned: readonly TopicPartition[] = [];
  assignedData: string | null = null;
  metadata: GroupMetadata | undefined;
  isLeader = false;
  fatal: ClientError | undefined;
  readonly #of: Diary;
  #joins = 0;
  #inBarrier: ((context: RevokeContext) => Promise<void>) | undefined;

  constructor(client: StreamsClient, options: MemberOptions, of: Diary) {
    this.#of = of;
    this.member = client.member(options, this);
  }

  set onBarrier(during: (context: RevokeContext) => Promise<void>) {
    this.#inBarrier = during;
  }

  async onRevoke(context: RevokeContext): Promise<void> {
    this.events.push('revoke');
    await this.#inBarrier?.(context);
    this.owned = [];
  }

  subscription(): Promise<{
    readonly topics: readonly string[];
    readonly userData: Uint8Array;
    readonly mustReachLeader: boolean | undefined;
  }> {
    const { name, topic, mustReachLeader } = this.#of;
    return Promise.resolve({ topics: [topic], userData: Buffer.from(`${name}#${this.#joins++}`), mustReachLeader });
  }

  assign(members: readonly MemberView[]): Promise<ReadonlyMap<string, MemberAssignment>> {
    this.views.push(members);
    // A static member keeps its place by its instance id, which outlives its member ids.
    const sorted = members.toSorted((a, b) => ((a.instanceId ?? a.memberId) < (b.instanceId ?? b.memberId) ? -1 : 1));
    const assignments = sorted.map(({ memberId, userData }, place) => {
      const partitions = this.#of.tps.filter((_, index) => index % sorted.length === place);
      return [memberId, { partitions, userData: Buffer.from(`for ${text(userData)?.split('#')[0] ?? ''}`) }] as const;
    });
    return Promise.resolve(new Map(assignments));
  }

  onAssigned(assignment: MemberAssignment, context: { readonly metadata: GroupMetadata; readonly isLeader: boolean }): Promise<void> {
    this.events.push('assigned');
    this.owned = assignment.partitions;
    this.assignedData = text(assignment.userData);
    this.metadata = context.metadata;
    this.isLeader = context.isLeader;
    return Promise.resolve();
  }

  onLost(error: ClientError): Promise<void> {
    this.events.push('lost');
    this.losses.push(error);
    this.owned = [];
    return Promise.resolve();
  }

  onFatal(error: ClientError): void {
    this.events.push('fatal');
    this.fatal = error;
    this.owned = [];
  }
}
