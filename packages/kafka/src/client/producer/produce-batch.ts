/** A closed batch on its way to the broker. Stamped once, its bytes never change: every further attempt sends the same. */
import type { FetchedRecords, TopicPartition } from '@millrace/core/kafka';
import { type BatchStamp, RecordBatchBuilder } from '../../protocol/records/batch-builder.ts';
import { decodeRecords } from '../../protocol/records/decode-records.ts';
import type { Flush } from './flush.ts';

export class ProduceBatch {
  readonly count: number;
  /** Before compression; what counts against the producer's limit. */
  readonly sizeBytes: number;
  /** Point of the monotonic clock when its first record was appended. */
  readonly createdAtMs: number;
  /** Flushes that wait for this batch. */
  readonly flushes: Flush[] = [];
  #builder: RecordBatchBuilder | undefined;
  #bytes: Uint8Array | undefined;
  baseSequence = -1;
  /** Some attempt ended without saying whether the batch was written. */
  mayBeWritten = false;
  attempts = 0;

  constructor(builder: RecordBatchBuilder, createdAtMs: number) {
    this.#builder = builder;
    this.count = builder.count;
    this.sizeBytes = builder.sizeBytes;
    this.createdAtMs = createdAtMs;
  }

  get isStamped(): boolean {
    return this.#bytes !== undefined;
  }

  /** The bytes to send; empty before {@link stamp}. */
  get bytes(): Uint8Array {
    return this.#bytes ?? noBytes;
  }

  /**
   * Fixes the bytes. Returns the builder, which can be filled again.
   * @throws ProtocolError if the compression is not available
   */
  stamp(stamp: BatchStamp): RecordBatchBuilder | undefined {
    const builder = this.#builder;
    if (builder === undefined) return undefined;
    this.#bytes = builder.finish(stamp);
    this.baseSequence = stamp.baseSequence ?? -1;
    this.#builder = undefined;
    return builder;
  }

  /** The records of the batch, with offsets from 0 on. */
  records(tp: TopicPartition): FetchedRecords {
    this.stamp({});
    const [records] = decodeRecords(tp, this.bytes, { position: 0 }).batches;
    if (records === undefined) throw new Error('a batch that was just built cannot be read');
    return records;
  }

  /** The same records in batches without a stamp: two halves for a broker that finds this one too large, or one with all of them. */
  rebuild(tp: TopicPartition, parts: 1 | 2): readonly ProduceBatch[] {
    const records = this.records(tp);
    const bounds = parts === 1 ? [0, records.count] : [0, Math.ceil(records.count / 2), records.count];
    const batches = bounds.slice(1).map((to, index) => this.#rebuild(records, bounds[index] ?? 0, to));
    // Whoever waits for the batch waits for what takes its place.
    for (const flush of this.flushes) {
      for (const batch of batches) flush.add(batch);
      flush.forget();
    }
    return batches;
  }

  #rebuild(records: FetchedRecords, from: number, to: number): ProduceBatch {
    const builder = new RecordBatchBuilder({ maxBytes: this.sizeBytes });
    const { buffer } = records;
    for (let index = from; index < to; index++) {
      builder.append(
        records.timestamp(index),
        buffer,
        records.keyStart(index),
        records.keyEnd(index),
        buffer,
        records.valueStart(index),
        records.valueEnd(index),
        records.hasHeaders(index) ? records.headers(index) : null,
      );
    }
    return new ProduceBatch(builder, this.createdAtMs);
  }
}

const noBytes = new Uint8Array(0);
