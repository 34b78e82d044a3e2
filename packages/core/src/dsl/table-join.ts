/** The join of two tables by key, as the DSL describes it. Kafka Streams: `KTableImpl.doJoin`, `KTableKTableJoinNode`. */
import { type JoinKind, type TableJoiner, tableJoin } from '../operators/table-join.ts';
import { checkOptions } from '../option-checks.ts';
import { JoinLineage } from '../topology/join-lineage.ts';
import type { TablePlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { storeOptions, type TableOptions, tableOptions, tableStore } from './store-options.ts';

const prefix = 'KTABLE-MERGE-';

export function joinTables<K, L, R, V>(
  kind: JoinKind,
  left: TablePlace<K, L>,
  right: TablePlace<K, R>,
  joiner: TableJoiner<K, L, R, V>,
  options: TableOptions<K, V>,
): KTable<K, V> {
  checkOptions(options, tableOptions, 'join');
  const { context } = left;
  const { graph, names, persistence } = context;
  const store = storeOptions(options.store);
  const storeName = store === undefined ? undefined : (store.name ?? names.store(prefix));
  const name = names.named(options.name, prefix);
  // A missing row on the optional side makes a result, so what the result was must be known.
  if (kind !== 'inner') left.lineage.requireOldValues(true);
  if (kind === 'outer') right.lineage.requireOldValues(true);
  const leftStores = left.lineage.requireReadable();
  const rightStores = right.lineage.requireReadable();
  const leftName = names.suffixed(options.name, '-join-this', 'KTABLE-JOINTHIS-');
  const rightName = names.suffixed(options.name, '-join-other', 'KTABLE-JOINOTHER-');
  const join = tableJoin(kind, left.lineage.openReader<K, L>(), right.lineage.openReader<K, R>(), joiner);
  const lineage = new JoinLineage(left.lineage, right.lineage, storeName, join.openReader);
  const keySerde = store?.key ?? left.keySerde;
  const sources = new Set([...left.sources, ...right.sources]);
  const resultStore =
    storeName === undefined
      ? []
      : [
          {
            store: tableStore(storeName, { ...store, key: keySerde }, persistence),
            users: [name],
            isNameGenerated: store?.name === undefined,
          },
        ];
  const graphNode = graph.add(
    {
      kind: 'join',
      name,
      lineage,
      processors: [
        { name: leftName, parents: [left.name], create: join.left, stores: rightStores },
        { name: rightName, parents: [right.name], create: join.right, stores: leftStores },
        { name, parents: [leftName, rightName], create: join.result, stores: [] },
      ],
      stores: resultStore,
      copartitioned: sources,
      usesNullKeys: false,
    },
    left.graphNode,
    right.graphNode,
  );
  return context.table({
    context,
    name,
    graphNode,
    keySerde,
    valueSerde: store?.value,
    sources,
    lineage,
    queryableStoreName: store?.name,
  });
}
