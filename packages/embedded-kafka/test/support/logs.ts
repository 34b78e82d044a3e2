/** Logs without a cluster, filled from plain records. */
import { type BatchStamp, readBatchHeader } from '@millrace/kafka/protocol';
import { TopicConfigs } from '../../src/cluster/topic-configs.ts';
import { type AppendResult, PartitionLog } from '../../src/log/partition-log.ts';
import { storedRecords } from '../../src/log/stored-records.ts';
import { batchOf, type PlainRecord } from './batches.ts';

export function logWith(configs: Readonly<Record<string, string>> = {}, nowMs = 0): PartitionLog {
  return new PartitionLog(new TopicConfigs(new Map(Object.entries(configs)), new Map()).logSettings(), nowMs);
}

export interface AppendOptions {
  readonly nowMs?: number;
  readonly epoch?: number;
  readonly stamp?: BatchStamp;
}

export function append(log: PartitionLog, records: readonly PlainRecord[], options: AppendOptions = {}): AppendResult {
  const bytes = batchOf(records, options.stamp);
  const header = readBatchHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  if (header === undefined) throw new Error('a batch of the tests cannot be read');
  return log.append(bytes, header, options.epoch ?? 0, options.nowMs ?? 0);
}

/** `offset:key=value` of every readable record; a tombstone has no `=`. */
export function contents(log: PartitionLog): string[] {
  return storedRecords(log, 0).map(({ offset, key, value }) => {
    const text = value === null ? '' : `=${Buffer.from(value).toString()}`;
    return `${offset}:${Buffer.from(key ?? []).toString()}${text}`;
  });
}

/** Offsets that a reader gets that reads on from batch to batch, `maxBytes` at a time. */
export function readThrough(log: PartitionLog, from: number, maxBytes: number): number[] {
  const offsets: number[] = [];
  for (let position = from; position < log.endOffset;) {
    const { batches } = log.read(position, { endOffset: log.endOffset, maxBytes, atLeastOne: true });
    if (batches.length === 0) break;
    for (const bytes of batches) {
      const header = readBatchHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
      if (header === undefined) throw new Error(`a batch read from ${position} is cut off`);
      offsets.push(header.baseOffset);
      position = header.baseOffset + header.lastOffsetDelta + 1;
    }
  }
  return offsets;
}
