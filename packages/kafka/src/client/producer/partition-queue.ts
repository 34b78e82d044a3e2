/**
 * What goes to one partition: the batch that is being filled, closed batches in order, and the numbers that let the broker recognise a repetition.
 * One batch is in flight at most, so that nothing overtakes whatever has to be sent again.
 */
import type { Acknowledged, Headers, OutputPartition, TopicPartition } from '@millrace/core/kafka';
import type { CompressionName } from '../../protocol/compression/codec.ts';
import { RecordBatchBuilder } from '../../protocol/records/batch-builder.ts';
import { mergeAcknowledged } from './flush.ts';
import { ProduceBatch } from './produce-batch.ts';

/** What the queues of a producer share. */
export interface ProducerBuffer {
  readonly maxBatchBytes: number;
  readonly compression: CompressionName;
  /** Bytes appended and not acknowledged. */
  bytes: number;
  /** Nothing is kept any more: the producer failed or was closed. */
  isDead: boolean;
  /** Wall clock in ms: the timestamp of records that come without one. */
  now(): number;
  /** A batch is begun; if there was one before it, that one is full. Returns the monotonic time. */
  noteBatch(queue: PartitionQueue): number;
  /** A partition used up the epochs of the producer id: the next stamp needs another id. */
  noteLastEpoch(): void;
}

export interface ProducerId {
  readonly id: number;
  readonly epoch: number;
}

const noTimestamp = -1;
const maxSequence = 0x7fff_ffff;
const maxEpoch = 0x7fff;

export class PartitionQueue implements OutputPartition {
  readonly tp: TopicPartition;
  readonly #buffer: ProducerBuffer;
  /** Closed, in the order of their records. The first one may be in flight. */
  readonly #closed: ProduceBatch[] = [];
  #builder: RecordBatchBuilder | undefined;
  #spare: RecordBatchBuilder | undefined;
  #openedAtMs = 0;
  #appended = 0;
  #identity: ProducerId | undefined;
  #nextSequence = 0;
  #expectedOffset = -1;
  /** Acknowledged since the last flush. */
  acknowledged: Acknowledged | undefined;
  /** What is being filled goes out as soon as nothing is before it, without waiting for more. */
  isDue = false;
  isInFlight = false;
  /** Not sent before this point of the monotonic clock. */
  retryAtMs: number = -Infinity;
  /** The id of the topic when the first batch was sent; undefined where the broker tells none. */
  topicId: string | undefined;

  constructor(tp: TopicPartition, buffer: ProducerBuffer) {
    this.tp = tp;
    this.#buffer = buffer;
  }

  get appended(): number {
    return this.#appended;
  }

  get isEmpty(): boolean {
    return this.#builder === undefined && this.#closed.length === 0;
  }

  /** When the batch that is being filled was begun; undefined if there is none. */
  get openedAtMs(): number | undefined {
    return this.#builder === undefined ? undefined : this.#openedAtMs;
  }

  get first(): ProduceBatch | undefined {
    return this.#closed[0];
  }

  get batches(): readonly ProduceBatch[] {
    return this.#closed;
  }

