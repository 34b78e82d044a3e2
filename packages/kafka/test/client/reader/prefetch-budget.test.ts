import { FetchedRecords, topicPartition } from '@millrace/core/kafka';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FetchPartition } from '../../../src/client/reader/fetch-partition.ts';
import { PrefetchBudget } from '../../../src/client/reader/prefetch-budget.ts';

const maxPartitionBytes = 1_000_000;

function partitions(count: number): FetchPartition[] {
  return Array.from({ length: count }, (_, index) => new FetchPartition(topicPartition('budget', index), 0));
}

function fill(partition: FetchPartition, bytes: number): void {
  const columns = {
    buffer: new Uint8Array(bytes),
    offsets: new Float64Array(0),
    timestamps: new Float64Array(0),
    positions: new Int32Array(0),
  };
  partition.take([new FetchedRecords(partition.tp, 0, 1, columns)], 1);
}

describe('the prefetch budget', () => {
  it('lets a partition with nothing buffered fetch, whatever the others hold', () => {
    const [empty, ...full] = partitions(4);
    for (const partition of full) fill(partition, 10_000_000);
    const budget = new PrefetchBudget(1_000_000, maxPartitionBytes, [empty as FetchPartition, ...full], 4);
    expect(budget.reserve(empty as FetchPartition)).toBe(125_000);
    for (const partition of full) expect(budget.reserve(partition)).toBe(0);
  });

  it('gives one busy partition the common half beside its reserve', () => {
    const [busy, ...idle] = partitions(10);
    const budget = new PrefetchBudget(1_000_000, maxPartitionBytes, [busy as FetchPartition, ...idle], 10);
    expect(budget.reserve(busy as FetchPartition)).toBe(550_000);
  });

  it('asks for no crumbs while something is buffered', () => {
    const [partition] = partitions(1);
    fill(partition as FetchPartition, 990_000);
    const budget = new PrefetchBudget(1_000_000, maxPartitionBytes, [partition as FetchPartition], 1);
    expect(budget.reserve(partition as FetchPartition)).toBe(0);
  });

  it('never gives more than its limit, but for the one byte that every empty partition may ask for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 1, maxLength: 20 }),
        (maxBufferedBytes, held) => {
          const all = partitions(held.length);
          all.forEach((partition, index) => {
            if ((held[index] ?? 0) > 0) fill(partition, held[index] ?? 0);
          });
          const before = all.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
          const budget = new PrefetchBudget(maxBufferedBytes, maxPartitionBytes, all, all.length);
          const given = all.reduce((sum, partition) => sum + budget.reserve(partition), 0);
          expect(given).toBeLessThanOrEqual(Math.max(0, maxBufferedBytes - Math.min(before, maxBufferedBytes / 2)) + all.length);
          expect(all.filter(({ isEmpty, reservedBytes }) => isEmpty && reservedBytes === 0)).toEqual([]);
        },
      ),
    );
  });
});
