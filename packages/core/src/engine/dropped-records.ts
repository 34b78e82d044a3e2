/**
 * Counts what is dropped on purpose, in the one number that users of Kafka Streams watch (`dropped-records-total`), and logs it at a bounded rate (I8). Time is that of
 * the last step of the loop: nothing here reads a clock (I5).
 */
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { Counter, Metrics } from '../metrics.ts';
import type { RecordContext } from '../stores/record-context.ts';

/** At most one line a reason in this time. */
const logIntervalMs = 10_000;

interface Reason {
  lastLoggedMs: number;
  unlogged: number;
}

export class DroppedRecords {
  readonly #taskId: string;
  readonly #counter: Counter;
  readonly #log: Logger;
  readonly #context: RecordContext;
  readonly #reasons = new Map<string, Reason>();
  /** Wall clock of the current step of the loop. */
  nowMs = 0;

  constructor(taskId: string, metrics: Metrics, log: Logger, context: RecordContext) {
    this.#taskId = taskId;
    this.#counter = metrics.counter('dropped-records-total', { 'task-id': taskId });
    this.#log = log;
    this.#context = context;
  }

  /** `tp` and `offset` where they differ from the record in progress. `reason` must be one of a few fixed texts. */
  add(reason: string, tp: TopicPartition | null, offset: number): void {
    this.#counter.add(1);
    let state = this.#reasons.get(reason);
    if (state === undefined) this.#reasons.set(reason, (state = { lastLoggedMs: Number.NEGATIVE_INFINITY, unlogged: 0 }));
    state.unlogged++;
    if (this.nowMs - state.lastLoggedMs < logIntervalMs) return;
    const context = this.#context;
    const place = tp === null ? `${context.topic ?? ''}-${context.partition}` : formatTopicPartition(tp);
    this.#log.warn(`dropped ${state.unlogged} record(s): ${reason}`, {
      taskId: this.#taskId,
      partition: place,
      offset: tp === null ? context.offset : offset,
    });
    state.lastLoggedMs = this.nowMs;
    state.unlogged = 0;
  }
}
