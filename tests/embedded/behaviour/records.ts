/** Producing, fetching, finding offsets, deleting records. */
import { sleep, systemClock } from '@millrace/core/kafka';
import {
  brokerErrorCodes as code,
  deleteRecordsApi,
  deleteTopicsApi,
  describeProducersApi,
  offsetForLeaderEpochApi,
  readBatchHeader,
} from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { batchOf, type BrokerScene, type FetchOptions, noBytes, noUuid, oneRecord, unknownUuid } from './scene.ts';

export function describeRecords(scene: BrokerScene): void {
  const { ask, listOffset, create, produce, initProducer, fetch, partitionOf, basesOf, unique } = scene;

  describe('Produce', () => {
    it('appends, by name and by id', async () => {
      const topic = unique('produce');
      const topicId = await create(topic);
      expect(await produce(topic, batchOf([{}, {}]))).toMatchObject({
        errorCode: 0,
        baseOffset: 0,
        logAppendTimeMs: -1,
        logStartOffset: 0,
      });
      expect(await produce('', oneRecord, { version: 13, topicId })).toMatchObject({ errorCode: 0, baseOffset: 2 });
      expect(await produce(topic, oneRecord, { acks: 1, version: 3 })).toMatchObject({ errorCode: 0, baseOffset: 3 });
    });

    it('does not know a topic or id', async () => {
      expect(await produce('no-such-topic', oneRecord)).toMatchObject({ errorCode: code.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 });
      expect(await produce('', oneRecord, { version: 13, topicId: unknownUuid })).toMatchObject({
        errorCode: code.UNKNOWN_TOPIC_ID,
        baseOffset: -1,
      });
    });

    const withByte = (at: number, byte: number): Uint8Array =>
      new Uint8Array(oneRecord.map((before, index) => (index === at ? byte : before)));
    const refusals: [string, Uint8Array, number, number][] = [
      ['a wrong checksum', withByte(65, 0x55), -1, code.CORRUPT_MESSAGE],
      ['an old format', withByte(16, 1), -1, code.INVALID_RECORD],
      ['two batches', new Uint8Array(Buffer.concat([oneRecord, oneRecord])), -1, code.INVALID_RECORD],
      ['acks that there are not', oneRecord, 2, code.INVALID_REQUIRED_ACKS],
      ['a batch over the limit', batchOf([{ value: 'x'.repeat(2000) }]), -1, code.MESSAGE_TOO_LARGE],
      ['a control batch', batchOf([{}], { isControl: true, isTransactional: false }), -1, code.INVALID_RECORD],
    ];
    it.each(refusals)('refuses %s', async (_, records, acks, errorCode) => {
      const topic = unique('refused');
      await create(topic, { 'max.message.bytes': '1000' });
      expect(await produce(topic, records, { acks })).toMatchObject({ errorCode, baseOffset: -1 });
      expect((await listOffset(topic, -1))?.offset).toBe(0);
    });

    it('refuses records without a key on a compacted topic, and names them', async () => {
      const topic = unique('compacted');
      await create(topic, { 'cleanup.policy': 'compact' });
      const answer = await produce(topic, batchOf([{}, { key: null }]));
      expect(answer).toMatchObject({ errorCode: code.INVALID_RECORD, baseOffset: -1 });
      expect(answer?.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1]);
    });

    it('refuses timestamps that the topic does not accept', async () => {
      const topic = unique('times');
      await create(topic, { 'message.timestamp.after.max.ms': '1000', 'message.timestamp.before.max.ms': '1000' });
      const now = systemClock.now();
      expect(await produce(topic, batchOf([{ timestamp: now }]))).toMatchObject({ errorCode: 0 });
      expect(await produce(topic, batchOf([{ timestamp: now + 60_000 }]))).toMatchObject({ errorCode: code.INVALID_TIMESTAMP });
      expect(await produce(topic, batchOf([{ timestamp: now - 60_000 }]))).toMatchObject({ errorCode: code.INVALID_TIMESTAMP });
    });

    it('gives its own time where the topic asks for it', async () => {
      const topic = unique('append-time');
      await create(topic, { 'message.timestamp.type': 'LogAppendTime' });
      const before = systemClock.now();
      const answer = await produce(topic, oneRecord);
      expect(answer?.logAppendTimeMs).toBeGreaterThanOrEqual(before);
      const bytes = partitionOf(await fetch(topic, 0))?.records ?? noBytes;
      const header = readBatchHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
      expect(header).toMatchObject({ hasAppendTime: true, maxTimestamp: answer?.logAppendTimeMs });
    });

    it('knows the last five batches of an idempotent producer', async () => {
      const topic = unique('idempotent');
      await create(topic);
      const { producerId, producerEpoch, errorCode } = await initProducer();
      expect([errorCode, producerEpoch]).toEqual([0, 0]);
      const send = (baseSequence: number, epoch = 0): ReturnType<typeof produce> =>
        produce(topic, batchOf([{}], { producerId, producerEpoch: epoch, baseSequence }));
      for (let sequence = 0; sequence < 7; sequence++) expect(await send(sequence)).toMatchObject({ errorCode: 0, baseOffset: sequence });
      expect(await send(6)).toMatchObject({ errorCode: 0, baseOffset: 6 });
      expect(await send(2)).toMatchObject({ errorCode: 0, baseOffset: 2 });
      expect(await send(1)).toMatchObject({ errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER });
      expect(await send(8)).toMatchObject({ errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER });
      expect(await send(3, 1)).toMatchObject({ errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER });
      expect(await send(0, 1)).toMatchObject({ errorCode: 0, baseOffset: 7 });
      expect(await send(7, 0)).toMatchObject({ errorCode: code.INVALID_PRODUCER_EPOCH });
      const described = await ask(describeProducersApi, 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
      expect(described.topics[0]?.partitions[0]?.activeProducers).toMatchObject([
        { producerId, producerEpoch: 1, lastSequence: 0, currentTxnStartOffset: -1 },
      ]);
    });

    it('takes an unknown producer at any sequence', async () => {
      const topic = unique('unknown-producer');
      await create(topic);
      expect(await produce(topic, batchOf([{}], { producerId: 987_654, producerEpoch: 3, baseSequence: 17 }))).toMatchObject({
        errorCode: 0,
        baseOffset: 0,
      });
    });

    it('gives each idempotent producer another id', async () => {
      expect((await initProducer()).producerId).not.toBe((await initProducer()).producerId);
    });
  });

  describe('Fetch', () => {
    /** Batches at 0 to 2, 3 and 4. */
    const filled = async (): Promise<{ topic: string; topicId: string }> => {
      const topic = unique('fetch');
      const topicId = await create(topic);
      await produce(topic, batchOf([{}, {}, {}]));
      await produce(topic, oneRecord);
      await produce(topic, oneRecord);
      return { topic, topicId };
    };

    it('brings whole batches, from the one around the position on', async () => {
      const { topic, topicId } = await filled();
      expect(basesOf(await fetch(topic, 0))).toEqual([0, 3, 4]);
      expect(basesOf(await fetch(topic, 2))).toEqual([0, 3, 4]);
      expect(basesOf(await fetch(topic, 4))).toEqual([4]);
      expect(basesOf(await fetch('', 3, { version: 16, topicId }))).toEqual([3, 4]);
      expect(partitionOf(await fetch(topic, 3))).toMatchObject({
        errorCode: 0,
        highWatermark: 5,
        lastStableOffset: 5,
        logStartOffset: 0,
      });
      expect(partitionOf(await fetch(topic, 3))?.abortedTransactions ?? null).toBeNull();
      expect(partitionOf(await fetch(topic, 3, { isolationLevel: 1 }))?.abortedTransactions).toEqual([]);
    });

    it('brings one whole batch at least', async () => {
      const { topic } = await filled();
      expect(basesOf(await fetch(topic, 0, { maxBytes: 10 }))).toEqual([0]);
      expect(basesOf(await fetch(topic, 0, { partitionMaxBytes: 10 }))).toEqual([0]);
    });

    it('waits at the end as long as it is told, and no longer than until something comes', async () => {
      const { topic } = await filled();
      const before = systemClock.monotonic();
      expect(basesOf(await fetch(topic, 5, { maxWaitMs: 300 }))).toEqual([]);
      expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(295);
      const waiting = fetch(topic, 5, { maxWaitMs: 15_000 });
      await sleep(systemClock, 30);
      await produce(topic, oneRecord);
      expect(basesOf(await waiting)).toEqual([5]);
      expect(systemClock.monotonic() - before).toBeLessThan(10_000);
    });

    it('tells what is wrong with a position, topic or epoch', async () => {
      const { topic } = await filled();
      const errorOf = async (asked: string, offset: number, options: FetchOptions = {}): Promise<number | undefined> =>
        partitionOf(await fetch(asked, offset, options))?.errorCode;
      expect(await errorOf(topic, 6)).toBe(code.OFFSET_OUT_OF_RANGE);
      expect(await errorOf(topic, -1)).toBe(code.OFFSET_OUT_OF_RANGE);
      expect(await errorOf('no-such-topic', 0)).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await errorOf('', 0, { version: 13, topicId: unknownUuid })).toBe(code.UNKNOWN_TOPIC_ID);
      expect(await errorOf(topic, 0, { currentLeaderEpoch: 99 })).toBe(code.UNKNOWN_LEADER_EPOCH);
      expect(partitionOf(await fetch(topic, 6))).toMatchObject({ highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 });
    });

    it('does not know a session that was never opened', async () => {
      const { topic } = await filled();
      expect(await fetch(topic, 0, { sessionId: 1_234_567, sessionEpoch: 1 })).toMatchObject({
        errorCode: code.FETCH_SESSION_ID_NOT_FOUND,
      });
    });

    it('by id notices a topic that was made again; by name it does not', async () => {
      const { topic, topicId } = await filled();
      await ask(deleteTopicsApi, 6, { timeoutMs: 10_000, topics: [{ name: topic, topicId: noUuid }] });
      while ((await listOffset(topic, -1))?.errorCode === 0) await sleep(systemClock, 20);
      await create(topic);
      expect(partitionOf(await fetch('', 0, { version: 13, topicId }))?.errorCode).toBe(code.UNKNOWN_TOPIC_ID);
      expect(partitionOf(await fetch(topic, 0))).toMatchObject({ errorCode: 0, highWatermark: 0 });
    });
  });

  describe('ListOffsets and OffsetForLeaderEpoch', () => {
    it('find ends and times', async () => {
      const topic = unique('offsets');
      await create(topic);
      expect(await listOffset(topic, -3)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
      await produce(topic, batchOf([{ timestamp: 10 }, { timestamp: 30 }, { timestamp: 20 }]));
      await produce(topic, batchOf([{ timestamp: 25 }]));
      const found = async (timestamp: number): Promise<unknown[]> => {
        const answer = await listOffset(topic, timestamp);
        return [answer?.errorCode, answer?.offset, answer?.timestamp];
      };
      expect(await Promise.all([-1, -2, -3, 0, 11, 30, 31].map(found))).toEqual([
        [0, 4, -1],
        [0, 0, -1],
        [0, 1, 30],
        [0, 0, 10],
        [0, 1, 30],
        [0, 1, 30],
        [0, -1, -1],
      ]);
      expect((await listOffset(topic, -1, 10))?.leaderEpoch).toBe(0);
      expect(await listOffset('no-such-topic', -1)).toMatchObject({ errorCode: code.UNKNOWN_TOPIC_OR_PARTITION });
    });

    it('find the end of an epoch', async () => {
      const topic = unique('epochs');
      await create(topic);
      await produce(topic, oneRecord);
      const endOf = async (leaderEpoch: number): Promise<unknown> => {
        const answer = await ask(offsetForLeaderEpochApi, 4, { topics: [{ topic, partitions: [{ partition: 0, leaderEpoch }] }] });
        return answer.topics[0]?.partitions[0];
      };
      expect(await endOf(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 1 });
      expect(await endOf(7)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
    });
  });

  describe('DeleteRecords', () => {
    const remove = async (topic: string, offset: number, partitionIndex = 0): Promise<unknown> => {
      const answer = await ask(deleteRecordsApi, 2, {
        timeoutMs: 5000,
        topics: [{ name: topic, partitions: [{ partitionIndex, offset }] }],
      });
      return answer.topics[0]?.partitions[0];
    };

    it('moves the beginning, never back, never beyond the end', async () => {
      const topic = unique('delete-records');
      await create(topic);
      for (let i = 0; i < 5; i++) await produce(topic, oneRecord);
      expect(await remove(topic, 2)).toMatchObject({ errorCode: 0, lowWatermark: 2 });
      expect(await remove(topic, 1)).toMatchObject({ errorCode: 0, lowWatermark: 2 });
      expect(await remove(topic, 6)).toMatchObject({ errorCode: code.OFFSET_OUT_OF_RANGE });
      expect(partitionOf(await fetch(topic, 1))?.errorCode).toBe(code.OFFSET_OUT_OF_RANGE);
      expect(basesOf(await fetch(topic, 2))).toEqual([2, 3, 4]);
      expect(await remove(topic, -1)).toMatchObject({ errorCode: 0, lowWatermark: 5 });
      expect((await listOffset(topic, -2))?.offset).toBe(5);
      expect(await remove('no-such-topic', 0)).toMatchObject({ errorCode: code.UNKNOWN_TOPIC_OR_PARTITION });
    });

    it('refuses compacted topics', async () => {
      const topic = unique('compacted');
      await create(topic, { 'cleanup.policy': 'compact' });
      expect(await remove(topic, 0)).toMatchObject({ errorCode: code.POLICY_VIOLATION });
    });
  });
}
