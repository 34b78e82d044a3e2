/** Rows of a table grouped by a new key, ready to be aggregated. Kafka Streams: `KGroupedTable`. */
import type { Initializer } from '../operators/functions.ts';
import type { TableOperator } from '../operators/operator.ts';
import { type TableAggregator, tableAggregate, tableCount } from '../operators/table-aggregate.ts';
import { tableReduce, type TableReducer } from '../operators/table-reduce.ts';
import type { Change } from '../processor/change.ts';
import { ChangeSerde } from '../serde/change-serde.ts';
import { longSerde } from '../serde/number-serdes.ts';
import type { Serde } from '../serde/serde.ts';
import type { GraphNode } from '../topology/graph.ts';
import { AggregateLineage } from '../topology/table-lineage.ts';
import type { GroupedTablePlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { storeOptions, type TableOptions, tableStore } from './store-options.ts';

export class KGroupedTable<K, V> {
  /** @internal */
  readonly place: GroupedTablePlace<K, V>;
  /** The repartition of a named group, which all its aggregations share. */
  #repartition: GraphNode | undefined;

  /** @internal */
  constructor(place: GroupedTablePlace<K, V>) {
    this.place = place;
  }

  /** Counts the rows of each group. */
  count(options: TableOptions<K, number> = {}): KTable<K, number> {
    return this.#aggregate(tableCount<K, V>(), 'KTABLE-AGGREGATE-', options, longSerde);
  }

  /** Combines the values of each group; the first stands as it is. Null removes the group. */
  reduce(reducer: TableReducer<K, V>, options: TableOptions<K, V> = {}): KTable<K, V> {
    return this.#aggregate(tableReduce(reducer), 'KTABLE-AGGREGATE-', options, this.place.valueSerde);
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
    // Null aggregates are never stored nor forwarded as rows, so the table's values are the others.
    const operator = tableAggregate(initializer, aggregator) as TableOperator<K, Change<V>, K, Change<NonNullable<A>>>;
    return this.#aggregate(operator, 'KTABLE-AGGREGATE-', options, undefined);
  }

  #aggregate<A>(
    operator: TableOperator<K, Change<V>, K, Change<A>>,
    storePrefix: string,
    options: TableOptions<K, A>,
    inheritedValueSerde: Serde<A> | undefined,
  ): KTable<K, A> {
    const { context, groupName } = this.place;
    const { names } = context;
    const store = storeOptions(options.store);
    const storeName = store?.name ?? names.store(storePrefix);
    const keySerde = store?.key ?? this.place.keySerde;
    const valueSerde = store?.value ?? inheritedValueSerde;
    const sink = names.suffixed(options.name, '-sink', 'KSTREAM-SINK-');
    const source = names.suffixed(options.name, '-source', 'KSTREAM-SOURCE-');
    const name = names.named(options.name, operator.prefix);
    const repartition = this.#repartitionNode(
      sink,
      source,
      `${groupName ?? storeName}-repartition`,
      groupName === undefined && store?.name === undefined,
    );
    const lineage = new AggregateLineage(storeName);
    const graphNode = context.graph.add(
      {
        kind: 'tableProcessor',
        name,
        lineage,
        create: operator.create,
        store: tableStore(storeName, store ?? {}, keySerde, valueSerde, context.persistence),
        stores: [],
      },
      repartition,
    );
    const sources = new Set([source]);
    return context.table({ context, name, graphNode, keySerde, valueSerde, sources, lineage, queryableStoreName: store?.name });
  }

  #repartitionNode(sink: string, source: string, topic: string, isNameGenerated: boolean): GraphNode {
    const { context, graphNode, groupName, keySerde, valueSerde } = this.place;
    if (this.#repartition !== undefined && groupName !== undefined) {
      context.graph.link(graphNode, this.#repartition);
      return this.#repartition;
    }
    this.#repartition = context.graph.add(
      {
        kind: 'repartition',
        name: source,
        topic,
        sink,
        filter: undefined,
        keySerde,
        valueSerde,
        wrapValueSerde: (inner) => new ChangeSerde(inner),
        partitioner: undefined,
        partitions: undefined,
        isOptimizable: false,
        isNameGenerated,
      },
      graphNode,
    );
    return this.#repartition;
  }
}