  append(
    timestamp: number,
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void {
    this.#appended++;
    const buffer = this.#buffer;
    if (buffer.isDead) return;
    // As Java's producer does. A broker forgets a producer by the last timestamp that it wrote (producer.id.expiration.ms): without one it would after every
    // start not recognise a batch that is sent again, and write it twice.
    const time = timestamp === noTimestamp ? buffer.now() : timestamp;
    let builder = this.#builder;
    let before = 0;
    if (builder === undefined) builder = this.#open();
    else before = builder.sizeBytes;
    if (!builder.append(time, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, headers)) {
      this.close();
      builder = this.#open();
      before = 0;
      builder.append(time, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, headers);
    }
    buffer.bytes += builder.sizeBytes - before;
  }

  /** Closes the batch that is being filled, if there is one. */
  close(): void {
    const builder = this.#builder;
    this.isDue = false;
    if (builder === undefined) return;
    this.#builder = undefined;
    // A record that could not be appended leaves a batch without any.
    if (builder.count > 0) this.#closed.push(new ProduceBatch(builder, this.#openedAtMs));
  }

  /**
   * Gives the first batch its number in the partition's sequence, once.
   * @throws ProtocolError if the compression is not available
   */
  stampFirst(identity: ProducerId): void {
    const batch = this.#closed[0];
    if (batch === undefined || batch.isStamped) return;
    this.#identity ??= identity;
    this.#spare = batch.stamp({
      producerId: this.#identity.id,
      producerEpoch: this.#identity.epoch,
      baseSequence: this.#nextSequence,
      compression: this.#buffer.compression,
    });
    this.#nextSequence = sequenceAfter(this.#nextSequence, batch.count);
  }

  /** The first batch was written from `baseOffset` on; -1 if the broker only knows that it was. */
  acknowledgeFirst(baseOffset: number): Acknowledged {
    const batch = this.#removeFirst();
    const isKnown = baseOffset >= 0;
    const contiguous = isKnown && (this.#expectedOffset < 0 || this.#expectedOffset === baseOffset);
    // Not guessed: whoever reckons from where its records are to where a log is read on must not be wrong.
    const lastOffset = isKnown ? baseOffset + batch.count - 1 : -1;
    this.#expectedOffset = isKnown ? lastOffset + 1 : -1;
    const acknowledged = { lastOffset, contiguous };
    if (batch.flushes.length === 0) this.acknowledged = mergeAcknowledged(this.acknowledged, acknowledged);
    for (const flush of batch.flushes) flush.note(this.tp, acknowledged);
    return acknowledged;
  }

  /** Offset behind the last one that was acknowledged, -1 if there is none. */
  get expectedOffset(): number {
    return this.#expectedOffset;
  }

  /** Forgets the first batch. What follows takes its numbers if it certainly was not written, else a new epoch. */
  dropFirst(): ProduceBatch {
    const batch = this.#removeFirst();
    if (!batch.isStamped || batch.baseSequence < 0) return batch;
    if (batch.mayBeWritten) this.#startOver();
    else this.#nextSequence = batch.baseSequence;
    return batch;
  }

  /** Replaces the first batch, which the broker refused as too large, by two with its records. */
  splitFirst(): void {
    const batch = this.#replaceFirst(2);
    if (batch !== undefined) this.#nextSequence = batch.baseSequence;
  }

  /** The broker forgot the producer together with the old records of the partition: the first batch begins a new sequence. */
  renumberFirst(): void {
    if (this.#replaceFirst(1) !== undefined) this.#startOver();
  }

  clear(): void {
    this.#builder = undefined;
    this.#closed.length = 0;
  }

  #open(): RecordBatchBuilder {
    const builder = this.#spare ?? new RecordBatchBuilder({ maxBytes: this.#buffer.maxBatchBytes });
    this.#spare = undefined;
    this.#builder = builder;
    this.#openedAtMs = this.#buffer.noteBatch(this);
    return builder;
  }

  #removeFirst(): ProduceBatch {
    const batch = this.#closed.shift();
    if (batch === undefined) throw new Error('no batch is waiting');
    this.#buffer.bytes -= batch.sizeBytes;
    return batch;
  }

  #replaceFirst(parts: 1 | 2): ProduceBatch | undefined {
    const batch = this.#closed[0];
    if (batch === undefined) return undefined;
    const replacements = batch.rebuild(this.tp, parts);
    this.#closed.splice(0, 1, ...replacements);
    for (const { sizeBytes } of replacements) this.#buffer.bytes += sizeBytes;
    this.#buffer.bytes -= batch.sizeBytes;
    return batch;
  }

  /** A new epoch begins with sequence 0, and the broker refuses whatever is still under way from the old one (KIP-360). */
  #startOver(): void {
    const identity = this.#identity;
    this.#nextSequence = 0;
    if (identity === undefined) return;
    const isLastEpoch = identity.epoch >= maxEpoch;
    this.#identity = isLastEpoch ? undefined : { id: identity.id, epoch: identity.epoch + 1 };
    if (isLastEpoch) this.#buffer.noteLastEpoch();
  }
}

/** Sequences go from 0 to 2^31 - 1 and then start again. */
function sequenceAfter(sequence: number, count: number): number {
  const next = sequence + count;
  return next > maxSequence ? next - maxSequence - 1 : next;
}
