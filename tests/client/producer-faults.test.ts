/** What the producer does about every trouble that a broker can answer with: nothing lost, nothing written twice, nothing out of order. */
import {
  type ClientError,
  type ProduceFailure,
  type ProducerOptions,
  type RecordProducer,
  type StreamsClient,
  topicPartition,
} from '@millrace/core/kafka';
import { initProducerIdApi, produceApi } from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedEnvironment } from './embedded-environment.ts';
import { inTurn, produced, refused } from './faults.ts';

const tp = topicPartition('output', 0);

let environment: EmbeddedEnvironment;
let client: StreamsClient;
/** The batches of every produce request, as they arrived. */
let sent: Buffer[];

beforeEach(async () => {
  environment = await EmbeddedEnvironment.open({ brokers: 3 });
  environment.kafka.createTopic('output', { partitions: 2 });
  client = environment.createClient();
  sent = [];
  environment.kafka.intercept(produceApi, ({ topicData }) => {
    for (const { partitionData } of topicData) for (const { records } of partitionData) sent.push(Buffer.from(records ?? []));
    return 'pass';
  });
  await environment.run(() => client.connect());
});

afterEach(async () => {
  await environment.run(() => client.close());
  await environment.close();
  expect(environment.clock.pendingTimers).toBe(0);
});

async function open(options: Partial<ProducerOptions> = {}): Promise<RecordProducer> {
  const producer = client.producer({
    lingerMs: 0,
    compression: 'none',
    maxBatchBytes: 10_000,
    maxBufferedBytes: 100_000,
    deliveryTimeoutMs: 10_000,
    ...options,
  });
  await environment.run(() => producer.lookUp(['output']));
  return producer;
}

function append(producer: RecordProducer, value: string, partition = 0, timestamp = 1): void {
  const bytes = Buffer.from(value);
  producer.partition('output', partition).append(timestamp, bytes, -1, -1, bytes, 0, bytes.length, null);
}

function stored(partition = 0): readonly string[] {
  return environment.kafka.records('output', partition).map(({ value }) => Buffer.from(value ?? []).toString());
}

/** Producer id, epoch and base sequence that stand in a batch. */
function stampOf(batch: Buffer | undefined): readonly [id: number, epoch: number, sequence: number] {
  return batch === undefined ? [-1, -1, -1] : [Number(batch.readBigInt64BE(43)), batch.readInt16BE(51), batch.readInt32BE(53)];
}

const rejectionOf = (promise: Promise<unknown>): Promise<ClientError | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => error as ClientError,
  );

describe('an error that passes', () => {
  // The batch was not written: stale leaders, unknown topics and ids that are still spreading, replicas that are away, storage trouble.
  it.each([2, 3, 5, 6, 19, 56, 74, 100])('%i has the same bytes sent again', async (errorCode) => {
    environment.kafka.intercept(produceApi, (request) => (sent.length > 2 ? 'pass' : refused(request, errorCode)));
    const producer = await open();
    append(producer, 'a');
    append(producer, 'b');
    expect(await environment.run(() => producer.flush())).toEqual(new Map([[tp, { lastOffset: 1, contiguous: true }]]));
    expect(stored()).toEqual(['a', 'b']);
    expect(sent.length).toBe(3);
    expect(sent.every((batch) => batch.equals(sent[0] as Buffer))).toBe(true);
  });

  // The batch was written, though the answer does not say so.
  it.each([6, 7, 13, 20])('%i after the batch was written does not write it twice', async (errorCode) => {
    environment.kafka.intercept(produceApi, inTurn<typeof produceApi>(produced(() => ({ errorCode, baseOffset: -1 }))).interceptor);
    const producer = await open();
    append(producer, 'a');
    append(producer, 'b');
    expect(await environment.run(() => producer.flush())).toEqual(new Map([[tp, { lastOffset: 1, contiguous: true }]]));
    append(producer, 'c');
    expect(await environment.run(() => producer.flush())).toEqual(new Map([[tp, { lastOffset: 2, contiguous: true }]]));
    expect(stored()).toEqual(['a', 'b', 'c']);
  });

  it.each(['disconnect', 'loseAnswer', 'drop'] as const)('of the connection (%s) neither loses nor repeats a record', async (fault) => {
    environment.kafka.intercept(produceApi, inTurn<typeof produceApi>(fault, 'pass', fault, fault).interceptor);
    const producer = await open({ deliveryTimeoutMs: 200_000, maxBatchBytes: 100 });
    for (let index = 0; index < 20; index++) append(producer, `value ${index}`);
    const acknowledged = await environment.run(() => producer.flush());
    expect(acknowledged).toEqual(new Map([[tp, { lastOffset: 19, contiguous: true }]]));
    expect(stored()).toEqual(Array.from({ length: 20 }, (_, index) => `value ${index}`));
  });

  it('of one partition does not hold up the other', async () => {
    environment.kafka.intercept(produceApi, () => produced(({ index }) => (index === 0 ? { errorCode: 19 } : {})));
    const producer = await open({ deliveryTimeoutMs: 2_000 });
    append(producer, 'never acknowledged', 0);
    append(producer, 'x', 1);
    await environment.clock.advance(1_000);
    expect(stored(1)).toEqual(['x']);
    expect((await environment.run(() => rejectionOf(producer.flush())))?.kind).toBe('retriable');
  });

  it('of asking for a producer id is waited out, and nothing is sent before there is one', async () => {
    const faults = inTurn<typeof initProducerIdApi>(
      { change: (answer) => ({ ...answer, errorCode: 14, producerId: -1 }) },
      { change: (answer) => ({ ...answer, errorCode: 15, producerId: -1 }) },
      { change: (answer) => ({ ...answer, errorCode: 16, producerId: -1 }) },
      { change: (answer) => ({ ...answer, producerId: -1 }) },
      'disconnect',
    );
    environment.kafka.intercept(initProducerIdApi, faults.interceptor);
    const producer = await open();
    append(producer, 'a');
    await environment.run(() => producer.flush());
    expect(faults.calls()).toBe(6);
    expect(sent.length).toBe(1);
    expect(stampOf(sent[0])[0]).toBeGreaterThanOrEqual(0);
  });
});

