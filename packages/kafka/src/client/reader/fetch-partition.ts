/** One partition of a reader: where it is, what is buffered of it, and why it is not fetched right now. */
import type { FetchedRecords, ReadIssue, TopicPartition } from '@millrace/core/kafka';

/** Bytes that the columns of a view take per record. */
const columnBytesPerRecord = 36;

interface Buffered {
  readonly records: FetchedRecords;
  readonly bytes: number;
}

export class FetchPartition {
  readonly tp: TopicPartition;
  /** The id of the topic when the partition was assigned; undefined while it is not known. */
  topicId: string | undefined;
  /** Raised whenever what is under way becomes void: an answer that was asked for under another number is dropped. */
  epoch = 0;
  isPaused = false;
  /** What is wrong: nothing is fetched before the next seek. Told once, after what is buffered was handed out. */
  issue: ReadIssue | undefined;
  isIssueTold = false;
  /** A fetch, or a look at the bounds of the log, is under way. */
  isBusy = false;
  /** The broker had nothing more for it when it answered last. */
  isCaughtUp = false;
  /** Of the fetch under way. */
  reservedBytes = 0;
  /** Not fetched before this point of the monotonic clock. */
  retryAtMs: number = -Infinity;
  /** Failures in a row. */
  failures = 0;
  /** Point of the monotonic clock since which the cluster says that there is no such topic. */
  missingSinceMs: number | undefined;
  /** Answers in a row without records although there are some. */
  starvedTimes = 0;
  /** Answers in a row that called a position out of range which lies inside the log's bounds. */
  rangeDoubts = 0;
  end = -1;
  logStart = -1;
  bufferedBytes = 0;
  #fetchOffset: number;
  #handedOutTo: number;
  #buffer: Buffered[] = [];

  constructor(tp: TopicPartition, position: number) {
    this.tp = tp;
    this.#fetchOffset = position;
    this.#handedOutTo = position;
  }

  /** Where the next fetch starts. */
  get fetchOffset(): number {
    return this.#fetchOffset;
  }

  /** Where the next record handed out will come from. */
  get position(): number {
    return this.#buffer.length === 0 ? this.#fetchOffset : this.#handedOutTo;
  }

  get isEmpty(): boolean {
    return this.#buffer.length === 0;
  }

  /** Whether a fetch may be sent, as far as the partition itself is concerned. */
  get isFetchable(): boolean {
    return !this.isBusy && !this.isPaused && this.issue === undefined;
  }

  /** Bytes that count against the limit. */
  get heldBytes(): number {
    return this.bufferedBytes + this.reservedBytes;
  }

  /** Starts over at `position`; what is buffered or under way is void. */
  moveTo(position: number): void {
    this.epoch++;
    this.issue = undefined;
    this.isIssueTold = false;
    this.isBusy = false;
    this.isCaughtUp = false;
    this.reservedBytes = 0;
    this.retryAtMs = -Infinity;
    this.failures = 0;
    this.missingSinceMs = undefined;
    this.starvedTimes = 0;
    this.rangeDoubts = 0;
    this.bufferedBytes = 0;
    this.#buffer = [];
    this.#fetchOffset = position;
    this.#handedOutTo = position;
  }

  /** The fetch under way is over. */
  release(): void {
    this.isBusy = false;
    this.reservedBytes = 0;
  }

  /** Takes what an answer brought. `bytes` of the views are counted once where they share a buffer. */
  take(batches: readonly FetchedRecords[], nextOffset: number): void {
    let shared: Uint8Array | undefined;
    for (const records of batches) {
      const bufferBytes = records.buffer === shared ? 0 : records.buffer.byteLength;
      shared = records.buffer;
      const bytes = bufferBytes + records.count * columnBytesPerRecord;
      this.#buffer.push({ records, bytes });
      this.bufferedBytes += bytes;
    }
    this.#fetchOffset = nextOffset;
  }

  /** The next batch to hand out. */
  shift(): FetchedRecords | undefined {
    const next = this.#buffer.shift();
    if (next === undefined) return undefined;
    this.bufferedBytes -= next.bytes;
    this.#handedOutTo = next.records.nextOffset;
    return next.records;
  }
}
