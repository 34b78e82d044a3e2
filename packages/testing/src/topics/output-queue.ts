/** What was produced to a topic and not read by the test: in the order in which it was produced, over all partitions. */
import type { LogRecord } from './partition-log.ts';

export class OutputQueue {
  #records: LogRecord[] = [];
  /** Records before it were read; they are let go in one piece. */
  #next = 0;

  get size(): number {
    return this.#records.length - this.#next;
  }

  push(record: LogRecord): void {
    this.#records.push(record);
  }

  /** The first unread record that `wanted` accepts. */
  find(wanted: (record: LogRecord) => boolean): LogRecord | undefined {
    return this.#records.find((record, index) => index >= this.#next && wanted(record));
  }

  shift(): LogRecord | undefined {
    const record = this.#records[this.#next];
    if (record === undefined) return undefined;
    this.#next++;
    if (this.#next > 256 && this.#next * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#next);
      this.#next = 0;
    }
    return record;
  }

  /** Drops unread records that `keep` refuses. */
  retain(keep: (record: LogRecord) => boolean): void {
    this.#records = this.#records.slice(this.#next).filter(keep);
    this.#next = 0;
  }
}
