/** All topics of a driver: the partition logs that tasks read and restore from, and the queues that tests read. */
import type { TopicPartition } from '@millrace/core/kafka';
import { OutputQueue } from './output-queue.ts';
import { PartitionLog, type LogRecord, type RecordBytes } from './partition-log.ts';

export class TopicLogs {
  readonly #logs = new Map<TopicPartition, PartitionLog>();
  readonly #produced = new Map<string, OutputQueue>();
  #newTopics: string[] = [];
  #arrivals = 0;

  log(tp: TopicPartition): PartitionLog {
    let log = this.#logs.get(tp);
    if (log === undefined) this.#logs.set(tp, (log = new PartitionLog(tp)));
    return log;
  }

  /** Appends what the test pipes: it can be read by tasks. */
  pipe(tp: TopicPartition, record: RecordBytes): LogRecord {
    return this.log(tp).append({ ...record, piped: true, arrival: this.#arrivals++ });
  }

  /** Appends what the topology produced: it can be read by tasks and by the test. */
  produce(tp: TopicPartition, record: RecordBytes): LogRecord {
    const placed = this.log(tp).append({ ...record, piped: false, arrival: this.#arrivals++ });
    let queue = this.#produced.get(tp.topic);
    if (queue === undefined) {
      this.#produced.set(tp.topic, (queue = new OutputQueue()));
      this.#newTopics.push(tp.topic);
    }
    queue.push(placed);
    return placed;
  }

  /** Undefined as long as nothing was produced to the topic. */
  produced(topic: string): OutputQueue | undefined {
    return this.#produced.get(topic);
  }

  /** Topics that were produced to for the first time since the last call. */
  takeNewTopics(): readonly string[] {
    const topics = this.#newTopics;
    this.#newTopics = [];
    return topics;
  }

  /** Topics that were produced to, by name. */
  get producedTopics(): readonly string[] {
    return [...this.#produced.keys()].sort();
  }

  /** Where every partition ends. */
  ends(): ReadonlyMap<TopicPartition, number> {
    return new Map([...this.#logs].map(([tp, log]) => [tp, log.end]));
  }

  /** Takes back what was produced from the `ends` of its partitions on, all of it where `ends` does not name the partition. */
  takeBack(ends: ReadonlyMap<TopicPartition, number>): void {
    for (const [tp, log] of this.#logs) log.takeBack(ends.get(tp) ?? 0);
    for (const queue of this.#produced.values()) queue.retain(({ offset, tp }) => offset < (ends.get(tp) ?? 0));
  }
}
