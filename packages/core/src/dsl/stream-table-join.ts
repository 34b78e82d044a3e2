/** The join of a stream with a table, as the DSL describes it. Kafka Streams: `Joined`, `KStreamImpl.doStreamTableJoin`, `StreamTableJoinNode`. */
import type { StreamTableJoiner } from '../operators/stream-global-join.ts';
import { streamTableJoin } from '../operators/stream-table-join.ts';
import type { Serde } from '../serde/serde.ts';
import type { StreamPlace, TablePlace } from './build-context.ts';
import { repartitionedForJoin } from './join-repartition.ts';
import type { KStream } from './kstream.ts';
import type { NodeOptions } from './options.ts';

/** Options of a join with a table. `name` also names the repartition topic, where one is needed: `<applicationId>-<name>-repartition`. */
export interface Joined<K, V> extends NodeOptions {
  /** For the repartition topic. @default the stream's, else the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** For the repartition topic. @default the stream's, else the builder's `value` */
  readonly value?: Serde<V> | undefined;
}

export function joinStreamWithTable<K, V, T, R>(
  isLeft: boolean,
  stream: StreamPlace<K, V>,
  table: TablePlace<NonNullable<K>, T>,
  joiner: StreamTableJoiner<K, NonNullable<V>, T, R>,
  options: Joined<K, NonNullable<V>>,
): KStream<K, R> {
  const left = repartitionedForJoin(stream, options.name, options.key, options.value);
  const { context, graphNode } = left;
  const sources = new Set([...left.sources, ...table.sources]);
  const name = context.names.named(options.name, isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-');
  const stores = table.lineage.requireReadable();
  // A look-up is made only with a key that there is.
  const create = streamTableJoin<K, NonNullable<V>, T, R>(table.lineage.openReader<K, T>(), joiner, isLeft);
  const node = context.graph.add(
    {
      kind: 'join',
      name,
      lineage: undefined,
      processors: [{ name, parents: undefined, create, stores }],
      stores: [],
      copartitioned: sources,
      usesNullKeys: isLeft,
    },
    graphNode,
  );
  return context.stream({
    context,
    name,
    graphNode: node,
    keySerde: options.key ?? left.keySerde,
    valueSerde: undefined,
    sources,
    repartitionRequired: false,
  });
}
