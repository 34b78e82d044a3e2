/** What the objects of one builder share: its counter of names, its graph, and the making of streams and tables, which would else import each other. */
import type { Serde } from '../serde/serde.ts';
import type { Persistence } from '../stores/store-spec.ts';
import type { Graph, GraphNode } from '../topology/graph.ts';
import type { Names } from '../topology/names.ts';
import type { DefaultSerdes } from '../topology/serde-resolution.ts';
import type { TableLineage } from '../topology/table-lineage.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import type { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';
import type { DescribedStores } from './state-store.ts';

/** What a stream, a table or a group is in the graph. */
export interface Place<K, V> {
  readonly context: BuildContext;
  /** Name of the node whose records these are. */
  readonly name: string;
  readonly graphNode: GraphNode;
  /** Undefined: forgotten or never given; the builder's default takes its place. */
  readonly keySerde: Serde<K> | undefined;
  readonly valueSerde: Serde<V> | undefined;
  /** Names of the sources whose topics decide the partitioning. */
  readonly sources: ReadonlySet<string>;
}

export interface StreamPlace<K, V> extends Place<K, V> {
  /** The key may have changed since the records were partitioned by it. */
  readonly repartitionRequired: boolean;
}

export interface TablePlace<K, V> extends Place<K, V> {
  readonly lineage: TableLineage;
  /** Name under which the table can be read. */
  readonly queryableStoreName: string | undefined;
}

export interface GroupedStreamPlace<K, V> extends StreamPlace<K, V> {
  /** Given by the user: names the repartition topic. */
  readonly groupName: string | undefined;
}

export interface GroupedTablePlace<K, V> extends Place<K, V> {
  readonly groupName: string | undefined;
}

export interface BuildContext {
  readonly names: Names;
  readonly graph: Graph;
  readonly persistence: Persistence;
  /** Those that processors use. */
  readonly stores: DescribedStores;
  /** What takes the place of serdes that nobody gave. */
  readonly defaults: DefaultSerdes;
  stream<K, V>(place: StreamPlace<K, V>): KStream<K, V>;
  table<K, V>(place: TablePlace<K, V>): KTable<K, V>;
  groupedStream<K, V>(place: GroupedStreamPlace<K, V>): KGroupedStream<K, V>;
  groupedTable<K, V>(place: GroupedTablePlace<K, V>): KGroupedTable<K, V>;
}
