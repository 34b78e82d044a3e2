/**
 * One aggregate for each key and sliding window. A window is made when a record comes that begins or ends a set of records at most `difference` apart: the one that ends at
 * the record, and those that begin just behind it and behind the record before, if they would hold others. A new window starts from the aggregate of a window that holds the
 * same records. Relies on a row's timestamp being that of its last record. Records without key or value are dropped. Kafka Streams: `KStreamSlidingWindowAggregate` (S-59…S-64).
 */
import { StreamsError } from '../errors.ts';
import type { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { WindowRow, WindowTable } from '../stores/window-faces.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import { CloseEmission, type EmitStrategy } from './emit-strategy.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { OperatorTime } from './operator-time.ts';
import type { Aggregation } from './windowed-aggregation.ts';
import { WindowedOutput } from './windowed-output.ts';

/** In place of the time of a record before, where there is none. */
const noTime = -1;

class SlidingAggregate<K, V, A> implements Processor<K, V | null, Windowed<K>, Change<A>> {
  readonly #windows: SlidingWindows;
  readonly #aggregation: Aggregation<K, V, A>;
  readonly #emit: EmitStrategy;
  readonly #traits: TableTraits;
  #context!: OperatorContext<Windowed<K>, Change<A>>;
  #store!: WindowTable<K, A>;
  #output!: WindowedOutput<K, A>;
  #time!: OperatorTime;
  #emission: CloseEmission | undefined;
  #closeTime = 0;
  /** Starts of the windows that the record in progress came by. */
  readonly #starts: number[] = [];

  constructor(windows: SlidingWindows, aggregation: Aggregation<K, V, A>, emit: EmitStrategy, traits: TableTraits) {
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

  process(record: StreamRecord<K, V | null>): void {
    const { key, timestamp } = record;
    if (key === null || key === undefined || record.valueIsNull) {
      this.#context.dropped('null key or value');
      return;
    }
    const { differenceMs, graceMs } = this.#windows;
    this.#time.observe(timestamp);
    const closeTime = this.#time.observed - graceMs;
    this.#closeTime = closeTime;
    if (timestamp + differenceMs < closeTime) {
      this.#context.dropped('window has closed');
      return;
    }
    // It has a value, as was seen.
    const present = record as StreamRecord<K, V>;
    // Windows do not begin before 1970; and as in Kafka Streams these records close none (S-61).
    if (timestamp < differenceMs) {
      this.#processEarly(present, key, timestamp);
      return;
    }
    this.#process(present, key, timestamp);
    if (this.#emission?.due(closeTime) === true) this.#emitClosed(present, closeTime, this.#emission);
  }

  #process(record: StreamRecord<K, V>, key: K, timestamp: number): void {
    const { differenceMs } = this.#windows;
    const starts = this.#starts;
    starts.length = 0;
    /** A window without the record that holds what came shortly before it, and one with it that holds what comes behind. */
    let left: WindowRow<A> | undefined;
    let right: WindowRow<A> | undefined;
    let hasLeft = false;
    let hasRight = false;
    /** Timestamp of the record before this one. */
    let previous = noTime;
    for (const row of this.#store.scan(key, Math.max(0, timestamp - 2 * differenceMs), timestamp + 1, true)) {
      starts.push(row.start);
      const end = row.start + differenceMs;
      if (row.start === timestamp + 1) {
        hasRight = true;
      } else if (end > timestamp) {
        right ??= row;
        this.#update(record, key, row.start, row.value, row.timestamp);
      } else if (end === timestamp) {
        hasLeft = true;
        this.#update(record, key, row.start, row.value, row.timestamp);
        // The window holds a record of this very time: all others are there already.
        if (row.timestamp >= timestamp) return;
        previous = row.timestamp;
      } else {
        left = row;
        previous = row.timestamp;
        break;
      }
    }

    if (previous !== noTime) {
      const start = previous + 1;
      if (start + differenceMs >= timestamp && !starts.includes(start)) this.#create(record, key, start);
    }
    if (!hasLeft) {
      const start = timestamp - differenceMs;
      if (left !== undefined && start <= previous) this.#update(record, key, start, left.value, timestamp);
      else this.#create(record, key, start);
    }
    if (!hasRight && right !== undefined && right.timestamp > timestamp) this.#copy(record, key, timestamp + 1, right);
  }

  /** Records that come within the first `difference` share the window that begins at 0. */
  #processEarly(record: StreamRecord<K, V>, key: K, timestamp: number): void {
    const starts = this.#starts;
    starts.length = 0;
    let combined: WindowRow<A> | undefined;
    let right: WindowRow<A> | undefined;
    let hasRight = false;
    let previous = noTime;
    for (const row of this.#store.scan(key, 0, timestamp + 1, false)) {
      starts.push(row.start);
      if (row.start === 0) {
        combined = row;
        if (row.timestamp < timestamp) previous = row.timestamp;
      } else if (row.start <= timestamp) {
        right = row;
        this.#update(record, key, row.start, row.value, row.timestamp);
      } else {
        hasRight = true;
      }
    }
    // Without a window between them, what is in the first window and later than the record is all that is later.
    if (right === undefined && combined !== undefined && combined.timestamp > timestamp) right = combined;
    if (!hasRight && right !== undefined && right.timestamp > timestamp) this.#copy(record, key, timestamp + 1, right);
    if (previous !== noTime && !starts.includes(previous + 1)) this.#create(record, key, previous + 1);
    if (combined === undefined) this.#create(record, key, 0);
    else this.#update(record, key, 0, combined.value, combined.timestamp);
  }

  /** A window that holds the record alone. */
  #create(record: StreamRecord<K, V>, key: K, start: number): void {
    const aggregate = this.#aggregation.initializer();
    refusePromise(aggregate, 'the initializer');
    this.#update(record, key, start, aggregate, record.timestamp);
  }

  /** A window that holds what another does. */
  #copy(record: StreamRecord<K, V>, key: K, start: number, { value, timestamp }: WindowRow<A>): void {
    this.#store.write(key, start, value, timestamp);
    this.#output.update(record, start, start + this.#windows.differenceMs, value, null, timestamp);
  }

  #update(record: StreamRecord<K, V>, key: K, start: number, old: A | null, oldTimestamp: number): void {
    const { differenceMs } = this.#windows;
    if (differenceMs === 0) {
      throw new StreamsError(
        'MR_ARGUMENT_INVALID',
        'sliding windows of difference 0 are empty, so no record can be in one; give a larger difference',
      );
    }
    const end = start + differenceMs;
    if (end < this.#closeTime) {
      this.#context.dropped('window has closed');
      return;
    }
    const aggregation = this.#aggregation;
    // An aggregator that ignores its value may be given anything for it.
    const value = aggregation.readsValue ? record.value : (null as V);
    const aggregate = aggregation.aggregator(old, value, key) ?? null;
    refusePromise(aggregate, aggregation.aggregatorName);
    const timestamp = old === null || old === undefined ? record.timestamp : Math.max(record.timestamp, oldTimestamp);
    this.#store.write(key, start, aggregate, timestamp);
    this.#output.update(record, start, end, aggregate, old, timestamp);
  }

  /** Emits the windows whose end has been passed since the last time (S-53). */
  #emitClosed(record: StreamRecord<K, V>, closeTime: number, emission: CloseEmission): void {
    const { differenceMs } = this.#windows;
    const latest = closeTime - differenceMs - 1;
    if (latest < 0) return;
    const { lastClose } = emission;
    for (const { key, start, value, timestamp } of this.#store.rowsBetween(
      lastClose === -1 ? 0 : Math.max(0, lastClose - differenceMs),
      latest,
    ))
      this.#output.close(record, key, start, start + differenceMs, value, timestamp);
    emission.lastClose = closeTime;
  }
}

/** Sliding windows. The operator's names start with `prefix`. */
export function slidingAggregate<K, V, A>(
  prefix: string,
  windows: SlidingWindows,
  aggregation: Aggregation<K, V, A>,
  emit: EmitStrategy,
): TableOperator<K, V | null, Windowed<K>, Change<A>> {
  return { prefix, create: (traits) => new SlidingAggregate(windows, aggregation, emit, traits) };
}
