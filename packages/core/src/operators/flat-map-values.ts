/** Any number of values for every record; the key stays. Kafka Streams: `KStreamFlatMapValues`. */
import { refusePromise } from '../processor/synchronous.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { checkIterable } from './flat-map.ts';
import { requireFunction, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';

class FlatMapValues<K, V, V2> implements Processor<K, V, K, V2> {
  readonly #mapper: Mapper<K, V, Iterable<V2>>;
  #context!: ProcessorContext<K, V2>;

  constructor(mapper: Mapper<K, V, Iterable<V2>>) {
    this.#mapper = mapper;
  }

  init(context: ProcessorContext<K, V2>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const values = this.#mapper(record.value, record.key);
    refusePromise(values, 'the mapper of flatMapValues');
    checkIterable(values, 'flatMapValues');
    for (const value of values) this.#context.forward(record.withValue(value));
  }
}

export function flatMapValues<K, V, V2>(mapper: Mapper<K, V, Iterable<V2>>): Operator<K, V, K, V2> {
  requireFunction(mapper, 'the mapper of flatMapValues');
  return { prefix: 'KSTREAM-FLATMAPVALUES-', changesKey: false, changesValue: true, create: () => new FlatMapValues(mapper) };
}
