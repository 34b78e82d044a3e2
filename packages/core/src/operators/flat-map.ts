/** Any number of records with new keys and values for every record, in the order in which the mapper gives them. Kafka Streams: `KStreamFlatMap`. */
import { refusePromise } from '../processor/synchronous.ts';
import { StreamsError } from '../errors.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type KeyValuePair, type Mapper } from './functions.ts';
import { checkPair } from './map.ts';
import type { Operator } from './operator.ts';

class FlatMap<K, V, K2, V2> implements Processor<K, V, K2, V2> {
  readonly #mapper: Mapper<K, V, Iterable<KeyValuePair<K2, V2>>>;
  #context!: ProcessorContext<K2, V2>;

  constructor(mapper: Mapper<K, V, Iterable<KeyValuePair<K2, V2>>>) {
    this.#mapper = mapper;
  }

  init(context: ProcessorContext<K2, V2>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const pairs = this.#mapper(record.value, record.key);
    refusePromise(pairs, 'the mapper of flatMap');
    checkIterable(pairs, 'flatMap');
    for (const pair of pairs) {
      checkPair(pair, 'flatMap');
      this.#context.forward(record.withKeyValue(pair[0], pair[1]));
    }
  }
}

/** @throws MR_NULL_RESULT if there is nothing to walk; an empty array is what says "no records". */
export function checkIterable(values: Iterable<unknown> | null | undefined, operator: string): asserts values is Iterable<unknown> {
  if (values === null || values === undefined) {
    throw new StreamsError(
      'MR_NULL_RESULT',
      `the function given to ${operator} returned ${String(values)} where an iterable is needed; return [] for no records`,
    );
  }
}

export function flatMap<K, V, K2, V2>(mapper: Mapper<K, V, Iterable<KeyValuePair<K2, V2>>>): Operator<K, V, K2, V2> {
  requireFunction(mapper, 'the mapper of flatMap');
  return { prefix: 'KSTREAM-FLATMAP-', changesKey: true, changesValue: false, create: () => new FlatMap(mapper) };
}
