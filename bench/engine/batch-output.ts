/** An output as a producer's: real record batches of 16 KiB with their checksum. What goes to an internal topic comes back as input, decoded; the rest is counted. */
import {
  type Acknowledged,
  type FetchedRecords,
  type Output,
  type OutputPartition,
  type TopicPartition,
  topicPartition,
} from '@millrace/core/kafka';
import { decodeRecords, placeBatch, RecordBatchBuilder } from '@millrace/kafka/protocol';
import { Outputs } from './outputs.ts';

const batchBytes = 16_384;

class Partition implements OutputPartition {
  readonly tp: TopicPartition;
  appended = 0;
  readonly #builder = new RecordBatchBuilder({ maxBytes: batchBytes, initialBytes: batchBytes });
  readonly #loops: boolean;
  /** Batches that come back as input. */
  readonly returned: Uint8Array[] = [];
  /** What was appended, where somebody wants to check it. */
  readonly outputs: Outputs | undefined;

  constructor(tp: TopicPartition, loops: boolean, outputs: Outputs | undefined) {
    this.tp = tp;
    this.#loops = loops;
    this.outputs = outputs;
  }

  append(
    timestamp: number,
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
    headers: Parameters<OutputPartition['append']>[7],
  ): void {
    this.appended++;
    if (!this.#builder.append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, headers)) {
      this.finish();
      this.#builder.append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, headers);
    }
    this.outputs?.add(text(keyBuffer, keyStart, keyEnd), valueStart < 0 ? null : text(valueBuffer, valueStart, valueEnd));
  }

  finish(): void {
    if (this.#builder.count === 0) return;
    const batch = this.#builder.finish();
    if (this.#loops) this.returned.push(batch);
  }
}

export class BatchOutput implements Output {
  readonly bufferedBytes = 0;
  readonly full = false;
  readonly #partitions = new Map<TopicPartition, Partition>();
  readonly #acknowledged = new Map<TopicPartition, number>();
  readonly #loops: ReadonlySet<string>;
  readonly #offsets = new Map<TopicPartition, number>();
  readonly #checked: boolean;

  /** `loops`: topics that the task reads itself. `checked`: looks at what goes to the topic `out` (slow). */
  constructor(loops: ReadonlySet<string>, checked: boolean) {
    this.#loops = loops;
    this.#checked = checked;
  }

  partitionCount(): number {
    return 1;
  }

  partition(topic: string, partition: number): Partition {
    const tp = topicPartition(topic, partition);
    let output = this.#partitions.get(tp);
    if (output === undefined) {
      output = new Partition(tp, this.#loops.has(topic), this.#checked && topic === 'out' ? new Outputs() : undefined);
      this.#partitions.set(tp, output);
    }
    return output;
  }

  /** What was written to topics that the task reads, as the reader would hand it out. */
  takeReturned(): FetchedRecords[] {
    const fetched: FetchedRecords[] = [];
    for (const topic of this.#loops) {
      const output = this.partition(topic, 0);
      output.finish();
      for (const batch of output.returned.splice(0)) fetched.push(readBack(output.tp, batch, this.#offsets));
    }
    return fetched;
  }

  acknowledge(): Map<TopicPartition, Acknowledged> {
    const acknowledged = new Map<TopicPartition, Acknowledged>();
    for (const output of this.#partitions.values()) {
      output.finish();
      if (output.appended === (this.#acknowledged.get(output.tp) ?? 0)) continue;
      this.#acknowledged.set(output.tp, output.appended);
      acknowledged.set(output.tp, { lastOffset: output.appended - 1, contiguous: true });
    }
    return acknowledged;
  }
}

/** A batch as its reader gets it: placed at the end of its log, checksum verified, decoded into a view. */
export function readBack(tp: TopicPartition, batch: Uint8Array, offsets: Map<TopicPartition, number>): FetchedRecords {
  const position = offsets.get(tp) ?? 0;
  placeBatch(batch, 0, position, 0);
  const { batches, nextOffset, error } = decodeRecords(tp, batch, { position });
  if (error !== undefined) throw error;
  const [records] = batches;
  if (records === undefined || batches.length !== 1) throw new Error('one batch gives one view');
  offsets.set(tp, nextOffset);
  return records;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
