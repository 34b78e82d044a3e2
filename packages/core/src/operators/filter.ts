/** Keeps or drops records by a predicate; key, value, timestamp and headers stay. Kafka Streams: `KStreamFilter`. */
import { refusePromise } from '../processor/synchronous.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import { forwardingCopies } from '../processor/record-copies.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type Predicate } from './functions.ts';
import type { Operator } from './operator.ts';

class Filter<K, V> implements Processor<K, V, K, V> {
  readonly #predicate: Predicate<K, V>;
  readonly #keep: boolean;
  #context!: ProcessorContext<K, V>;

  constructor(predicate: Predicate<K, V>, keep: boolean) {
    this.#predicate = predicate;
    this.#keep = keep;
  }

  init(context: ProcessorContext<K, V>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const accepted = this.#predicate(record.value, record.key);
    refusePromise(accepted, 'the predicate of filter');
    // By truth, not by identity: JavaScript's predicates return what they like.
    if (!accepted !== this.#keep) this.#context.forward(record);
  }
}

/** `keep`: what the predicate must say for a record to go on. */
export function filter<K, V>(predicate: Predicate<K, V>, keep: boolean): Operator<K, V, K, V> {
  requireFunction(predicate, 'the predicate of filter');
  return { prefix: 'KSTREAM-FILTER-', changesKey: false, changesValue: false, create: () => forwardingCopies(new Filter(predicate, keep)) };
}
