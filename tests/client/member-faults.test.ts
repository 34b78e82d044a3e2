/** What a group member does about every trouble that a coordinator, or its own process, can make. */
import {
  ClientError,
  type Clock,
  type GroupHandler,
  type GroupMember,
  type MemberAssignment,
  type MemberOptions,
  type MemberView,
  type RevokeContext,
  type StreamsClient,
  type TopicPartition,
  topicPartition,
} from '@millrace/core/kafka';
import {
  findCoordinatorApi,
  heartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  offsetCommitApi,
  offsetFetchApi,
  syncGroupApi,
} from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedEnvironment } from './embedded-environment.ts';
import { inTurn } from './faults.ts';

const topic = 'input';
const tp = topicPartition(topic, 0);
const options: MemberOptions = {
  groupId: 'group',
  protocolName: 'test',
  sessionTimeoutMs: 3_000,
  rebalanceTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  progressDeadlineMs: 3_600_000,
};

let environment: EmbeddedEnvironment;
let client: StreamsClient;

beforeEach(async () => {
  environment = await EmbeddedEnvironment.open({ brokers: 3 });
  environment.kafka.createTopic(topic, { partitions: 2 });
  client = environment.createClient();
  await environment.run(() => client.connect());
});

afterEach(async () => {
  await environment.run(() => client.close());
  await environment.close();
  expect(environment.clock.pendingTimers).toBe(0);
});

/** A handler that keeps a diary, and does what a test asks of it. */
class Diary implements GroupHandler {
  readonly events: string[] = [];
  readonly views: (readonly MemberView[])[] = [];
  lost: ClientError | undefined;
  fatal: ClientError | undefined;
  owned: readonly TopicPartition[] = [];
  revoking: (context: RevokeContext) => Promise<void> = () => Promise.resolve();
  assigning: () => Promise<void> = () => Promise.resolve();
  receiving: () => Promise<void> = () => Promise.resolve();

  async onRevoke(context: RevokeContext): Promise<void> {
    this.events.push('revoke');
    await this.revoking(context);
  }

  subscription(): Promise<{ readonly topics: readonly string[]; readonly userData: Uint8Array }> {
    return Promise.resolve({ topics: [topic], userData: new Uint8Array([this.events.length]) });
  }

  async assign(members: readonly MemberView[]): Promise<ReadonlyMap<string, MemberAssignment>> {
    this.views.push(members);
    await this.assigning();
    return new Map(members.map(({ memberId }) => [memberId, { partitions: [tp], userData: new Uint8Array([1]) }]));
  }

  async onAssigned({ partitions }: MemberAssignment): Promise<void> {
    this.events.push('assigned');
    this.owned = partitions;
    await this.receiving();
  }

  onLost(error: ClientError): Promise<void> {
    this.events.push('lost');
    this.lost = error;
    return Promise.resolve();
  }

  onFatal(error: ClientError): void {
    this.events.push('fatal');
    this.fatal = error;
  }
}

function make(diary: Diary = new Diary(), more: Partial<MemberOptions> = {}): { readonly member: GroupMember; readonly diary: Diary } {
  return { member: client.member({ ...options, ...more }, diary), diary };
}

/** Started, and given its first assignment. */
async function joined(
  diary: Diary = new Diary(),
  more: Partial<MemberOptions> = {},
): Promise<{ readonly member: GroupMember; readonly diary: Diary }> {
  const made = make(diary, more);
  await environment.run(() => made.member.start());
  await environment.clock.advance(1_000);
  expect(diary.events).toEqual(['assigned']);
  return made;
}

const rejectionOf = (promise: Promise<unknown>): Promise<ClientError | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => error as ClientError,
  );

const commit = (member: GroupMember, offset = 5): Promise<ClientError | undefined> =>
  environment.run(() => rejectionOf(member.commit(new Map([[tp, { offset }]]))));

