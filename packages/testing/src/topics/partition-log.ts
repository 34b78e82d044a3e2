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
  /** True if the test piped it, false if the topology produced it. */
  readonly piped: boolean;
  /** Its place among the records of all topics. */
  readonly arrival: number;
}

/** What is appended: the log gives it its place. */
export type NewRecord = Omit<LogRecord, 'tp' | 'offset'>;

/** A record as it comes, from wherever. */
export type RecordBytes = Omit<NewRecord, 'piped' | 'arrival'>;

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

  /** Takes back what was produced from `end` on, as if it had never arrived. What the test piped stays, and moves up. */
  takeBack(end: number): void {
    const tail = this.#records.splice(Math.max(0, end - this.#start));
    for (const record of tail) if (record.piped) this.append(record);
  }
}
