/**
 * The lineage of two tables joined by key: in a store of its own if asked for, else looked up on both sides. Whoever needs old values of the result needs those of both
 * sides, whether the result has a store or not. Kafka Streams: `KTableKTableJoinMerger`.
 */
import type { OpenTableReader, TableReader } from '../operators/table-reader.ts';
import { TableLineage } from './table-lineage.ts';

export class JoinLineage extends TableLineage {
  readonly store: string | undefined;
  readonly #left: TableLineage;
  readonly #right: TableLineage;
  readonly #openJoined: OpenTableReader<never, unknown>;

  /** `openJoined`: the rows, joined from those of both sides. */
  constructor(left: TableLineage, right: TableLineage, store: string | undefined, openJoined: OpenTableReader<never, unknown>) {
    super();
    this.store = store;
    this.#left = left;
    this.#right = right;
    this.#openJoined = openJoined;
  }

  requireReadable(): readonly string[] {
    if (this.store !== undefined) return [this.store];
    return [...new Set([...this.#left.requireReadable(), ...this.#right.requireReadable()])];
  }

  openReader<K, V>(): OpenTableReader<K, V> {
    const { store } = this;
    if (store !== undefined) return (context) => context.getStateStore<TableReader<K, V>>(store);
    // The types are those of the table that this is the lineage of, for which the reader was made.
    return this.#openJoined as OpenTableReader<unknown, unknown> as OpenTableReader<K, V>;
  }

  requireOldValues(): boolean {
    this.#left.requireOldValues(true);
    this.#right.requireOldValues(true);
    this.oldValues = true;
    return true;
  }
}