describe('finding the coordinator', () => {
  const refuse = (errorCode: number) => ({
    answer: { coordinators: [{ key: 'group', nodeId: -1, host: '', port: -1, errorCode, errorMessage: null }] },
  });

  it.each([14, 15, 16])('waits while it is answered with %i', async (errorCode) => {
    const faults = inTurn<typeof findCoordinatorApi>(refuse(errorCode), refuse(errorCode), { answer: { coordinators: [] } });
    environment.kafka.intercept(findCoordinatorApi, faults.interceptor);
    await joined();
    expect(faults.calls()).toBe(4);
  });

  it('ends the membership where it is not allowed', async () => {
    environment.kafka.intercept(findCoordinatorApi, () => refuse(30));
    const { member, diary } = make();
    const error = await environment.run(() => rejectionOf(member.start()));
    expect(error).toMatchObject({ kind: 'fatal', kafkaCode: 30 });
    expect(diary.events).toEqual([]);
  });
});

describe('a join', () => {
  it.each([14, 15, 16, 25, 27])('is sent again after %i', async (errorCode) => {
    const refuse = { answer: { errorCode, generationId: -1, protocolName: null, leader: '', memberId: '', members: [] } };
    const faults = inTurn<typeof joinGroupApi>(refuse, refuse);
    environment.kafka.intercept(joinGroupApi, faults.interceptor);
    const { member } = await joined();
    // Twice refused, once told its id, once joined.
    expect(faults.calls()).toBe(4);
    expect(member.metadata()?.generation).toBe(1);
  });

  it.each([23, 24, 26, 30, 81, 82, 999])('ends the membership with %i', async (errorCode) => {
    environment.kafka.intercept(joinGroupApi, () => ({
      answer: { errorCode, generationId: -1, protocolName: null, leader: '', memberId: '', members: [] },
    }));
    const { member, diary } = make();
    await environment.run(() => member.start());
    await environment.clock.advance(1_000);
    expect(diary.events).toEqual(['fatal']);
    expect(diary.fatal).toMatchObject({ kind: 'fatal', kafkaCode: errorCode });
    expect(await commit(member)).toMatchObject({ details: { closed: true } });
  });

  it.each(['disconnect', 'loseAnswer', 'drop'] as const)('survives a broken connection (%s)', async (fault) => {
    environment.kafka.intercept(joinGroupApi, inTurn<typeof joinGroupApi>('pass', fault).interceptor);
    const { member, diary } = make();
    await environment.run(() => member.start());
    await environment.clock.advance(30_000);
    expect(diary.events).toEqual(['assigned']);
  });
});

describe('a sync', () => {
  it.each([14, 15, 16])('is sent again after %i, in the same generation', async (errorCode) => {
    const refuse = { answer: { errorCode, assignment: new Uint8Array(0) } };
    const faults = inTurn<typeof syncGroupApi>(refuse, refuse);
    environment.kafka.intercept(syncGroupApi, faults.interceptor);
    const joins = inTurn<typeof joinGroupApi>();
    environment.kafka.intercept(joinGroupApi, joins.interceptor);
    const { member, diary } = await joined();
    expect([faults.calls(), joins.calls(), member.metadata()?.generation]).toEqual([3, 2, 1]);
    expect(diary.owned).toEqual([tp]);
  });

  it.each([22, 25, 27])('is followed by another join after %i', async (errorCode) => {
    const faults = inTurn<typeof syncGroupApi>({ answer: { errorCode, assignment: new Uint8Array(0) } });
    environment.kafka.intercept(syncGroupApi, faults.interceptor);
    const { member, diary } = make();
    await environment.run(() => member.start());
    // Under a new id the join waits until the session of the old one is over.
    await environment.clock.advance(10_000);
    expect(diary.events).toEqual(['assigned']);
    expect(faults.calls()).toBe(2);
    expect(diary.owned).toEqual([tp]);
  });

  it.each([23, 30, 82])('ends the membership with %i', async (errorCode) => {
    environment.kafka.intercept(syncGroupApi, () => ({ answer: { errorCode, assignment: new Uint8Array(0) } }));
    const { member, diary } = make();
    await environment.run(() => member.start());
    await environment.clock.advance(1_000);
    expect(diary.fatal).toMatchObject({ kind: 'fatal', kafkaCode: errorCode });
  });

  it('with an assignment that cannot be read ends the membership', async () => {
    environment.kafka.intercept(syncGroupApi, () => ({ change: (answer) => ({ ...answer, assignment: new Uint8Array([0, 0, 9, 9]) }) }));
    const { member, diary } = make();
    await environment.run(() => member.start());
    await environment.clock.advance(1_000);
    expect(diary.fatal).toMatchObject({ kind: 'fatal', cause: { code: 'MR_PROTOCOL_MALFORMED' } });
  });
});

