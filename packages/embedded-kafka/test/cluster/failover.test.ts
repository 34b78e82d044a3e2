/** Several brokers: who leads, who coordinates, and what clients are told when that changes. */
import {
  brokerErrorCodes as code,
  fetchApi,
  findCoordinatorApi,
  listOffsetsApi,
  metadataApi,
  offsetForLeaderEpochApi,
  produceApi,
  type ResponseOf,
} from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/ask.ts';
import { batchOf } from '../support/batches.ts';

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.start({ brokers: 3 });
  cluster.kafka.createTopic('t', { replicationFactor: 2 });
});

afterEach(() => cluster.kafka.close());

async function produce(node: number, version = 11): Promise<ResponseOf<typeof produceApi>> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf([{ value: 'v' }]) }] }];
  return cluster.ask(produceApi, version, { acks: -1, timeoutMs: 1000, topicData }, { node, channel: 'produce' });
}

async function produceError(node: number): Promise<number | undefined> {
  return (await produce(node)).responses[0]?.partitionResponses[0]?.errorCode;
}

function fetch(node: number, topicId: string, maxWaitMs = 0, currentLeaderEpoch = -1): Promise<ResponseOf<typeof fetchApi>> {
  const partitions = [{ partition: 0, fetchOffset: cluster.kafka.log('t', 0).endOffset, partitionMaxBytes: 1000, currentLeaderEpoch }];
  return cluster.send(
    fetchApi,
    16,
    { maxWaitMs, minBytes: 1, topics: [{ topicId, partitions }], forgottenTopicsData: [] },
    { node, channel: 'fetch' },
  );
}

async function describeTopic(node = 3): Promise<ResponseOf<typeof metadataApi>['topics'][number] | undefined> {
  return (await cluster.ask(metadataApi, 12, { topics: [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }] }, { node })).topics[0];
}