describe('an error that stays', () => {
  it.each([
    [29, 'fatal'],
    [45, 'abortable'],
    [47, 'fenced'],
    [59, 'abortable'],
    [87, 'fatal'],
    [-1, 'fatal'],
    [999, 'fatal'],
  ] as const)('%i stops the producer as %s, and nothing behind it is sent', async (errorCode, kind) => {
    environment.kafka.intercept(produceApi, (request) => refused(request, errorCode));
    const producer = await open({ maxBatchBytes: 80 });
    append(producer, 'first');
    append(producer, 'second');
    const error = await environment.run(() => rejectionOf(producer.flush()));
    expect(error).toMatchObject({ kind, kafkaCode: errorCode, details: { topic: 'output', partition: 0 } });
    expect(sent.length).toBe(1);
    append(producer, 'third');
    expect([producer.full, producer.bufferedBytes, producer.partition('output', 0).appended]).toEqual([true, 0, 3]);
    expect(await rejectionOf(producer.flush())).toBe(error);
    expect(await rejectionOf(producer.drained())).toBe(error);
    expect(await rejectionOf(producer.lookUp(['output']))).toBe(error);
    await producer.close();
  });

  it('of asking for a producer id stops the producer', async () => {
    environment.kafka.intercept(initProducerIdApi, () => ({ change: (answer) => ({ ...answer, errorCode: 31 }) }));
    const producer = await open();
    append(producer, 'a');
    expect(await environment.run(() => rejectionOf(producer.flush()))).toMatchObject({ kind: 'fatal', kafkaCode: 31 });
    expect(sent).toEqual([]);
  });
});

describe('a batch that was written before', () => {
  it('and is called a duplicate counts as written, at an offset that nobody knows', async () => {
    environment.kafka.intercept(
      produceApi,
      inTurn<typeof produceApi>(
        'pass',
        produced(() => ({ errorCode: 46, baseOffset: -1 })),
      ).interceptor,
    );
    const producer = await open();
    append(producer, 'a');
    await environment.run(() => producer.flush());
    append(producer, 'b');
    expect(await environment.run(() => producer.flush())).toEqual(new Map([[tp, { lastOffset: -1, contiguous: false }]]));
    expect(stored()).toEqual(['a', 'b']);
  });
});

describe('a producer that the broker forgot', () => {
  it('because its records were deleted begins a new epoch', async () => {
    const producer = await open();
    append(producer, 'a');
    await environment.run(() => producer.flush());
    await environment.run(() => client.admin().deleteRecords(new Map([[tp, 1]])));
    const end = environment.kafka.intercept(produceApi, (request) => {
      end();
      return refused(request, 59, { logStartOffset: 1 });
    });
    append(producer, 'b');
    append(producer, 'c');
    expect(await environment.run(() => producer.flush())).toEqual(new Map([[tp, { lastOffset: 2, contiguous: true }]]));
    expect(stored()).toEqual(['b', 'c']);
    const [id] = stampOf(sent[0]);
    expect(sent.map(stampOf)).toEqual([
      [id, 0, 0],
      [id, 0, 1],
      [id, 1, 0],
    ]);
  });
});

