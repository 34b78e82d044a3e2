/** What the reader does about every trouble that a broker can answer with. */
import { type PollResult, type ReadIssue, type TopicPartition, topicPartition } from '@millrace/core/kafka';
import { fetchApi, listOffsetsApi } from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartitionReader, StreamsClient } from '@millrace/core/kafka';
import { EmbeddedEnvironment } from './embedded-environment.ts';
import { fetched, fetchFails, inTurn } from './faults.ts';

const tp = topicPartition('input', 0);
const other = topicPartition('input', 1);

let environment: EmbeddedEnvironment;
let client: StreamsClient;

beforeEach(async () => {
  environment = await EmbeddedEnvironment.open({ brokers: 1 });
  environment.kafka.createTopic('input', { partitions: 2 });
  client = environment.createClient();
  await environment.run(() => client.connect());
});

afterEach(async () => {
  await environment.run(() => client.close());
  await environment.close();
  expect(environment.clock.pendingTimers).toBe(0);
});

async function write(target: TopicPartition, values: readonly string[], maxBatchBytes = 1_000_000): Promise<void> {
  const producer = client.producer({
    lingerMs: 0,
    compression: 'none',
    maxBatchBytes,
    maxBufferedBytes: 1_000_000,
    deliveryTimeoutMs: 10_000,
  });
  await producer.lookUp([target.topic]);
  for (const value of values) {
    const bytes = Buffer.from(value);
    producer.partition(target.topic, target.partition).append(1, bytes, -1, -1, bytes, 0, bytes.length, null);
  }
  await producer.flush();
  await producer.close();
}

function open(position = 0, isolation: 'committed' | 'uncommitted' = 'uncommitted'): PartitionReader {
  const reader = client.reader({ isolation, role: 'main', maxBufferedBytes: 1_000_000 });
  reader.assign(new Map([[tp, position]]));
  return reader;
}

/** Everything that comes until `isEnough`, or for ten seconds. */
async function collect(reader: PartitionReader, isEnough: (all: Collected) => boolean): Promise<Collected> {
  const all: Collected = { values: [], issues: [] };
  const endMs = environment.clock.monotonic() + 10_000;
  while (!isEnough(all) && environment.clock.monotonic() < endMs) {
    const result = await reader.poll({ maxWaitMs: 1_000 });
    all.values.push(...valuesOf(result));
    all.issues.push(...result.issues);
  }
  return all;
}

interface Collected {
  readonly values: string[];
  readonly issues: ReadIssue[];
}

function valuesOf({ batches }: PollResult): readonly string[] {
  return batches.flatMap((batch) => Array.from({ length: batch.count }, (_, index) => Buffer.from(batch.value(index) ?? []).toString()));
}

