/** A new key for every record; what `selectKey` and `groupBy` do. Kafka Streams: `KStreamMap` behind `internalSelectKey`. */
import { refusePromise } from '../processor/synchronous.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';

class SelectKey<K, V, K2> implements Processor<K, V, K2, V> {
  readonly #selector: Mapper<K, V, K2>;
  #context!: ProcessorContext<K2, V>;

  constructor(selector: Mapper<K, V, K2>) {
    this.#selector = selector;
  }

  init(context: ProcessorContext<K2, V>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const key = this.#selector(record.value, record.key);
    refusePromise(key, 'the selector of a key');
    this.#context.forward(record.withKey(key));
  }
}

export function selectKey<K, V, K2>(selector: Mapper<K, V, K2>): Operator<K, V, K2, V> {
  requireFunction(selector, 'the selector of the key');
  return { prefix: 'KSTREAM-KEY-SELECT-', changesKey: true, changesValue: false, create: () => new SelectKey(selector) };
}
