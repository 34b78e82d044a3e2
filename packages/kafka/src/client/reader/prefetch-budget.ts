/**
 * How much may be fetched ahead. Half of the limit is divided among the partitions as a reserve that nobody else can use, the other half is taken by
 * whoever needs it: one limit shared by all would let partitions that nobody reads now keep out the one that is waited for.
 * A partition with nothing buffered may always fetch, since a broker answers with at least one whole batch.
 */
import type { FetchPartition } from './fetch-partition.ts';

/** Fetches below this size are not worth a request while something is buffered. */
const smallestAheadBytes = 64 * 1024;

export class PrefetchBudget {
  readonly #maxPartitionBytes: number;
  readonly #reserveBytes: number;
  #freeBytes: number;

  constructor(maxBufferedBytes: number, maxPartitionBytes: number, partitions: Iterable<FetchPartition>, count: number) {
    this.#maxPartitionBytes = maxPartitionBytes;
    this.#reserveBytes = maxBufferedBytes / 2 / Math.max(count, 1);
    let used = 0;
    for (const partition of partitions) used += Math.max(0, partition.heldBytes - this.#reserveBytes);
    this.#freeBytes = Math.max(0, maxBufferedBytes / 2 - used);
  }

  /** Reserves room for a fetch and returns how many bytes to ask for; 0 = not now. */
  reserve(partition: FetchPartition): number {
    const own = Math.max(0, this.#reserveBytes - partition.heldBytes);
    const bytes = Math.floor(Math.min(this.#maxPartitionBytes, own + this.#freeBytes));
    if (partition.isEmpty) {
      const asked = Math.max(bytes, 1);
      this.#take(partition, asked, own);
      return asked;
    }
    if (bytes < Math.min(smallestAheadBytes, this.#maxPartitionBytes)) return 0;
    this.#take(partition, bytes, own);
    return bytes;
  }

  #take(partition: FetchPartition, bytes: number, own: number): void {
    partition.reservedBytes = bytes;
    this.#freeBytes = Math.max(0, this.#freeBytes - Math.max(0, bytes - own));
  }
}
