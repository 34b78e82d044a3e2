/** A stream read as a table: the nodes that `toTable` adds. Kafka Streams: `KStreamImpl.toTable`. */
import { tableSource } from '../operators/table-source.ts';
import type { Serde } from '../serde/serde.ts';
import { SourceLineage } from '../topology/table-lineage.ts';
import type { StreamPlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { describeRepartition } from './repartition-node.ts';
import { storeOptions, type TableOptions, tableStore } from './store-options.ts';

export function streamToTable<K, V>(place: StreamPlace<K, V>, options: TableOptions<K, NonNullable<V>>): KTable<K, NonNullable<V>> {
  const { context, graphNode, repartitionRequired } = place;
  const operator = tableSource<K, NonNullable<V>>('KSTREAM-TOTABLE-');
  const name = context.names.named(options.name, operator.prefix);
  const store = storeOptions(options.store);
  const storeName = store?.name ?? context.names.store(operator.prefix);
  const keySerde = store?.key ?? place.keySerde;
  // What serves V serves its values that are not null.
  const valueSerde = store?.value ?? (place.valueSerde as Serde<NonNullable<V>> | undefined);
  let parent = graphNode;
  let sources = place.sources;
  if (repartitionRequired) {
    const names = context.names.repartition(name);
    const isNameGenerated = options.name === undefined;
    parent = context.graph.add(describeRepartition({ names, keySerde, valueSerde, isOptimizable: true, isNameGenerated }), graphNode);
    sources = new Set([names.source]);
  }
  const lineage = new SourceLineage(storeName, store?.name !== undefined);
  const node = context.graph.add(
    {
      kind: 'tableProcessor',
      name,
      lineage,
      create: operator.create,
      store: tableStore(storeName, store ?? { key: keySerde, value: valueSerde }, context.persistence),
      stores: [],
    },
    parent,
  );
  return context.table({ context, name, graphNode: node, keySerde, valueSerde, sources, lineage, queryableStoreName: store?.name });
}
