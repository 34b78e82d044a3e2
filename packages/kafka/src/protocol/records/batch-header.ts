/**
 * The fixed part of a record batch, format v2 (KIP-98): 61 bytes, then records. Base offset and leader epoch lie outside the checksum, so that a
 * broker places a producer's batch in its log without touching the rest.
 */
import { ProtocolError } from '../protocol-error.ts';
import { crc32c } from './crc32c.ts';

export const batchHeaderBytes = 61;
/** Bytes before the part that the batch's own length counts. */
export const batchPrefixBytes = 12;
/** Where the checksummed part starts. */
export const checksummedFrom = 21;

export const compressionMask = 0x07;
export const appendTimeFlag = 0x08;
export const transactionalFlag = 0x10;
export const controlFlag = 0x20;

const twoTo32 = 4294967296;

/** A batch inside a buffer, as its header tells. */
export interface BatchHeader {
  /** Where the batch starts in the buffer, and where the next one does. */
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  readonly leaderEpoch: number;
  /** Number of the compression, 0 = none. */
  readonly compression: number;
  /** True: `maxTimestamp`, set by the broker, holds for every record. */
  readonly hasAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Reads the header of the batch that starts at `start`; undefined if it is not wholly there. The checksum is not looked at.
 * @throws ProtocolError MR_RECORDS_FORMAT_OLD, MR_RECORDS_CORRUPT
 */
export function readBatchHeader(view: DataView, start: number): BatchHeader | undefined {
  const left = view.byteLength - start;
  // The format number stands at the same place in all three formats.
  if (left < 17) return undefined;
  const magic = view.getInt8(start + 16);
  const baseOffset = readInt64(view, start, -1);
  if (magic === 0 || magic === 1) {
    throw new ProtocolError(
      'MR_RECORDS_FORMAT_OLD',
      `the message at offset ${baseOffset} has format ${magic} of Kafka before 0.11: have the topic rewritten, for instance by a mirror`,
      { details: { offset: baseOffset, magic } },
    );
  }
  if (magic !== 2) throw corruptBatch(baseOffset, `its format is ${magic}`);
  const length = view.getInt32(start + 8);
  if (length < batchHeaderBytes - batchPrefixBytes) throw corruptBatch(baseOffset, `its length is ${length}`);
  const end = start + batchPrefixBytes + length;
  if (end > view.byteLength) return undefined;
  const attributes = view.getInt16(start + 21);
  const lastOffsetDelta = view.getInt32(start + 23);
  const recordCount = view.getInt32(start + 57);
  if (lastOffsetDelta < 0 || recordCount < 0)
    throw corruptBatch(baseOffset, `it announces ${recordCount} records up to delta ${lastOffsetDelta}`);
  return {
    start,
    end,
    baseOffset,
    lastOffsetDelta,
    leaderEpoch: view.getInt32(start + 12),
    compression: attributes & compressionMask,
    hasAppendTime: (attributes & appendTimeFlag) !== 0,
    isTransactional: (attributes & transactionalFlag) !== 0,
    isControl: (attributes & controlFlag) !== 0,
    baseTimestamp: readInt64(view, start + 27, baseOffset),
    maxTimestamp: readInt64(view, start + 35, baseOffset),
    producerId: readInt64(view, start + 43, baseOffset),
    producerEpoch: view.getInt16(start + 51),
    baseSequence: view.getInt32(start + 53),
    recordCount,
  };
}

/**
 * Compares checksum and content.
 * @throws ProtocolError MR_RECORDS_CORRUPT
 */
export function checkBatch(bytes: Uint8Array, view: DataView, header: BatchHeader): void {
  const expected = view.getUint32(header.start + 17);
  const actual = crc32c(bytes, header.start + checksummedFrom, header.end);
  if (expected !== actual) throw corruptBatch(header.baseOffset, `its checksum is ${actual}, not ${expected}`);
}

/** Where a broker puts a batch in its log. Changes the bytes in place. */
export function placeBatch(bytes: Uint8Array, start: number, baseOffset: number, leaderEpoch: number): void {
  const view = viewOf(bytes);
  writeInt64(view, start, baseOffset);
  view.setInt32(start + 12, leaderEpoch);
}

/** Makes the broker's time hold for every record of a batch, and renews its checksum. Changes the bytes in place. */
export function stampAppendTime(bytes: Uint8Array, start: number, timestamp: number): void {
  const view = viewOf(bytes);
  const end = start + batchPrefixBytes + view.getInt32(start + 8);
  view.setInt16(start + 21, view.getInt16(start + 21) | appendTimeFlag);
  writeInt64(view, start + 35, timestamp);
  view.setUint32(start + 17, crc32c(bytes, start + checksummedFrom, end));
}

export function corruptBatch(baseOffset: number, what: string, cause?: unknown): ProtocolError {
  return new ProtocolError('MR_RECORDS_CORRUPT', `the record batch at offset ${baseOffset} is corrupt: ${what}`, {
    details: { offset: baseOffset },
    cause,
  });
}

function readInt64(view: DataView, at: number, baseOffset: number): number {
  const value = view.getInt32(at) * twoTo32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(value)) throw corruptBatch(baseOffset, 'it holds a number beyond 2^53 - 1');
  return value;
}

export function writeInt64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / twoTo32);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * twoTo32);
}
