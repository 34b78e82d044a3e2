/**
 * A reader that hands out in rounds: everything that was written so far, or nothing. What a task meets together then rests on what the application wrote and not on which broker's answer
 * came first. Between rounds it tells the lock whether its loop waits.
 */
import type { FetchedRecords, PartitionProgress, PartitionReader, PollLimits, PollResult, TopicPartition } from '@millrace/core/kafka';
import type { Lock, WaitingReader } from './lock.ts';

export class LockedReader implements PartitionReader, WaitingReader {
  readonly #inner: PartitionReader;
  readonly #lock: Lock;
  readonly #hasWork: () => boolean;
  /** Up to where the broker's records are here, and up to where they were handed out. */
  readonly #fetched = new Map<TopicPartition, number>();
  readonly #handedOut = new Map<TopicPartition, number>();
  #batches: FetchedRecords[] = [];
  #progress = new Map<TopicPartition, PartitionProgress>();
  #waits: AbortController | undefined;

  /** `hasWork`: the loop has records that it holds back for now. */
  constructor(inner: PartitionReader, lock: Lock, hasWork: () => boolean) {
    this.#inner = inner;
    this.#lock = lock;
    this.#hasWork = hasWork;
    lock.addReader(this);
  }

  get idle(): boolean {
    return this.#waits !== undefined && this.#reached(this.#handedOut) && !this.#hasWork();
  }

  /** Ends the loop's wait, so that it takes a turn. */
  turn(): void {
    this.#waits?.abort();
    this.#waits = undefined;
  }

  assign(positions: ReadonlyMap<TopicPartition, number>): void {
    for (const [tp, position] of positions) this.#move(tp, position);
    this.#inner.assign(positions);
  }

  unassign(tps: readonly TopicPartition[]): void {
    for (const tp of tps) {
      this.#drop(tp);
      this.#fetched.delete(tp);
      this.#handedOut.delete(tp);
    }
    this.#inner.unassign(tps);
  }

  seek(tp: TopicPartition, offset: number): void {
    this.#move(tp, offset);
    this.#inner.seek(tp, offset);
  }

  pause(tps: readonly TopicPartition[]): void {
    this.#inner.pause(tps);
  }

  resume(tps: readonly TopicPartition[]): void {
    this.#inner.resume(tps);
  }

  position(tp: TopicPartition): number {
    return this.#handedOut.get(tp) ?? this.#inner.position(tp);
  }

  async poll(limits: PollLimits): Promise<PollResult> {
    const { maxWaitMs, signal } = limits;
    if (maxWaitMs > 0) {
      this.#waits = new AbortController();
      this.#lock.noteWaiting();
    }
    const signals = [this.#waits?.signal, signal].filter((one) => one !== undefined);
    try {
      const { batches, issues, progress } = await this.#inner.poll({ ...limits, signal: AbortSignal.any(signals) });
      for (const batch of batches) this.#batches.push(batch);
      for (const one of progress) {
        this.#progress.set(one.tp, one);
        this.#fetched.set(one.tp, Math.max(this.#fetched.get(one.tp) ?? 0, one.position));
      }
      if (issues.length > 0 || this.#reached(this.#fetched)) return { ...this.#take(), issues };
      return { batches: [], progress: [], issues };
    } finally {
      this.#waits = undefined;
    }
  }

  close(): Promise<void> {
    this.#lock.removeReader(this);
    return this.#inner.close();
  }

  #take(): Pick<PollResult, 'batches' | 'progress'> {
    const batches = this.#batches.sort((one, other) => compare(one.tp, other.tp) || one.nextOffset - other.nextOffset);
    const progress = [...this.#progress.values()].sort((one, other) => compare(one.tp, other.tp));
    for (const { position, tp } of progress) this.#handedOut.set(tp, position);
    this.#batches = [];
    this.#progress = new Map();
    return { batches, progress };
  }

  #reached(positions: ReadonlyMap<TopicPartition, number>): boolean {
    for (const [tp, position] of positions) if (position < this.#lock.end(tp)) return false;
    return true;
  }

  #move(tp: TopicPartition, offset: number): void {
    this.#drop(tp);
    this.#fetched.set(tp, offset);
    this.#handedOut.set(tp, offset);
  }

  #drop(tp: TopicPartition): void {
    this.#batches = this.#batches.filter((batch) => batch.tp !== tp);
    this.#progress.delete(tp);
  }
}

function compare(one: TopicPartition, other: TopicPartition): number {
  if (one.topic === other.topic) return one.partition - other.partition;
  return one.topic < other.topic ? -1 : 1;
}
