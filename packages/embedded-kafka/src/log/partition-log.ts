/**
 * The log of one partition: segments of batches, where it begins and ends, what is stable, what its producers sent last. Pure: time is an argument,
 * bytes were checked by the caller (`batch-check.ts`).
 *
 * There is one copy of a log in the cluster, so that what is appended is replicated at once: the high watermark is the end.
 */
import { type BatchHeader, batchHeaderBytes, placeBatch, stampAppendTime } from '@millrace/kafka/protocol';
import { LeaderEpochs } from './leader-epochs.ts';
import type { LogSettings } from './log-settings.ts';
import { ProducerStates } from './producer-states.ts';
import { Segment, StoredBatch } from './segment.ts';
import { TransactionIndex } from './transaction-index.ts';

interface Appended {
  readonly baseOffset: number;
  /** -1 where the producer's timestamps stand. */
  readonly appendTimeMs: number;
}

export type AppendResult =
  | ({ readonly kind: 'appended' } & Appended)
  /** A resent batch: where it is since the first time. */
  | ({ readonly kind: 'duplicate' } & Appended)
  | { readonly kind: 'gap'; readonly reason: string }
  | { readonly kind: 'fenced'; readonly reason: string };

/** Batches in offset order, and how many bytes they are. */
export interface ReadResult {
  readonly batches: readonly Uint8Array[];
  readonly sizeBytes: number;
}

const nothing: ReadResult = { batches: [], sizeBytes: 0 };

export class PartitionLog {
  /** Follows the topic's settings; replaced when they change. */
  settings: LogSettings;
  readonly producers: ProducerStates = new ProducerStates();
  readonly transactions: TransactionIndex = new TransactionIndex();
  readonly epochs: LeaderEpochs = new LeaderEpochs();
  /** The last one is active: written to, never compacted. */
  #segments: Segment[];
  #startOffset = 0;
  #endOffset = 0;
  #sizeBytes = 0;
  /** Everything below was compacted before. */
  compactedUpTo = 0;

  constructor(settings: LogSettings, nowMs: number) {
    this.settings = settings;
    this.#segments = [new Segment(0, nowMs)];
  }

  /** First offset that can be read. */
  get startOffset(): number {
    return this.#startOffset;
  }

  /** Offset of the next record. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get highWatermark(): number {
    return this.#endOffset;
  }

  get lastStableOffset(): number {
    return this.transactions.lastStableOffset(this.#endOffset);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /**
   * Appends one batch; a copy of `source` is kept.
   * @param header of `source`
   */
  append(source: Uint8Array, header: BatchHeader, leaderEpoch: number, nowMs: number): AppendResult {
    const isIdempotent = header.producerId >= 0;
    if (isIdempotent && !header.isControl) {
      const verdict = this.producers.check(header);
      if (verdict.kind !== 'next') return verdict;
    }
    const bytes = new Uint8Array(source);
    const baseOffset = this.#endOffset;
    placeBatch(bytes, 0, baseOffset, leaderEpoch);
    let maxTimestamp = header.maxTimestamp;
    let appendTimeMs = -1;
    if (this.settings.isAppendTime && !header.isControl) {
      maxTimestamp = appendTimeMs = nowMs;
      stampAppendTime(bytes, 0, nowMs);
    }
    const lastOffset = baseOffset + header.lastOffsetDelta;
    this.#segmentFor(bytes.length, maxTimestamp, nowMs).add(new StoredBatch(bytes, baseOffset, lastOffset, maxTimestamp), nowMs);
    this.epochs.assign(leaderEpoch, baseOffset);
    this.#sizeBytes += bytes.length;
    this.#endOffset = lastOffset + 1;
    if (isIdempotent) this.producers.update(header, baseOffset, appendTimeMs, maxTimestamp);
    if (header.isTransactional) this.#noteTransaction(bytes, header, baseOffset);
    return { kind: 'appended', baseOffset, appendTimeMs };
  }

  /** Forgets the producers whose records are old; see {@link ProducerStates.expire}. A broker does it from time to time, and when it reads the log after a start. */
  expireProducers(nowMs: number, expirationMs: number): void {
    this.producers.expire(nowMs, expirationMs, (producerId) => this.transactions.firstOffsetOf(producerId) >= 0);
  }

