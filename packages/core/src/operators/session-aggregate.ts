/**
 * One aggregate for each key and session. A record joins every session within the gap into one; those it replaces are removed first, and said to be (S-68). Records without
 * key are dropped; values may be null, which the aggregator sees. Kafka Streams: `KStreamSessionWindowAggregate` (S-65…S-71).
 */
import type { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { SessionTable } from '../stores/session-faces.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import { CloseEmission, type EmitStrategy } from './emit-strategy.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { OperatorTime } from './operator-time.ts';
import type { Aggregation } from './windowed-aggregation.ts';
import { WindowedOutput } from './windowed-output.ts';

class SessionAggregate<K, V, A> implements Processor<K, V, Windowed<K>, Change<A>> {
  readonly #windows: SessionWindows;
  readonly #aggregation: Aggregation<K, V, A>;
  readonly #emit: EmitStrategy;
  readonly #traits: TableTraits;
  #context!: OperatorContext<Windowed<K>, Change<A>>;
  #store!: SessionTable<K, A>;
  #output!: WindowedOutput<K, A>;
  #time!: OperatorTime;
  #emission: CloseEmission | undefined;

  constructor(windows: SessionWindows, aggregation: Aggregation<K, V, A>, emit: EmitStrategy, traits: TableTraits) {
    this.#windows = windows;
    this.#aggregation = aggregation;
    this.#emit = emit;
    this.#traits = traits;
  }

  init(context: OperatorContext<Windowed<K>, Change<A>>): void {
    const store = this.#traits.store as string;
    this.#context = context;
    this.#store = context.getStateStore<SessionTable<K, A>>(store);
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
    this.#time.observe(timestamp);
    const closeTime = this.#time.observed - this.#windows.graceMs - this.#windows.gapMs;
    this.#update(record, key, timestamp, closeTime);
    if (this.#emission?.due(closeTime) === true) this.#emitClosed(record, closeTime, this.#emission);
  }

  #update(record: StreamRecord<K, V>, key: K, timestamp: number, closeTime: number): void {
    const { gapMs } = this.#windows;
    const { aggregator, aggregatorName, initializer, merger, mergerName, readsValue } = this.#aggregation;
    const store = this.#store;
    const output = this.#output;
    const sessions = store.rows(key, timestamp - gapMs, timestamp + gapMs);
    let aggregate = initializer();
    refusePromise(aggregate, 'the initializer');
    let start = timestamp;
    let end = timestamp;
    for (const session of sessions) {
      aggregate = merger(aggregate, session.value, key) ?? null;
      refusePromise(aggregate, mergerName);
      if (session.start < start) start = session.start;
      if (session.end > end) end = session.end;
    }
    if (end < closeTime) {
      this.#context.dropped('window has closed');
      return;
    }
    // A session that is exactly this record's is overwritten.
    if (start !== end || start !== timestamp) {
      for (const session of sessions) {
        store.write(key, session.start, session.end, null);
        output.updateSession(key, session.start, session.end, null, session.value);
      }
    }
    // An aggregator that ignores its value may be given anything for it.
    const value = readsValue ? record.value : (null as V);
    aggregate = aggregator(aggregate, value, key) ?? null;
    refusePromise(aggregate, aggregatorName);
    store.write(key, start, end, aggregate);
    output.updateSession(key, start, end, aggregate, null);
  }

  /** Emits the sessions whose end has been passed since the last time (S-54). */
  #emitClosed(record: StreamRecord<K, V>, closeTime: number, emission: CloseEmission): void {
    const latest = closeTime - 1;
    const earliest = Math.max(0, emission.lastClose);
    if (latest < 0 || latest < earliest) return;
    for (const { key, start, end, value } of this.#store.rowsBetween(earliest, latest))
      this.#output.close(record, key, start, end, value, end);
    emission.lastClose = closeTime;
  }
}

/** Sessions. The operator's names start with `prefix`. */
export function sessionAggregate<K, V, A>(
  prefix: string,
  windows: SessionWindows,
  aggregation: Aggregation<K, V, A>,
  emit: EmitStrategy,
): TableOperator<K, V, Windowed<K>, Change<A>> {
  return { prefix, create: (traits) => new SessionAggregate(windows, aggregation, emit, traits) };
}
