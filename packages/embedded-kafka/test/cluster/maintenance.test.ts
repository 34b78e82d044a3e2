/** What the cluster does by itself as time goes by. */
import { brokerErrorCodes as code, describeProducersApi, produceApi, type ResponseOf } from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import type { EmbeddedKafkaOptions } from '../../src/index.ts';
import { TestCluster } from '../support/ask.ts';
import { batchOf, type PlainRecord } from '../support/batches.ts';

async function start(configs: Readonly<Record<string, string>>, options: EmbeddedKafkaOptions = {}): Promise<TestCluster> {
  const cluster = await TestCluster.start(options);
  cluster.kafka.createTopic('t', { configs });
  return cluster;
}

function produce(cluster: TestCluster, records: readonly PlainRecord[], producerId = -1): Promise<ResponseOf<typeof produceApi>> {
  const stamp = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence: 0 };
  return cluster.ask(produceApi, 11, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: batchOf(records, stamp) }] }],
  });
}

const keys = (cluster: TestCluster): string[] =>
  cluster.kafka.records('t').map(({ offset, key }) => offset + Buffer.from(key ?? []).toString());

describe('maintenance', () => {
  it('deletes by age at every check', async () => {
    const cluster = await start({ 'retention.ms': '1000' }, { retentionCheckIntervalMs: 60_000 });
    await produce(cluster, [{ key: 'old', timestamp: cluster.clock.now() }]);
    await cluster.clock.advance(59_999);
    expect(keys(cluster)).toEqual(['0old']);
    await cluster.clock.advance(1);
    expect(keys(cluster)).toEqual([]);
    expect(cluster.kafka.log('t', 0)).toMatchObject({ startOffset: 1, endOffset: 1, sizeBytes: 0 });
    await cluster.kafka.close();
  });

  it('compacts at every look what has grown enough', async () => {
    const cluster = await start({ 'cleanup.policy': 'compact', 'segment.bytes': '200' }, { compactionIntervalMs: 10_000 });
    for (let i = 0; i < 6; i++) await produce(cluster, [{ key: 'a', value: 'v' }]);
    await cluster.clock.advance(10_000);
    expect(keys(cluster)).toEqual(['3a', '4a', '5a']);
    const sizeBytes = cluster.kafka.log('t', 0).sizeBytes;
    await cluster.clock.advance(100_000);
    expect(cluster.kafka.log('t', 0).sizeBytes).toBe(sizeBytes);
    await cluster.kafka.close();
  });

  it('compacts on demand, with the active segment if asked to', async () => {
    const cluster = await start({ 'cleanup.policy': 'compact' });
    await produce(cluster, [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ]);
    cluster.kafka.compact();
    expect(keys(cluster)).toEqual(['0a', '1a']);
    cluster.kafka.compact({ topic: 't', roll: true });
    expect(keys(cluster)).toEqual(['1a']);
    await cluster.kafka.close();
  });

  it('forgets producers whose timestamps are old', async () => {
    const cluster = await start({}, { producerIdExpirationMs: 100_000, retentionCheckIntervalMs: 50_000 });
    await produce(cluster, [{ key: 'a', timestamp: cluster.clock.now() }], 5);
    const active = async (): Promise<number | undefined> =>
      (await cluster.ask(describeProducersApi, 0, { topics: [{ name: 't', partitionIndexes: [0] }] })).topics[0]?.partitions[0]
        ?.activeProducers.length;
    await cluster.clock.advance(99_999);
    expect(await active()).toBe(1);
    await cluster.clock.advance(1);
    expect(await active()).toBe(0);
    await cluster.kafka.close();
  });

  it('refuses what would go beyond the memory limit, unless retention makes room', async () => {
    const size = batchOf([{ key: 'a' }]).length;
    const cluster = await start({ 'segment.bytes': String(size) }, { maxBytes: size * 2 });
    const send = async (): Promise<{ errorCode: number; errorMessage: string | null } | undefined> =>
      (await produce(cluster, [{ key: 'a' }])).responses[0]?.partitionResponses[0];
    expect([(await send())?.errorCode, (await send())?.errorCode]).toEqual([0, 0]);
    const refused = await send();
    expect(refused?.errorCode).toBe(code.POLICY_VIOLATION);
    expect(refused?.errorMessage).toContain('maxBytes');
    cluster.kafka.deleteTopic('t');
    cluster.kafka.createTopic('t', { configs: { 'retention.bytes': '0', 'segment.bytes': String(size) } });
    for (let i = 0; i < 5; i++) expect((await send())?.errorCode).toBe(0);
    expect(cluster.kafka.log('t', 0)).toMatchObject({ endOffset: 5 });
    await cluster.kafka.close();
  });

  it('ends with the cluster', async () => {
    const cluster = await start({});
    expect(cluster.clock.pendingTimers).toBeGreaterThan(0);
    await cluster.kafka.close();
    expect(cluster.clock.pendingTimers).toBe(0);
    await cluster.kafka.close();
  });
});