  #noteTransaction(bytes: Uint8Array, header: BatchHeader, baseOffset: number): void {
    if (header.isControl) this.transactions.end(header.producerId, baseOffset, isCommitMarker(bytes));
    else this.transactions.begin(header.producerId, baseOffset);
  }

  /** The active segment, or a new one where size or age ask for it. */
  #segmentFor(sizeBytes: number, timestamp: number, nowMs: number): Segment {
    const active = this.active;
    if (active.batches.length === 0) return active;
    const firstTimestamp = active.batches[0]?.maxTimestamp ?? -1;
    const ageMs = firstTimestamp >= 0 && timestamp >= 0 ? timestamp - firstTimestamp : nowMs - active.createdMs;
    if (active.sizeBytes + sizeBytes <= this.settings.segmentBytes && ageMs <= this.settings.segmentMs) return active;
    return this.roll(nowMs);
  }

  get active(): Segment {
    const last = this.#segments.at(-1);
    if (last === undefined) throw new RangeError('a log without a segment');
    return last;
  }

  /** Begins a new segment, so that the one before can be compacted; an empty one is kept. */
  roll(nowMs: number): Segment {
    const active = this.active;
    if (active.batches.length === 0 && active.baseOffset === this.#endOffset) return active;
    const segment = new Segment(this.#endOffset, nowMs);
    this.#segments.push(segment);
    return segment;
  }

  /**
   * Whole batches from the one that holds `offset` on, as many as fit.
   * @param limits.endOffset batches that begin at or after it are not read
   * @param limits.atLeastOne the first batch comes also if it is larger than `maxBytes`
   */
  read(offset: number, limits: { readonly endOffset: number; readonly maxBytes: number; readonly atLeastOne: boolean }): ReadResult {
    const found: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const batch of this.batchesFrom(offset)) {
      if (batch.baseOffset >= limits.endOffset) break;
      const size = batch.bytes.length;
      if (sizeBytes + size > limits.maxBytes && !(limits.atLeastOne && found.length === 0)) break;
      found.push(batch.bytes);
      sizeBytes += size;
    }
    return found.length === 0 ? nothing : { batches: found, sizeBytes };
  }

  /** Bytes that a read from `offset` could bring, counted no further than `enough`. */
  bytesFrom(offset: number, endOffset: number, enough: number): number {
    let sizeBytes = 0;
    for (const batch of this.batchesFrom(offset)) {
      if (batch.baseOffset >= endOffset || sizeBytes >= enough) break;
      sizeBytes += batch.bytes.length;
    }
    return sizeBytes;
  }

  /** Stored batches from the one that holds `offset`, or the next one, on. */
  *batchesFrom(offset: number): Generator<StoredBatch, void, undefined> {
    if (offset >= this.#endOffset) return;
    const segments = this.#segments;
    let index = this.#segmentIndexAt(offset);
    let segment = segments[index];
    let at = segment?.indexAt(offset) ?? 0;
    while (segment !== undefined) {
      for (; at < segment.batches.length; at++) {
        const batch = segment.batches[at];
        if (batch !== undefined) yield batch;
      }
      segment = segments[++index];
      at = 0;
    }
  }

  /** Index of the last segment that begins at or before `offset`. */
  #segmentIndexAt(offset: number): number {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const segment = this.#segments[middle];
      if (segment !== undefined && segment.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Moves the beginning forward and drops the segments that lie wholly below it. Returns the beginning. */
  deleteBefore(offset: number, nowMs: number): number {
    if (offset <= this.#startOffset) return this.#startOffset;
    this.#startOffset = Math.min(offset, this.#endOffset);
    if (this.#startOffset === this.#endOffset) this.roll(nowMs);
    let count = 0;
    while (count < this.#segments.length - 1 && (this.#segments[count + 1]?.baseOffset ?? Infinity) <= this.#startOffset) count++;
    this.replaceSegments(count, []);
    this.epochs.truncateBelow(this.#startOffset);
    this.transactions.truncateBelow(this.#startOffset);
    return this.#startOffset;
  }

  /** Drops the first `count` segments, which must not include the active one, and moves the beginning behind them. */
  deleteSegments(count: number, nowMs: number): void {
    const next = this.#segments[count];
    if (count > 0 && next !== undefined) this.deleteBefore(next.baseOffset, nowMs);
  }

  /** Puts other segments, made of the same offsets, in the place of the first `count`. */
  replaceSegments(count: number, replacement: readonly Segment[]): void {
    const removed = this.#segments.splice(0, count, ...replacement);
    for (const segment of removed) this.#sizeBytes -= segment.sizeBytes;
    for (const segment of replacement) this.#sizeBytes += segment.sizeBytes;
  }
}

/** The marker's key: version, then type, two bytes each; behind length, attributes, two deltas and the key's length, one byte each. */
function isCommitMarker(bytes: Uint8Array): boolean {
  const keyStart = batchHeaderBytes + 5;
  return bytes[keyStart + 3] === 1;
}