describe('a heartbeat', () => {
  it.each([14, 15, 16])('that is answered with %i costs no membership', async (errorCode) => {
    const { member, diary } = await joined();
    const before = member.metadata();
    environment.kafka.intercept(
      heartbeatApi,
      inTurn<typeof heartbeatApi>({ answer: { errorCode } }, { answer: { errorCode } }).interceptor,
    );
    await environment.clock.advance(20_000);
    expect([diary.events, member.metadata()]).toEqual([['assigned'], before]);
  });

  it.each(['disconnect', 'loseAnswer', 'drop'] as const)('that breaks its connection (%s) costs no membership', async (fault) => {
    const { diary } = await joined();
    environment.kafka.intercept(heartbeatApi, inTurn<typeof heartbeatApi>(fault, fault).interceptor);
    await environment.clock.advance(20_000);
    expect(diary.events).toEqual(['assigned']);
  });

  it('that is answered with 27 leads to the barrier and another join', async () => {
    const { member, diary } = await joined();
    environment.kafka.intercept(heartbeatApi, inTurn<typeof heartbeatApi>({ answer: { errorCode: 27 } }).interceptor);
    await environment.clock.advance(2_000);
    expect(diary.events).toEqual(['assigned', 'revoke', 'assigned']);
    expect(member.metadata()?.generation).toBe(2);
  });

  it.each([
    [22, true],
    [25, false],
  ])('that is answered with %i is a loss, after which the member joins anew (same id: %s)', async (errorCode, keepsId) => {
    const { member, diary } = await joined();
    const id = member.metadata()?.memberId;
    let metadataWhileLost: unknown = 'not lost yet';
    diary.onLost = (error) => {
      diary.events.push('lost');
      diary.lost = error;
      metadataWhileLost = member.metadata();
      return Promise.resolve();
    };
    environment.kafka.intercept(heartbeatApi, inTurn<typeof heartbeatApi>({ answer: { errorCode } }).interceptor);
    await environment.clock.advance(10_000);
    expect(diary.events).toEqual(['assigned', 'lost', 'assigned']);
    expect(diary.lost).toMatchObject({ kind: 'fenced', kafkaCode: errorCode });
    expect(metadataWhileLost).toBe(undefined);
    expect(member.metadata()?.memberId === id).toBe(keepsId);
  });

  it.each([30, 82])('that is answered with %i ends the membership', async (errorCode) => {
    const { member, diary } = await joined();
    environment.kafka.intercept(heartbeatApi, inTurn<typeof heartbeatApi>({ answer: { errorCode } }).interceptor);
    await environment.clock.advance(2_000);
    expect(diary.events).toEqual(['assigned', 'fatal']);
    expect(diary.fatal).toMatchObject({ kind: 'fatal', kafkaCode: errorCode });
    expect(member.metadata()).toBe(undefined);
  });

  it('goes on during the barrier and the assignment', async () => {
    const heartbeats = inTurn<typeof heartbeatApi>();
    environment.kafka.intercept(heartbeatApi, heartbeats.interceptor);
    const diary = new Diary();
    const pause = (): Promise<void> => new Promise((resolve) => void environment.clock.setTimer(resolve, 4_000));
    diary.assigning = pause;
    diary.revoking = pause;
    const { member } = make(diary);
    await environment.run(() => member.start());
    await environment.clock.advance(6_000);
    expect(diary.events).toEqual(['assigned']);
    member.requestRejoin('test');
    const before = heartbeats.calls();
    await environment.clock.advance(9_000);
    expect(diary.events).toEqual(['assigned', 'revoke', 'assigned']);
    expect(heartbeats.calls() - before).toBeGreaterThan(12);
  });
});

