/** Groups as their members see them. The codes are those that a 4.3.1 broker was seen to answer. */
import { brokerErrorCodes as code, describeGroupsApi, encodeSubscription, type ResponseOf, syncGroupApi } from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/ask.ts';
import { formGroup, GroupClient, type GroupClientOptions, subscription } from '../support/group-client.ts';

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.start();
  cluster.kafka.createTopic('t', { partitions: 2 });
});

afterEach(() => cluster.kafka.close());

const client = (options: GroupClientOptions = {}): GroupClient => new GroupClient(cluster, options);
const run = <T>(work: Promise<T>): Promise<T> => cluster.clock.run(work);

async function state(groupId = 'g'): Promise<string | undefined> {
  const { groups } = await cluster.ask(describeGroupsApi, 5, { groups: [groupId] }, { node: 1 });
  return groups[0]?.groupState;
}

function assignmentOf(answer: ResponseOf<typeof syncGroupApi>): string {
  return Buffer.from(answer.assignment).toString();
}

/** Two members of a stable group. */
async function pair(options: GroupClientOptions = {}): Promise<[GroupClient, GroupClient]> {
  const clients: [GroupClient, GroupClient] = [client(options), client(options)];
  await formGroup(cluster, clients);
  return clients;
}

describe('joining', () => {
  it('tells a dynamic member its id first, from version 4 on', async () => {
    const member = client();
    const first = await run(member.joinOnce());
    expect(first).toMatchObject({ errorCode: code.MEMBER_ID_REQUIRED, generationId: -1 });
    expect(first.memberId).toMatch(/^member-[0-9a-f-]{36}$/);
    expect(await run(member.joinOnce())).toMatchObject({
      errorCode: 0,
      memberId: first.memberId,
      generationId: 1,
      leader: first.memberId,
      protocolName: 'range',
    });
    const old = client({ groupId: 'old' });
    expect(await run(old.joinOnce(3))).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  it('lets a static member in at once', async () => {
    const member = client({ instanceId: 'i' });
    const answer = await run(member.joinOnce());
    expect(answer).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: false });
    expect(answer.memberId).toMatch(/^i-/);
  });

  it('gives the members and their user data to the leader alone, and the assignments to everybody', async () => {
    const [one, two] = [client({ userData: 'one' }), client({ userData: 'two' })];
    const answers = await run(Promise.all([one.join(), two.join()]));
    expect(
      answers[0]?.members.map(({ memberId, metadata }) => [
        memberId,
        Buffer.compare(metadata, subscription(memberId === one.memberId ? 'one' : 'two')),
      ]),
    ).toEqual([
      [one.memberId, 0],
      [two.memberId, 0],
    ]);
    expect(answers[1]).toMatchObject({ leader: one.memberId, members: [], generationId: 1 });
    const parked = two.sync();
    await cluster.clock.advance(1000);
    const synced = await run(Promise.all([one.sync({ [one.memberId]: 'first', [two.memberId]: 'second' }), parked]));
    expect(synced.map(assignmentOf)).toEqual(['first', 'second']);
    expect(synced[1]).toMatchObject({ protocolType: 'consumer', protocolName: 'range' });
    expect(await state()).toBe('Stable');
  });

  it('waits for late members only as long as the group is new', async () => {
    await cluster.kafka.close();
    cluster = await TestCluster.start({ groupInitialRebalanceDelayMs: 3000 });
    const clients = [client(), client(), client()];
    const joins = clients.slice(0, 2).map((member) => member.join());
    await cluster.clock.advance(2900);
    const third = clients[2]?.join();
    await cluster.clock.advance(200);
    expect(await state()).toBe('PreparingRebalance');
    const answers = await run(Promise.all([...joins, third]));
    expect(answers.map((answer) => answer?.generationId)).toEqual([1, 1, 1]);
    expect(cluster.clock.monotonic()).toBe(6000);
  });

  const refusals: [string, GroupClientOptions, number][] = [
    ['an empty group id', { groupId: '' }, code.INVALID_GROUP_ID],
    ['a session that is too short', { sessionTimeoutMs: 99 }, code.INVALID_SESSION_TIMEOUT],
    ['a session that is too long', { sessionTimeoutMs: 1_800_001 }, code.INVALID_SESSION_TIMEOUT],
    ['no protocol', { protocols: [] }, code.INCONSISTENT_GROUP_PROTOCOL],
    ['no protocol type', { protocolType: '' }, code.INCONSISTENT_GROUP_PROTOCOL],
    [
      'bytes of a consumer that are no subscription',
      { protocols: [{ name: 'range', metadata: Buffer.from('data') }] },
      code.INVALID_REQUEST,
    ],
  ];
  it.each(refusals)('refuses %s', async (_, options, errorCode) => {
    expect(await run(client(options).joinOnce())).toMatchObject({ errorCode });
  });

  it('takes a subscription that leaves out what its version has after the topics', async () => {
    const frame = Buffer.from(encodeSubscription({ topics: ['t'] }, 0));
    frame.writeInt16BE(1);
    expect(await run(client({ protocols: [{ name: 'range', metadata: frame }] }).join())).toMatchObject({ errorCode: 0 });
  });

  it('takes any bytes under another protocol type', async () => {
    const member = client({ protocolType: 'connect', protocols: [{ name: 'x', metadata: Buffer.from('data') }] });
    expect(await run(member.join())).toMatchObject({ errorCode: 0 });
  });

  it('refuses who shares no protocol with the group, or is of another type', async () => {
    await formGroup(cluster, [client()]);
    const foreign = client({ protocols: [{ name: 'sticky', metadata: subscription() }] });
    expect(await run(foreign.joinOnce())).toMatchObject({ errorCode: code.INCONSISTENT_GROUP_PROTOCOL });
    expect(await run(client({ protocolType: 'connect' }).joinOnce())).toMatchObject({ errorCode: code.INCONSISTENT_GROUP_PROTOCOL });
  });

  it('refuses an id that it did not give', async () => {
    const stranger = client();
    stranger.memberId = 'made-up';
    expect(await run(stranger.joinOnce())).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
    await formGroup(cluster, [client()]);
    expect(await run(stranger.joinOnce())).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
  });

  it('refuses members beyond the size limit', async () => {
    await cluster.kafka.close();
    cluster = await TestCluster.start({ groupMaxSize: 2 });
    await pair();
    expect(await run(client().joinOnce())).toMatchObject({ errorCode: code.GROUP_MAX_SIZE_REACHED });
  });

  it('chooses the protocol that most members prefer among those of all', async () => {
    const offer = (...names: string[]): GroupClientOptions => ({ protocols: names.map((name) => ({ name, metadata: subscription() })) });
    const answers = await run(
      Promise.all([client(offer('a', 'b')).join(), client(offer('b', 'a')).join(), client(offer('c', 'b', 'a')).join()]),
    );
    expect(answers.map(({ protocolName }) => protocolName)).toEqual(['b', 'b', 'b']);
  });
});