describe('a batch that was written by brokers that ended before they said so', () => {
  const dayMs = 86_400_000;

  /** Writes a batch of which the answer is lost as every broker stops, then whatever is left after they started again. */
  async function writeAcrossStop(timestamp: (nowMs: number) => number): Promise<unknown> {
    const producer = await open({ deliveryTimeoutMs: 200_000 });
    append(producer, 'a', 0, timestamp(environment.clock.now()));
    await environment.run(() => producer.flush());
    environment.kafka.intercept(produceApi, inTurn<typeof produceApi>('loseAnswer').interceptor);
    append(producer, 'b', 0, timestamp(environment.clock.now()));
    const flushed = producer.flush();
    await environment.clock.advance(0);
    expect(stored()).toEqual(['a', 'b']);
    for (const node of environment.kafka.nodes) await environment.kafka.stopBroker(node);
    await environment.clock.advance(1_000);
    for (const node of environment.kafka.nodes) await environment.kafka.startBroker(node);
    return environment.run(() => flushed);
  }

  it.each([
    ['none', () => -1],
    ['that of now', (nowMs: number) => nowMs],
    ['that of almost a day ago', (nowMs: number) => nowMs - dayMs + 3_600_000],
  ])('is not written twice where the timestamp is %s', async (_, timestamp) => {
    expect(await writeAcrossStop(timestamp)).toEqual(new Map([[tp, { lastOffset: 1, contiguous: true }]]));
    expect(stored()).toEqual(['a', 'b']);
  });

  // The brokers know nothing of it any more, as Java's producer finds too.
  it('is written twice where the timestamps are older than what brokers remember, and the flush tells it', async () => {
    expect(await writeAcrossStop((nowMs) => nowMs - dayMs)).toEqual(new Map([[tp, { lastOffset: 2, contiguous: false }]]));
    expect(stored()).toEqual(['a', 'b', 'b']);
  });
});

describe('a partition without a leader', () => {
  it('gets its records once there is one, however often the others said that there is none', async () => {
    environment.kafka.createTopic('single', { replicationFactor: 1 });
    const producer = await open({ deliveryTimeoutMs: 600_000 });
    await environment.run(() => producer.lookUp(['single']));
    const { leader } = environment.kafka.log('single', 0);
    await environment.kafka.stopBroker(leader);
    const bytes = Buffer.from('a');
    producer.partition('single', 0).append(1, bytes, -1, -1, bytes, 0, bytes.length, null);
    const flushed = producer.flush();
    await environment.clock.advance(10_000);
    await environment.kafka.startBroker(leader);
    const startedAtMs = environment.clock.monotonic();
    await environment.run(() => flushed);
    expect(environment.kafka.records('single').length).toBe(1);
    expect(environment.clock.monotonic() - startedAtMs).toBeLessThan(2_000);
  });
});

