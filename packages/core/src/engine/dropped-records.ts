/**
 * Counts what is dropped on purpose, in the one number that users of Kafka Streams watch (`dropped-records-total`), and logs it at a bounded rate (I8): the first of a reason
 * at once, what follows with the next line that is due, and the rest when its task is closed. Time is that of the last step of the loop: nothing here reads a clock (I5).
 */
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import type { Counter, Metrics } from '../metrics.ts';
import type { RecordContext } from '../stores/record-context.ts';

/** At most one line a reason in this time. */
const logIntervalMs = 10_000;

interface Reason {
  lastLoggedMs: number;
  unlogged: number;
  /** Place of the record that was dropped last. */
  topic: string;
  partition: number;
  offset: number;
}

export class DroppedRecords {
  readonly #taskId: string;
  readonly #counter: Counter;
  readonly #log: Logger;
  readonly #context: RecordContext;
  readonly #reasons = new Map<string, Reason>();
  #nowMs = 0;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(taskId: string, metrics: Metrics, log: Logger, context: RecordContext) {
    this.#taskId = taskId;
    this.#counter = metrics.counter('dropped-records-total', { 'task-id': taskId });
    this.#log = log;
    this.#context = context;
  }

  /** When the next line is due; Infinity if everything has been told. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Wall clock of the step of the loop that begins. Tells what is due. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    if (nowMs < this.#dueMs) return;
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const [reason, state] of this.#reasons) {
      if (state.unlogged === 0) continue;
      if (nowMs - state.lastLoggedMs >= logIntervalMs) this.#tell(reason, state);
      else this.#dueMs = Math.min(this.#dueMs, state.lastLoggedMs + logIntervalMs);
    }
  }

  /** `tp` and `offset` where they differ from the record in progress. `reason` must be one of a few fixed texts. */
  add(reason: string, tp: TopicPartition | null, offset: number): void {
    this.#counter.add(1);
    let state = this.#reasons.get(reason);
    if (state === undefined) {
      this.#reasons.set(reason, (state = { lastLoggedMs: Number.NEGATIVE_INFINITY, unlogged: 0, topic: '', partition: -1, offset: -1 }));
    }
    const context = this.#context;
    state.unlogged++;
    state.topic = tp === null ? (context.topic ?? '') : tp.topic;
    state.partition = tp === null ? context.partition : tp.partition;
    state.offset = tp === null ? context.offset : offset;
    if (this.#nowMs - state.lastLoggedMs >= logIntervalMs) this.#tell(reason, state);
    else this.#dueMs = Math.min(this.#dueMs, state.lastLoggedMs + logIntervalMs);
  }

  /** Nothing more comes: tells what was not told yet. */
  close(): void {
    for (const [reason, state] of this.#reasons) if (state.unlogged > 0) this.#tell(reason, state);
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #tell(reason: string, state: Reason): void {
    this.#log.warn(`dropped ${state.unlogged} record(s): ${reason}`, {
      taskId: this.#taskId,
      partition: `${state.topic}-${state.partition}`,
      offset: state.offset,
    });
    state.lastLoggedMs = this.#nowMs;
    state.unlogged = 0;
  }
}
