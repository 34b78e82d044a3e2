/**
 * The input partitions of a task: which record comes next, and whether the task should rather wait for a partition that is empty (S-36 … S-41).
 * Kafka Streams: `PartitionGroup`.
 */
import { StreamsError } from '../errors.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Counter } from '../metrics.ts';
import { hashOrder } from './hash-order.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { TimeHeap } from './time-heap.ts';

export class PartitionGroup {
  readonly #queues: PartitionQueue[] = [];
  /** The same, in the order in which they are waited for. */
  #inTurn: readonly PartitionQueue[] = [];
  readonly #byPartition = new Map<TopicPartition, PartitionQueue>();
  /** Queues that have a head, by its timestamp. */
  readonly #nonEmpty = new TimeHeap<PartitionQueue>();
  readonly #maxTaskIdleMs: number;
  readonly #enforced: Counter;
  /** Largest timestamp picked for processing, -1 before the first (S-30). */
  streamTime = -1;

  constructor(queues: readonly PartitionQueue[], maxTaskIdleMs: number, enforced: Counter) {
    this.#maxTaskIdleMs = maxTaskIdleMs;
    this.#enforced = enforced;
    for (const queue of queues) this.add(queue);
  }

  get queues(): readonly PartitionQueue[] {
    return this.#queues;
  }

  /** An empty queue: a topic that a pattern matches appeared. */
  add(queue: PartitionQueue): void {
    this.#queues.push(queue);
    this.#byPartition.set(queue.tp, queue);
    this.#inTurn = hashOrder(this.#queues);
  }

  /** @throws MR_ARGUMENT_INVALID if the partition is no input of this task. */
  queue(tp: TopicPartition): PartitionQueue {
    const queue = this.#byPartition.get(tp);
    if (queue === undefined) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `${formatTopicPartition(tp)} is no input of this task`, {
        details: { topic: tp.topic, partition: tp.partition },
      });
    }
    return queue;
  }

  /** A queue got its first head. */
  offer(queue: PartitionQueue): void {
    this.#nonEmpty.push(queue);
  }

  /** True if there is something to process, and nothing worth waiting for. Starts and ends the waiting for empty partitions. */
  ready(nowMs: number): boolean {
    const nonEmpty = this.#nonEmpty.size;
    // Every partition has a record, as with a single one: nothing to wait for.
    if (nonEmpty === this.#queues.length) return nonEmpty > 0;
    if (this.#maxTaskIdleMs < 0) return nonEmpty > 0;
    let enforced = false;
    for (const queue of this.#inTurn) {
      if (queue.head !== null) continue;
      const lag = queue.lag;
      if (lag === undefined || lag > 0) {
        queue.idleDeadlineMs = undefined;
        return false;
      }
      queue.idleDeadlineMs ??= nowMs + this.#maxTaskIdleMs;
      if (nowMs < queue.idleDeadlineMs) return false;
      enforced = true;
    }
    if (nonEmpty === 0) return false;
    if (enforced) this.#enforced.add(1);
    return true;
  }

  /** The queue whose head is next; it leaves the group until `putBack`. Undefined if all are empty. */
  take(): PartitionQueue | undefined {
    const queue = this.#nonEmpty.pop();
    if (queue !== undefined && queue.timestamp > this.streamTime) this.streamTime = queue.timestamp;
    return queue;
  }

  putBack(queue: PartitionQueue): void {
    if (queue.head !== null) this.#nonEmpty.push(queue);
  }

  /** When the waiting for empty partitions ends; undefined if the task does not wait, or waits for data and not for time. */
  get idleUntilMs(): number | undefined {
    if (this.#nonEmpty.size === 0) return undefined;
    let until: number | undefined;
    for (const queue of this.#queues) {
      const deadline = queue.idleDeadlineMs;
      if (queue.head === null && deadline !== undefined && (until === undefined || deadline > until)) until = deadline;
    }
    return until;
  }

  /** Drops what is queued. Times stay. */
  clear(): void {
    this.#nonEmpty.clear();
    for (const queue of this.#queues) queue.clear();
  }
}
