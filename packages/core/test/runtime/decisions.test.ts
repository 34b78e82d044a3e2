/** The small decisions of the runtime, as tables. */
import { describe, expect, it } from 'vitest';
import { ClientError, StreamsError } from '../../src/errors.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { ApplicationTopics } from '../../src/runtime/application-topics.ts';
import { type ClientState, ClientStateMachine } from '../../src/runtime/client-state.ts';
import { topologyFingerprint } from '../../src/runtime/fingerprint.ts';
import { decideIssue } from '../../src/runtime/input-issues.ts';
import { configProblem } from '../../src/runtime/internal-topics.ts';
import { decideRecovery, FailureStreak, pauseBeforeReplay } from '../../src/runtime/recovery.ts';
import { compareTaskIds, parseTaskId } from '../../src/runtime/task-id.ts';
import type { InternalTopicPlan, OffsetReset } from '../../src/topology/plan.ts';
import { planOf, type SubtopologyShape } from './support/plans.ts';

describe('task ids', () => {
  it('are ordered by number, not by text', () => {
    expect(['1_10', '0_2', 'x', '1_9', '10_0', '0_10'].sort(compareTaskIds)).toEqual(['0_2', '0_10', '1_9', '1_10', '10_0', 'x']);
  });

  it.each(['', '1', '1_', '_1', 'a_b', '1_2_3', '-1_2', '1_9999999999'])('%o is none', (text) => {
    expect(parseTaskId(text)).toBeUndefined();
  });
});

describe('states', () => {
  const states: readonly ClientState[] = ['CREATED', 'REBALANCING', 'RUNNING', 'PENDING_SHUTDOWN', 'NOT_RUNNING', 'PENDING_ERROR', 'ERROR'];
  const paths: Readonly<Record<ClientState, readonly ClientState[]>> = {
    CREATED: [],
    REBALANCING: ['REBALANCING'],
    RUNNING: ['REBALANCING', 'RUNNING'],
    PENDING_SHUTDOWN: ['PENDING_SHUTDOWN'],
    NOT_RUNNING: ['PENDING_SHUTDOWN', 'NOT_RUNNING'],
    PENDING_ERROR: ['REBALANCING', 'PENDING_ERROR'],
    ERROR: ['REBALANCING', 'PENDING_ERROR', 'ERROR'],
  };
  const allowed: Readonly<Record<ClientState, readonly ClientState[]>> = {
    CREATED: ['REBALANCING', 'PENDING_SHUTDOWN'],
    REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
    RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
    PENDING_SHUTDOWN: ['NOT_RUNNING', 'PENDING_ERROR'],
    NOT_RUNNING: [],
    PENDING_ERROR: ['ERROR'],
    ERROR: [],
  };
  it.each(states)('from %s only where Kafka Streams goes', (from) => {
    for (const to of states.filter((state) => state !== from)) {
      const machine = new ClientStateMachine(() => {});
      for (const state of paths[from]) machine.moveTo(state);
      expect([to, machine.canMoveTo(to)]).toEqual([to, allowed[from].includes(to)]);
    }
  });

  it('tells each change once, staying is none, and a move that does not exist is an invariant', () => {
    const told: string[] = [];
    const machine = new ClientStateMachine((state, previous) => told.push(`${previous}>${state}`));
    machine.moveTo('REBALANCING');
    machine.moveTo('REBALANCING');
    machine.moveTo('RUNNING');
    expect(() => machine.moveTo('CREATED')).toThrow(expect.objectContaining({ code: 'MR_INVARIANT' }));
    expect(told).toEqual(['CREATED>REBALANCING', 'REBALANCING>RUNNING']);
  });
});

