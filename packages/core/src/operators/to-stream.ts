/** The changes of a table as records: the new value of every row that changed, null where it was deleted. Kafka Streams: `KTable.toStream`. */
import type { Change } from '../processor/change.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { Operator } from './operator.ts';

class ToStream<K, V> implements Processor<K, Change<V>, K, V | null> {
  #context!: ProcessorContext<K, V | null>;

  init(context: ProcessorContext<K, V | null>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, Change<V>>): void {
    this.#context.forward(record.withValue(record.value.newValue));
  }
}

export function toStream<K, V>(): Operator<K, Change<V>, K, V | null> {
  return { prefix: 'KTABLE-TOSTREAM-', changesKey: false, changesValue: false, create: () => new ToStream<K, V>() };
}
