/** The producer of the driver's tasks: what they append waits here until the driver takes it into the logs, or drops it because the step failed. */
import { Headers, topicPartition, type Acknowledged, type Output, type OutputPartition, type TopicPartition } from '@millrace/core/kafka';
import { appendDeadLetter } from '@millrace/core/engine';
import type { DeadLetter } from '@millrace/core';
import type { RecordBytes } from './partition-log.ts';
import type { TopicLogs } from './topic-logs.ts';

interface Pending {
  readonly tp: TopicPartition;
  readonly record: RecordBytes;
  /** It leaves even if the step fails. */
  readonly isLastWord: boolean;
}

export class OutputCapture implements Output {
  readonly #logs: TopicLogs;
  readonly #partitionCount: (topic: string) => number;
  readonly #partitions = new Map<TopicPartition, OutputPartition>();
  #pending: Pending[] = [];
  #isLastWord = false;
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
      this.#partitions.set(
        tp,
        (output = new CapturedPartition(tp, (record) => this.#pending.push({ tp, record, isLastWord: this.#isLastWord }))),
      );
    return output;
  }

  /** Takes the dead letters of a failure that stops the driver. A field, so that tasks can be given it. */
  readonly lastWords = (letters: readonly DeadLetter[]): void => {
    this.#isLastWord = true;
    try {
      for (const letter of letters) appendDeadLetter(this, letter, this.partitionCount(letter.topic), 0);
    } finally {
      this.#isLastWord = false;
    }
  };

  /** Takes what was appended since the last call into the logs, in order. False if there was nothing. */
  deliver(): boolean {
    if (this.#pending.length === 0) return false;
    this.#take(this.#pending);
    return true;
  }

  /** Forgets what was appended since the last `deliver`, except for last words. */
  drop(): void {
    this.#take(this.#pending.filter(({ isLastWord }) => isLastWord));
  }

  #take(pending: readonly Pending[]): void {
    this.#pending = [];
    for (const { tp, record } of pending) {
      const placed = this.#logs.produce(tp, record);
      this.#acknowledged.set(tp, { lastOffset: placed.offset, contiguous: true });
    }
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
