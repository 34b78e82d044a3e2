/**
 * What a leader checks before it appends what a producer sent (Java: LogValidator, UnifiedLog.analyzeAndValidateRecords). The codes are those of a 4.3 broker.
 */
import {
  type BatchHeader,
  brokerErrorCodes,
  checkBatch as checkChecksum,
  ProtocolError,
  type ProtocolErrorCode,
  readBatchHeader,
} from '@millrace/kafka/protocol';
import { payloadOf } from './payload.ts';
import { PayloadFault, RecordWalk } from './record-walk.ts';

export interface BatchRules {
  readonly maxMessageBytes: number;
  readonly segmentBytes: number;
  readonly isCompacted: boolean;
  /** Versions of Produce below 7 do not know zstd. */
  readonly allowsZstd: boolean;
  /** How far a record's time may lie before and after the broker's. Not asked where the broker gives the time. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  readonly isAppendTime: boolean;
}

export interface BatchFault {
  readonly errorCode: number;
  readonly message: string;
  /** Indexes of the records at fault, where single ones are. */
  readonly records?: readonly { readonly index: number; readonly message: string }[] | undefined;
}

export type CheckedBatch = { readonly header: BatchHeader; readonly fault?: undefined } | { readonly fault: BatchFault };

const zstdNumber = 4;

/** @param records everything that was sent for the partition */
export function checkBatch(records: Uint8Array | null, rules: BatchRules, nowMs: number): CheckedBatch {
  if (records === null || records.length === 0)
    return fault(brokerErrorCodes.INVALID_RECORD, 'a produce request must have one record batch for each partition');
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  try {
    const header = readBatchHeader(view, 0);
    if (header === undefined) return fault(brokerErrorCodes.CORRUPT_MESSAGE, `the record batch is cut off at byte ${records.length}`);
    if (header.end < records.length)
      return fault(brokerErrorCodes.INVALID_RECORD, 'a produce request must have exactly one record batch for each partition');
    const tooLarge = checkSize(header.end, rules);
    if (tooLarge !== undefined) return { fault: tooLarge };
    checkChecksum(records, view, header);
    const found = checkHeader(header, rules) ?? checkRecords(new RecordWalk(payloadOf(records, header)), header, rules, nowMs);
    return found === undefined ? { header } : { fault: found };
  } catch (error) {
    if (error instanceof PayloadFault) return fault(brokerErrorCodes.INVALID_RECORD, error.message);
    if (error instanceof ProtocolError) return fault(codeOf(error.code), error.message);
    throw error;
  }
}

function codeOf(code: ProtocolErrorCode): number {
  if (code === 'MR_RECORDS_FORMAT_OLD') return brokerErrorCodes.INVALID_RECORD;
  return code === 'MR_COMPRESSION_UNAVAILABLE' ? brokerErrorCodes.UNSUPPORTED_COMPRESSION_TYPE : brokerErrorCodes.CORRUPT_MESSAGE;
}

function checkSize(sizeBytes: number, rules: BatchRules): BatchFault | undefined {
  if (sizeBytes > rules.maxMessageBytes) {
    return {
      errorCode: brokerErrorCodes.MESSAGE_TOO_LARGE,
      message: `a record batch of ${sizeBytes} bytes is over max.message.bytes (${rules.maxMessageBytes})`,
    };
  }
  if (sizeBytes > rules.segmentBytes) {
    return {
      errorCode: brokerErrorCodes.RECORD_LIST_TOO_LARGE,
      message: `a record batch of ${sizeBytes} bytes is over segment.bytes (${rules.segmentBytes})`,
    };
  }
  return undefined;
}

function checkHeader(header: BatchHeader, rules: BatchRules): BatchFault | undefined {
  const invalid = (message: string): BatchFault => ({ errorCode: brokerErrorCodes.INVALID_RECORD, message });
  const { recordCount, lastOffsetDelta, producerId, producerEpoch, baseSequence, compression } = header;
  if (header.isControl) return invalid('clients may not write control records');
  if (recordCount <= 0 || recordCount !== lastOffsetDelta + 1)
    return invalid(`the record batch announces ${recordCount} records and a last offset delta of ${lastOffsetDelta}`);
  if (producerId >= 0 && (baseSequence < 0 || producerEpoch < 0))
    return invalid(`sequence ${baseSequence} in epoch ${producerEpoch} of producer ${producerId}`);
  if (compression === zstdNumber && !rules.allowsZstd) {
    return {
      errorCode: brokerErrorCodes.UNSUPPORTED_COMPRESSION_TYPE,
      message: 'zstd is not possible in this version of Produce, but from 7 on',
    };
  }
  return undefined;
}

function checkRecords(walk: RecordWalk, header: BatchHeader, rules: BatchRules, nowMs: number): BatchFault | undefined {
  const earliest = rules.isAppendTime ? -Infinity : nowMs - rules.timestampBeforeMaxMs;
  const latest = rules.isAppendTime ? Infinity : nowMs + rules.timestampAfterMaxMs;
  const faults: { index: number; message: string }[] = [];
  let errorCode: number = brokerErrorCodes.INVALID_RECORD;
  let index = 0;
  for (; walk.next(); index++) {
    if (walk.offsetDelta !== index) return { errorCode, message: `record ${index} of the batch has the offset delta ${walk.offsetDelta}` };
    const timestamp = header.baseTimestamp + walk.timestampDelta;
    if (rules.isCompacted && walk.keyStart < 0) faults.push({ index, message: 'a compacted topic does not accept a record without a key' });
    else if (timestamp >= 0 && (timestamp < earliest || timestamp > latest)) {
      errorCode = brokerErrorCodes.INVALID_TIMESTAMP;
      faults.push({
        index,
        message: `the timestamp ${timestamp} is out of the range from ${earliest} to ${latest} that the topic accepts`,
      });
    }
  }
  if (index !== header.recordCount)
    return { errorCode: brokerErrorCodes.INVALID_RECORD, message: `the batch announces ${header.recordCount} records and has ${index}` };
  return faults.length === 0 ? undefined : { errorCode, message: 'records of the batch were refused', records: faults };
}

function fault(errorCode: number, message: string): CheckedBatch {
  return { fault: { errorCode, message } };
}
