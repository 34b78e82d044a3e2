import { topicPartition } from '@millrace/core/kafka';
import { beforeEach, describe, expect, it } from 'vitest';
import { PartitionQueue, type ProducerBuffer } from '../../../src/client/producer/partition-queue.ts';

const tp = topicPartition('queue', 0);
const none = new Uint8Array(0);

let buffer: ProducerBuffer & { lastEpochs: number };
let queue: PartitionQueue;

beforeEach(() => {
  buffer = {
    maxBatchBytes: 200,
    compression: 'none',
    bytes: 0,
    isDead: false,
    lastEpochs: 0,
    now: () => 1_234,
    noteBatch: () => 7,
    noteLastEpoch() {
      this.lastEpochs++;
    },
  };
  queue = new PartitionQueue(tp, buffer);
});

function append(...values: readonly string[]): void {
  for (const value of values) {
    const bytes = Buffer.from(value);
    queue.append(1, none, -1, -1, bytes, 0, bytes.length, null);
  }
}

/** Producer id, epoch and base sequence in the bytes of the first batch. */
function stamp(): readonly [id: number, epoch: number, sequence: number] {
  const bytes = Buffer.from(queue.first?.bytes ?? []);
  return [Number(bytes.readBigInt64BE(43)), bytes.readInt16BE(51), bytes.readInt32BE(53)];
}

describe('sequences', () => {
  it('go on from batch to batch', () => {
    append('a', 'b', 'c');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 2 });
    expect(stamp()).toEqual([5, 2, 0]);
    expect(queue.acknowledgeFirst(10)).toEqual({ lastOffset: 12, contiguous: true });
    append('d');
    queue.close();
    queue.stampFirst({ id: 99, epoch: 99 });
    // The numbers of a partition belong to the id under which they began.
    expect(stamp()).toEqual([5, 2, 3]);
    expect(queue.acknowledgeFirst(13)).toEqual({ lastOffset: 13, contiguous: true });
  });

  it('are given once: a batch keeps its bytes', () => {
    append('a');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0 });
    const { bytes } = queue.first as { readonly bytes: Uint8Array };
    queue.stampFirst({ id: 6, epoch: 1 });
    expect(queue.first?.bytes).toBe(bytes);
  });

  it('of a batch that certainly was not written are taken by the next', () => {
    append('refused');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0 });
    queue.dropFirst();
    append('next');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0 });
    expect(stamp()).toEqual([5, 0, 0]);
  });

  it('of a batch that may have been written are left behind with their epoch', () => {
    append('in doubt');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0 });
    (queue.first as { mayBeWritten: boolean }).mayBeWritten = true;
    queue.dropFirst();
    append('next');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0 });
    expect(stamp()).toEqual([5, 1, 0]);
  });

  it('need another producer id after the last epoch', () => {
    append('in doubt');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0x7fff });
    (queue.first as { mayBeWritten: boolean }).mayBeWritten = true;
    queue.dropFirst();
    expect(buffer.lastEpochs).toBe(1);
    append('next');
    queue.close();
    queue.stampFirst({ id: 6, epoch: 0 });
    expect(stamp()).toEqual([6, 0, 0]);
  });
});

describe('batches', () => {
  it('close when the next record does not fit, and count until they are settled', () => {
    append('x'.repeat(100), 'y'.repeat(100), 'z');
    expect(queue.batches.length).toBe(1);
    queue.close();
    expect(queue.batches.map(({ count, createdAtMs }) => [count, createdAtMs])).toEqual([
      [1, 7],
      [2, 7],
    ]);
    expect(buffer.bytes).toBe(queue.batches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    queue.acknowledgeFirst(0);
    queue.acknowledgeFirst(1);
    expect([buffer.bytes, queue.isEmpty, queue.appended]).toEqual([0, true, 3]);
  });

  it('that are split keep their records, their order and their place', () => {
    buffer = Object.assign(buffer, { maxBatchBytes: 10_000 });
    append('a', 'b', 'c', 'd', 'e');
    queue.close();
    append('later');
    queue.close();
    queue.stampFirst({ id: 5, epoch: 0 });
    queue.splitFirst();
    expect(queue.batches.map(({ count }) => count)).toEqual([3, 2, 1]);
    const values = queue.batches.flatMap((batch) => {
      const records = batch.records(tp);
      return Array.from({ length: records.count }, (_, index) => Buffer.from(records.value(index) ?? []).toString());
    });
    expect(values).toEqual(['a', 'b', 'c', 'd', 'e', 'later']);
    expect(buffer.bytes).toBe(queue.batches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  });

  it('carry the time at which a record without a timestamp was appended', () => {
    for (const timestamp of [-1, 5, 0, -1]) queue.append(timestamp, none, -1, -1, none, 0, 0, null);
    queue.close();
    const records = queue.first?.records(tp);
    expect([0, 1, 2, 3].map((index) => records?.timestamp(index))).toEqual([1_234, 5, 0, 1_234]);
  });

  it('are not kept once the producer is dead', () => {
    buffer.isDead = true;
    append('a', 'b');
    expect([queue.appended, queue.isEmpty, buffer.bytes]).toEqual([2, true, 0]);
  });
});

describe('offsets', () => {
  it.each([
    { offsets: [10, 11], contiguous: true, lastOffset: 11 },
    { offsets: [10, 12], contiguous: false, lastOffset: 12 },
    { offsets: [10, -1], contiguous: false, lastOffset: 10 },
    { offsets: [-1, -1], contiguous: false, lastOffset: -1 },
  ])('$offsets are contiguous: $contiguous', ({ offsets, contiguous, lastOffset }) => {
    for (const offset of offsets) {
      append('x');
      queue.close();
      queue.stampFirst({ id: 1, epoch: 0 });
      queue.acknowledgeFirst(offset);
    }
    expect(queue.acknowledged?.contiguous).toBe(contiguous);
    expect(queue.acknowledged?.lastOffset).toBe(lastOffset);
  });
});
