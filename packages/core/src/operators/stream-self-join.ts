/**
 * The join of a stream with itself, on one store: a record meets the earlier ones of its key as the left side does, then as the right side does, and itself once, where its
 * time stands among the latter (S-85). Kafka Streams: `KStreamKStreamSelfJoin`.
 */
import type { OperatorContext, Processor, ProcessorFactory } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { JoinWindowTable } from '../stores/window-faces.ts';
import type { JoinWindows } from '../windows/join-windows.ts';
import { OperatorTime } from './operator-time.ts';

export interface StreamSelfJoin<K, V, R> {
  /** Tells its time apart from others of the task. */
  readonly name: string;
  readonly windows: JoinWindows;
  readonly joiner: (left: V, right: V, key: K) => R;
  readonly store: string;
}

class SelfJoin<K, V, R> implements Processor<K, V | null, K, R> {
  readonly #join: StreamSelfJoin<K, V, R>;
  /** How long a record can still meet itself: as long as it is kept. */
  readonly #retentionMs: number;
  #context!: OperatorContext<K, R>;
  #store!: JoinWindowTable<K, V>;
  #time!: OperatorTime;

  constructor(join: StreamSelfJoin<K, V, R>) {
    const { afterMs, beforeMs, graceMs } = join.windows;
    this.#join = join;
    this.#retentionMs = beforeMs + afterMs + graceMs;
  }

  init(context: OperatorContext<K, R>): void {
    this.#context = context;
    this.#store = context.getStateStore<JoinWindowTable<K, V>>(this.#join.store);
    this.#time = new OperatorTime(context, `${this.#join.name}/time`);
  }

  process(record: StreamRecord<K, V | null>): void {
    const { key, timestamp } = record;
    if (record.valueIsNull || key === null || key === undefined) {
      this.#context.dropped('null key or value');
      return;
    }
    const context = this.#context;
    const { afterMs, beforeMs } = this.#join.windows;
    // The value was compared with null.
    const value = record.value as V;
    const withItself = record.withValue(this.#joined(value, value, key));
    this.#time.observe(timestamp);
    let meetsItself = timestamp > this.#time.observed - this.#retentionMs + 1;

    for (const { start, value: other } of this.#store.rows(key, Math.max(0, timestamp - beforeMs), Math.max(0, timestamp + afterMs))) {
      context.forward(record.withValueAt(this.#joined(value, other, key), Math.max(start, timestamp)));
    }
    for (const { start, value: other } of this.#store.rows(key, Math.max(0, timestamp - afterMs), Math.max(0, timestamp + beforeMs))) {
      if (meetsItself && timestamp < start) {
        meetsItself = false;
        context.forward(withItself);
      }
      context.forward(record.withValueAt(this.#joined(other, value, key), Math.max(start, timestamp)));
    }
    if (meetsItself) context.forward(withItself);
  }

  #joined(left: V, right: V, key: K): R {
    const result = this.#join.joiner(left, right, key);
    refusePromise(result, 'the joiner');
    return result;
  }
}

export function streamSelfJoin<K, V, R>(join: StreamSelfJoin<K, V, R>): ProcessorFactory<K, V | null, K, R> {
  return () => new SelfJoin<K, V, R>(join);
}