describe('the delivery timeout', () => {
  it('ends a batch however often it was tried', async () => {
    environment.kafka.intercept(produceApi, () => produced(() => ({ errorCode: 19 })));
    const producer = await open({ deliveryTimeoutMs: 5_000 });
    append(producer, 'a');
    const startMs = environment.clock.monotonic();
    const error = await environment.run(() => rejectionOf(producer.flush()));
    expect(error).toMatchObject({ kind: 'retriable', details: { topic: 'output', partition: 0 } });
    expect(error?.message).toContain('NOT_ENOUGH_REPLICAS');
    expect(environment.clock.monotonic() - startMs).toBeLessThan(6_100);
    expect(sent.length).toBeGreaterThan(3);
  });

  it('ends a batch for which there is no leader', async () => {
    const producer = await open({ deliveryTimeoutMs: 3_000 });
    for (const node of environment.kafka.nodes) await environment.kafka.stopBroker(node);
    append(producer, 'a');
    const error = await environment.run(() => rejectionOf(producer.flush()));
    expect(error).toMatchObject({ kind: 'retriable' });
    expect(error?.message).toContain('not acknowledged in 3000 ms');
  });

  it('where the batch may be dropped, and may have been written, keeps the sequence legal', async () => {
    const failures: ProduceFailure[] = [];
    const end = environment.kafka.intercept(produceApi, () => 'loseAnswer');
    const producer = await open({
      deliveryTimeoutMs: 2_000,
      onFailure(failure) {
        failures.push(failure);
        return 'drop';
      },
    });
    append(producer, 'in doubt');
    const flushed = producer.flush();
    await environment.clock.advance(5_000);
    end();
    // A dropped batch is settled, but was not acknowledged.
    expect(await environment.run(() => flushed)).toEqual(new Map());
    expect(failures).toMatchObject([{ tp, error: { kind: 'retriable' }, records: { count: 1 } }]);
    append(producer, 'next');
    await environment.run(() => producer.flush());
    append(producer, 'and next');
    await environment.run(() => producer.flush());
    expect(stored()).toEqual(['in doubt', 'next', 'and next']);
    const [id] = stampOf(sent[0]);
    expect(sent.slice(-2).map(stampOf)).toEqual([
      [id, 1, 0],
      [id, 1, 1],
    ]);
  });

  it('where nothing was sent yet, leaves the numbers as they were', async () => {
    const producer = await open({ deliveryTimeoutMs: 2_000, onFailure: () => 'drop' });
    append(producer, 'a');
    await environment.run(() => producer.flush());
    for (const node of environment.kafka.nodes) await environment.kafka.stopBroker(node);
    append(producer, 'never sent');
    await environment.run(() => producer.flush());
    for (const node of environment.kafka.nodes) await environment.kafka.startBroker(node);
    append(producer, 'b');
    await environment.run(() => producer.flush());
    expect(stored()).toEqual(['a', 'b']);
    expect(sent.map(stampOf).map(([, epoch, sequence]) => [epoch, sequence])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });
});

describe('a decision about a refused batch', () => {
  it('that throws counts as a failure', async () => {
    environment.kafka.intercept(produceApi, () => produced(() => ({ errorCode: 87 })));
    const producer = await open({
      onFailure() {
        throw new Error('no idea');
      },
    });
    append(producer, 'a');
    expect(await environment.run(() => rejectionOf(producer.flush()))).toMatchObject({ kind: 'fatal', kafkaCode: 87 });
  });
});

describe('a topic', () => {
  it('that was made again while records were on their way is not written to', async () => {
    const producer = await open();
    append(producer, 'old');
    await environment.run(() => producer.flush());
    environment.kafka.deleteTopic('output');
    environment.kafka.createTopic('output', { partitions: 2 });
    append(producer, 'new');
    const error = await environment.run(() => rejectionOf(producer.flush()));
    expect(error).toMatchObject({ kind: 'fatal', details: { topic: 'output' } });
    expect(error?.message).toContain('deleted and made again');
    expect(stored()).toEqual([]);
  });

  it('that is made after the first records gets them', async () => {
    const producer = await open();
    const bytes = Buffer.from('early');
    producer.partition('late', 0).append(1, bytes, -1, -1, bytes, 0, bytes.length, null);
    await environment.clock.advance(2_000);
    environment.kafka.createTopic('late');
    await environment.run(() => producer.flush());
    expect(environment.kafka.records('late').length).toBe(1);
  });

  it('that may not be used is told at once', async () => {
    const producer = await open();
    expect(await environment.run(() => rejectionOf(producer.lookUp(['not a topic name'])))).toMatchObject({ kind: 'fatal', kafkaCode: 17 });
  });
});

describe('flushes', () => {
  it('tell only what was there when they began', async () => {
    const end = environment.kafka.intercept(produceApi, () => ({ delayMs: 500 }));
    const producer = await open();
    append(producer, 'a');
    const first = producer.flush();
    append(producer, 'b');
    append(producer, 'c');
    await environment.clock.advance(600);
    end();
    expect(await environment.run(() => first)).toEqual(new Map([[tp, { lastOffset: 0, contiguous: true }]]));
    expect(await environment.run(() => producer.flush())).toEqual(new Map([[tp, { lastOffset: 2, contiguous: true }]]));
  });
});

describe('closing', () => {
  it('gives up in time, and says what is lost', async () => {
    environment.kafka.intercept(produceApi, () => 'drop');
    const producer = await open({ deliveryTimeoutMs: 100_000 });
    append(producer, 'a');
    const pending = rejectionOf(producer.flush());
    const error = await environment.run(() => rejectionOf(producer.close({ timeoutMs: 1_000 })));
    expect(error).toMatchObject({ kind: 'retriable' });
    expect(error?.message).toContain('within 1000 ms');
    expect(await pending).toMatchObject({ details: { closed: true } });
  });
});
