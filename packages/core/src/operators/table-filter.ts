/**
 * Keeps or drops rows of a table. A row that is dropped, or was, is forwarded as deleted: somebody below may hold it. Where old values are known, a change from
 * nothing to nothing is left out. The predicate never sees null. Kafka Streams: `KTableFilter`.
 */
import { refusePromise } from '../processor/synchronous.ts';
import { Change } from '../processor/change.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import { requireFunction, type Predicate } from './functions.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';

class TableFilter<K, V> implements Processor<K, Change<V>, K, Change<V>> {
  readonly #predicate: Predicate<K, V>;
  readonly #keep: boolean;
  readonly #traits: TableTraits;
  #context!: ProcessorContext<K, Change<V>>;
  #store: TableStore<K, V> | undefined;
  #output!: TableOutput<K, V>;

  constructor(predicate: Predicate<K, V>, keep: boolean, traits: TableTraits) {
    this.#predicate = predicate;
    this.#keep = keep;
    this.#traits = traits;
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#context = context;
    const { store, sendOldValues } = this.#traits;
    this.#store = store === undefined ? undefined : context.getStateStore<TableStore<K, V>>(store);
    this.#output = new TableOutput(context, this.#store, sendOldValues);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key, timestamp } = record;
    const change = record.value;
    const store = this.#store;
    const newValue = this.#kept(change.newValue, key);
    let oldValue: V | null = null;
    if (this.#traits.sendOldValues) {
      oldValue = store === undefined ? this.#kept(change.oldValue, key) : (store.lookup(key)?.value ?? null);
      // Of a table with history, what is not there now may have been there at the time that the change is about.
      if (oldValue === null && newValue === null && this.#traits.isInputVersioned !== true) return;
    }
    if (store === undefined) {
      this.#context.forward(record.withValue(new Change(newValue, oldValue, change.isLatest || this.#traits.isOutputVersioned === false)));
      return;
    }
    const validTo = store.write(key, newValue, timestamp);
    this.#output.forward(record, newValue, oldValue, timestamp, validTo);
  }

  #kept(value: V | null, key: K): V | null {
    // By truth, not by identity: JavaScript's predicates return what they like.
    if (value === null) return null;
    const accepted = this.#predicate(value, key);
    refusePromise(accepted, 'the predicate of filter');
    return !accepted !== this.#keep ? value : null;
  }
}

/** `keep`: what the predicate must say for a row to stay. */
export function tableFilter<K, V>(predicate: Predicate<K, V>, keep: boolean): TableOperator<K, Change<V>, K, Change<V>> {
  requireFunction(predicate, 'the predicate of filter');
  return { prefix: 'KTABLE-FILTER-', create: (traits) => new TableFilter(predicate, keep, traits) };
}