describe('the barrier', () => {
  it('is told when its time is over, and the membership is lost', async () => {
    const { diary } = await joined();
    let abortedAtMs = 0;
    diary.revoking = ({ signal, deadlineMs }) =>
      new Promise((resolve) => {
        expect(deadlineMs).toBe(environment.clock.monotonic() + 6_000 - 500 - 500);
        signal.addEventListener('abort', () => {
          abortedAtMs = environment.clock.monotonic();
          resolve();
        });
      });
    const startMs = environment.clock.monotonic();
    // Another member has the coordinator start a rebalance that this one misses.
    const second = environment.createClient();
    await environment.run(() => second.connect());
    const other = second.member(options, new Diary());
    await environment.run(() => other.start());
    await environment.clock.advance(20_000);
    expect(diary.events.slice(0, 3)).toEqual(['assigned', 'revoke', 'lost']);
    expect(abortedAtMs - startMs).toBeLessThan(7_000);
    await environment.run(() => second.close());
  });

  it('is told when the membership is lost meanwhile', async () => {
    const { member, diary } = await joined();
    diary.revoking = ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    member.requestRejoin('test');
    environment.kafka.intercept(heartbeatApi, inTurn<typeof heartbeatApi>({ answer: { errorCode: 25 } }).interceptor);
    await environment.clock.advance(5_000);
    expect(diary.events).toEqual(['assigned', 'revoke', 'lost', 'assigned']);
  });

  it('that finds itself fenced is a loss', async () => {
    const { member, diary } = await joined();
    diary.revoking = () => Promise.reject(new ClientError('fenced', 'a commit was refused'));
    member.requestRejoin('test');
    await environment.clock.advance(10_000);
    expect(diary.events).toEqual(['assigned', 'revoke', 'lost', 'assigned']);
  });
});

describe('a handler that fails', () => {
  it.each(['revoking', 'receiving', 'assigning'] as const)('while %s ends the membership, and the group is told', async (step) => {
    const leaves = inTurn<typeof leaveGroupApi>();
    environment.kafka.intercept(leaveGroupApi, leaves.interceptor);
    const { member, diary } = await joined();
    diary[step] = () => Promise.reject(new Error('out of order'));
    member.requestRejoin('test');
    await environment.clock.advance(2_000);
    expect(diary.events.at(-1)).toBe('fatal');
    expect(diary.fatal).toMatchObject({ kind: 'fatal', cause: { message: 'out of order' } });
    expect(diary.fatal?.message).toContain('out of order');
    expect(leaves.calls()).toBe(1);
  });

  it('in a way that passes while it assigns is asked again', async () => {
    const { member, diary } = await joined();
    let failures = 2;
    diary.assigning = () =>
      failures-- > 0 ? Promise.reject(new ClientError('retriable', 'the ends of changelogs are not known')) : Promise.resolve();
    member.requestRejoin('test');
    await environment.clock.advance(5_000);
    expect(diary.events).toEqual(['assigned', 'revoke', 'assigned']);
  });
});

