/**
 * Builds one record batch (format v2) record by record in an arena that grows with it. Nothing is kept per record but its bytes.
 */
import { Buffer } from 'node:buffer';
import type { Headers } from '@millrace/core/kafka';
import { compressionCodec, type CompressionName, compressionNames } from '../compression/codec.ts';
import { ProtocolError } from '../protocol-error.ts';
import { batchHeaderBytes, batchPrefixBytes, checksummedFrom, controlFlag, transactionalFlag, viewOf, writeInt64 } from './batch-header.ts';
import { crc32c } from './crc32c.ts';
import { scratchView } from './scratch-view.ts';

/** What is known only when a batch is sent. -1 in all of producer id, epoch and sequence means a producer without idempotence. */
export interface BatchStamp {
  readonly producerId?: number | undefined;
  readonly producerEpoch?: number | undefined;
  readonly baseSequence?: number | undefined;
  readonly compression?: CompressionName | undefined;
  readonly isTransactional?: boolean | undefined;
  /** For brokers: the batch holds a marker. */
  readonly isControl?: boolean | undefined;
}

/** Two lengths, attributes, two deltas and the header count of a record take at most this. */
const maxRecordOverheadBytes = 5 + 1 + 10 + 5 + 5 + 5 + 5;
/** Below this a loop copies faster than `set` does, which needs a view of its source. */
const loopCopyBytes = 32;
/** Lengths up to here fit the 31 bits that the number writers take; far above what any broker accepts. */
const maxBatchBytes = 0x3fff_ffff;
const noBytes = new Uint8Array(0);

export class RecordBatchBuilder {
  readonly #maxBytes: number;
  #bytes: Buffer;
  #at = batchHeaderBytes;
  #count = 0;
  #baseTimestamp = -1;
  #maxTimestamp = -1;

