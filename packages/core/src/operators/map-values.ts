/** A new value for every record; the key stays, so no repartition is needed. Null values reach the mapper. Kafka Streams: `KStreamMapValues`. */
import { refusePromise } from '../processor/synchronous.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';

class MapValues<K, V, V2> implements Processor<K, V, K, V2> {
  readonly #mapper: Mapper<K, V, V2>;
  #context!: ProcessorContext<K, V2>;

  constructor(mapper: Mapper<K, V, V2>) {
    this.#mapper = mapper;
  }

  init(context: ProcessorContext<K, V2>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const value = this.#mapper(record.value, record.key);
    refusePromise(value, 'the mapper of mapValues');
    this.#context.forward(record.withValue(value));
  }
}

export function mapValues<K, V, V2>(mapper: Mapper<K, V, V2>): Operator<K, V, K, V2> {
  requireFunction(mapper, 'the mapper of mapValues');
  return { prefix: 'KSTREAM-MAPVALUES-', changesKey: false, changesValue: true, create: () => new MapValues(mapper) };
}
