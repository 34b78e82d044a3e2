/**
 * Reads partitions without a group: fetches ahead within its limits and hands out whole batches, in turn. What is wrong with one partition is
 * reported for that partition; positions are never reset.
 */
import {
  ClientError,
  formatTopicPartition,
  type FetchedRecords,
  type PartitionProgress,
  type PartitionReader,
  type PollLimits,
  type PollResult,
  type ReaderOptions,
  type ReadIssue,
  type TopicPartition,
} from '@millrace/core/kafka';
import type { Cluster } from '../cluster.ts';
import { closedError } from '../failure.ts';
import { FetchLoop } from './fetch-loop.ts';
import { FetchPartition } from './fetch-partition.ts';

/** Kafka: `max.partition.fetch.bytes`. */
const defaultMaxPartitionBytes = 1024 * 1024;

/** A poll that found nothing to hand out. */
interface Waiting {
  readonly finish: () => void;
  readonly reject: (error: ClientError) => void;
}

export class Reader implements PartitionReader {
  readonly #cluster: Cluster;
  readonly #loop: FetchLoop;
  readonly #partitions = new Map<TopicPartition, FetchPartition>();
  /** In the order in which they were served last. */
  readonly #turns = new Set<FetchPartition>();
  readonly #told = new Set<FetchPartition>();
  readonly #onClose: () => void;
  #waiting: Waiting | undefined;
  #failure: ClientError | undefined;

  constructor(cluster: Cluster, options: ReaderOptions, onClose: () => void = () => {}) {
    this.#cluster = cluster;
    this.#onClose = onClose;
    const { isolation, role, maxBufferedBytes, maxPartitionBytes = defaultMaxPartitionBytes } = options;
    this.#loop = new FetchLoop(
      cluster,
      { isolation, role, maxBufferedBytes, maxPartitionBytes },
      {
        answered: (hasNews) => {
          if (hasNews) this.#waiting?.finish();
        },
        told: (partition) => this.#told.add(partition),
        failed: (error) => this.#fail(error),
      },
    );
  }

  assign(positions: ReadonlyMap<TopicPartition, number>): void {
    this.#checkOpen();
    for (const [tp, position] of positions) {
      const known = this.#partitions.get(tp);
      if (known !== undefined) {
        this.#move(known, position);
        known.topicId = this.#cluster.topic(tp.topic)?.id;
        continue;
      }
      const partition = new FetchPartition(tp, checkOffset(tp, position));
      this.#partitions.set(tp, partition);
      this.#turns.add(partition);
      this.#loop.add(partition);
    }
  }

  unassign(tps: readonly TopicPartition[]): void {
    for (const tp of tps) {
      const partition = this.#partitions.get(tp);
      if (partition === undefined) continue;
      partition.moveTo(partition.position);
      this.#partitions.delete(tp);
      this.#turns.delete(partition);
      this.#told.delete(partition);
      this.#loop.remove(partition);
    }
    this.#loop.schedule();
  }

  seek(tp: TopicPartition, offset: number): void {
    this.#move(this.#assigned(tp), offset);
  }

  pause(tps: readonly TopicPartition[]): void {
    for (const tp of tps) this.#assigned(tp).isPaused = true;
  }

  resume(tps: readonly TopicPartition[]): void {
    for (const tp of tps) this.#assigned(tp).isPaused = false;
    this.#loop.schedule();
    if (this.#waiting !== undefined && this.#hasSomething()) this.#waiting.finish();
  }

  position(tp: TopicPartition): number {
    return this.#assigned(tp).position;
  }

  poll(limits: PollLimits): Promise<PollResult> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting !== undefined) return Promise.reject(new ClientError('fatal', 'A poll is under way: await it before the next one'));
    const { maxWaitMs, maxBytes = Infinity, signal } = limits;
    if (maxWaitMs <= 0 || signal?.aborted === true || this.#hasSomething()) return Promise.resolve(this.#take(maxBytes));
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiting = undefined;
        timer.cancel();
        signal?.removeEventListener('abort', finish);
      };
      const finish = (): void => {
        stop();
        resolve(this.#take(maxBytes));
      };
      const timer = this.#cluster.clock.setTimer(finish, maxWaitMs);
      signal?.addEventListener('abort', finish, { once: true });
      this.#waiting = {
        finish,
        reject: (error) => {
          stop();
          reject(error);
        },
      };
    });
  }

  close(): Promise<void> {
    this.#fail(closedError('The reader'));
    for (const partition of this.#partitions.values()) partition.moveTo(partition.position);
    this.#partitions.clear();
    this.#turns.clear();
    this.#told.clear();
    this.#onClose();
    return Promise.resolve();
  }

  #take(maxBytes: number): PollResult {
    const batches: FetchedRecords[] = [];
    const issues: ReadIssue[] = [];
    let bytes = 0;
    for (let served = true; served && bytes < maxBytes;) {
      served = false;
      for (const partition of Array.from(this.#turns)) {
        if (partition.isPaused || bytes >= maxBytes) continue;
        const before = partition.bufferedBytes;
        const records = partition.shift();
        if (records === undefined) continue;
        served = true;
        bytes += before - partition.bufferedBytes;
        batches.push(records);
        this.#told.add(partition);
        this.#turns.delete(partition);
        this.#turns.add(partition);
      }
    }
    for (const partition of this.#turns) {
      if (!hasIssueToTell(partition)) continue;
      partition.isIssueTold = true;
      if (partition.issue !== undefined) issues.push(partition.issue);
    }
    const progress: PartitionProgress[] = [];
    for (const { tp, position, end, logStart } of this.#told) if (end >= 0) progress.push({ tp, position, end, logStart });
    this.#told.clear();
    if (batches.length > 0) this.#loop.schedule();
    return { batches, progress, issues };
  }

  #hasSomething(): boolean {
    for (const partition of this.#turns) if ((!partition.isPaused && !partition.isEmpty) || hasIssueToTell(partition)) return true;
    return false;
  }

  #move(partition: FetchPartition, position: number): void {
    partition.moveTo(checkOffset(partition.tp, position));
    this.#loop.schedule();
  }

  #fail(error: ClientError): void {
    this.#failure ??= error;
    this.#loop.close();
    this.#waiting?.reject(this.#failure);
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #assigned(tp: TopicPartition): FetchPartition {
    this.#checkOpen();
    const partition = this.#partitions.get(tp);
    if (partition === undefined) {
      throw new ClientError('fatal', `${formatTopicPartition(tp)} is not assigned to this reader: assign it first`, { details: { ...tp } });
    }
    return partition;
  }
}

/** An issue is told after everything that was read before it, so that a seek past it loses nothing. */
function hasIssueToTell(partition: FetchPartition): boolean {
  return partition.issue !== undefined && !partition.isIssueTold && partition.isEmpty;
}

function checkOffset(tp: TopicPartition, offset: number): number {
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new ClientError('fatal', `${offset} is no offset of ${formatTopicPartition(tp)}: give a whole number from 0 on`, {
    details: { ...tp, offset },
  });
}