describe('what a failure means', () => {
  const never = (): never => {
    throw new Error('must not be asked');
  };
  it.each([
    [new StreamsError('MR_TASK_LOST', 'x'), 'rejoin'],
    [new ClientError('fenced', 'x'), 'rejoin'],
    [new ClientError('retriable', 'x'), 'replay'],
    [new ClientError('uncertain', 'x'), 'replay'],
    [new ClientError('abortable', 'x'), 'replay'],
  ])('%s is ours to handle: %s', (error, recovery) => {
    expect(decideRecovery(error, 0, 1_000, never)).toBe(recovery);
  });

  it.each([
    new ClientError('fatal', 'x'),
    new StreamsError('MR_PROCESSING', 'x'),
    new StreamsError('MR_INVARIANT', 'x'),
    new Error('x'),
    'text',
  ])('%s is the policy’s', (error) => {
    expect(decideRecovery(error, 0, 1_000, (given) => (given === error ? 'restartTasks' : 'shutdownClient'))).toBe('restartTasks');
  });

  it('a failure that does not pass in time is the policy’s too', () => {
    expect(decideRecovery(new ClientError('retriable', 'x'), 1_000, 1_000, () => 'shutdownClient')).toBe('shutdownClient');
  });

  it('pauses grow and have an end', () => {
    expect([1, 2, 3, 8, 100].map(pauseBeforeReplay)).toEqual([100, 200, 400, 10_000, 10_000]);
  });
});

describe('a partition that cannot be read', () => {
  const tp = topicPartition('in', 2);
  const topics = (reset?: OffsetReset): ApplicationTopics =>
    new ApplicationTopics(
      'app',
      planOf([
        { sources: ['in'], pattern: /more-.*/, repartitionSinks: ['r'], ...(reset === undefined ? {} : { offsetReset: reset }) },
        { repartitionSources: ['r'] },
      ]),
    );
  const outOfRange = { kind: 'outOfRange', tp, position: 4, logStart: 9, logEnd: 20 } as const;

  it.each([
    ['earliest', 'earliest'],
    ['latest', 'latest'],
    [{ byDurationMs: 1_000 }, 9_000],
  ] as const)('out of range with policy %o is a seek', (reset, query) => {
    expect(decideIssue(outOfRange, '0_2', topics(reset), 10_000)).toEqual({ kind: 'seek', query });
  });

  it.each([
    [undefined, outOfRange, /records 4 to 8 are gone/],
    ['none', outOfRange, /records 4 to 8 are gone/],
    [undefined, { ...outOfRange, position: 25 }, /ends at 20, 5 records before/],
  ] as const)('out of range with policy %o stops and names the gap', (reset, issue, text) => {
    expect(decideIssue(issue, '0_2', topics(reset), 0)).toMatchObject({
      kind: 'fail',
      error: {
        code: 'MR_OFFSET_OUT_OF_RANGE',
        message: expect.stringMatching(text),
        details: { topic: 'in', partition: 2, taskId: '0_2', offset: issue.position },
      },
    });
  });

  const error = new ClientError('fatal', 'broker says so');
  it.each([
    ['a source topic made again', { kind: 'recreated', tp, error }, 'MR_TOPIC_RECREATED'],
    ['a source topic that is gone', { kind: 'missingTopic', tp, error }, 'MR_SOURCE_TOPIC_MISSING'],
    ['a repartition topic that is gone', { kind: 'missingTopic', tp: topicPartition('app-r', 0), error }, 'MR_INTERNAL_TOPIC_INVALID'],
    ['bytes that are damaged', { kind: 'corrupt', tp, position: 3, error }, 'MR_RECORD_CORRUPT'],
    ['a topic that must not be read', { kind: 'unauthorised', tp, error }, 'MR_CLIENT_FATAL'],
  ] as const)('%s stops with a code', (_name, issue, code) => {
    expect(decideIssue(issue, '0_2', topics(), 0)).toMatchObject({ kind: 'fail', error: { code } });
  });

  it('a topic of a pattern that is gone asks for another assignment', () => {
    expect(decideIssue({ kind: 'missingTopic', tp: topicPartition('more-1', 0), error }, '0_0', topics(), 0)).toMatchObject({
      kind: 'rejoin',
    });
  });

  it('a repartition topic is never reset, whatever its source says', () => {
    expect(decideIssue({ ...outOfRange, tp: topicPartition('app-r', 0) }, '1_0', topics('earliest'), 0)).toMatchObject({ kind: 'fail' });
  });
});

