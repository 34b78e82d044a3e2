/** A new key and a new value for every record. Kafka Streams: `KStreamMap`. */
import { refusePromise } from '../processor/synchronous.ts';
import { StreamsError } from '../errors.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type KeyValuePair, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';

class MapPairs<K, V, K2, V2> implements Processor<K, V, K2, V2> {
  readonly #mapper: Mapper<K, V, KeyValuePair<K2, V2>>;
  #context!: ProcessorContext<K2, V2>;

  constructor(mapper: Mapper<K, V, KeyValuePair<K2, V2>>) {
    this.#mapper = mapper;
  }

  init(context: ProcessorContext<K2, V2>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const pair = this.#mapper(record.value, record.key);
    refusePromise(pair, 'the mapper of map');
    checkPair(pair, 'map');
    this.#context.forward(record.withKeyValue(pair[0], pair[1]));
  }
}

/** @throws MR_NULL_RESULT unless `pair` is an array: neither key nor value can be told then. */
export function checkPair(
  pair: KeyValuePair<unknown, unknown> | null | undefined,
  operator: string,
): asserts pair is KeyValuePair<unknown, unknown> {
  if (!Array.isArray(pair)) {
    refusePromise(pair, `the function given to ${operator}`);
    throw new StreamsError(
      'MR_NULL_RESULT',
      `the function given to ${operator} returned ${String(pair)} where a [key, value] pair is needed`,
    );
  }
}

export function map<K, V, K2, V2>(mapper: Mapper<K, V, KeyValuePair<K2, V2>>): Operator<K, V, K2, V2> {
  requireFunction(mapper, 'the mapper of map');
  return { prefix: 'KSTREAM-MAP-', changesKey: true, changesValue: false, create: () => new MapPairs(mapper) };
}
