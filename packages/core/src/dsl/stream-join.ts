/** The join of two streams, as the DSL describes it. Kafka Streams: `KStreamImplJoin`, `StreamStreamJoinNode`. */
import { requireFunction } from '../operators/functions.ts';
import { JoinTimes } from '../operators/join-time.ts';
import { joinWindow } from '../operators/join-window.ts';
import { PassThrough } from '../operators/pass-through.ts';
import { leftJoinSide, rightJoinSide, type StreamJoiner } from '../operators/stream-join.ts';
import { streamSelfJoin } from '../operators/stream-self-join.ts';
import type { JoinKind } from '../operators/table-join.ts';
import type { StreamPlace } from './build-context.ts';
import { repartitionedForJoin } from './join-repartition.ts';
import type { KStream } from './kstream.ts';
import { describeProcessor } from './processor-node.ts';
import { checkJoined, checkJoinStores, joinStores, joinStoreOptions, type StreamJoined } from './stream-join-options.ts';

export function joinStreams<K, L, R, V>(
  kind: JoinKind,
  leftStream: StreamPlace<K, L>,
  rightStream: StreamPlace<K, R>,
  joiner: StreamJoiner<K, NonNullable<L>, NonNullable<R>, V>,
  options: StreamJoined<K, NonNullable<L>, NonNullable<R>>,
): KStream<K, V> {
  requireFunction(joiner, 'the joiner');
  checkJoined(options);
  const { name, windows } = options;
  const store = joinStoreOptions(options.store);
  const left = repartitionedForJoin(leftStream, name === undefined ? undefined : `${name}-left`, options.key, options.value);
  const right = repartitionedForJoin(rightStream, name === undefined ? undefined : `${name}-right`, options.key, options.otherValue);
  const { context } = left;
  const { graph, names } = context;
  const isRightOuter = kind === 'outer';
  const isLeftOuter = kind !== 'inner';
  const leftSuffix = isRightOuter ? '-outer-this-join' : '-this-join';
  const rightSuffix = isLeftOuter ? '-outer-other-join' : '-other-join';
  const leftWindowName = names.suffixed(name, '-this-windowed', 'KSTREAM-WINDOWED-');
  const rightWindowName = names.suffixed(name, '-other-windowed', 'KSTREAM-WINDOWED-');
  const leftGenerated = names.processor(isRightOuter ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-');
  const rightGenerated = names.processor(isLeftOuter ? 'KSTREAM-OUTEROTHER-' : 'KSTREAM-JOINOTHER-');
  const leftName = name === undefined ? leftGenerated : name + leftSuffix;
  const rightName = name === undefined ? rightGenerated : name + rightSuffix;
  const mergeName = names.suffixed(name, '-merge', 'KSTREAM-MERGE-');
  checkJoinStores(store, windows);
  // A supplied store names the shared one before the option does.
  const sharedName = store.supplied?.this?.name ?? store.name;
  const stores = joinStores(kind, options, store, context.persistence, {
    left: store.name === undefined ? leftGenerated : store.name + leftSuffix,
    right: store.name === undefined ? rightGenerated : store.name + rightSuffix,
    // The number of the left side's node is the shared store's.
    parked: sharedName === undefined ? `KSTREAM-OUTERSHARED-${leftGenerated.slice(-10)}` : `${sharedName}${sharedSuffix(kind)}`,
  });

  graph.add(describeProcessor(leftWindowName, joinWindow<K, L>(stores.left.name)), left.graphNode);
  graph.add(describeProcessor(rightWindowName, joinWindow<K, R>(stores.right.name)), right.graphNode);
  const join = {
    kind,
    windows,
    joiner,
    leftStore: stores.left.name,
    rightStore: stores.right.name,
    parkedStore: stores.parked?.name,
    times: new JoinTimes(mergeName),
  };
  // Asked for where both sides are one stream, so the right values are left ones.
  const selfJoiner = joiner as StreamJoiner<K, unknown, unknown, V>;
  const selfJoin = { name: mergeName, windows, joiner: selfJoiner, store: stores.left.name };
  // Names of supplied stores count as generated too: Kafka Streams asks for the option's.
  const isNameGenerated = store.name === undefined;
  const sources = new Set([...left.sources, ...right.sources]);
  const node = graph.add(
    {
      kind: 'join',
      name: mergeName,
      lineage: undefined,
      processors: [
        { name: leftName, parents: [leftWindowName], create: leftJoinSide(join), stores: [] },
        { name: rightName, parents: [rightWindowName], create: rightJoinSide(join), stores: [] },
        { name: mergeName, parents: [leftName, rightName], create: () => new PassThrough<K, V>(), stores: [] },
      ],
      stores: [
        { store: stores.left, users: [leftWindowName, rightName], isNameGenerated },
        {
          store: stores.right,
          users: [rightWindowName, leftName],
          isNameGenerated,
        },
        ...(stores.parked === undefined ? [] : [{ store: stores.parked, users: [leftName, rightName], isNameGenerated }]),
      ],
      copartitioned: sources,
      usesNullKeys: isLeftOuter,
      selfJoin: {
        otherWindow: rightWindowName,
        processors: [{ name: mergeName, parents: [leftWindowName], create: streamSelfJoin(selfJoin), stores: [] }],
        stores: [{ store: stores.left, users: [leftWindowName, mergeName], isNameGenerated }],
      },
    },
    left.graphNode,
    right.graphNode,
  );
  return context.stream({
    context,
    name: mergeName,
    graphNode: node,
    // Neither side's: nobody can tell whether the two are the same.
    keySerde: options.key,
    valueSerde: undefined,
    sources,
    repartitionRequired: false,
  });
}

function sharedSuffix(kind: JoinKind): string {
  return kind === 'outer' ? '-outer-shared-join' : '-left-shared-join';
}
