/**
 * Tables joined by their key. A change on either side looks up the other side's row and becomes a change of the result; both sides feed one node that is the result's and
 * writes its store, if it has one. Rows are joined by key alone, whatever their times; the result carries the larger timestamp (S-110 … S-117).
 * Kafka Streams: `KTableKTableInnerJoin`, `…LeftJoin`, `…RightJoin`, `…OuterJoin`, `KTableKTableJoinMerger`.
 */
import { requireFunction } from './functions.ts';
import { Change } from '../processor/change.ts';
import type { OperatorContext, Processor, ProcessorContext } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import type { TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';
import type { OpenTableReader, TableReader } from './table-reader.ts';

/** Which records of two sides make a result without a partner. */
export type JoinKind = 'inner' | 'left' | 'outer';

/** Makes a row of the result; null or undefined is no row. Null stands for a missing row where the kind of the join allows one. */
export type TableJoiner<K, L, R, V> = (left: L | null, right: R | null, key: K) => V | null | undefined;

/** A join of tables as one of its sides sees it. */
interface Side<K, This, Other, V> {
  readonly openOther: OpenTableReader<K, Other>;
  /** No result without a row on this side. */
  readonly isRequired: boolean;
  /** No result without a row on the other side. */
  readonly isOtherRequired: boolean;
  readonly combine: (value: This | null, other: Other | null, key: K) => V | null | undefined;
}

class TableJoinSide<K, This, Other, V> implements Processor<K, Change<This>, K, Change<V>> {
  readonly #side: Side<K, This, Other, V>;
  readonly #sendOldValues: boolean;
  #context!: OperatorContext<K, Change<V>>;
  #other!: TableReader<K, Other>;

  constructor(side: Side<K, This, Other, V>, sendOldValues: boolean) {
    this.#side = side;
    this.#sendOldValues = sendOldValues;
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#context = context;
    this.#other = this.#side.openOther(context);
  }

  process(record: StreamRecord<K, Change<This>>): void {
    const { key } = record;
    if (key === null || key === undefined) {
      this.#context.dropped('null key');
      return;
    }
    const change = record.value;
    if (!change.isLatest) {
      this.#context.dropped('older than the row of a versioned table');
      return;
    }
    const row = this.#other.lookup(key);
    let timestamp = record.timestamp;
    let other: Other | null = null;
    if (row === undefined) {
      if (this.#side.isOtherRequired || (change.newValue === null && change.oldValue === null)) return;
    } else {
      other = row.value;
      timestamp = Math.max(timestamp, row.timestamp);
    }
    const newValue = this.#joined(change.newValue, other, key);
    const oldValue = this.#sendOldValues ? this.#joined(change.oldValue, other, key) : null;
    this.#context.forward(record.withValueAt(new Change(newValue, oldValue), timestamp));
  }

  #joined(value: This | null, other: Other | null, key: K): V | null {
    if (value === null && (other === null || this.#side.isRequired)) return null;
    const joined = this.#side.combine(value, other, key) ?? null;
    refusePromise(joined, 'the joiner');
    return joined;
  }
}

class TableJoinResult<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #traits: TableTraits;
  #context!: ProcessorContext<K, Change<V>>;
  #store: TableStore<K, V> | undefined;
  #output!: TableOutput<K, V>;

  constructor(traits: TableTraits) {
    this.#traits = traits;
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#context = context;
    const { store, sendOldValues } = this.#traits;
    this.#store = store === undefined ? undefined : context.getStateStore<TableStore<K, V>>(store);
    this.#output = new TableOutput(context, this.#store, sendOldValues);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const store = this.#store;
    if (store === undefined) {
      this.#context.forward(record);
      return;
    }
    const { newValue, oldValue } = record.value;
    const validTo = store.write(record.key, newValue, record.timestamp);
    this.#output.forward(record, newValue, oldValue, record.timestamp, validTo);
  }
}

/** A join of two tables: the processors of its three nodes, and how rows of the result are looked up where it has no store. */
export interface TableJoin<K, L, R, V> {
  readonly left: (traits: TableTraits) => Processor<K, Change<L>, K, Change<V>>;
  readonly right: (traits: TableTraits) => Processor<K, Change<R>, K, Change<V>>;
  readonly result: (traits: TableTraits) => Processor<K, Change<V>, K, Change<V>>;
  readonly openReader: OpenTableReader<K, V>;
}

export function tableJoin<K, L, R, V>(
  kind: JoinKind,
  openLeft: OpenTableReader<K, L>,
  openRight: OpenTableReader<K, R>,
  joiner: TableJoiner<K, L, R, V>,
): TableJoin<K, L, R, V> {
  requireFunction(joiner, 'the joiner');
  const isLeftRequired = kind !== 'outer';
  const isRightRequired = kind === 'inner';
  const left: Side<K, L, R, V> = { openOther: openRight, isRequired: isLeftRequired, isOtherRequired: isRightRequired, combine: joiner };
  const right: Side<K, R, L, V> = {
    openOther: openLeft,
    isRequired: isRightRequired,
    isOtherRequired: isLeftRequired,
    combine: (value, other, key) => joiner(other, value, key),
  };
  return {
    left: ({ sendOldValues }) => new TableJoinSide(left, sendOldValues),
    right: ({ sendOldValues }) => new TableJoinSide(right, sendOldValues),
    result: (traits) => new TableJoinResult<K, V>(traits),
    openReader: (context) => joinedReader(openLeft(context), openRight(context), isLeftRequired, isRightRequired, joiner),
  };
}

/** The rows of a result that has no store. */
function joinedReader<K, L, R, V>(
  left: TableReader<K, L>,
  right: TableReader<K, R>,
  isLeftRequired: boolean,
  isRightRequired: boolean,
  joiner: TableJoiner<K, L, R, V>,
): TableReader<K, V> {
  return {
    lookup: (key) => {
      const leftRow = left.lookup(key);
      if (leftRow === undefined && isLeftRequired) return undefined;
      // Rows are read at once: they may change with the next look-up.
      const leftValue = leftRow === undefined ? null : leftRow.value;
      const leftTimestamp = leftRow === undefined ? -1 : leftRow.timestamp;
      const rightRow = right.lookup(key);
      if (rightRow === undefined && (isRightRequired || leftRow === undefined)) return undefined;
      const value = joiner(leftValue, rightRow === undefined ? null : rightRow.value, key);
      refusePromise(value, 'the joiner');
      if (value === null || value === undefined) return undefined;
      return { value, timestamp: Math.max(leftTimestamp, rightRow === undefined ? -1 : rightRow.timestamp) };
    },
  };
}
