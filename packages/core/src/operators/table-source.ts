/**
 * A stream read as a table: every record replaces its key's row, null deletes it. In a store only where somebody needs it, else a pass-through.
 *
 * A record older than the row replaces it all the same: the topic's order counts, not time. Kafka Streams: `KTableSource`.
 */
import { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';

class TableSource<K, V> implements Processor<K, V | null, K, Change<V>> {
  readonly #traits: TableTraits;
  #context!: OperatorContext<K, Change<V>>;
  #store: TableStore<K, V> | undefined;
  #output!: TableOutput<K, V>;

  constructor(traits: TableTraits) {
    this.#traits = traits;
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#context = context;
    const { store, sendOldValues } = this.#traits;
    this.#store = store === undefined ? undefined : context.getStateStore<TableStore<K, V>>(store);
    this.#output = new TableOutput(context, this.#store, sendOldValues);
  }

  process(record: StreamRecord<K, V | null>): void {
    const { key, timestamp } = record;
    if (key === null || key === undefined) {
      this.#context.dropped('null key');
      return;
    }
    const store = this.#store;
    if (store === undefined) {
      this.#context.forward(record.withValue(new Change<V>(record.value ?? null, null)));
      return;
    }
    // The row is read where it shows: in the old value, and in what a cache holds and therefore evicts.
    const oldValue = this.#traits.sendOldValues || this.#output.caches ? (store.lookup(key)?.value ?? null) : null;
    const newValue = record.value ?? null;
    const validTo = store.write(key, newValue, timestamp);
    this.#output.forward(record, newValue, oldValue, timestamp, validTo);
  }
}

export function tableSource<K, V>(prefix: string): TableOperator<K, V | null, K, Change<V>> {
  return { prefix, create: (traits) => new TableSource<K, V>(traits) };
}
