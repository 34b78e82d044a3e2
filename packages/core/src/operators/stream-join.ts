/**
 * One side of a join of two streams: a record meets every record of its key that the other side's store still holds and whose time lies in the window. There is no check of
 * lateness beyond that. In left and outer joins, a record without a partner is parked until its window has closed, and emitted without one if none has come (S-72 … S-84).
 * Kafka Streams: `KStreamKStreamJoin`.
 */
import type { OperatorContext, Processor, ProcessorFactory } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { OuterJoinTable, ParkedRow } from '../stores/buffer-faces.ts';
import type { JoinWindowTable } from '../stores/window-faces.ts';
import type { JoinWindows } from '../windows/join-windows.ts';
import type { JoinTime, JoinTimes } from './join-time.ts';
import type { JoinKind } from './table-join.ts';

/** Makes the result of two records; null stands for the one that is missing in a left or outer join. */
export type StreamJoiner<K, L, R, V> = (left: L | null, right: R | null, key: K) => V;

/** What both sides are made of. */
export interface StreamJoin<K, L, R, V> {
  readonly kind: JoinKind;
  readonly windows: JoinWindows;
  readonly joiner: StreamJoiner<K, L, R, V>;
  readonly leftStore: string;
  readonly rightStore: string;
  /** Undefined in an inner join. */
  readonly parkedStore: string | undefined;
  readonly times: JoinTimes;
}

class StreamJoinSide<K, This, Other, L, R, V> implements Processor<K, This | null, K, V> {
  readonly #join: StreamJoin<K, L, R, V>;
  readonly #isLeft: boolean;
  /** A record of this side without a partner makes a result. */
  readonly #isOuter: boolean;
  readonly #beforeMs: number;
  readonly #afterMs: number;
  readonly #combine: (value: This, other: Other | null, key: K) => V;
  #context!: OperatorContext<K, V>;
  #others!: JoinWindowTable<K, Other>;
  #parked: OuterJoinTable<K, L, R> | undefined;
  #time!: JoinTime;

  constructor(join: StreamJoin<K, L, R, V>, isLeft: boolean, combine: (value: This, other: Other | null, key: K) => V) {
    const { kind, windows } = join;
    this.#join = join;
    this.#isLeft = isLeft;
    this.#isOuter = kind === 'outer' || (kind === 'left' && isLeft);
    this.#beforeMs = isLeft ? windows.beforeMs : windows.afterMs;
    this.#afterMs = isLeft ? windows.afterMs : windows.beforeMs;
    this.#combine = combine;
  }

  init(context: OperatorContext<K, V>): void {
    const { leftStore, parkedStore, rightStore, times } = this.#join;
    this.#context = context;
    this.#others = context.getStateStore<JoinWindowTable<K, Other>>(this.#isLeft ? rightStore : leftStore);
    this.#parked = parkedStore === undefined ? undefined : context.getStateStore<OuterJoinTable<K, L, R>>(parkedStore);
    this.#time = times.open(context, this.#isLeft, this.#parked?.isEmpty === false);
  }

  process(record: StreamRecord<K, This | null>): void {
    const { key, timestamp } = record;
    const time = this.#time;
    time.observe(timestamp);
    const hasKey = key !== null && key !== undefined;
    if (record.valueIsNull || (!hasKey && !this.#isOuter)) {
      this.#context.dropped('null key or value');
      return;
    }
    // The value was compared with null.
    const value = record.value as This;
    if (!hasKey) {
      this.#context.forward(record.withValue(this.#joined(value, null, key)));
      return;
    }
    const parked = this.#parked;
    if (parked !== undefined && timestamp === time.observed) this.#emitUnmatched(parked, record);

    const to = Math.max(0, timestamp + this.#afterMs);
    const others = this.#others.rows(key, Math.max(0, timestamp - this.#beforeMs), to);
    for (let at = 0; at < others.length; at++) {
      const { start, value: other } = others[at] as (typeof others)[number];
      parked?.unpark(key, start, !this.#isLeft);
      this.#context.forward(record.withValueAt(this.#joined(value, other, key), start > timestamp ? start : timestamp));
    }
    if (others.length > 0 || !this.#isOuter) return;
    if (parked === undefined || to < time.observed) {
      this.#context.forward(record.withValue(this.#joined(value, null, key)));
      return;
    }
    time.noteParked(timestamp);
    // This side's values are of type L or R, as it is left or right.
    parked.park(key, timestamp, this.#isLeft, value as unknown as L | R);
  }

  #joined(value: This, other: Other | null, key: K): V {
    const result = this.#combine(value, other, key);
    refusePromise(result, 'the joiner');
    return result;
  }

  /** Emits the parked records whose windows have closed, with the headers of the record in progress. */
  #emitUnmatched(parked: OuterJoinTable<K, L, R>, record: StreamRecord<K, This | null>): void {
    const time = this.#time;
    const { afterMs, beforeMs, graceMs } = this.#join.windows;
    if (time.minParked + this.#afterMs + graceMs >= time.observed || !time.emissionDue()) return;
    time.minParked = Infinity;
    if (parked.isEmpty) return;
    let isLeftOpen = false;
    let isRightOpen = false;
    let last: ParkedRow<K, L, R> | undefined;
    for (const row of parked.parked()) {
      // Kafka Streams moves on even past a record whose window is still open, which is then emitted with a later look.
      time.minParked = row.timestamp;
      if (isLeftOpen && isRightOpen) break;
      if (row.timestamp + (row.isLeft ? afterMs : beforeMs) + graceMs >= time.observed) {
        if (row.isLeft) isLeftOpen = true;
        else isRightOpen = true;
        continue;
      }
      const { joiner } = this.#join;
      // The side says which of the two the value is.
      const result = row.isLeft ? joiner(row.value as L, null, row.key) : joiner(null, row.value as R, row.key);
      refusePromise(result, 'the joiner');
      this.#context.forward(record.withKeyValueAt(row.key, result, row.timestamp));
      // Takes all records of a key, time and side, so only when the last of them is out: if one fails, those behind it are still there. Then those before it come again, as in Kafka Streams.
      if (last !== undefined && !isOfSameSlot(last, row)) parked.unpark(last.key, last.timestamp, last.isLeft);
      last = row;
    }
    if (last !== undefined) parked.unpark(last.key, last.timestamp, last.isLeft);
  }
}

/** Rows of one key, time and side share the key itself. */
function isOfSameSlot<K, L, R>(a: ParkedRow<K, L, R>, b: ParkedRow<K, L, R>): boolean {
  return a.key === b.key && a.timestamp === b.timestamp && a.isLeft === b.isLeft;
}

/** The left side; stands before the right side in the topology. */
export function leftJoinSide<K, L, R, V>(join: StreamJoin<K, L, R, V>): ProcessorFactory<K, L | null, K, V> {
  return () => new StreamJoinSide<K, L, R, L, R, V>(join, true, join.joiner);
}

export function rightJoinSide<K, L, R, V>(join: StreamJoin<K, L, R, V>): ProcessorFactory<K, R | null, K, V> {
  const { joiner } = join;
  const reversed = (right: R, left: L | null, key: K): V => joiner(left, right, key);
  return () => new StreamJoinSide<K, R, L, L, R, V>(join, false, reversed);
}
