/** Tables computed row by row from another: in a store of their own if one is named, else a view of their parent. Kafka Streams: `KTableImpl`. */
import type { Predicate } from '../operators/functions.ts';
import type { TableOperator } from '../operators/operator.ts';
import { tableFilter } from '../operators/table-filter.ts';
import { filteredView, type TableView } from '../operators/table-reader.ts';
import type { Change } from '../processor/change.ts';
import type { Serde } from '../serde/serde.ts';
import { DerivedLineage } from '../topology/table-lineage.ts';
import type { TablePlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { type ConnectedStore, connectedStores } from './state-store.ts';
import { storeOptions, type TableOptions, tableStore } from './store-options.ts';

/** What computes one table from another. */
export interface Derivation<K, V, V2> {
  readonly operator: TableOperator<K, Change<V>, K, Change<V2>>;
  /** The same for operators that look up rows. */
  readonly view: TableView<K, V, V2>;
  /** Serde of the values where the options have none. */
  readonly valueSerde: Serde<V2> | undefined;
  /** See {@link DerivedLineage}. */
  readonly probesOldValues: boolean;
  /** Stores of the operator's own use. */
  readonly stores: readonly ConnectedStore[];
  /** A store without a name is not made, but takes a number all the same. */
  readonly countsUnnamedStore: boolean;
}

export function deriveTable<K, V, V2>(
  place: TablePlace<K, V>,
  options: TableOptions<K, V2>,
  { countsUnnamedStore, operator, probesOldValues, stores, valueSerde: inherited, view }: Derivation<K, V, V2>,
): KTable<K, V2> {
  const { context, graphNode, lineage: parent, sources } = place;
  const store = storeOptions(options.store);
  if (countsUnnamedStore && store !== undefined && store.name === undefined) context.names.skip();
  const keySerde = store?.key ?? place.keySerde;
  const valueSerde = store?.value ?? inherited;
  const name = context.names.named(options.name, operator.prefix);
  const lineage = new DerivedLineage(parent, store?.name, probesOldValues, view);
  const connected = connectedStores(stores, context.stores);
  const node = context.graph.add(
    {
      kind: 'tableProcessor',
      name,
      lineage,
      create: operator.create,
      store: store?.name === undefined ? undefined : tableStore(store.name, store, context.persistence),
      hasStoreOptions: store !== undefined,
      stores: connected.names,
      ownStores: connected.own,
    },
    graphNode,
  );
  return context.table({ context, name, graphNode: node, keySerde, valueSerde, sources, lineage, queryableStoreName: store?.name });
}

/** The rows that `predicate` judges as `keep`. */
export function filterTable<K, V>(
  place: TablePlace<K, V>,
  predicate: Predicate<K, V>,
  keep: boolean,
  options: TableOptions<K, V>,
): KTable<K, V> {
  return deriveTable(place, options, {
    operator: tableFilter(predicate, keep),
    view: filteredView(predicate, keep),
    valueSerde: place.valueSerde,
    probesOldValues: true,
    stores: [],
    countsUnnamedStore: true,
  });
}
