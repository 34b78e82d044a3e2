/**
 * Decodes the `records` of a fetch answer into indexed views: typed arrays of positions over the received bytes, no object per record. Neighbouring
 * uncompressed batches share one view over the answer, a compressed batch has a view over its own decompressed bytes.
 */
import { FetchedRecords, positionsPerRecord, type Isolation, type TopicPartition } from '@millrace/core/kafka';
import { compressionCodec, compressionName } from '../compression/codec.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts';
import { batchHeaderBytes, type BatchHeader, checkBatch, corruptBatch, readBatchHeader, viewOf } from './batch-header.ts';
import { MalformedRecord, RecordCursor } from './record-cursor.ts';

export interface DecodeRecordsOptions {
  /** The offset that was asked for: a broker answers with the whole batch around it. Records below are left out. */
  readonly position: number;
  /** Default: `uncommitted`. */
  readonly isolation?: Isolation | undefined;
  /** As the fetch answer lists them; only looked at under `committed`. */
  readonly abortedTransactions?: readonly AbortedTransaction[] | null | undefined;
  /** Largest batch after decompression, bytes. Default: 256 MiB. */
  readonly maxDecompressedBytes?: number | undefined;
}

export interface DecodedRecords {
  /** Views with at least one record each, in offset order. */
  readonly batches: readonly FetchedRecords[];
  /** Where the next fetch starts: behind everything that was decoded or passed over. At least the position asked for. */
  readonly nextOffset: number;
  /** Bytes of a last batch that the broker cut off; more room is needed if nothing else came. */
  readonly cutOffBytes: number;
  /** The batch at `nextOffset` could not be decoded. What came before it was. */
  readonly error: ProtocolError | undefined;
}

/** Least bytes of a record: length, attributes, two deltas, two lengths, header count. */
const minRecordBytes = 7;
const defaultMaxDecompressedBytes = 256 * 1024 * 1024;

/** Decodes whole batches; checksums are verified. Never throws for what is in the bytes: see {@link DecodedRecords.error}. */
export function decodeRecords(tp: TopicPartition, bytes: Uint8Array, options: DecodeRecordsOptions): DecodedRecords {
  return new RecordsDecoder(tp, bytes, options).run();
}

class RecordsDecoder {
  readonly #tp: TopicPartition;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #position: number;
  readonly #aborted: AbortedTransactions | undefined;
  readonly #maxDecompressedBytes: number;
  readonly #batches: FetchedRecords[] = [];
  readonly #cursor = new RecordCursor();
  #columns: Columns | undefined;
  #nextOffset: number;

  constructor(tp: TopicPartition, bytes: Uint8Array, options: DecodeRecordsOptions) {
    this.#tp = tp;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#position = options.position;
    this.#nextOffset = options.position;
    this.#aborted = options.isolation === 'committed' ? new AbortedTransactions(options.abortedTransactions ?? []) : undefined;
    this.#maxDecompressedBytes = options.maxDecompressedBytes ?? defaultMaxDecompressedBytes;
  }