describe('an error that passes', () => {
  // Stale leaders and epochs, unknown topics and ids that are still spreading, storage trouble, an error that nobody knows.
  it.each([3, 5, 6, 9, 56, 72, 74, 75, 78, 100, 103, -1])('%i costs a while and no record', async (code) => {
    const faults = inTurn<typeof fetchApi>(fetchFails(code), fetchFails(code));
    environment.kafka.intercept(fetchApi, faults.interceptor);
    const all = await environment.run(async () => {
      await write(tp, ['a', 'b']);
      return collect(open(), ({ values }) => values.length === 2);
    });
    expect(all).toEqual({ values: ['a', 'b'], issues: [] });
    expect(faults.calls()).toBeGreaterThan(2);
  });

  it.each(['disconnect', 'loseAnswer', 'drop'] as const)('of the connection (%s) costs a while and no record', async (fault) => {
    environment.kafka.intercept(fetchApi, inTurn<typeof fetchApi>(fault, fault).interceptor);
    const reader = open();
    const all = await environment.run(async () => {
      await write(tp, ['a', 'b']);
      // A dropped request is only given up after the request timeout.
      await reader.poll({ maxWaitMs: 100_000 });
      reader.seek(tp, 0);
      return collect(reader, ({ values }) => values.length === 2);
    });
    expect(all).toEqual({ values: ['a', 'b'], issues: [] });
  });

  it('because there is no leader is over once there is one, however often the others said that there is none', async () => {
    await environment.run(() => client.close());
    await environment.close();
    environment = await EmbeddedEnvironment.open({ brokers: 2 });
    environment.kafka.createTopic('input', { partitions: 1, replicationFactor: 1 });
    client = environment.createClient();
    await environment.run(async () => {
      await client.connect();
      await write(tp, ['a']);
    });
    const { leader } = environment.kafka.log('input', 0);
    // A client of its own: nobody else asks for metadata.
    const alone = environment.createClient();
    await environment.run(() => alone.connect());
    const reader = alone.reader({ isolation: 'uncommitted', role: 'main', maxBufferedBytes: 1_000_000 });
    reader.assign(new Map([[tp, 0]]));
    expect((await environment.run(() => collect(reader, ({ values }) => values.length === 1))).values).toEqual(['a']);
    await environment.kafka.stopBroker(leader);
    await environment.clock.advance(10_000);
    await environment.kafka.startBroker(leader);
    const all = await environment.run(async () => {
      await write(tp, ['b']);
      return collect(reader, ({ values }) => values.length === 1);
    });
    expect(all).toEqual({ values: ['b'], issues: [] });
    await environment.run(() => alone.close());
  });

  it('of one partition does not hold up the other', async () => {
    environment.kafka.intercept(fetchApi, () =>
      fetched(({ partitionIndex }) => (partitionIndex === 0 ? { errorCode: 6, records: null } : {})),
    );
    const reader = open();
    reader.assign(new Map([[other, 0]]));
    const all = await environment.run(async () => {
      await write(other, ['x', 'y']);
      return collect(reader, ({ values }) => values.length === 2);
    });
    expect(all.values).toEqual(['x', 'y']);
  });
});

describe('an error that stays', () => {
  it.each([
    [29, 'unauthorised', 'fatal'],
    [2, 'corrupt', 'fatal'],
    [76, 'corrupt', 'fatal'],
  ] as const)('%i is reported once, as %s', async (code, kind, failure) => {
    const faults = inTurn<typeof fetchApi>(fetchFails(code));
    environment.kafka.intercept(fetchApi, faults.interceptor);
    const reader = open();
    const { issues } = await environment.run(() => collect(reader, (all) => all.issues.length > 0));
    expect(issues).toMatchObject([{ kind, tp, error: { kind: failure, kafkaCode: code, details: { topic: 'input', partition: 0 } } }]);
    const callsThen = faults.calls();
    expect(await environment.run(() => reader.poll({ maxWaitMs: 5_000 }))).toMatchObject({ issues: [], batches: [] });
    expect(faults.calls()).toBe(callsThen);
  });

  it('and that nobody knows ends the reader', async () => {
    environment.kafka.intercept(fetchApi, () => fetchFails(999));
    const reader = open();
    const error = await environment.run(() => reader.poll({ maxWaitMs: 5_000 }).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ kind: 'fatal', kafkaCode: 999 });
    await expect(reader.poll({ maxWaitMs: 0 })).rejects.toBe(error);
    expect(() => reader.assign(new Map())).toThrow('UNKNOWN_CODE (999)');
  });
});

describe('corrupt bytes', () => {
  it('are reported at their batch, after everything before it was handed out, and can be skipped', async () => {
    const second = { start: 0 };
    environment.kafka.intercept(fetchApi, () =>
      fetched(({ records }) => {
        if (records === null || records.length < 200) return {};
        const bytes = new Uint8Array(records);
        // Behind the first batch, inside the checksummed part of the second.
        second.start = 12 + Buffer.from(bytes).readInt32BE(8);
        const at = second.start + 70;
        bytes[at] = (bytes[at] ?? 0) ^ 0xff;
        return { records: bytes };
      }),
    );
    await environment.run(() => write(tp, ['a'.repeat(80), 'b'.repeat(80), 'c'.repeat(80)], 100));
    const reader = open();
    const all = await environment.run(() => collect(reader, ({ issues }) => issues.length > 0));
    expect(all.values).toEqual(['a'.repeat(80)]);
    expect(all.issues).toMatchObject([
      { kind: 'corrupt', tp, position: 1, error: { kind: 'fatal', details: { topic: 'input', partition: 0, offset: 1 } } },
    ]);
    expect(reader.position(tp)).toBe(1);
    reader.seek(tp, 2);
    const rest = await environment.run(() => collect(reader, ({ values }) => values.length > 0));
    expect(rest).toEqual({ values: ['c'.repeat(80)], issues: [] });
  });
});

