/** What administration does about every trouble that a broker can answer with. */
import { type ClusterAdmin, type StreamsClient, topicPartition } from '@millrace/core/kafka';
import {
  createTopicsApi,
  deleteRecordsApi,
  deleteTopicsApi,
  describeConfigsApi,
  listOffsetsApi,
  metadataApi,
} from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedEnvironment } from './embedded-environment.ts';
import { inTurn } from './faults.ts';

const tp = topicPartition('known', 0);
const spec = { name: 'new', partitions: 2, replicationFactor: -1, configs: {} };

let environment: EmbeddedEnvironment;
let client: StreamsClient;
let admin: ClusterAdmin;

beforeEach(async () => {
  environment = await EmbeddedEnvironment.open({ brokers: 3 });
  environment.kafka.createTopic('known');
  client = environment.createClient();
  await environment.run(() => client.connect());
  admin = client.admin();
});

afterEach(async () => {
  await environment.run(() => client.close());
  await environment.close();
  expect(environment.clock.pendingTimers).toBe(0);
});

const rejectionOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('creating topics', () => {
  const answer = (errorCode: number) => ({ answer: { throttleTimeMs: 0, topics: [{ name: 'new', errorCode, errorMessage: 'why' }] } });

  it.each([41, 7])('is tried again after %i', async (errorCode) => {
    const faults = inTurn<typeof createTopicsApi>(answer(errorCode), 'disconnect');
    environment.kafka.intercept(createTopicsApi, faults.interceptor);
    expect(await environment.run(() => admin.createTopics([spec]))).toEqual(new Map([['new', 'created']]));
    expect(faults.calls()).toBe(3);
  });

  it('whose answer was lost finds the topic there', async () => {
    environment.kafka.intercept(createTopicsApi, inTurn<typeof createTopicsApi>('loseAnswer').interceptor);
    expect(await environment.run(() => admin.createTopics([spec]))).toEqual(new Map([['new', 'exists']]));
  });

  it.each([17, 29, 37, 38, 40, 44])('is refused with %i for that topic alone, with the broker’s words', async (errorCode) => {
    environment.kafka.intercept(createTopicsApi, inTurn<typeof createTopicsApi>(answer(errorCode)).interceptor);
    const results = await environment.run(() => admin.createTopics([spec]));
    expect(results.get('new')).toMatchObject({ kind: 'fatal', kafkaCode: errorCode, details: { topic: 'new' } });
    expect(String(results.get('new'))).toContain('(why)');
  });

  it('waits for a broker that hears of the new topic late', async () => {
    let unheard = 20;
    environment.kafka.intercept(metadataApi, ({ topics }) =>
      topics?.[0]?.name !== 'new' || unheard-- <= 0
        ? 'pass'
        : {
            change: (metadata) => ({
              ...metadata,
              topics: metadata.topics.map((topic) => ({ ...topic, errorCode: 3, partitions: [] })),
            }),
          },
    );
    expect(await environment.run(() => admin.createTopics([spec]))).toEqual(new Map([['new', 'created']]));
    expect(unheard).toBe(-1);
  });

  it('waits until the new partitions have leaders', async () => {
    let leaderless = 3;
    environment.kafka.intercept(metadataApi, ({ topics }) =>
      topics?.[0]?.name !== 'new' || leaderless-- <= 0
        ? 'pass'
        : {
            change: (metadata) => ({
              ...metadata,
              topics: metadata.topics.map((topic) => ({
                ...topic,
                partitions: topic.partitions.map((partition) => ({ ...partition, leaderId: -1, errorCode: 5 })),
              })),
            }),
          },
    );
    await environment.run(() => admin.createTopics([spec]));
    expect(leaderless).toBe(-1);
  });
});

describe('deleting topics', () => {
  it('is tried again, by name or by id, and refused for good where it is not allowed', async () => {
    const answer = (errorCode: number) => ({ answer: { throttleTimeMs: 0, responses: [{ name: 'known', errorCode }] } });
    const end = environment.kafka.intercept(deleteTopicsApi, inTurn<typeof deleteTopicsApi>(answer(41), 'disconnect').interceptor);
    await environment.run(() => admin.deleteTopics(['known']));
    expect(environment.kafka.topics()).toEqual([]);
    end();
    environment.kafka.intercept(deleteTopicsApi, () => answer(29));
    expect(await environment.run(() => rejectionOf(admin.deleteTopics(['known'])))).toMatchObject({ kind: 'fatal', kafkaCode: 29 });
  });
});

describe('leaders', () => {
  const refuse = (errorCode: number) => ({ answer: { topics: [{ name: 'known', partitions: [{ partitionIndex: 0, errorCode }] }] } });

  it.each([3, 6, 5, 78])('that answer %i are asked again', async (errorCode) => {
    const faults = inTurn<typeof listOffsetsApi>(refuse(errorCode), { answer: { topics: [] } }, 'disconnect');
    environment.kafka.intercept(listOffsetsApi, faults.interceptor);
    expect(await environment.run(() => admin.listOffsets(new Map([[tp, 'latest']]), { isolation: 'uncommitted' }))).toEqual(
      new Map([[tp, 0]]),
    );
    expect(faults.calls()).toBe(4);
  });

  it('that move are found again', async () => {
    await environment.run(() => admin.listOffsets(new Map([[tp, 'latest']]), { isolation: 'uncommitted' }));
    await environment.faults.moveLeader(tp);
    expect(await environment.run(() => admin.listOffsets(new Map([[tp, 'earliest']]), { isolation: 'committed' }))).toEqual(
      new Map([[tp, 0]]),
    );
  });

  it('that refuse for good are not asked again', async () => {
    const faults = inTurn<typeof deleteRecordsApi>({
      answer: { throttleTimeMs: 0, topics: [{ name: 'known', partitions: [{ partitionIndex: 0, lowWatermark: -1, errorCode: 44 }] }] },
    });
    environment.kafka.intercept(deleteRecordsApi, faults.interceptor);
    expect(await environment.run(() => rejectionOf(admin.deleteRecords(new Map([[tp, 0]]))))).toMatchObject({
      kind: 'fatal',
      kafkaCode: 44,
    });
    expect(faults.calls()).toBe(1);
  });
});

describe('an operation', () => {
  it('is given up in the end, with what went wrong last', async () => {
    environment.kafka.intercept(describeConfigsApi, () => 'disconnect');
    const startMs = environment.clock.monotonic();
    const error = await environment.run(() => rejectionOf(admin.topicConfigs(['known'])));
    expect(error).toMatchObject({ kind: 'retriable' });
    expect(String(error)).toContain('did not succeed in 60000 ms; the last failure was: DescribeConfigs');
    expect(environment.clock.monotonic() - startMs).toBeLessThan(63_000);
  });

  it('ends when the client closes', async () => {
    environment.kafka.intercept(describeConfigsApi, () => 'disconnect');
    const pending = rejectionOf(admin.topicConfigs(['known']));
    await environment.clock.advance(1_000);
    await environment.run(() => client.close());
    expect(await environment.run(() => pending)).toMatchObject({ kind: 'fatal', details: { closed: true } });
  });
});
