/** How requests travel: in order, one at a time on a connection, and what a fault does to them. */
import {
  brokerErrorCodes as code,
  fetchApi,
  listOffsetsApi,
  metadataApi,
  produceApi,
  type RequestInputOf,
  type ResponseInputOf,
  type ResponseOf,
} from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Interception } from '../../src/index.ts';
import { TestCluster } from '../support/ask.ts';
import { batchOf } from '../support/batches.ts';

let cluster: TestCluster;

beforeEach(async () => {
  cluster = await TestCluster.start();
  cluster.kafka.createTopic('t');
});

afterEach(() => cluster.kafka.close());

const fetchRequest = (maxWaitMs: number): RequestInputOf<typeof fetchApi> => ({
  maxWaitMs,
  minBytes: 1,
  topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  forgottenTopicsData: [],
});

function fetchOnce(request: RequestInputOf<typeof fetchApi>): Promise<ResponseOf<typeof fetchApi>> {
  return cluster.send(fetchApi, 12, request, { channel: 'fetch' });
}

function produce(value = 'v'): Promise<ResponseOf<typeof produceApi>> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf([{ value }]) }] }];
  return cluster.send(produceApi, 11, { acks: -1, timeoutMs: 1000, topicData }, { channel: 'produce', timeoutMs: 5000 });
}

describe('a connection', () => {
  it('holds what follows a parked request, and other connections do not wait', async () => {
    const order: string[] = [];
    const note = async (name: string, work: Promise<unknown>): Promise<void> => {
      await work;
      order.push(name);
    };
    const parked = note('parked', fetchOnce(fetchRequest(1000)));
    const behind = note('behind', cluster.send(metadataApi, 12, { topics: [] }, { channel: 'fetch' }));
    const beside = note('beside', cluster.send(metadataApi, 12, { topics: [] }));
    await cluster.clock.settle();
    expect(order).toEqual(['beside']);
    await cluster.clock.advance(999);
    expect(order).toEqual(['beside']);
    await cluster.clock.advance(1);
    await Promise.all([parked, behind, beside]);
    expect(order).toEqual(['beside', 'parked', 'behind']);
  });

  it('does nothing inside the caller’s call', async () => {
    const answer = produce();
    expect(cluster.kafka.records('t')).toEqual([]);
    await cluster.clock.run(answer);
    expect(cluster.kafka.records('t')).toHaveLength(1);
  });

  it('that is cut rejects what waits on it, and the next request opens another', async () => {
    const parked = fetchOnce(fetchRequest(60_000));
    await cluster.clock.settle();
    cluster.kafka.disconnect(1);
    await expect(cluster.clock.run(parked)).rejects.toMatchObject({ kind: 'disconnected' });
    expect((await cluster.clock.run(fetchOnce(fetchRequest(0)))).errorCode).toBe(0);
  });

  it('to a stopped broker is refused, until the broker is started', async () => {
    const parked = fetchOnce(fetchRequest(60_000));
    await cluster.clock.settle();
    await cluster.kafka.stopBroker(1);
    await expect(cluster.clock.run(parked)).rejects.toMatchObject({ kind: 'disconnected' });
    await expect(cluster.clock.run(produce())).rejects.toMatchObject({ kind: 'refused', maybeSent: false });
    await cluster.kafka.startBroker(1);
    expect((await cluster.clock.run(produce())).responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  });
});

describe('interception', () => {
  type Produced = Interception<ResponseInputOf<typeof produceApi>>;
  const refusal: ResponseInputOf<typeof produceApi> = {
    responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: code.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }] }],
  };
  const table: [string, Produced, { outcome: unknown; records: number }][] = [
    ['pass', 'pass', { outcome: 0, records: 1 }],
    ['drop', 'drop', { outcome: 'timeout', records: 0 }],
    ['disconnect', 'disconnect', { outcome: 'disconnected', records: 0 }],
    ['loseAnswer', 'loseAnswer', { outcome: 'disconnected', records: 1 }],
    ['an answer instead', { answer: refusal }, { outcome: code.NOT_LEADER_OR_FOLLOWER, records: 0 }],
    ['another answer afterwards', { change: () => refusal }, { outcome: code.NOT_LEADER_OR_FOLLOWER, records: 1 }],
    ['a delay', { delayMs: 4000 }, { outcome: 0, records: 1 }],
    ['a delay beyond the time-out', { delayMs: 6000 }, { outcome: 'timeout', records: 1 }],
  ];

  it.each(table)('%s', async (_, interception, { outcome, records }) => {
    const end = cluster.kafka.intercept(produceApi, () => interception);
    const seen = cluster.clock.run(produce()).then(
      (answer) => answer.responses[0]?.partitionResponses[0]?.errorCode,
      (error: unknown) => (error instanceof Error && 'kind' in error ? error.kind : error),
    );
    expect(await seen).toBe(outcome);
    await cluster.clock.advance(10_000);
    expect(cluster.kafka.records('t')).toHaveLength(records);
    end();
    expect((await cluster.clock.run(produce())).responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  });

  it('sees the request and who asks, and the first that does not pass decides', async () => {
    const seen: unknown[] = [];
    cluster.kafka.intercept(listOffsetsApi, (request, { node, version, clientId }) => {
      seen.push([request.topics[0]?.name, node, version, clientId]);
      return undefined;
    });
    cluster.kafka.intercept(listOffsetsApi, () => ({ answer: { topics: [] } }));
    cluster.kafka.intercept(listOffsetsApi, () => 'disconnect');
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    expect(await cluster.ask(listOffsetsApi, 7, { replicaId: -1, topics })).toMatchObject({ topics: [] });
    expect(seen).toEqual([['t', 1, 7, 'test']]);
  });
});
