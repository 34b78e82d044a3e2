/**
 * How operators look up rows of a table that is not their own input: in the store that holds it, or, where it is only a view, computed from its parent's row.
 * Kafka Streams: `KTableValueGetter`.
 */
import type { ProcessingContext } from '../processor/processor.ts';
import type { ValueAndTimestamp } from '../stores/faces.ts';
import type { Mapper, Predicate } from './functions.ts';

export interface TableReader<in K, out V> {
  /** The row as it is now; read it at once, it may change with the next write. */
  lookup(key: K): ValueAndTimestamp<V> | undefined;
  /** The row as it was at a time, if the table keeps its history. */
  lookupAsOf?(key: K, asOf: number): ValueAndTimestamp<V> | undefined;
}

type Row<V> = ValueAndTimestamp<V> | undefined;

/** A reader that makes its rows of its parent's, those of former times too if the parent has them. */
export function derivedReader<K, V, V2>(parent: TableReader<K, V>, derive: (row: Row<V>, key: K) => Row<V2>): TableReader<K, V2> {
  const lookup = (key: K): Row<V2> => derive(parent.lookup(key), key);
  if (parent.lookupAsOf === undefined) return { lookup };
  return { lookup, lookupAsOf: (key, asOf) => derive(parent.lookupAsOf?.(key, asOf), key) };
}

/** Opens a reader in a task; the node must be connected to the stores that the table's lineage names. */
export type OpenTableReader<K, V> = (context: ProcessingContext) => TableReader<K, V>;

/** The rows of a table that is kept in a store. */
export function readStore<K, V>(store: string): OpenTableReader<K, V> {
  return (context) => context.getStateStore<TableReader<K, V>>(store);
}

/** The rows of a parent, as the child sees them. */
export type TableView<K, V, V2> = (parent: TableReader<K, V>, context: ProcessingContext) => TableReader<K, V2>;

/** A view of any types, as the lineage of a table holds it. */
export type AnyTableView = (parent: TableReader<unknown, never>, context: ProcessingContext) => TableReader<never, unknown>;

/** Rows that `predicate` judges as `keep`. */
export function filteredView<K, V>(predicate: Predicate<K, V>, keep: boolean): TableView<K, V, V> {
  return (parent) => derivedReader(parent, (row, key) => (row !== undefined && !predicate(row.value, key) !== keep ? row : undefined));
}

/** Rows with new values; null is no row. */
export function mappedView<K, V, V2>(mapper: Mapper<K, V, V2 | null | undefined>): TableView<K, V, V2> {
  return (parent) =>
    derivedReader(parent, (row, key) => {
      if (row === undefined) return undefined;
      const value = mapper(row.value, key);
      return value === null || value === undefined ? undefined : { value, timestamp: row.timestamp };
    });
}
