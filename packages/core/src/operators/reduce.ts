/**
 * One value for each key of a grouped stream, made of the last one and the record's; the first record's value stands as it is. Otherwise as `aggregate`.
 * Kafka Streams: `KStreamReduce`.
 */
import { refusePromise } from '../processor/synchronous.ts';
import type { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import { requireFunction, type Reducer } from './functions.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';

class StreamReduce<K, V> implements Processor<K, V | null, K, Change<V>> {
  readonly #reducer: Reducer<K, V>;
  readonly #traits: TableTraits;
  #context!: OperatorContext<K, Change<V>>;
  #store!: TableStore<K, V>;
  #output!: TableOutput<K, V>;

  constructor(reducer: Reducer<K, V>, traits: TableTraits) {
    this.#reducer = reducer;
    this.#traits = traits;
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#context = context;
    this.#store = context.getStateStore<TableStore<K, V>>(this.#traits.store as string);
    this.#output = new TableOutput(context, this.#store, this.#traits.sendOldValues);
  }

  process(record: StreamRecord<K, V | null>): void {
    const { key, value } = record;
    if (key === null || key === undefined || value === null || value === undefined) {
      this.#context.dropped('null key or value');
      return;
    }
    const row = this.#store.lookup(key);
    const old = row === undefined ? null : row.value;
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp);
    const reduced = row === undefined ? value : (this.#reducer(row.value, value, key) ?? null);
    refusePromise(reduced, 'the reducer');
    const validTo = this.#store.write(key, reduced, timestamp);
    this.#output.forward(record, reduced, old, timestamp, validTo);
  }
}

export function reduce<K, V>(reducer: Reducer<K, V>): TableOperator<K, V | null, K, Change<V>> {
  requireFunction(reducer, 'the reducer');
  return { prefix: 'KSTREAM-REDUCE-', create: (traits) => new StreamReduce(reducer, traits) };
}
