/** A new value for every row of a table; the mapper never sees null, deleted rows stay deleted. Kafka Streams: `KTableMapValues`. */
import { refusePromise } from '../processor/synchronous.ts';
import { Change } from '../processor/change.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import { requireFunction, type Mapper } from './functions.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';

class TableMapValues<K, V, V2> implements Processor<K, Change<V>, K, Change<V2>> {
  readonly #mapper: Mapper<K, V, V2 | null | undefined>;
  readonly #traits: TableTraits;
  #context!: ProcessorContext<K, Change<V2>>;
  #store: TableStore<K, V2> | undefined;
  #output!: TableOutput<K, V2>;

  constructor(mapper: Mapper<K, V, V2 | null | undefined>, traits: TableTraits) {
    this.#mapper = mapper;
    this.#traits = traits;
  }

  init(context: ProcessorContext<K, Change<V2>>): void {
    this.#context = context;
    const { store, sendOldValues } = this.#traits;
    this.#store = store === undefined ? undefined : context.getStateStore<TableStore<K, V2>>(store);
    this.#output = new TableOutput(context, this.#store, sendOldValues);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key, timestamp } = record;
    const change = record.value;
    const store = this.#store;
    const newValue = this.#mapped(change.newValue, key);
    let oldValue: V2 | null = null;
    if (this.#traits.sendOldValues) {
      oldValue = store === undefined ? this.#mapped(change.oldValue, key) : (store.lookup(key)?.value ?? null);
    }
    if (store === undefined) {
      this.#context.forward(record.withValue(new Change(newValue, oldValue, change.isLatest || this.#traits.isOutputVersioned === false)));
      return;
    }
    const validTo = store.write(key, newValue, timestamp);
    this.#output.forward(record, newValue, oldValue, timestamp, validTo);
  }

  #mapped(value: V | null, key: K): V2 | null {
    if (value === null) return null;
    const mapped = this.#mapper(value, key) ?? null;
    refusePromise(mapped, 'the mapper of mapValues');
    return mapped;
  }
}

export function tableMapValues<K, V, V2>(mapper: Mapper<K, V, V2 | null | undefined>): TableOperator<K, Change<V>, K, Change<V2>> {
  requireFunction(mapper, 'the mapper of mapValues');
  return { prefix: 'KTABLE-MAPVALUES-', create: (traits) => new TableMapValues(mapper, traits) };
}