  run(): DecodedRecords {
    let error: ProtocolError | undefined;
    let at = 0;
    try {
      for (let header = readBatchHeader(this.#view, at); header !== undefined; header = readBatchHeader(this.#view, at)) {
        this.#batch(header);
        at = header.end;
      }
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      error = thrown;
    }
    this.#closeView();
    const cutOffBytes = error === undefined ? this.#bytes.length - at : 0;
    return { batches: this.#batches, nextOffset: this.#nextOffset, cutOffBytes, error };
  }

  #batch(header: BatchHeader): void {
    checkBatch(this.#bytes, this.#view, header);
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    if (lastOffset >= this.#position && this.#isVisible(header, lastOffset) && header.recordCount > 0) this.#records(header);
    this.#nextOffset = Math.max(this.#nextOffset, lastOffset + 1);
  }

  #isVisible(header: BatchHeader, lastOffset: number): boolean {
    if (header.isControl) {
      this.#aborted?.ends(header.producerId, lastOffset);
      return false;
    }
    return !(header.isTransactional && this.#aborted?.hides(header.producerId, lastOffset) === true);
  }

  #records(header: BatchHeader): void {
    const columns = header.compression === 0 ? this.#sharedColumns(header) : this.#ownColumns(header);
    const countBefore = columns.count;
    try {
      this.#decodeInto(columns, header);
    } catch (error) {
      columns.count = countBefore;
      if (error instanceof MalformedRecord) throw corruptBatch(header.baseOffset, error.message);
      throw error;
    }
  }

  /** Columns over the answer's bytes, with room for the neighbouring batches too. */
  #sharedColumns(header: BatchHeader): Columns {
    this.#cursor.bytes = this.#bytes;
    this.#cursor.at = header.start + batchHeaderBytes;
    this.#cursor.end = header.end;
    checkCount(header, header.end - header.start - batchHeaderBytes);
    if (this.#columns?.buffer === this.#bytes && this.#columns.hasRoom(header.recordCount)) return this.#columns;
    this.#closeView();
    return (this.#columns = new Columns(this.#bytes, this.#roomFrom(header)));
  }

  /** Record count of this batch and the uncompressed ones right behind it. */
  #roomFrom(header: BatchHeader): number {
    let room = header.recordCount;
    const limit = (this.#bytes.length - header.start) / minRecordBytes;
    for (let at = header.end; at + batchHeaderBytes <= this.#bytes.length;) {
      // Only an estimate: every batch is checked when its turn comes.
      const attributes = this.#view.getInt16(at + 21);
      const count = this.#view.getInt32(at + 57);
      const length = this.#view.getInt32(at + 8);
      if ((attributes & 7) !== 0 || count < 0 || room + count > limit || length < 0) break;
      room += count;
      at += 12 + length;
    }
    return room;
  }

  #ownColumns(header: BatchHeader): Columns {
    this.#closeView();
    const name = compressionName(header.compression);
    const codec = compressionCodec(name);
    const content = this.#bytes.subarray(header.start + batchHeaderBytes, header.end);
    const bytes = codec === undefined ? content : this.#decompress(header, () => codec.decompress(content, this.#maxDecompressedBytes));
    checkCount(header, bytes.length);
    this.#cursor.bytes = bytes;
    this.#cursor.at = 0;
    this.#cursor.end = bytes.length;
    return (this.#columns = new Columns(bytes, header.recordCount));
  }

  #decompress(header: BatchHeader, decompress: () => Uint8Array): Uint8Array {
    try {
      return decompress();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const details = { ...error.details, topic: this.#tp.topic, partition: this.#tp.partition, offset: header.baseOffset };
      throw new ProtocolError(error.code, `the record batch at offset ${header.baseOffset}: ${error.message}`, { details, cause: error });
    }
  }

  #decodeInto(columns: Columns, header: BatchHeader): void {
    const { offsets, timestamps, positions } = columns;
    const { baseOffset, baseTimestamp, hasAppendTime, maxTimestamp, lastOffsetDelta, recordCount } = header;
    const cursor = this.#cursor;
    const batchEnd = cursor.end;
    const firstWanted = this.#position - baseOffset;
    let index = columns.count;
    let previousDelta = -1;
    for (let number = 0; number < recordCount; number++) {
      const size = cursor.int32();
      const end = cursor.at + size;
      if (size < minRecordBytes - 1 || end > batchEnd) throw new MalformedRecord(`record ${number} has a length of ${size}`);
      cursor.at++; // attributes: no bit of them is used
      const timestampDelta = cursor.int64();
      const offsetDelta = cursor.int32();
      if (offsetDelta <= previousDelta || offsetDelta > lastOffsetDelta)
        throw new MalformedRecord(`record ${number} has the offset delta ${offsetDelta}`);
      previousDelta = offsetDelta;
      const keySize = cursor.int32();
      const keyStart = cursor.at;
      if (keySize > 0) cursor.at += keySize;
      const valueSize = cursor.int32();
      const valueStart = cursor.at;
      if (valueSize > 0) cursor.at += valueSize;
      const headersStart = cursor.at;
      const headerCount = cursor.int32();
      if (headerCount > 0) skipHeaders(cursor, headerCount, end);
      if (cursor.at !== end || keySize < -1 || valueSize < -1 || headerCount < 0)
        throw new MalformedRecord(`record ${number} does not fill its length`);
      if (offsetDelta < firstWanted) continue;
      offsets[index] = baseOffset + offsetDelta;
      timestamps[index] = hasAppendTime ? maxTimestamp : baseTimestamp + timestampDelta;
      const base = index * positionsPerRecord;
      positions[base] = keySize < 0 ? -1 : keyStart;
      positions[base + 1] = keySize < 0 ? -1 : keyStart + keySize;
      positions[base + 2] = valueSize < 0 ? -1 : valueStart;
      positions[base + 3] = valueSize < 0 ? -1 : valueStart + valueSize;
      positions[base + 4] = headerCount === 0 ? -1 : headersStart;
      index++;
    }
    if (cursor.at !== batchEnd) throw new MalformedRecord(`${batchEnd - cursor.at} bytes are left over`);
    columns.count = index;
  }

  #closeView(): void {
    const columns = this.#columns;
    this.#columns = undefined;
    if (columns === undefined || columns.count === 0) return;
    this.#batches.push(new FetchedRecords(this.#tp, columns.count, this.#nextOffset, columns));
  }
}

class Columns {
  readonly buffer: Uint8Array;
  readonly offsets: Float64Array;
  readonly timestamps: Float64Array;
  readonly positions: Int32Array;
  count = 0;

  constructor(buffer: Uint8Array, room: number) {
    this.buffer = buffer;
    this.offsets = new Float64Array(room);
    this.timestamps = new Float64Array(room);
    this.positions = new Int32Array(room * positionsPerRecord);
  }

  hasRoom(count: number): boolean {
    return this.count + count <= this.offsets.length;
  }
}

/** Bounds what is allocated by what is there. */
function checkCount(header: BatchHeader, contentBytes: number): void {
  if (header.recordCount * minRecordBytes > contentBytes) {
    throw corruptBatch(header.baseOffset, `it announces ${header.recordCount} records in ${contentBytes} bytes`);
  }
}

/** Headers are decoded when somebody asks; here they are only measured, so that nobody reads beyond the record later. */
function skipHeaders(cursor: RecordCursor, count: number, end: number): void {
  for (let number = 0; number < count; number++) {
    if (cursor.at >= end) throw new MalformedRecord(`${number} of ${count} headers are there`);
    const keySize = cursor.int32();
    if (keySize < 0) throw new MalformedRecord('a header has no name');
    cursor.at += keySize;
    const valueSize = cursor.int32();
    if (valueSize < -1) throw new MalformedRecord(`a header has a length of ${valueSize}`);
    if (valueSize > 0) cursor.at += valueSize;
  }
}
