/** The join of a stream with a table, as the DSL describes it. Kafka Streams: `Joined`, `KStreamImpl.doStreamTableJoin`, `StreamTableJoinNode`. */
import type { StreamTableJoiner } from '../operators/stream-global-join.ts';
import { streamTableJoin } from '../operators/stream-table-join.ts';
import { checkedElsewhere, checkOptions, isSerde, type OptionChecks } from '../option-checks.ts';
import type { Serde } from '../serde/serde.ts';
import type { Duration } from '../time.ts';
import { windowDuration } from '../windows/window-duration.ts';
import type { StreamPlace, TablePlace } from './build-context.ts';
import { repartitionedForJoin } from './join-repartition.ts';
import type { KStream } from './kstream.ts';
import { type NodeOptions, nodeOptions } from './options.ts';

/** Options of a join with a table. `name` also names the repartition topic, where one is needed: `<applicationId>-<name>-repartition`. */
export interface Joined<K, V> extends NodeOptions {
  /** For the repartition topic, and for records that wait. @default the stream's, else the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** For the repartition topic, and for records that wait. @default the stream's, else the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /**
   * How long records wait, in stream time, for rows that come late. The table must keep a history that is no shorter: `historyRetention` of its store.
   *
   * @default records are joined at once
   */
  readonly grace?: Duration | undefined;
}

const joinedOptions: OptionChecks<Joined<never, never>> = { ...nodeOptions, key: isSerde, value: isSerde, grace: checkedElsewhere };

export function joinStreamWithTable<K, V, T, R>(
  isLeft: boolean,
  stream: StreamPlace<K, V>,
  table: TablePlace<NonNullable<K>, T>,
  joiner: StreamTableJoiner<K, NonNullable<V>, T, R>,
  options: Joined<K, NonNullable<V>>,
): KStream<K, R> {
  checkOptions(options, joinedOptions, 'join');
  const left = repartitionedForJoin(stream, options.name, options.key, options.value);
  const { context, graphNode } = left;
  const sources = new Set([...left.sources, ...table.sources]);
  const name = context.names.named(options.name, isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-');
  const stores = table.lineage.requireReadable();
  const graceMs = options.grace === undefined ? undefined : windowDuration(options.grace, `grace of the join "${name}"`, 0);
  const buffer = graceMs === undefined ? undefined : `${name}-Buffer`;
  if (graceMs !== undefined && buffer !== undefined) {
    context.graph.add({
      kind: 'store',
      name: buffer,
      store: {
        kind: 'joinBuffer',
        name: buffer,
        persistence: 'persistent',
        caching: false,
        logging: {},
        keySerde: options.key ?? left.keySerde,
        valueSerde: options.value ?? left.valueSerde,
        graceMs,
      },
      isNameGenerated: options.name === undefined,
    });
  }
  // A look-up is made only with a key that there is.
  const create = streamTableJoin<K, NonNullable<V>, T, R>(table.lineage.openReader<K, T>(), joiner, isLeft, buffer);
  const node = context.graph.add(
    {
      kind: 'join',
      name,
      lineage: undefined,
      processors: [{ name, parents: undefined, create, stores: buffer === undefined ? stores : [buffer, ...stores] }],
      stores: [],
      copartitioned: sources,
      usesNullKeys: isLeft,
      history: graceMs === undefined ? undefined : { stores, leastMs: graceMs },
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
