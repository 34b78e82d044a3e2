import { topicPartition } from '@millrace/core/kafka';
import { decodeRecords, fetchApi, metadataApi, produceApi } from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../support/batches.ts';
import { TestCluster } from '../support/ask.ts';

describe('produce and fetch', () => {
  it('brings back what was produced', async () => {
    const cluster = await TestCluster.start();
    cluster.kafka.createTopic('t');
    const answer = await cluster.ask(metadataApi, 12, { topics: null });
    expect(answer.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['t', 1]]);
    const records = batchOf([
      { key: 'a', value: '1', timestamp: 5 },
      { key: 'b', value: null, timestamp: 6 },
    ]);
    const produced = await cluster.ask(produceApi, 11, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    });
    expect(produced.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const fetched = await cluster.ask(fetchApi, 12, {
      maxWaitMs: 500,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    });
    const bytes = fetched.responses[0]?.partitions[0]?.records;
    const decoded = decodeRecords(topicPartition('t', 0), bytes ?? new Uint8Array(0), { position: 0 });
    expect(decoded).toMatchObject({ nextOffset: 2, cutOffBytes: 0, error: undefined });
    const [batch] = decoded.batches;
    expect(
      [0, 1].map((index) => [batch?.offset(index), batch?.timestamp(index), text(batch?.key(index)), text(batch?.value(index))]),
    ).toEqual([
      [0, 5, 'a', '1'],
      [1, 6, 'b', null],
    ]);
    expect(cluster.kafka.records('t').map(({ offset, key, value }) => [offset, text(key), text(value)])).toEqual([
      [0, 'a', '1'],
      [1, 'b', null],
    ]);
  });
});

function text(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString();
}