describe('a rebalance', () => {
  it('asks the others by their heartbeats, and goes on once all have joined', async () => {
    const [one, two] = await pair();
    const three = client();
    const third = three.join();
    await cluster.clock.settle();
    expect(await state()).toBe('PreparingRebalance');
    expect(await run(one.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    const answers = await run(Promise.all([one.join(), two.join(), third]));
    expect(answers.map(({ generationId, leader }) => [generationId, leader])).toEqual(
      [2, 2, 2].map((generation) => [generation, one.memberId]),
    );
    expect(await state()).toBe('CompletingRebalance');
    expect(await run(one.heartbeat())).toBe(0);
  });

  it('goes on without members that do not join in their rebalance timeout', async () => {
    const [one, two] = [client({ rebalanceTimeoutMs: 5000 }), client({ rebalanceTimeoutMs: 2000 })];
    await formGroup(cluster, [one, two]);
    const rejoin = two.join();
    two.userData = 'changed';
    const changed = two.join();
    await cluster.clock.advance(4999);
    expect(await run(one.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    await cluster.clock.advance(1);
    expect(await run(changed)).toMatchObject({ generationId: 2, leader: two.memberId });
    expect(await run(rejoin)).toMatchObject({ generationId: 1 });
    expect(await run(one.heartbeat())).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(one.commit(1))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  it('tells parked syncs that what they wait for will not come', async () => {
    const [one, two, three] = [client(), client(), client()];
    await run(Promise.all([one.join(), two.join()]));
    const parked = two.sync();
    await cluster.clock.settle();
    const third = three.join();
    expect(await run(parked)).toMatchObject({ errorCode: code.REBALANCE_IN_PROGRESS });
    expect(await run(two.sync())).toMatchObject({ errorCode: code.REBALANCE_IN_PROGRESS });
    await run(Promise.all([one.join(), two.join(), third]));
    expect(three.generation).toBe(2);
  });

  it('puts members out that have joined and do not sync in the rebalance timeout', async () => {
    const [one, two] = [
      client({ rebalanceTimeoutMs: 5000, sessionTimeoutMs: 60_000 }),
      client({ rebalanceTimeoutMs: 5000, sessionTimeoutMs: 60_000 }),
    ];
    await run(Promise.all([one.join(), two.join()]));
    const parked = two.sync();
    await cluster.clock.advance(4999);
    expect(await state()).toBe('CompletingRebalance');
    await cluster.clock.advance(1);
    expect(await run(parked)).toMatchObject({ errorCode: code.REBALANCE_IN_PROGRESS });
    expect(await run(one.heartbeat())).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(two.join())).toMatchObject({ generationId: 2, leader: two.memberId });
  });

  it('is what a leader asks for by joining again; a follower only if it has changed', async () => {
    const [one, two] = await pair();
    expect(await run(two.join())).toMatchObject({ generationId: 1, members: [] });
    expect(await state()).toBe('Stable');
    const joins = [one.join()];
    await cluster.clock.settle();
    expect(await state()).toBe('PreparingRebalance');
    joins.push(two.join());
    await run(Promise.all(joins));
    expect(one.generation).toBe(2);
  });

  it('answers a join that was lost on the way back with the same generation', async () => {
    const [one, two] = [client(), client()];
    await run(Promise.all([one.join(), two.join()]));
    expect(await run(one.joinOnce())).toMatchObject({ generationId: 1, leader: one.memberId });
    expect((await run(one.joinOnce())).members).toHaveLength(2);
    expect(await run(two.joinOnce())).toMatchObject({ generationId: 1, members: [] });
  });
});

describe('sessions', () => {
  it('end without heartbeats, and the others rebalance', async () => {
    const [one, two] = await pair({ sessionTimeoutMs: 10_000 });
    await cluster.clock.advance(9999);
    expect(await run(one.heartbeat())).toBe(0);
    await cluster.clock.advance(1);
    expect(await run(one.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    expect(await run(two.heartbeat())).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(one.join())).toMatchObject({ generationId: 2 });
  });

  it('are renewed by commits, and by heartbeats while others join', async () => {
    const [one, two] = await pair({ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000 });
    await cluster.clock.advance(6000);
    expect(await run(one.commit(5))).toBe(0);
    expect(await run(two.heartbeat())).toBe(0);
    await cluster.clock.advance(6000);
    expect(await run(one.heartbeat())).toBe(0);
    const join = one.join();
    await cluster.clock.advance(3000);
    expect(await run(two.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    await cluster.clock.advance(9000);
    expect(await run(two.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    await run(Promise.all([join, two.join()]));
    expect(two.generation).toBe(2);
  });

  it('do not end while a member waits for its join', async () => {
    const [one, two] = await pair({ sessionTimeoutMs: 1000, rebalanceTimeoutMs: 20_000 });
    const join = one.join();
    for (let second = 0; second < 15; second++) {
      await cluster.clock.advance(900);
      expect(await run(two.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    }
    expect(await run(Promise.all([join, two.join()]))).toMatchObject([{ errorCode: 0 }, { errorCode: 0 }]);
  });

  it('last for an id that was handed out and not used', async () => {
    const one = client({ sessionTimeoutMs: 5000 });
    await formGroup(cluster, [one]);
    const silent = client({ sessionTimeoutMs: 4000 });
    await run(silent.joinOnce());
    const rejoin = one.join();
    await cluster.clock.advance(3999);
    expect(await state()).toBe('PreparingRebalance');
    await cluster.clock.advance(1);
    expect(await run(rejoin)).toMatchObject({ generationId: 2 });
    expect(await run(silent.joinOnce())).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
  });

  it('of new members end after five minutes, if their process died while the group came together', async () => {
    const [one, two] = await pair({ sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 1_000_000 });
    const gone = client({ sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 1_000_000 });
    const lost = gone.join().catch(() => 'disconnected');
    await cluster.clock.settle();
    await gone.disconnect();
    expect(await run(lost)).toBe('disconnected');
    await cluster.clock.advance(299_000);
    const joins = Promise.all([one.join(), two.join()]);
    expect((await run(joins)).map(({ generationId }) => generationId)).toEqual([2, 2]);
    expect((await cluster.ask(describeGroupsApi, 5, { groups: ['g'] })).groups[0]?.members).toHaveLength(3);
  });
});

describe('who a member says it is', () => {
  it.each([
    ['right', {}, 0],
    ['another generation', { generation: 9 }, code.ILLEGAL_GENERATION],
    ['an unknown id', { memberId: 'x' }, code.UNKNOWN_MEMBER_ID],
    ['an unknown instance', { instanceId: 'x' }, code.UNKNOWN_MEMBER_ID],
  ])('heartbeat: %s', async (_, claim, errorCode) => {
    const [one] = await pair();
    expect(await run(one.heartbeat(claim))).toBe(errorCode);
  });

  it.each([
    ['right', {}, 0],
    ['another generation', { generation: 9 }, code.ILLEGAL_GENERATION],
    ['an unknown id', { memberId: 'x' }, code.UNKNOWN_MEMBER_ID],
    ['no membership while the group lives', { generation: -1, memberId: '' }, code.UNKNOWN_MEMBER_ID],
  ])('commit: %s', async (_, claim, errorCode) => {
    const [one] = await pair();
    expect(await run(one.commit(1, claim))).toBe(errorCode);
  });

  it('commits go through while others join, and not between join and sync', async () => {
    const [one, two] = await pair();
    const third = client().join();
    await cluster.clock.settle();
    expect(await run(one.commit(3))).toBe(0);
    await run(Promise.all([one.join(), two.join(), third]));
    expect(await run(one.commit(4))).toBe(code.REBALANCE_IN_PROGRESS);
    expect(await run(one.commit(4, { generation: 1 }))).toBe(code.ILLEGAL_GENERATION);
  });

  it('a sync of another generation, member, type or protocol is refused', async () => {
    const [one] = await pair();
    expect(await run(one.sync({}, 9))).toMatchObject({ errorCode: code.ILLEGAL_GENERATION });
    const sync = { groupId: 'g', generationId: 1, memberId: one.memberId, assignments: [] };
    expect(await cluster.ask(syncGroupApi, 5, { ...sync, protocolType: 'connect' })).toMatchObject({
      errorCode: code.INCONSISTENT_GROUP_PROTOCOL,
    });
    expect(await cluster.ask(syncGroupApi, 5, { ...sync, protocolType: 'consumer', protocolName: 'sticky' })).toMatchObject({
      errorCode: code.INCONSISTENT_GROUP_PROTOCOL,
    });
    expect(await cluster.ask(syncGroupApi, 3, { ...sync, memberId: 'x' })).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
    expect(await cluster.ask(syncGroupApi, 3, sync)).toMatchObject({ errorCode: 0 });
  });
});

describe('static members', () => {
  it('come back without a rebalance, with their assignment, and fence the process before', async () => {
    const [one, two] = [client({ instanceId: 'one' }), client({ instanceId: 'two' })];
    await formGroup(cluster, [one, two]);
    const again = client({ instanceId: 'two', userData: 'changed' });
    expect(await run(again.joinOnce())).toMatchObject({ errorCode: 0, generationId: 1, leader: one.memberId, members: [] });
    expect(again.memberId).not.toBe(two.memberId);
    expect(assignmentOf(await run(again.sync()))).toBe('p1');
    expect(await run(two.heartbeat())).toBe(code.FENCED_INSTANCE_ID);
    expect(await run(two.commit(1))).toBe(code.FENCED_INSTANCE_ID);
    expect(await run(two.heartbeat({ instanceId: null }))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(two.joinOnce())).toMatchObject({ errorCode: code.FENCED_INSTANCE_ID });
    expect(await state()).toBe('Stable');
  });

  it('that lead are told that the assignment stands, or from old versions that another leads', async () => {
    const one = client({ instanceId: 'one' });
    await formGroup(cluster, [one]);
    const again = client({ instanceId: 'one' });
    const answer = await run(again.joinOnce());
    expect(answer).toMatchObject({ generationId: 1, leader: again.memberId, skipAssignment: true });
    expect(answer.members).toHaveLength(1);
    expect(assignmentOf(await run(again.sync()))).toBe('p0');
    const old = client({ instanceId: 'one' });
    expect(await run(old.joinOnce(8))).toMatchObject({ generationId: 1, leader: again.memberId, skipAssignment: false, members: [] });
  });

  it('rebalance by joining again with their new id', async () => {
    const [one, two] = [client({ instanceId: 'one' }), client({ instanceId: 'two' })];
    await formGroup(cluster, [one, two]);
    const again = client({ instanceId: 'two', userData: 'changed' });
    await run(again.joinOnce());
    again.userData = 'changed again';
    const rejoin = again.joinOnce();
    await cluster.clock.settle();
    expect(await run(one.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    await run(Promise.all([rejoin, one.joinOnce()]));
    expect([one.generation, again.generation]).toEqual([2, 2]);
  });

  it('keep their place when they do not rejoin in time, until their session ends', async () => {
    const [one, two] = [
      client({ instanceId: 'one', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 1000 }),
      client({ instanceId: 'two', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 1000 }),
    ];
    await formGroup(cluster, [one, two]);
    one.userData = 'changed';
    const answer = await run(one.join());
    expect(answer.generationId).toBe(2);
    expect(answer.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['one', 'two']);
  });

  it('cut the parked join of the process before', async () => {
    const [one, two] = [client({ instanceId: 'one' }), client()];
    await formGroup(cluster, [one, two]);
    one.userData = 'changed';
    const parked = one.join();
    await cluster.clock.settle();
    const again = client({ instanceId: 'one' });
    const join = again.join();
    expect(await run(parked)).toMatchObject({ errorCode: code.FENCED_INSTANCE_ID });
    await run(Promise.all([join, two.join()]));
    expect(again.generation).toBe(2);
  });

  it('leave by their instance id', async () => {
    const one = client({ instanceId: 'one' });
    await formGroup(cluster, [one]);
    expect(await run(one.leave({ memberId: 'x', groupInstanceId: 'one' }))).toBe(code.FENCED_INSTANCE_ID);
    expect(await run(one.leave({ memberId: '', groupInstanceId: 'y' }))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(one.leave({ memberId: '', groupInstanceId: 'one' }))).toBe(0);
    expect(await state()).toBe('Empty');
  });
});

describe('leaving', () => {
  it('sets off a rebalance of the others, and empties a group of one', async () => {
    const [one, two] = await pair();
    expect(await run(one.leave())).toBe(0);
    expect(await run(two.heartbeat())).toBe(code.REBALANCE_IN_PROGRESS);
    expect(await run(one.heartbeat())).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(two.join())).toMatchObject({ generationId: 2, leader: two.memberId });
    expect(await run(two.leave())).toBe(0);
    expect(await state()).toBe('Empty');
    expect(await run(two.leave())).toBe(code.UNKNOWN_MEMBER_ID);
    expect(await run(client({ groupId: 'missing' }).leave({ memberId: 'x', groupInstanceId: null }))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  it('gives up an id that was handed out', async () => {
    const one = client();
    await formGroup(cluster, [one]);
    const pending = client();
    await run(pending.joinOnce());
    const rejoin = one.join();
    await cluster.clock.settle();
    expect(await run(pending.leave())).toBe(0);
    expect(await run(rejoin)).toMatchObject({ generationId: 2 });
  });
});

describe('a coordinator that moves', () => {
  beforeEach(async () => {
    await cluster.kafka.close();
    cluster = await TestCluster.start({ brokers: 2 });
    cluster.kafka.createTopic('t');
    cluster.kafka.moveCoordinator('g', 1);
  });

  it('keeps a stable group with its members, generation and offsets', async () => {
    const [one] = await pair();
    expect(await run(one.commit(7))).toBe(0);
    cluster.kafka.moveCoordinator('g', 2);
    expect(await run(one.heartbeat())).toBe(code.NOT_COORDINATOR);
    cluster.kafka.moveCoordinator('g', 1);
    expect(await run(one.heartbeat())).toBe(0);
    expect(await run(one.commit(8))).toBe(0);
    expect(assignmentOf(await run(one.sync()))).toBe('p0');
  });

  it('sends parked joins away and forgets the generation that was not synced', async () => {
    const [one, two] = await pair();
    const three = client();
    const parked = three.join();
    await cluster.clock.settle();
    cluster.kafka.moveCoordinator('g', 2);
    expect(await run(parked)).toMatchObject({ errorCode: code.NOT_COORDINATOR });
    cluster.kafka.moveCoordinator('g', 1);
    expect(await state()).toBe('Stable');
    expect(await run(one.heartbeat())).toBe(0);
    expect(await run(two.heartbeat())).toBe(0);
    expect(await run(three.joinOnce())).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
  });

  it('starts the sessions of its members anew', async () => {
    const [one, two] = await pair({ sessionTimeoutMs: 10_000 });
    await cluster.clock.advance(9000);
    cluster.kafka.moveCoordinator('g', 2);
    cluster.kafka.moveCoordinator('g', 1);
    await cluster.clock.advance(9000);
    expect(await run(one.heartbeat())).toBe(0);
    await cluster.clock.advance(1000);
    expect(await run(two.heartbeat())).toBe(code.UNKNOWN_MEMBER_ID);
  });
});