describe('leaders', () => {
  it('move in a new epoch; who asks the old one is told the new one', async () => {
    expect(cluster.kafka.log('t', 0).leader).toBe(1);
    expect(await produceError(1)).toBe(0);
    cluster.kafka.moveLeader('t', 0, 2);
    const refused = await produce(1);
    expect(refused.responses[0]?.partitionResponses[0]).toMatchObject({
      errorCode: code.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 1 },
    });
    expect(refused.nodeEndpoints).toMatchObject([{ nodeId: 2, host: 'embedded', port: 9093 }]);
    expect((await produce(1, 9)).responses[0]?.partitionResponses[0]?.errorCode).toBe(code.NOT_LEADER_OR_FOLLOWER);
    expect(await produceError(2)).toBe(0);
    expect((await describeTopic())?.partitions[0]).toMatchObject({ leaderId: 2, leaderEpoch: 1, replicaNodes: [1, 2], isrNodes: [1, 2] });
    const ends = await cluster.ask(
      offsetForLeaderEpochApi,
      4,
      { topics: [{ topic: 't', partitions: [0, 1].map((leaderEpoch) => ({ partition: 0, leaderEpoch })) }] },
      { node: 2 },
    );
    expect(ends.topics[0]?.partitions.map(({ leaderEpoch, endOffset }) => [leaderEpoch, endOffset])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('that move answer parked fetches at once', async () => {
    const topicId = (await describeTopic())?.topicId ?? '';
    const parked = fetch(1, topicId, 60_000);
    await cluster.clock.advance(10);
    cluster.kafka.moveLeader('t', 0, 3);
    const answer = await cluster.clock.run(parked);
    expect(cluster.clock.monotonic()).toBe(10);
    expect(answer.responses[0]?.partitions[0]).toMatchObject({
      errorCode: code.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 3, leaderEpoch: 1 },
    });
    expect(answer.nodeEndpoints).toMatchObject([{ nodeId: 3 }]);
    expect((await cluster.clock.run(fetch(3, topicId, 0, 0))).responses[0]?.partitions[0]).toMatchObject({
      errorCode: code.FENCED_LEADER_EPOCH,
    });
    expect((await cluster.clock.run(fetch(3, topicId, 0, 1))).responses[0]?.partitions[0]).toMatchObject({ errorCode: 0 });
  });

  it('that stop are followed by another replica; without one the partition waits', async () => {
    await produceError(1);
    await cluster.kafka.stopBroker(1);
    expect((await describeTopic())?.partitions[0]).toMatchObject({ leaderId: 2, leaderEpoch: 1, isrNodes: [2], offlineReplicas: [1] });
    expect(await produceError(2)).toBe(0);
    await cluster.kafka.stopBroker(2);
    expect(() => cluster.kafka.moveLeader('t', 0, 2)).toThrow('MR_EMBEDDED_BROKER_STOPPED');
    expect(() => cluster.kafka.moveCoordinator('g', 2)).toThrow('MR_EMBEDDED_BROKER_STOPPED');
    expect((await describeTopic())?.partitions[0]).toMatchObject({ errorCode: code.LEADER_NOT_AVAILABLE, leaderId: -1 });
    expect((await cluster.ask(metadataApi, 12, { topics: [] }, { node: 3 })).brokers.map(({ nodeId }) => nodeId)).toEqual([3]);
    await cluster.kafka.startBroker(1);
    expect((await describeTopic())?.partitions[0]).toMatchObject({ errorCode: 0, leaderId: 1, leaderEpoch: 3 });
    expect(await produceError(1)).toBe(0);
    expect(cluster.kafka.records('t')).toHaveLength(3);
  });

  it('that come back where nobody was left remember the producers whose timestamps are new', async () => {
    cluster.kafka.createTopic('single', { replicationFactor: 1 });
    const { leader } = cluster.kafka.log('single', 0);
    const send = async (producerId: number, timestamp: number): Promise<number | undefined> => {
      const records = batchOf([{ timestamp }], { producerId, producerEpoch: 0, baseSequence: 0 });
      const topicData = [{ name: 'single', partitionData: [{ index: 0, records }] }];
      const answer = await cluster.ask(produceApi, 11, { acks: -1, timeoutMs: 1000, topicData }, { node: leader, channel: 'produce' });
      return answer.responses[0]?.partitionResponses[0]?.baseOffset;
    };
    const nowMs = cluster.clock.now();
    const oldMs = nowMs - 86_400_000;
    expect([await send(1, nowMs), await send(2, oldMs), await send(1, nowMs), await send(2, oldMs)]).toEqual([0, 1, 0, 1]);
    await cluster.kafka.stopBroker(leader);
    await cluster.kafka.startBroker(leader);
    expect([await send(1, nowMs), await send(2, oldMs)]).toEqual([0, 2]);
  });

  it('refuse to write with all acks below min.insync.replicas', async () => {
    cluster.kafka.createTopic('safe', { replicationFactor: 2, configs: { 'min.insync.replicas': '2' } });
    const { leader } = cluster.kafka.log('safe', 0);
    const send = async (acks: number): Promise<number | undefined> => {
      const topicData = [{ name: 'safe', partitionData: [{ index: 0, records: batchOf([{ value: 'v' }]) }] }];
      const answer = await cluster.ask(produceApi, 11, { acks, timeoutMs: 1000, topicData }, { node: leader, channel: 'produce' });
      return answer.responses[0]?.partitionResponses[0]?.errorCode;
    };
    expect(await send(-1)).toBe(0);
    await cluster.kafka.stopBroker(leader === 2 ? 3 : 2);
    expect([await send(-1), await send(1)]).toEqual([code.NOT_ENOUGH_REPLICAS, 0]);
  });

  it('of new partitions serve after the delay that was asked for', async () => {
    await cluster.kafka.close();
    cluster = await TestCluster.start({ newPartitionDelayMs: 150 });
    cluster.kafka.createTopic('t');
    const end = async (): Promise<number | undefined> =>
      (await cluster.ask(listOffsetsApi, 7, { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] }))
        .topics[0]?.partitions[0]?.errorCode;
    await cluster.clock.advance(149);
    expect(await end()).toBe(code.NOT_LEADER_OR_FOLLOWER);
    await cluster.clock.advance(1);
    expect(await end()).toBe(0);
  });
});

describe('a topic that is deleted', () => {
  it('ends parked fetches with its error, and its offsets are gone', async () => {
    const topicId = (await describeTopic())?.topicId ?? '';
    const parked = fetch(1, topicId, 60_000);
    await cluster.clock.settle();
    cluster.kafka.deleteTopic('t');
    expect((await cluster.clock.run(parked)).responses[0]?.partitions[0]?.errorCode).toBe(code.UNKNOWN_TOPIC_ID);
  });
});

describe('coordinators', () => {
  const find = async (key: string): Promise<unknown> =>
    (await cluster.ask(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [key] }, { node: 3 })).coordinators[0];

  it('are spread over the brokers by the hash of the group', async () => {
    const nodes = await Promise.all(
      ['a', 'b', 'c'].map((key) => cluster.clock.run(cluster.send(findCoordinatorApi, 3, { key, keyType: 0 }))),
    );
    // "a".hashCode() is 97, partition 47 of 50; brokers take partitions in turn.
    expect(nodes.map(({ nodeId }) => nodeId)).toEqual([3, 1, 2]);
  });

  it('move when their broker stops, and by hand', async () => {
    await cluster.kafka.stopBroker(1);
    expect(await find('b')).toMatchObject({ nodeId: 2, errorCode: 0 });
    cluster.kafka.moveCoordinator('b', 3);
    expect(await find('b')).toMatchObject({ nodeId: 3, errorCode: 0 });
  });

  it('of transactions are refused for good', async () => {
    const answer = await cluster.ask(findCoordinatorApi, 4, { keyType: 1, coordinatorKeys: ['tx'] });
    expect(answer.coordinators[0]).toMatchObject({ nodeId: -1, errorCode: code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED });
  });
});