describe('a position out of range', () => {
  it('is doubted while it lies inside the bounds of the log, and reported in the end', async () => {
    const faults = inTurn<typeof fetchApi>(fetchFails(1), fetchFails(1));
    const stop = environment.kafka.intercept(fetchApi, faults.interceptor);
    const reader = open();
    await environment.run(async () => {
      await write(tp, ['a']);
      expect(await collect(reader, ({ values }) => values.length > 0)).toEqual({ values: ['a'], issues: [] });
    });
    stop();
    environment.kafka.intercept(fetchApi, () => fetchFails(1));
    reader.seek(tp, 0);
    const { issues } = await environment.run(() => collect(reader, (all) => all.issues.length > 0));
    expect(issues).toEqual([{ kind: 'outOfRange', tp, position: 0, logStart: 0, logEnd: 1 }]);
  });

  it('waits for its bounds as long as the leader cannot tell them', async () => {
    environment.kafka.intercept(listOffsetsApi, inTurn<typeof listOffsetsApi>('disconnect', 'disconnect').interceptor);
    const reader = open(99);
    const { issues } = await environment.run(() => collect(reader, (all) => all.issues.length > 0));
    expect(issues).toEqual([{ kind: 'outOfRange', tp, position: 99, logStart: 0, logEnd: 0 }]);
  });
});

describe('answers', () => {
  it('that come after a seek are dropped', async () => {
    const reader = open();
    await environment.run(async () => {
      await write(tp, ['a', 'b', 'c']);
      const stop = environment.kafka.intercept(fetchApi, () => ({ delayMs: 300 }));
      reader.seek(tp, 0);
      await environment.clock.yield();
      const waiting = collect(reader, ({ values }) => values.length > 0);
      reader.seek(tp, 2);
      stop();
      expect((await waiting).values).toEqual(['c']);
    });
  });

  it('that are empty before their time do not make a hot loop', async () => {
    // As above the last stable offset: the broker answers at once, and with nothing.
    const faults = { calls: 0 };
    environment.kafka.intercept(fetchApi, () => {
      faults.calls++;
      return {
        change: (answer) => ({
          ...answer,
          responses: answer.responses.map((topic) => ({
            ...topic,
            partitions: topic.partitions.map((partition) => ({ ...partition, lastStableOffset: 0, records: null })),
          })),
        }),
      };
    });
    const reader = open(2, 'committed');
    await environment.run(async () => {
      await write(tp, ['a', 'b', 'c']);
      await collect(reader, () => false);
    });
    // Ten seconds of polls of half a second.
    expect(faults.calls).toBeLessThan(30);
  });

  it('are asked for again when the broker leaves the partition out', async () => {
    environment.kafka.intercept(
      fetchApi,
      inTurn<typeof fetchApi>(
        { change: (answer) => ({ ...answer, responses: [] }) },
        { change: (answer) => ({ ...answer, errorCode: 70 }) },
      ).interceptor,
    );
    const reader = open();
    const all = await environment.run(async () => {
      await write(tp, ['a']);
      return collect(reader, ({ values }) => values.length > 0);
    });
    expect(all).toEqual({ values: ['a'], issues: [] });
  });
});

describe('arguments', () => {
  it.each([-1, 1.5, Number.NaN])('refuse %d as a position', (position) => {
    expect(() => open(position)).toThrow('no offset of input-0');
    expect(() => client.reader({ isolation: 'uncommitted', role: 'main', maxBufferedBytes: 1 }).seek(tp, 0)).toThrow('not assigned');
  });
});
