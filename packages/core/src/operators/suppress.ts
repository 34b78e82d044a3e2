/**
 * Holds back the changes of a table, one a key, until their window closes or they have waited long enough; a full buffer lets the eldest go early or stops the task.
 * Kafka Streams: `KTableSuppressProcessorSupplier`.
 */
import { StreamsError } from '../errors.ts';
import type { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { EvictionListener, SuppressBuffer } from '../stores/buffer-faces.ts';
import { Windowed } from '../windows/windowed.ts';
import { OperatorTime } from './operator-time.ts';

export interface Suppression {
  /** The node's name, for errors. */
  readonly name: string;
  /** Name of the buffer. */
  readonly buffer: string;
  /** Counts from the end of a record's window, else from the first change of its key that is held back. */
  readonly untilWindowCloses: boolean;
  /** How far stream time must be behind that: the windows' grace, or the limit. */
  readonly waitMs: number;
  /** No limit: Infinity. */
  readonly maxRecords: number;
  /** As Kafka Streams counts them. No limit: Infinity. */
  readonly maxBytes: number;
  readonly whenFull: 'emitEarly' | 'shutDown';
}

class Suppress<K, V> implements Processor<K, Change<V>, K, Change<V>>, EvictionListener<K, Change<V>> {
  readonly #suppression: Suppression;
  #context!: OperatorContext<K, Change<V>>;
  #buffer!: SuppressBuffer<K, V, Change<V>>;
  #time!: OperatorTime;

  constructor(suppression: Suppression) {
    this.#suppression = suppression;
  }

  init(context: OperatorContext<K, Change<V>>): void {
    const { buffer } = this.#suppression;
    this.#context = context;
    this.#buffer = context.getStateStore<SuppressBuffer<K, V, Change<V>>>(buffer);
    this.#time = new OperatorTime(context, buffer);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { untilWindowCloses, waitMs, whenFull } = this.#suppression;
    const buffer = this.#buffer;
    this.#time.observe(record.timestamp);
    buffer.put(untilWindowCloses ? windowEnd(record.key) : record.timestamp, record);
    const due = this.#time.observed - waitMs;
    // An empty buffer's time is infinite.
    while (buffer.minTime <= due) buffer.evictEldest(this);
    if (!this.#isFull()) return;
    if (whenFull === 'shutDown') throw this.#full();
    while (this.#isFull() && buffer.evictEldest(this));
  }

  evicted(record: StreamRecord<K, Change<V>>): void {
    // A window's final result says nothing of windows that are gone: nothing was said of them before.
    if (record.value.newValue === null && this.#suppression.untilWindowCloses) return;
    this.#context.forward(record);
  }

  #isFull(): boolean {
    const { maxBytes, maxRecords } = this.#suppression;
    return this.#buffer.recordCount > maxRecords || this.#buffer.sizeBytes > maxBytes;
  }

  #full(): StreamsError {
    const { buffer, maxBytes, maxRecords, name } = this.#suppression;
    const { recordCount, sizeBytes } = this.#buffer;
    return new StreamsError(
      'MR_BUFFER_FULL',
      `the buffer of ${name} holds ${recordCount} records of at most ${maxRecords} and ${sizeBytes} bytes of at most ${maxBytes}; ` +
        'give it more room, or let it emit early where results need not be final',
      { details: { taskId: this.#context.taskId, node: name, store: buffer } },
    );
  }
}

function windowEnd(key: unknown): number {
  if (key instanceof Windowed) return key.window.end;
  throw new StreamsError('MR_ARGUMENT_INVALID', 'a table is suppressed until its windows close, but its key has no window');
}

export function suppress<K, V>(suppression: Suppression): () => Processor<K, Change<V>, K, Change<V>> {
  return () => new Suppress<K, V>(suppression);
}
