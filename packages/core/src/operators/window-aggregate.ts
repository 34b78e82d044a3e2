/**
 * One aggregate for each key and time window. A record updates every window that contains it and is still open; each one that has closed counts as a dropped record. Records
 * without key are dropped; values may be null, which the aggregator sees. Kafka Streams: `KStreamWindowAggregate` (S-42…S-58).
 */
import type { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { WindowTable } from '../stores/window-faces.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import { CloseEmission, type EmitStrategy } from './emit-strategy.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { OperatorTime } from './operator-time.ts';
import type { Aggregation } from './windowed-aggregation.ts';
import { WindowedOutput } from './windowed-output.ts';

class WindowAggregate<K, V, A> implements Processor<K, V, Windowed<K>, Change<A>> {
  readonly #windows: TimeWindows | UnlimitedWindows;
  readonly #aggregation: Aggregation<K, V, A>;
  readonly #emit: EmitStrategy;
  readonly #traits: TableTraits;
  #context!: OperatorContext<Windowed<K>, Change<A>>;
  #store!: WindowTable<K, A>;
  #output!: WindowedOutput<K, A>;
  #time!: OperatorTime;
  #emission: CloseEmission | undefined;

  constructor(windows: TimeWindows | UnlimitedWindows, aggregation: Aggregation<K, V, A>, emit: EmitStrategy, traits: TableTraits) {
    this.#windows = windows;
    this.#aggregation = aggregation;
    this.#emit = emit;
    this.#traits = traits;
  }

  init(context: OperatorContext<Windowed<K>, Change<A>>): void {
    const store = this.#traits.store as string;
    this.#context = context;
    this.#store = context.getStateStore<WindowTable<K, A>>(store);
    this.#output = new WindowedOutput(context, this.#store, this.#traits, this.#emit);
    this.#time = new OperatorTime(context, this.#aggregation.timeName(store));
    this.#emission = this.#emit === 'onWindowClose' ? new CloseEmission(context, store) : undefined;
  }

  process(record: StreamRecord<K, V>): void {
    const { key, timestamp } = record;
    if (key === null || key === undefined) {
      this.#context.dropped('null key');
      return;
    }
    const windows = this.#windows;
    const { advanceMs, sizeMs } = windows;
    this.#time.observe(timestamp);
    const closeTime = this.#time.observed - windows.graceMs;
    for (let start = windows.firstStart(timestamp); start <= timestamp; start += advanceMs) {
      if (start + sizeMs > closeTime) this.#update(record, key, start, start + sizeMs);
      else this.#context.dropped('window has closed');
    }
    if (this.#emission?.due(closeTime) === true) this.#emitClosed(record, closeTime, this.#emission);
  }

  #update(record: StreamRecord<K, V>, key: K, start: number, end: number): void {
    const aggregation = this.#aggregation;
    const row = this.#store.lookup(key, start);
    let timestamp = record.timestamp;
    let old: A | null;
    if (row === undefined) {
      old = aggregation.initializer();
      refusePromise(old, 'the initializer');
    } else {
      old = row.value;
      if (row.timestamp > timestamp) timestamp = row.timestamp;
    }
    // An aggregator that ignores its value may be given anything for it.
    const value = aggregation.readsValue ? record.value : (null as V);
    const aggregate = aggregation.aggregator(old, value, key) ?? null;
    refusePromise(aggregate, aggregation.aggregatorName);
    this.#store.write(key, start, aggregate, timestamp);
    this.#output.update(record, start, end, aggregate, old, timestamp);
  }

  /** Emits the windows whose end has been passed since the last time (S-52). */
  #emitClosed(record: StreamRecord<K, V>, closeTime: number, emission: CloseEmission): void {
    const windows = this.#windows;
    const { sizeMs } = windows;
    const latest = closeTime - sizeMs;
    if (latest < 0) return;
    const { lastClose } = emission;
    const passed = Math.max(0, lastClose - sizeMs);
    // The same windows contain both times: none has closed between them.
    if (
      lastClose !== -1 &&
      windows.firstStart(latest) === windows.firstStart(passed) &&
      windows.lastStart(latest) === windows.lastStart(passed)
    )
      return;
    for (const { key, start, value, timestamp } of this.#store.rowsBetween(lastClose === -1 ? 0 : passed + 1, latest))
      this.#output.close(record, key, start, start + sizeMs, value, timestamp);
    emission.lastClose = closeTime;
  }
}

/** Time and unlimited windows. The operator's names start with `prefix`. */
export function windowAggregate<K, V, A>(
  prefix: string,
  windows: TimeWindows | UnlimitedWindows,
  aggregation: Aggregation<K, V, A>,
  emit: EmitStrategy,
): TableOperator<K, V, Windowed<K>, Change<A>> {
  return { prefix, create: (traits) => new WindowAggregate(windows, aggregation, emit, traits) };
}
