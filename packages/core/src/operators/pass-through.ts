/** Passes every record on: where streams come together (`merge`) and where a branch begins. Kafka Streams: `PassThrough`. */
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';

export class PassThrough<K, V> implements Processor<K, V, K, V> {
  #context!: ProcessorContext<K, V>;

  init(context: ProcessorContext<K, V>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    this.#context.forward(record);
  }
}
