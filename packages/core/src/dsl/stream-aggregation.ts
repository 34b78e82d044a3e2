/** The node of an aggregation over a grouped stream, with its repartition where the key may have changed. Kafka Streams: `GroupedStreamAggregateBuilder`. */
import type { TableOperator } from '../operators/operator.ts';
import type { Change } from '../processor/change.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { GraphNode } from '../topology/graph.ts';
import type { AggregateLineage } from '../topology/table-lineage.ts';
import type { GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { describeRepartition } from './repartition-node.ts';

/** The repartition of a named group, which all its aggregations share. */
export interface SharedRepartition {
  current: { readonly node: GraphNode; readonly source: string } | undefined;
}

/** What an aggregation is beside the stream. `KR` is the key of its table: windowed or not. */
export interface StreamAggregation<K, V, KR, A> {
  /** Takes the stream's records, or those without null values and nulls. */
  readonly operator: TableOperator<K, V, KR, Change<A>> | TableOperator<K, NonNullable<V> | null, KR, Change<A>>;
  /** The node's name. */
  readonly name: string | undefined;
  /** The store's name, if the user gave one. */
  readonly storeName: string | undefined;
  readonly store: (name: string) => StoreSpec;
  readonly lineage: (store: string) => AggregateLineage;
  /** Of the table. */
  readonly keySerde: Serde<KR> | undefined;
  readonly valueSerde: Serde<A> | undefined;
  /** Where it makes windows: how long they take records behind their end. */
  readonly windowGraceMs?: number | undefined;
}

export function aggregateStream<K, V, KR, A>(
  place: GroupedStreamPlace<K, V>,
  shared: SharedRepartition,
  aggregation: StreamAggregation<K, V, KR, A>,
): KTable<KR, A> {
  const { context } = place;
  const { keySerde, operator, valueSerde, windowGraceMs } = aggregation;
  const storeName = aggregation.storeName ?? context.names.store(operator.prefix);
  const name = context.names.named(aggregation.name, operator.prefix);
  const store = aggregation.store(storeName);
  const { node, sources } = parentOf(place, shared, storeName, aggregation.storeName !== undefined);
  const lineage = aggregation.lineage(storeName);
  const graphNode = context.graph.add(
    { kind: 'tableProcessor', name, lineage, create: operator.create, store, stores: [], windowGraceMs },
    node,
  );
  return context.table({ context, name, graphNode, keySerde, valueSerde, sources, lineage, queryableStoreName: aggregation.storeName });
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