describe('a commit', () => {
  it.each([14, 15, 16, 7])('is sent again after %i', async (errorCode) => {
    const { member } = await joined();
    const refuse = { answer: { topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode }] }] } };
    const faults = inTurn<typeof offsetCommitApi>(refuse, refuse, 'loseAnswer');
    environment.kafka.intercept(offsetCommitApi, faults.interceptor);
    expect(await commit(member)).toBe(undefined);
    expect(faults.calls()).toBe(4);
    expect((await environment.run(() => member.committed([tp], { requireStable: true }))).get(tp)?.offset).toBe(5);
  });

  it.each([22, 25])('that is refused with %i is fenced, and a loss', async (errorCode) => {
    const { member, diary } = await joined();
    const answer = { topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode }] }] };
    environment.kafka.intercept(offsetCommitApi, inTurn<typeof offsetCommitApi>({ answer }).interceptor);
    expect(await commit(member)).toMatchObject({ kind: 'fenced', kafkaCode: errorCode });
    await environment.clock.advance(10_000);
    expect(diary.events).toEqual(['assigned', 'lost', 'assigned']);
    expect(await commit(member, 6)).toBe(undefined);
  });

  it('that is refused with 82 ends the membership', async () => {
    const { member, diary } = await joined();
    environment.kafka.intercept(offsetCommitApi, () => ({
      answer: { topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode: 82 }] }] },
    }));
    expect(await commit(member)).toMatchObject({ kind: 'fenced', kafkaCode: 82 });
    await environment.clock.advance(1_000);
    expect(diary.events).toEqual(['assigned', 'fatal']);
  });

  it('in the middle of a rebalance can be tried again by whoever knows that it is still right', async () => {
    const { member, diary } = await joined();
    const faults = inTurn<typeof offsetCommitApi>({
      answer: { topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode: 27 }] }] },
    });
    environment.kafka.intercept(offsetCommitApi, faults.interceptor);
    expect(await commit(member)).toMatchObject({ kind: 'retriable', kafkaCode: 27 });
    expect([faults.calls(), diary.events]).toEqual([1, ['assigned']]);
  });

  it.each([12, 28, 29, 30, 999])('is refused for good with %i', async (errorCode) => {
    const { member, diary } = await joined();
    environment.kafka.intercept(offsetCommitApi, () => ({
      answer: { topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode }] }] },
    }));
    expect(await commit(member)).toMatchObject({ kind: 'fatal', kafkaCode: errorCode });
    expect(diary.events).toEqual(['assigned']);
  });

  it('carries the generation and the member, never -1', async () => {
    const seen: (readonly [number, string])[] = [];
    environment.kafka.intercept(offsetCommitApi, ({ generationIdOrMemberEpoch, memberId }) => {
      seen.push([generationIdOrMemberEpoch, memberId]);
      return 'pass';
    });
    const { member } = make();
    expect(await commit(member)).toMatchObject({ kind: 'fenced' });
    await environment.run(() => member.start());
    await environment.clock.advance(1_000);
    await commit(member);
    expect(seen).toEqual([[1, member.metadata()?.memberId]]);
  });

  it('takes no longer than an operation may', async () => {
    const { member } = await joined();
    environment.kafka.intercept(offsetCommitApi, () => ({ answer: { topics: [] } }));
    expect(await commit(member)).toMatchObject({ kind: 'retriable' });
  });
});