describe('settings of an existing internal topic (IT-05)', () => {
  const plan = (kind: 'repartition' | 'changelog', configs: Readonly<Record<string, string>>): InternalTopicPlan => ({
    topic: { name: 't', internal: true },
    kind,
    partitions: undefined,
    configs,
  });
  const keyValue = plan('changelog', { 'cleanup.policy': 'compact' });
  const window = plan('changelog', { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' });
  const supplied: InternalTopicPlan = { ...window, acceptedRetentionMs: 700 };
  const versioned = plan('changelog', { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '500' });
  const repartition = plan('repartition', { 'cleanup.policy': 'delete', 'retention.ms': '-1' });

  it.each([
    [keyValue, { 'cleanup.policy': 'compact' }, undefined],
    [keyValue, { 'cleanup.policy': 'compact,delete' }, 'cleanup.policy'],
    [keyValue, { 'cleanup.policy': 'delete' }, 'cleanup.policy'],
    [keyValue, {}, undefined],
    [window, { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' }, undefined],
    [window, { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1' }, undefined],
    [window, { 'cleanup.policy': 'compact,delete', 'retention.ms': '999' }, 'retention.ms'],
    [window, { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000', 'retention.bytes': '5' }, 'retention.bytes'],
    [window, { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000', 'retention.bytes': '-1' }, undefined],
    [window, { 'cleanup.policy': 'compact' }, undefined],
    [supplied, { 'cleanup.policy': 'compact,delete', 'retention.ms': '700' }, undefined],
    [supplied, { 'cleanup.policy': 'compact,delete', 'retention.ms': '699' }, 'retention.ms'],
    [versioned, { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '500' }, undefined],
    [versioned, { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '499' }, 'min.compaction.lag.ms'],
    [versioned, { 'cleanup.policy': 'delete', 'min.compaction.lag.ms': '500' }, 'cleanup.policy'],
    [repartition, { 'cleanup.policy': 'delete', 'retention.ms': '-1' }, undefined],
    [repartition, { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }, 'retention.ms'],
    [repartition, { 'cleanup.policy': 'compact', 'retention.ms': '-1' }, 'cleanup.policy'],
    [repartition, { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '9' }, 'retention.bytes'],
  ])('%o with %o: %s', (wanted, actual, key) => {
    expect(configProblem(wanted, new Map(Object.entries(actual)))?.key).toBe(key);
  });
});

describe('failures in a row', () => {
  it('last since the first of them, until one succeeds or nothing was heard for long', () => {
    const streak = new FailureStreak();
    const note = (nowMs: number): [number, number] => [streak.note(nowMs, 100), streak.count];
    expect([note(10), note(60), note(160)]).toEqual([
      [0, 1],
      [50, 2],
      [150, 3],
    ]);
    streak.end();
    expect(note(170)).toEqual([0, 1]);
    expect(note(271)).toEqual([0, 1]);
  });
});

describe('the fingerprint of a topology', () => {
  const base: SubtopologyShape[] = [
    { sources: ['a', 'b'], repartitionSinks: ['r'] },
    { repartitionSources: ['r'], stores: ['s'] },
  ];
  const of = (shapes: readonly SubtopologyShape[], pinned: Readonly<Record<string, number>> = {}): string =>
    Buffer.from(topologyFingerprint(new ApplicationTopics('app', planOf(shapes, pinned)))).toString('hex');

  it.each<[string, SubtopologyShape[], Readonly<Record<string, number>>?]>([
    [
      'a source',
      [
        { sources: ['a', 'c'], repartitionSinks: ['r'] },
        { repartitionSources: ['r'], stores: ['s'] },
      ],
    ],
    [
      'a store',
      [
        { sources: ['a', 'b'], repartitionSinks: ['r'] },
        { repartitionSources: ['r'], stores: ['s', 't'] },
      ],
    ],
    [
      'a pattern',
      [
        { sources: ['a', 'b'], pattern: /x/, repartitionSinks: ['r'] },
        { repartitionSources: ['r'], stores: ['s'] },
      ],
    ],
    ['a pinned count', base, { r: 3 }],
    ['a sub-topology', [...base, { sources: ['z'] }]],
  ])('differs with %s', (_name, shapes, pinned) => {
    expect(of(shapes, pinned)).not.toBe(of(base));
  });

  it('is the same for another order of sources and for other sinks and operators', () => {
    expect(
      of([
        { sources: ['b', 'a'], repartitionSinks: ['r'], sinks: ['out'] },
        { repartitionSources: ['r'], stores: ['s'] },
      ]),
    ).toBe(of(base));
  });
});
