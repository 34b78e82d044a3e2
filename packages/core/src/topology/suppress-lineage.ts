/** A table whose changes are held back: its rows are what was let go, which the buffer remembers of those that it holds. Kafka Streams: `KTableSuppressProcessorSupplier`. */
import type { OpenTableReader } from '../operators/table-reader.ts';
import type { SuppressBuffer } from '../stores/buffer-faces.ts';
import { TableLineage } from './table-lineage.ts';

export class SuppressLineage extends TableLineage {
  readonly store: undefined = undefined;
  readonly #parent: TableLineage;
  readonly #buffer: string;

  constructor(parent: TableLineage, buffer: string) {
    super();
    this.#parent = parent;
    this.#buffer = buffer;
  }

  requireReadable(): readonly string[] {
    return [this.#buffer, ...this.#parent.requireReadable()];
  }

  openReader<K, V>(): OpenTableReader<K, V> {
    const openParent = this.#parent.openReader<K, V>();
    return (context) => {
      const parent = openParent(context);
      const buffer = context.getStateStore<SuppressBuffer<K, V, unknown>>(this.#buffer);
      return {
        lookup: (key) => {
          const prior = buffer.priorValue(key);
          return prior === undefined ? parent.lookup(key) : (prior ?? undefined);
        },
      };
    };
  }

  requireOldValues(force: boolean): boolean {
    return this.#parent.requireOldValues(force);
  }
}
