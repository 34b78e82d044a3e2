/** As `table-aggregate`, for aggregates of the rows' own type: the first row of a group stands as it is. Kafka Streams: `KTableReduce`. */
import { requireMethods } from './functions.ts';
import type { Change } from '../processor/change.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { checkGroupKey } from './table-aggregate.ts';
import { TableOutput } from './table-output.ts';

/** How rows of a table are combined and taken apart again; null removes the group. */
export interface TableReducer<K, V> {
  /** Takes a row into the combined value. */
  add(combined: V, value: V, key: K): V | null | undefined;
  /** Takes a row out of the combined value: undoes `add`. */
  subtract(combined: V, value: V, key: K): V | null | undefined;
}

class TableReduce<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #reducer: TableReducer<K, V>;
  readonly #traits: TableTraits;
  #store!: TableStore<K, V>;
  #output!: TableOutput<K, V>;

  constructor(reducer: TableReducer<K, V>, traits: TableTraits) {
    this.#reducer = reducer;
    this.#traits = traits;
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#store = context.getStateStore<TableStore<K, V>>(this.#traits.store as string);
    this.#output = new TableOutput(context, this.#store, this.#traits.sendOldValues);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key } = record;
    checkGroupKey(key, this.#traits);
    const { newValue, oldValue } = record.value;
    const row = this.#store.lookup(key);
    const oldAggregate = row === undefined ? null : row.value;
    let timestamp = record.timestamp;
    let reduced: V | null = oldAggregate;
    if (oldValue !== null && row !== undefined) {
      reduced = this.#reducer.subtract(row.value, oldValue, key) ?? null;
      refusePromise(reduced, 'subtract of the reducer');
      timestamp = Math.max(record.timestamp, row.timestamp);
    }
    if (newValue !== null) {
      if (reduced === null) {
        reduced = newValue;
      } else {
        reduced = this.#reducer.add(reduced, newValue, key) ?? null;
        refusePromise(reduced, 'add of the reducer');
        if (row !== undefined) timestamp = Math.max(record.timestamp, row.timestamp);
      }
    }
    const validTo = this.#store.write(key, reduced, timestamp);
    this.#output.forward(record, reduced, oldAggregate, timestamp, validTo);
  }
}

export function tableReduce<K, V>(reducer: TableReducer<K, V>): TableOperator<K, Change<V>, K, Change<V>> {
  requireMethods(reducer, ['add', 'subtract'], 'the reducer');
  return { prefix: 'KTABLE-REDUCE-', create: (traits) => new TableReduce(reducer, traits) };
}
