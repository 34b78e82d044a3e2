/** The producer of the driver's tasks: what they append waits here until the driver takes it into the logs, or drops it because the step failed. */
import { Headers, topicPartition, type Acknowledged, type Output, type OutputPartition, type TopicPartition } from '@millrace/core/kafka';
import type { RecordBytes } from './partition-log.ts';
import type { TopicLogs } from './topic-logs.ts';

interface Pending {
  readonly tp: TopicPartition;
  readonly record: RecordBytes;
}

export class OutputCapture implements Output {
  readonly #logs: TopicLogs;
  readonly #partitionCount: (topic: string) => number;
  readonly #partitions = new Map<TopicPartition, OutputPartition>();
  #pending: Pending[] = [];
  /** Last offset by partition since the last commit. */
  #acknowledged = new Map<TopicPartition, Acknowledged>();

  constructor(logs: TopicLogs, partitionCount: (topic: string) => number) {
    this.#logs = logs;
    this.#partitionCount = partitionCount;
  }

  /** The driver takes everything after each record: nothing piles up. */
  readonly bufferedBytes: number = 0;
  readonly full: boolean = false;

  partitionCount(topic: string): number {
    return this.#partitionCount(topic);
  }

  partition(topic: string, partition: number): OutputPartition {
    const tp = topicPartition(topic, partition);
    let output = this.#partitions.get(tp);
    if (output === undefined)
      this.#partitions.set(tp, (output = new CapturedPartition(tp, (record) => this.#pending.push({ tp, record }))));
    return output;
  }

  /** Takes what was appended since the last call into the logs, in order. */
  deliver(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { tp, record } of pending) {
      const placed = this.#logs.produce(tp, record);
      this.#acknowledged.set(tp, { lastOffset: placed.offset, contiguous: true });
    }
  }

  /** Forgets what was appended since the last `deliver`. */
  drop(): void {
    this.#pending = [];
  }

  /** What was delivered since the last call, by partition. */
  takeAcknowledged(): ReadonlyMap<TopicPartition, Acknowledged> {
    const acknowledged = this.#acknowledged;
    this.#acknowledged = new Map();
    return acknowledged;
  }
}

class CapturedPartition implements OutputPartition {
  readonly tp: TopicPartition;
  appended = 0;
  readonly #take: (record: RecordBytes) => void;

  constructor(tp: TopicPartition, take: (record: RecordBytes) => void) {
    this.tp = tp;
    this.#take = take;
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
    this.appended++;
    this.#take({
      timestamp,
      key: keyStart < 0 ? null : new Uint8Array(keyBuffer.subarray(keyStart, keyEnd)),
      value: valueStart < 0 ? null : new Uint8Array(valueBuffer.subarray(valueStart, valueEnd)),
      headers: headers === null ? [] : headers.toArray(),
    });
  }
}
