/**
 * The instance's reader. One that failed for good reads nothing any more, so it is replaced where the tasks are opened anew: without that, starting again would meet the same failure
 * for ever.
 */
import type { PartitionReader, PollLimits, PollResult } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';

export class ReaderHolder implements PartitionReader {
  readonly #create: () => PartitionReader;
  #reader: PartitionReader;
  #hasFailed = false;

  constructor(create: () => PartitionReader) {
    this.#create = create;
    this.#reader = create();
  }

  assign(positions: ReadonlyMap<TopicPartition, number>): void {
    try {
      this.#reader.assign(positions);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  // What failed hands out nothing: whoever closes the tasks because of it need not hear of it again.

  unassign(tps: readonly TopicPartition[]): void {
    if (!this.#hasFailed) this.#reader.unassign(tps);
  }

  seek(tp: TopicPartition, offset: number): void {
    this.#reader.seek(tp, offset);
  }

  pause(tps: readonly TopicPartition[]): void {
    this.#reader.pause(tps);
  }

  resume(tps: readonly TopicPartition[]): void {
    this.#reader.resume(tps);
  }

  position(tp: TopicPartition): number {
    return this.#reader.position(tp);
  }

  async poll(limits: PollLimits): Promise<PollResult> {
    try {
      return await this.#reader.poll(limits);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  /** A new reader in the place of one that failed. Nothing is assigned to it: every task is closed. */
  async renew(): Promise<void> {
    if (!this.#hasFailed) return;
    const old = this.#reader;
    this.#reader = this.#create();
    this.#hasFailed = false;
    // Its failure is known.
    await old.close().catch(() => {});
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
