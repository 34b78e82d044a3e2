/** Rows of a table grouped by a new key, ready to be aggregated. Kafka Streams: `KGroupedTable`. */
import { checkOptions } from '../option-checks.ts';
import type { Initializer } from '../operators/functions.ts';
import type { TableOperator } from '../operators/operator.ts';
import { type TableAggregator, tableAggregate, tableCount } from '../operators/table-aggregate.ts';
import { tableReduce, type TableReducer } from '../operators/table-reduce.ts';
import type { Change } from '../processor/change.ts';
import { ChangeSerde } from '../serde/change-serde.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import type { GraphNode, RepartitionDescription } from '../topology/graph.ts';
import { AggregateLineage } from '../topology/table-lineage.ts';
import type { GroupedTablePlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { storeOptions, type TableOptions, tableOptions, tableStore } from './store-options.ts';

export class KGroupedTable<out K, out V> {
  /** @internal */
  readonly place: GroupedTablePlace<K, V>;
  readonly #shared: SharedRepartition = { current: undefined };

  /** @internal */
  constructor(place: GroupedTablePlace<K, V>) {
    this.place = place;
  }

  /** Counts the rows of each group. */
  count(options: TableOptions<K, number> = {}): KTable<K, number> {
    checkOptions(options, tableOptions, 'count');
    return aggregateGroup(this.place, this.#shared, tableCount<K, V>(), options, longSerde);
  }

  /** Combines the values of each group; the first stands as it is. Null removes the group. */
  reduce(reducer: TableReducer<K, V>, options: TableOptions<K, V> = {}): KTable<K, V> {
    checkOptions(options, tableOptions, 'reduce');
    return aggregateGroup(this.place, this.#shared, tableReduce(reducer), options, this.place.valueSerde);
  }

  /**
   * Keeps an aggregate for each group: rows that enter it are added, rows that leave it subtracted.
   *
   * The aggregate's serde is `options.store.value`, else the builder's `value`.
   *
   * @param initializer gives the aggregate of a group that has none.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: TableAggregator<K, V, A>,
    options: TableOptions<K, NonNullable<A>> = {},
  ): KTable<K, NonNullable<A>> {
    checkOptions(options, tableOptions, 'aggregate');
    // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
    const operator = tableAggregate(initializer, aggregator) as TableOperator<K, Change<V>, K, Change<NonNullable<A>>>;
    return aggregateGroup(this.place, this.#shared, operator, options, undefined);
  }
}

/** The repartition of a named group, which all its aggregations share. */
interface SharedRepartition {
  current: GraphNode | undefined;
}

const storePrefix = 'KTABLE-AGGREGATE-';

function aggregateGroup<K, V, A>(
  place: GroupedTablePlace<K, V>,
  shared: SharedRepartition,
  operator: TableOperator<K, Change<V>, K, Change<A>>,
  options: TableOptions<K, A>,
  inheritedValueSerde: Serde<A> | undefined,
): KTable<K, A> {
  const { context, groupName } = place;
  const { names } = context;
  const store = storeOptions(options.store);
  const storeName = store?.name ?? names.store(storePrefix);
  const keySerde = store?.key ?? place.keySerde;
  const valueSerde = store?.value ?? inheritedValueSerde;
  const sink = names.suffixed(options.name, '-sink', 'KSTREAM-SINK-');
  const source = names.suffixed(options.name, '-source', 'KSTREAM-SOURCE-');
  const name = names.named(options.name, operator.prefix);
  const topic = `${groupName ?? storeName}-repartition`;
  const isNameGenerated = groupName === undefined && store?.name === undefined;
  const repartition = repartitionNode(place, shared, { name: source, sink, topic, isNameGenerated });
  const lineage = new AggregateLineage(storeName);
  const graphNode = context.graph.add(
    {
      kind: 'tableProcessor',
      name,
      lineage,
      create: operator.create,
      store: tableStore(storeName, { ...store, key: keySerde, value: valueSerde }, context.persistence),
      stores: [],
    },
    repartition,
  );
  const sources = new Set([source]);
  return context.table({ context, name, graphNode, keySerde, valueSerde, sources, lineage, queryableStoreName: store?.name });
}

function repartitionNode<K, V>(
  place: GroupedTablePlace<K, V>,
  shared: SharedRepartition,
  names: Pick<RepartitionDescription, 'name' | 'sink' | 'topic' | 'isNameGenerated'>,
): GraphNode {
  const { context, graphNode, groupName, keySerde, valueSerde } = place;
  if (shared.current !== undefined && groupName !== undefined) {
    context.graph.link(graphNode, shared.current);
    return shared.current;
  }
  shared.current = context.graph.add(
    {
      kind: 'repartition',
      ...names,
      filter: undefined,
      keySerde,
      valueSerde,
      wrapValueSerde: (inner) => new ChangeSerde(inner),
      partitioner: undefined,
      partitions: undefined,
      isOptimizable: false,
    },
    graphNode,
  );
  return shared.current;
}
