/**
 * How the operators of tables hand on a change: at once, or, where the store caches, when the cache is flushed. Kafka Streams: `TimestampedTupleForwarder`.
 */
import { Change } from '../processor/change.ts';
import type { ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { TableStore } from '../stores/faces.ts';
import { latestVersion } from '../stores/versioned-faces.ts';

export class TableOutput<K, V> {
  readonly #context: ProcessorContext<K, Change<V>>;
  readonly #sendOldValues: boolean;
  /** The store caches: it forwards, not we. */
  readonly caches: boolean;

  constructor(context: ProcessorContext<K, Change<V>>, store: TableStore<K, V> | undefined, sendOldValues: boolean) {
    this.#context = context;
    this.#sendOldValues = sendOldValues;
    this.caches = store?.setFlushListener((record) => context.forward(record), sendOldValues) ?? false;
  }

  /** Forwards what became of the row that `record` is about, with the record's headers. `validTo`: what the store answered; nothing comes of a row that it refused. */
  forward(record: StreamRecord<K, unknown>, newValue: V | null, oldValue: V | null, timestamp: number, validTo: number | undefined): void {
    if (this.caches || validTo === undefined) return;
    const isLatest = validTo === latestVersion;
    this.#context.forward(record.withValueAt(new Change(newValue, this.#sendOldValues ? oldValue : null, isLatest), timestamp));
  }
}
