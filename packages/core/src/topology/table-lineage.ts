/**
 * Who needs what of a table: whether it must be kept in a store, and whether its changes must carry the old value. Operators further down ask, the answer travels
 * up to where a store is. Kafka Streams: `KTableImpl.enableSendingOldValues`, `valueGetterSupplier` and the suppliers behind them.
 */
import type { TableTraits } from '../operators/operator.ts';
import { type AnyTableView, type OpenTableReader, readStore, type TableReader } from '../operators/table-reader.ts';

export abstract class TableLineage {
  protected oldValues = false;

  /** The store in use, if any. */
  abstract readonly store: string | undefined;

  /** Makes sure that rows can be looked up, and returns the names of the stores that this reads. */
  abstract requireReadable(): readonly string[];

  /** Opens the rows in a node that is connected to the stores of `requireReadable`. The types are those of the table that the lineage belongs to. */
  abstract openReader<K, V>(): OpenTableReader<K, V>;

  /**
   * Asks for old values. Without `force` a table that has no store is left alone.
   *
   * @returns whether changes will carry old values.
   */
  abstract requireOldValues(force: boolean): boolean;

  /** What is required so far, frozen for one compilation. */
  traits(): TableTraits {
    return Object.freeze({ store: this.store, sendOldValues: this.oldValues });
  }
}

/** A table read from a topic or made of a stream: kept in a store only if named or needed. */
export class SourceLineage extends TableLineage {
  readonly #storeName: string;
  #materialized: boolean;

  constructor(storeName: string, isNamed: boolean) {
    super();
    this.#storeName = storeName;
    this.#materialized = isNamed;
  }

  get store(): string | undefined {
    return this.#materialized ? this.#storeName : undefined;
  }

  requireReadable(): readonly string[] {
    this.#materialized = true;
    return [this.#storeName];
  }

  openReader<K, V>(): OpenTableReader<K, V> {
    return readStore(this.#storeName);
  }

  requireOldValues(force: boolean): boolean {
    if (this.oldValues) return true;
    if (!force && !this.#materialized) return false;
    this.#materialized = true;
    this.oldValues = true;
    return true;
  }
}

/** An aggregate: always in a store. */
export class AggregateLineage extends TableLineage {
  readonly store: string;

  constructor(store: string) {
    super();
    this.store = store;
  }

  requireReadable(): readonly string[] {
    return [this.store];
  }

  openReader<K, V>(): OpenTableReader<K, V> {
    return readStore(this.store);
  }

  requireOldValues(): boolean {
    this.oldValues = true;
    return true;
  }
}

/** A table computed from another row by row: in a store of its own if named, else a view. */
export class DerivedLineage extends TableLineage {
  readonly store: string | undefined;
  readonly #parent: TableLineage;
  readonly #view: AnyTableView;

  /** `probe`: asks the parent for old values if they cost nothing, which spares a filter needless tombstones. `view`: the rows, computed from the parent's. */
  constructor(parent: TableLineage, store: string | undefined, probe: boolean, view: AnyTableView) {
    super();
    this.#parent = parent;
    this.#view = view;
    this.store = store;
    if (probe) this.oldValues = parent.requireOldValues(false);
  }

  requireReadable(): readonly string[] {
    return this.store === undefined ? this.#parent.requireReadable() : [this.store];
  }

  openReader<K, V>(): OpenTableReader<K, V> {
    if (this.store !== undefined) return readStore(this.store);
    const open = this.#parent.openReader<unknown, never>();
    // The view was made of the parent's types for this table's.
    return (context) => this.#view(open(context), context) as TableReader<K, V>;
  }

  requireOldValues(force: boolean): boolean {
    if (this.store !== undefined || this.#parent.requireOldValues(force)) this.oldValues = true;
    return this.oldValues;
  }
}
