/** One partition as a broker would keep it: records by offset, from a start that moves up as they are no longer needed. */
import type { Header, TopicPartition } from '@millrace/core/kafka';

/** A record on a topic: bytes as they were written. */
export interface LogRecord {
  readonly tp: TopicPartition;
  readonly offset: number;
  /** Milliseconds since 1970; -1 if it was written without one. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
}

/** What is appended: the log gives it its place. */
export type NewRecord = Omit<LogRecord, 'tp' | 'offset'>;

export class PartitionLog {
  readonly tp: TopicPartition;
  #records: LogRecord[] = [];
  #start = 0;

  constructor(tp: TopicPartition) {
    this.tp = tp;
  }

  /** Offset of the first record that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset of the next record. */
  get end(): number {
    return this.#start + this.#records.length;
  }

  append(record: NewRecord): LogRecord {
    const placed: LogRecord = { ...record, tp: this.tp, offset: this.end };
    this.#records.push(placed);
    return placed;
  }

  /** The records `from <= offset < to`. */
  read(from: number, to: number = this.end): readonly LogRecord[] {
    return this.#records.slice(Math.max(0, from - this.#start), Math.max(0, to - this.#start));
  }

  /** Forgets the records below `offset`. */
  trim(offset: number): void {
    if (offset <= this.#start) return;
    this.#records = this.#records.slice(offset - this.#start);
    this.#start = offset;
  }

  /** Takes back the records from `end` on, as if they had never arrived. */
  truncate(end: number): void {
    if (end < this.end) this.#records.length = Math.max(0, end - this.#start);
  }
}
