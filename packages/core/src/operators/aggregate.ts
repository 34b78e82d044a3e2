/**
 * One aggregate for each key of a grouped stream. Records without key or value are dropped and counted; the result carries the larger of the record's and the
 * aggregate's timestamp. Kafka Streams: `KStreamAggregate`.
 */
import { refusePromise } from '../processor/synchronous.ts';
import type { Change } from '../processor/change.ts';
import type { OperatorContext, Processor } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import { requireFunction, type Aggregator, type Initializer } from './functions.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';

class StreamAggregate<K, V, A> implements Processor<K, V | null, K, Change<A>> {
  readonly #initializer: Initializer<A>;
  readonly #aggregator: Aggregator<K, V, A>;
  /** False if the aggregator ignores the value: then it is not decoded. */
  readonly #readsValue: boolean;
  readonly #traits: TableTraits;
  #context!: OperatorContext<K, Change<A>>;
  #store!: TableStore<K, A>;
  #output!: TableOutput<K, A>;

  constructor(initializer: Initializer<A>, aggregator: Aggregator<K, V, A>, readsValue: boolean, traits: TableTraits) {
    this.#initializer = initializer;
    this.#aggregator = aggregator;
    this.#readsValue = readsValue;
    this.#traits = traits;
  }

  init(context: OperatorContext<K, Change<A>>): void {
    this.#context = context;
    this.#store = context.getStateStore<TableStore<K, A>>(this.#traits.store as string);
    this.#output = new TableOutput(context, this.#store, this.#traits.sendOldValues);
  }

  process(record: StreamRecord<K, V | null>): void {
    const { key } = record;
    if (key === null || key === undefined || record.valueIsNull) {
      this.#context.dropped('null key or value');
      return;
    }
    const row = this.#store.lookup(key);
    // The initial aggregate is the old value of the first change, as in Kafka Streams.
    const old = row === undefined ? this.#initial() : row.value;
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp);
    // An aggregator that ignores its value may be given anything for it.
    const value = this.#readsValue ? record.value : null;
    const aggregate = this.#aggregator(old, value as V, key) ?? null;
    refusePromise(aggregate, 'the aggregator');
    const validTo = this.#store.write(key, aggregate, timestamp);
    this.#output.forward(record, aggregate, old, timestamp, validTo);
  }

  #initial(): A {
    const aggregate = this.#initializer();
    refusePromise(aggregate, 'the initializer');
    return aggregate;
  }
}

export function aggregate<K, V, A>(
  initializer: Initializer<A>,
  aggregator: Aggregator<K, V, A>,
  readsValue: boolean = true,
): TableOperator<K, V | null, K, Change<A>> {
  requireFunction(initializer, 'the initializer of aggregate');
  requireFunction(aggregator, 'the aggregator');
  return { prefix: 'KSTREAM-AGGREGATE-', create: (traits) => new StreamAggregate(initializer, aggregator, readsValue, traits) };
}

const zero: Initializer<number> = () => 0;
const plusOne: Aggregator<unknown, unknown, number> = (count) => count + 1;

/** How many records a key has had. */
export function count<K, V>(): TableOperator<K, V | null, K, Change<number>> {
  return aggregate<K, V, number>(zero, plusOne, false);
}