describe('committed offsets', () => {
  const pending = (errorCode: number) =>
    ({
      change: (answer: { readonly groups?: readonly object[] | undefined }) => ({
        ...answer,
        groups: [
          {
            groupId: 'group',
            topics: [
              { name: topic, partitions: [{ partitionIndex: 0, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }] },
            ],
          },
        ],
      }),
    }) as const;

  it.each([88, 14, 16])('are waited for while they are answered with %i', async (errorCode) => {
    const { member } = await joined();
    await commit(member, 9);
    const faults = inTurn<typeof offsetFetchApi>(pending(errorCode), pending(errorCode), 'disconnect');
    environment.kafka.intercept(offsetFetchApi, faults.interceptor);
    expect((await environment.run(() => member.committed([tp], { requireStable: true }))).get(tp)).toMatchObject({ offset: 9 });
    expect(faults.calls()).toBe(4);
  });

  it('that stay unstable are an error in the end', async () => {
    const { member } = await joined();
    environment.kafka.intercept(offsetFetchApi, () => pending(88));
    const error = await environment.run(() => rejectionOf(member.committed([tp], { requireStable: true })));
    expect(error).toMatchObject({ kind: 'retriable', kafkaCode: 88 });
    expect(error?.message).toContain('transaction');
  });

  it('that may not be read are refused', async () => {
    const { member } = await joined();
    environment.kafka.intercept(offsetFetchApi, () => ({ change: () => ({ groups: [{ groupId: 'group', topics: [], errorCode: 30 }] }) }));
    expect(await environment.run(() => rejectionOf(member.committed([tp], { requireStable: false })))).toMatchObject({
      kind: 'fatal',
      kafkaCode: 30,
    });
  });
});

/** A clock that a synchronous call holds up: time passes, and no timer fires. */
class BlockableClock implements Clock {
  readonly #inner: Clock;
  #skewMs = 0;

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  block(ms: number): void {
    this.#skewMs += ms;
  }

  now(): number {
    return this.#inner.now() + this.#skewMs;
  }

  monotonic(): number {
    return this.#inner.monotonic() + this.#skewMs;
  }

  setTimer(...args: Parameters<Clock['setTimer']>): ReturnType<Clock['setTimer']> {
    return this.#inner.setTimer(...args);
  }

  yield(): Promise<void> {
    return this.#inner.yield();
  }
}

describe('an event loop that is blocked for longer than the session', () => {
  it('is named as the reason of the loss, not the missing progress', async () => {
    const clock = new BlockableClock(environment.clock);
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (message: string) => errors.push(message) };
    const blocked = environment.createClient({}, { clock, log });
    await environment.run(() => blocked.connect());
    const diary = new Diary();
    const member = blocked.member({ ...options, progressDeadlineMs: 12_000 }, diary);
    await environment.run(() => member.start());
    await environment.clock.advance(200);
    member.noteProgress();
    clock.block(15_000);
    // What the coordinator did meanwhile.
    environment.kafka.intercept(heartbeatApi, inTurn<typeof heartbeatApi>({ answer: { errorCode: 25 } }).interceptor);
    await environment.clock.advance(10_000);
    expect(errors[0]).toContain('event loop was blocked');
    expect(diary.events).toEqual(['assigned', 'lost', 'assigned']);
    expect(diary.lost).toMatchObject({ kind: 'fenced', kafkaCode: 25, details: { sessionTimeoutMs: 3_000 } });
    expect(diary.lost?.message).toContain('blocked for 15000 ms');
    await environment.run(() => blocked.close());
  });
});

describe('a second member of one client', () => {
  it('is refused while the first is open', async () => {
    const { member } = make();
    expect(() => make()).toThrow('has a group member already');
    await environment.run(() => member.close({ leave: false }));
    expect(() => make()).not.toThrow();
  });
});

describe('leaving', () => {
  it('by a static member names the instance', async () => {
    const members: unknown[] = [];
    environment.kafka.intercept(leaveGroupApi, (request) => {
      members.push(...request.members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId })));
      return 'pass';
    });
    const { member } = await joined(new Diary(), { instanceId: 'instance-1' });
    await environment.run(() => member.close({ leave: true }));
    expect(members).toEqual([{ memberId: '', groupInstanceId: 'instance-1' }]);
  });

  it('that fails does not fail the close', async () => {
    environment.kafka.intercept(leaveGroupApi, () => 'drop');
    const { member } = await joined();
    const startMs = environment.clock.monotonic();
    await environment.run(() => member.close({ leave: true }));
    expect(environment.clock.monotonic() - startMs).toBeLessThan(6_000);
  });
});
