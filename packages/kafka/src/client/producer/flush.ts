/** A flush: waits for the batches that were there when it began, and collects what the broker said of them and of those acknowledged since the last one. */
import type { Acknowledged, ClientError, TopicPartition } from '@millrace/core/kafka';
import type { ProduceBatch } from './produce-batch.ts';

export class Flush {
  readonly done: Promise<ReadonlyMap<TopicPartition, Acknowledged>>;
  readonly #results = new Map<TopicPartition, Acknowledged>();
  #remaining = 0;
  #resolve: (results: ReadonlyMap<TopicPartition, Acknowledged>) => void = () => {};
  #reject: (error: ClientError) => void = () => {};

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isComplete(): boolean {
    return this.#remaining === 0;
  }

  /** Waits for this batch too. */
  add(batch: ProduceBatch): void {
    batch.flushes.push(this);
    this.#remaining++;
  }

  /** A batch it waited for is settled, or replaced by others. */
  forget(): void {
    this.#remaining--;
  }

  note(tp: TopicPartition, acknowledged: Acknowledged): void {
    this.#results.set(tp, mergeAcknowledged(this.#results.get(tp), acknowledged));
  }

  succeed(): void {
    this.#resolve(this.#results);
  }

  fail(error: ClientError): void {
    this.#reject(error);
  }
}

/** What is known of a partition after a further batch. */
export function mergeAcknowledged(before: Acknowledged | undefined, next: Acknowledged): Acknowledged {
  return before === undefined
    ? next
    : { lastOffset: Math.max(before.lastOffset, next.lastOffset), contiguous: before.contiguous && next.contiguous };
}