  /**
   * @param options.maxBytes size before compression at which the batch is full; a single record may be larger
   * @param options.initialBytes size of the arena at first, default 1 KiB
   */
  constructor(options: { readonly maxBytes: number; readonly initialBytes?: number | undefined }) {
    this.#maxBytes = options.maxBytes;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(options.initialBytes ?? 1024, batchHeaderBytes));
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, uncompressed. */
  get sizeBytes(): number {
    return this.#at;
  }

  /**
   * Appends a record; its ranges are copied. A start of -1 means null, a timestamp of -1 none.
   * @returns false if the record does not fit any more: finish this batch and append it to the next
   * @throws ProtocolError MR_PROTOCOL_UNREPRESENTABLE for a record of 1 GiB or more
   */
  append(
    timestamp: number,
    keySource: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueSource: Uint8Array,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): boolean {
    const keySize = keyStart < 0 ? -1 : keyEnd - keyStart;
    const valueSize = valueStart < 0 ? -1 : valueEnd - valueStart;
    const headerList = headers === null || headers.size === 0 ? undefined : headers.toArray();
    let headerBytes = 1;
    if (headerList !== undefined) {
      headerBytes = varintBytes(headerList.length);
      for (const { key, value } of headerList) {
        const nameBytes = utf8Bytes(key);
        headerBytes += varintBytes(nameBytes) + nameBytes;
        headerBytes += value === null ? 1 : varintBytes(value.length) + value.length;
      }
    }
    const first = this.#count === 0;
    const timestampDelta = first ? 0 : timestamp - this.#baseTimestamp;
    const size =
      1 +
      varint64Bytes(timestampDelta) +
      varintBytes(this.#count) +
      varintBytes(keySize) +
      (keySize > 0 ? keySize : 0) +
      varintBytes(valueSize) +
      (valueSize > 0 ? valueSize : 0) +
      headerBytes;
    const end = this.#at + varintBytes(size) + size;
    if (end > this.#maxBytes && !first) return false;
    if (end > this.#bytes.length) this.#grow(end);
    if (first) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp;
    }
    const bytes = this.#bytes;
    let at = putVarint(bytes, this.#at, size);
    bytes[at++] = 0;
    at = putVarint64(bytes, at, timestampDelta);
    at = putVarint(bytes, at, this.#count);
    at = putRange(bytes, at, keySource, keyStart, keySize);
    at = putRange(bytes, at, valueSource, valueStart, valueSize);
    if (headerList === undefined) {
      bytes[at++] = 0;
    } else {
      at = putVarint(bytes, at, headerList.length);
      for (const { key, value } of headerList) {
        const nameBytes = utf8Bytes(key);
        at = putVarint(bytes, at, nameBytes);
        putText(bytes, at, key, nameBytes);
        at += nameBytes;
        at = putRange(bytes, at, value ?? noBytes, 0, value === null ? -1 : value.length);
      }
    }
    this.#at = at;
    this.#count++;
    return true;
  }

  /**
   * Completes the batch and hands its bytes over; the builder is empty afterwards. Base offset is 0 and the leader epoch -1, as a producer sends them.
   * @throws ProtocolError MR_COMPRESSION_UNAVAILABLE; MR_PROTOCOL_UNREPRESENTABLE if there is no record
   */
  finish(stamp: BatchStamp = {}): Uint8Array {
    if (this.#count === 0)
      throw new ProtocolError('MR_PROTOCOL_UNREPRESENTABLE', 'a record batch without records cannot be sent: append one first');
    const compression = stamp.compression ?? 'none';
    const batch = this.#takeBytes(compression);
    const view = viewOf(batch);
    writeInt64(view, 0, 0);
    view.setInt32(8, batch.length - batchPrefixBytes);
    view.setInt32(12, -1);
    view.setInt8(16, 2);
    const flags = (stamp.isTransactional === true ? transactionalFlag : 0) | (stamp.isControl === true ? controlFlag : 0);
    view.setInt16(21, compressionNames.indexOf(compression) | flags);
    view.setInt32(23, this.#count - 1);
    writeInt64(view, 27, this.#baseTimestamp);
    writeInt64(view, 35, this.#maxTimestamp);
    writeInt64(view, 43, stamp.producerId ?? -1);
    view.setInt16(51, stamp.producerEpoch ?? -1);
    view.setInt32(53, stamp.baseSequence ?? -1);
    view.setInt32(57, this.#count);
    view.setUint32(17, crc32c(batch, checksummedFrom, batch.length));
    this.#count = 0;
    this.#at = batchHeaderBytes;
    this.#maxTimestamp = -1;
    return batch;
  }

  #takeBytes(compression: CompressionName): Uint8Array {
    const codec = compressionCodec(compression);
    const used = this.#bytes.subarray(0, this.#at);
    if (codec !== undefined) {
      const content = codec.compress(used.subarray(batchHeaderBytes));
      const batch = new Uint8Array(batchHeaderBytes + content.length);
      batch.set(content, batchHeaderBytes);
      return batch;
    }
    // A well-filled arena is handed over, so that large batches are not copied once more; a small one is copied, so that it does not pin the arena.
    if (used.length * 2 < this.#bytes.length) return new Uint8Array(used);
    const batch = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, used.length);
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    return batch;
  }

  #grow(neededBytes: number): void {
    if (neededBytes > maxBatchBytes) {
      throw new ProtocolError(
        'MR_PROTOCOL_UNREPRESENTABLE',
        `a record batch of ${neededBytes} bytes is over the limit of ${maxBatchBytes}`,
        {
          details: { size: neededBytes, maxBytes: maxBatchBytes },
        },
      );
    }
    const doubled = Math.min(this.#bytes.length * 2, Math.max(this.#maxBytes, neededBytes));
    const grown = Buffer.allocUnsafeSlow(Math.max(doubled, neededBytes + maxRecordOverheadBytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

/** Zig-zag length of a value that fits 31 bits. */
function varintBytes(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31);
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
}

function varint64Bytes(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return varintBytes(value);
  let rest = Math.floor((value < 0 ? -value - 1 : value) / 0x40);
  let size = 1;
  while (rest > 0) {
    rest = Math.floor(rest / 0x80);
    size++;
  }
  return size;
}

function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let zigzag = (value << 1) ^ (value >> 31);
  while (zigzag > 0x7f) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}

function putVarint64(bytes: Uint8Array, start: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return putVarint(bytes, start, value);
  let at = start;
  // The sign goes beside the lowest six bits, so that nothing is doubled beyond the safe integers.
  const magnitude = value < 0 ? -value - 1 : value;
  let low = (magnitude % 0x40) * 2 + (value < 0 ? 1 : 0);
  let rest = Math.floor(magnitude / 0x40);
  while (rest > 0) {
    bytes[at++] = low | 0x80;
    low = rest % 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = low;
  return at;
}

/** Length, then the bytes; a size of -1 is null. */
function putRange(bytes: Uint8Array, start: number, source: Uint8Array, sourceStart: number, size: number): number {
  let at = putVarint(bytes, start, size);
  if (size <= 0) return at;
  if (size <= loopCopyBytes) {
    // Inside the source by the caller's promise; a byte beyond it would be written as 0.
    for (let from = sourceStart, to = sourceStart + size; from < to; from++) bytes[at++] = source[from] as number;
    return at;
  }
  bytes.set(scratchView(source, sourceStart, size) ?? source.subarray(sourceStart, sourceStart + size), at);
  return at + size;
}

/** Length in UTF-8. Header names are short and nearly always ASCII, where a loop is faster than a call into native code. */
function utf8Bytes(text: string): number {
  if (text.length > loopCopyBytes) return Buffer.byteLength(text);
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text);
  return text.length;
}

function putText(bytes: Buffer, at: number, text: string, size: number): void {
  if (size !== text.length || size > loopCopyBytes) bytes.write(text, at, 'utf8');
  else for (let index = 0; index < size; index++) bytes[at + index] = text.charCodeAt(index);
}
