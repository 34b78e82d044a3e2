/**
 * The nodes of a cogrouped aggregation: one aggregating node for each grouped stream, all on one store, and a node where their tables come together.
 * Kafka Streams: `CogroupedStreamAggregateBuilder`.
 */
import { PassThrough } from '../operators/pass-through.ts';
import type { TableTraits } from '../operators/operator.ts';
import type { AnyProcessor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { GraphNode } from '../topology/graph.ts';
import type { AggregateLineage } from '../topology/table-lineage.ts';
import type { BuildContext, GroupedStreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { describeProcessor } from './processor-node.ts';
import { describeRepartition } from './repartition-node.ts';

/** The aggregate with a record of one of the streams taken in; null removes the key (or its window). */
export type CogroupAggregator<K, V, A> = {
  // Written as a method for its bivariance, so that a cogrouped stream of an aggregate is one of a wider type.
  aggregate(aggregate: A, value: V, key: K): A | null | undefined;
}['aggregate'];

/** A grouped stream with its aggregator. */
export interface CogroupMember {
  /** Tells one grouped stream from another. */
  readonly grouped: object;
  readonly place: GroupedStreamPlace<unknown, unknown>;
  readonly aggregator: CogroupAggregator<unknown, unknown, unknown>;
}

interface Parent {
  readonly node: GraphNode;
  readonly sources: ReadonlySet<string>;
}

export interface Cogrouping {
  readonly context: BuildContext;
  readonly members: readonly CogroupMember[];
  /** By grouped stream: the repartitions that are there already, for all aggregations of these groups. */
  readonly repartitions: Map<object, Parent>;
}

export interface CogroupAggregation<KR, A> {
  readonly name: string | undefined;
  /** The store's name, if the user gave one. */
  readonly storeName: string | undefined;
  readonly store: (name: string) => StoreSpec;
  readonly lineage: (store: string) => AggregateLineage;
  readonly create: (member: CogroupMember, position: number) => (traits: TableTraits) => AnyProcessor;
  /** Of the table. */
  readonly keySerde: Serde<KR> | undefined;
  readonly valueSerde: Serde<A> | undefined;
  /** Where it makes windows: how long they take records behind their end. */
  readonly windowGraceMs?: number | undefined;
}

const aggregatePrefix = 'COGROUPKSTREAM-AGGREGATE-';
const mergePrefix = 'COGROUPKSTREAM-MERGE-';

export function aggregateGroups<KR, A>(cogrouping: Cogrouping, aggregation: CogroupAggregation<KR, A>): KTable<KR, A> {
  const { context, members } = cogrouping;
  const { graph, names } = context;
  const { keySerde, name, storeName: queryableStoreName, valueSerde } = aggregation;
  const storeName = queryableStoreName ?? names.store(aggregatePrefix);
  const store = aggregation.store(storeName);
  const parents = members.map((member) => parentOf(member, cogrouping, storeName, queryableStoreName !== undefined));
  const sources = new Set(parents.flatMap((parent) => [...parent.sources]));
  graph.copartition(sources);
  const lineage = aggregation.lineage(storeName);
  const nodes = members.map((member, position) =>
    graph.add(
      {
        kind: 'tableProcessor',
        name: names.suffixed(name, `-cogroup-agg-${position}`, aggregatePrefix),
        lineage,
        create: aggregation.create(member, position),
        store: position === 0 ? store : undefined,
        stores: position === 0 ? [] : [storeName],
        windowGraceMs: aggregation.windowGraceMs,
      },
      (parents[position] as Parent).node,
    ),
  );
  const mergeName = names.suffixed(name, '-cogroup-merge', mergePrefix);
  const graphNode = graph.add(
    { ...describeProcessor(mergeName, () => new PassThrough<KR, A>()), keepsHistory: store.kind === 'versioned' },
    ...nodes,
  );
  return context.table({ context, name: mergeName, graphNode, keySerde, valueSerde, sources, lineage, queryableStoreName });
}

/** The node below which a member's aggregation hangs: behind a repartition where the key may have changed. */
function parentOf(
  { grouped, place }: CogroupMember,
  { context, repartitions }: Cogrouping,
  storeName: string,
  isStoreNamed: boolean,
): Parent {
  const { graphNode, groupName, keySerde, repartitionRequired, sources, valueSerde } = place;
  if (!repartitionRequired) return { node: graphNode, sources };
  const names = context.names.repartition(groupName ?? storeName);
  let parent = repartitions.get(grouped);
  if (parent === undefined) {
    const isNameGenerated = groupName === undefined && !isStoreNamed;
    const description = describeRepartition({ names, keySerde, valueSerde, isOptimizable: true, isNameGenerated });
    parent = { node: context.graph.add(description, graphNode), sources: new Set([names.source]) };
    repartitions.set(grouped, parent);
  }
  return parent;
}
