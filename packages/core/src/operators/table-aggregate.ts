/**
 * An aggregate over the rows of a grouped table: what leaves a group is subtracted, what enters it is added, in this order. Kafka Streams: `KTableAggregate`.
 *
 * Nothing is subtracted from a group that has no aggregate. The result carries the larger of the record's and the aggregate's timestamp.
 */
import { StreamsError } from '../errors.ts';
import type { Change } from '../processor/change.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import { requireFunction, requireMethods, type Initializer } from './functions.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';

/** How a table's rows enter and leave an aggregate; null removes the group. */
export interface TableAggregator<K, V, A> {
  /** Takes a row into the aggregate. */
  add(aggregate: A, value: V, key: K): A | null | undefined;
  /** Takes a row out of the aggregate: undoes `add`. */
  subtract(aggregate: A, value: V, key: K): A | null | undefined;
}

class TableAggregate<K, V, A> implements Processor<K, Change<V>, K, Change<A>> {
  readonly #initializer: Initializer<A>;
  readonly #aggregator: TableAggregator<K, V, A>;
  readonly #traits: TableTraits;
  #store!: TableStore<K, A>;
  #output!: TableOutput<K, A>;

  constructor(initializer: Initializer<A>, aggregator: TableAggregator<K, V, A>, traits: TableTraits) {
    this.#initializer = initializer;
    this.#aggregator = aggregator;
    this.#traits = traits;
  }

  init(context: ProcessorContext<K, Change<A>>): void {
    this.#store = context.getStateStore<TableStore<K, A>>(this.#traits.store as string);
    this.#output = new TableOutput(context, this.#store, this.#traits.sendOldValues);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key } = record;
    checkGroupKey(key, this.#traits);
    const { newValue, oldValue } = record.value;
    const row = this.#store.lookup(key);
    const oldAggregate = row === undefined ? null : row.value;
    let timestamp = record.timestamp;
    let aggregate: A | null = oldAggregate;
    if (oldValue !== null && row !== undefined) {
      aggregate = this.#aggregator.subtract(row.value, oldValue, key) ?? null;
      refusePromise(aggregate, 'subtract of the aggregator');
      timestamp = Math.max(record.timestamp, row.timestamp);
    }
    if (newValue !== null) {
      aggregate = this.#aggregator.add(aggregate ?? this.#initial(), newValue, key) ?? null;
      refusePromise(aggregate, 'add of the aggregator');
      if (row !== undefined) timestamp = Math.max(record.timestamp, row.timestamp);
    }
    const validTo = this.#store.write(key, aggregate, timestamp);
    this.#output.forward(record, aggregate, oldAggregate, timestamp, validTo);
  }

  #initial(): A {
    const aggregate = this.#initializer();
    refusePromise(aggregate, 'the initializer');
    return aggregate;
  }
}

/** @throws MR_NULL_RESULT for a group without a key, which no repartition topic of ours contains. */
export function checkGroupKey(key: unknown, traits: TableTraits): void {
  if (key === null || key === undefined) {
    throw new StreamsError('MR_NULL_RESULT', `a record without key cannot be aggregated into the store "${traits.store}"`, {
      details: { store: traits.store },
    });
  }
}

export function tableAggregate<K, V, A>(
  initializer: Initializer<A>,
  aggregator: TableAggregator<K, V, A>,
): TableOperator<K, Change<V>, K, Change<A>> {
  requireFunction(initializer, 'the initializer of aggregate');
  requireMethods(aggregator, ['add', 'subtract'], 'the aggregator');
  return { prefix: 'KTABLE-AGGREGATE-', create: (traits) => new TableAggregate(initializer, aggregator, traits) };
}

const counter: TableAggregator<unknown, unknown, number> = {
  add: (count) => count + 1,
  subtract: (count) => count - 1,
};

/** How many rows a group has. */
export function tableCount<K, V>(): TableOperator<K, Change<V>, K, Change<number>> {
  return tableAggregate<K, V, number>(() => 0, counter);
}
