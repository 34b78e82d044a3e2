/** Records of a stream grouped by key, ready to be aggregated. Kafka Streams: `KGroupedStream`. */
import { aggregate, count } from '../operators/aggregate.ts';
import type { Aggregator, Initializer, Reducer } from '../operators/functions.ts';
import type { TableOperator } from '../operators/operator.ts';
import { reduce } from '../operators/reduce.ts';
import type { Change } from '../processor/change.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import type { GraphNode } from '../topology/graph.ts';
import { AggregateLineage } from '../topology/table-lineage.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { describeRepartition } from './repartition-node.ts';
import { type StoreOptions, storeOptions, type TableOptions, tableStore } from './store-options.ts';

export class KGroupedStream<out K, out V> {
  /** @internal */
  readonly place: GroupedStreamPlace<K, V>;
  readonly #shared: SharedRepartition = { current: undefined };

  /** @internal */
  constructor(place: GroupedStreamPlace<K, V>) {
    this.place = place;
  }

  /** Counts the records of each key. Records without key or value are dropped and counted. */
  count(options: TableOptions<K, number> = {}): KTable<K, number> {
    const { names } = this.place.context;
    const store = storeOptions(options.store);
    // Kafka Streams once generated a name here, and numbers must stay as they are.
    if (store !== undefined && store.name === undefined) names.skip();
    return aggregateGroup(this.place, this.#shared, count<K, NonNullable<V>>(), options.name, store, longSerde);
  }

  /**
   * Combines the values of each key; the first value stands as it is. Records without key or value are dropped and counted.
   *
   * @param reducer gets the combined value so far and the record's; null removes the key.
   */
  reduce(reducer: Reducer<K, NonNullable<V>>, options: TableOptions<K, NonNullable<V>> = {}): KTable<K, NonNullable<V>> {
    // What serves V serves its values that are not null.
    const valueSerde = this.place.valueSerde as Serde<NonNullable<V>> | undefined;
    return aggregateGroup(
      this.place,
      this.#shared,
      reduce<K, NonNullable<V>>(reducer),
      options.name,
      storeOptions(options.store),
      valueSerde,
    );
  }

  /**
   * Keeps an aggregate for each key. Records without key or value are dropped and counted.
   *
   * The aggregate's serde is `options.store.value`, else the builder's `value`.
   *
   * @param initializer gives the aggregate of a key that has none.
   * @param aggregator gets the aggregate, the value and the key; null removes the key.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, NonNullable<V>, A>,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<K, NonNullable<A>> {
    // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
    const operator = aggregate<K, NonNullable<V>, A>(initializer, aggregator) as TableOperator<
      K,
      NonNullable<V> | null,
      K,
      Change<NonNullable<A>>
    >;
    return aggregateGroup(this.place, this.#shared, operator, options.name, storeOptions(options.store), undefined);
  }
}

/** The repartition of a named group, which all its aggregations share. */
interface SharedRepartition {
  current: { readonly node: GraphNode; readonly source: string } | undefined;
}

function aggregateGroup<K, V, A>(
  place: GroupedStreamPlace<K, V>,
  shared: SharedRepartition,
  operator: TableOperator<K, NonNullable<V> | null, K, Change<A>>,
  name: string | undefined,
  store: StoreOptions<K, A> | undefined,
  inheritedValueSerde: Serde<A> | undefined,
): KTable<K, A> {
  const { context } = place;
  const storeName = store?.name ?? context.names.store(operator.prefix);
  const nodeName = context.names.named(name, operator.prefix);
  const keySerde = store?.key ?? place.keySerde;
  const valueSerde = store?.value ?? inheritedValueSerde;
  const parent = parentOf(place, shared, storeName, store?.name !== undefined);
  const lineage = new AggregateLineage(storeName);
  const graphNode = context.graph.add(
    {
      kind: 'tableProcessor',
      name: nodeName,
      lineage,
      create: operator.create,
      store: tableStore(storeName, { ...store, key: keySerde, value: valueSerde }, context.persistence),
      stores: [],
    },
    parent.node,
  );
  const { sources } = parent;
  return context.table({ context, name: nodeName, graphNode, keySerde, valueSerde, sources, lineage, queryableStoreName: store?.name });
}

/** The node below which an aggregation hangs: behind a repartition where the key may have changed. */
function parentOf<K, V>(
  place: GroupedStreamPlace<K, V>,
  shared: SharedRepartition,
  storeName: string,
  isStoreNamed: boolean,
): { readonly node: GraphNode; readonly sources: ReadonlySet<string> } {
  const { context, graphNode, groupName, keySerde, repartitionRequired, sources, valueSerde } = place;
  if (!repartitionRequired) return { node: graphNode, sources };
  const names = context.names.repartition(groupName ?? storeName);
  if (shared.current === undefined || groupName === undefined) {
    const isNameGenerated = groupName === undefined && !isStoreNamed;
    const description = describeRepartition({ names, keySerde, valueSerde, isOptimizable: true, isNameGenerated });
    shared.current = { node: context.graph.add(description, graphNode), source: names.source };
  } else {
    context.graph.link(graphNode, shared.current.node);
  }
  return { node: shared.current.node, sources: new Set([shared.current.source]) };
}
