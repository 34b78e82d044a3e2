/**
 * Stands before every repartition topic: a record without a key has no partition that it belongs to, and nobody behind could use it.
 *
 * Passes everything on where an operator behind does (outer joins). What it leaves out is not counted as dropped, as in Kafka Streams.
 */
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import { forwardingCopies } from '../processor/record-copies.ts';
import type { StreamRecord } from '../record.ts';

export class NullKeyFilter<K, V> implements Processor<K, V, K, V> {
  readonly #dropNullKeys: boolean;
  #context!: ProcessorContext<K, V>;

  constructor(dropNullKeys: boolean) {
    this.#dropNullKeys = dropNullKeys;
    forwardingCopies(this);
  }

  init(context: ProcessorContext<K, V>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    if (this.#dropNullKeys && (record.key === null || record.key === undefined)) return;
    this.#context.forward(record);
  }
}
