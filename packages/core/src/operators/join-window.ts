/** One side of a stream-stream join: a record meets the other side first, and is then kept for what comes there later (S-73). Kafka Streams: `KStreamJoinWindow`. */
import type { Processor, ProcessorContext, ProcessorFactory } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { JoinWindowTable } from '../stores/window-faces.ts';

class JoinWindow<K, V> implements Processor<K, V | null, K, V | null> {
  readonly #storeName: string;
  #context!: ProcessorContext<K, V | null>;
  #store!: JoinWindowTable<K, V>;

  constructor(storeName: string) {
    this.#storeName = storeName;
  }

  init(context: ProcessorContext<K, V | null>): void {
    this.#context = context;
    this.#store = context.getStateStore<JoinWindowTable<K, V>>(this.#storeName);
  }

  process(record: StreamRecord<K, V | null>): void {
    this.#context.forward(record);
    const { key } = record;
    if (key !== null && key !== undefined) this.#store.append(key, record.value ?? null, record.timestamp);
  }
}

export function joinWindow<K, V>(storeName: string): ProcessorFactory<K, V | null, K, V | null> {
  return () => new JoinWindow<K, V>(storeName);
}
