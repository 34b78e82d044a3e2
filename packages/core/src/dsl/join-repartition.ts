/** The stream's side of a join behind a repartition, where its key may have changed. Kafka Streams: `KStreamImpl.repartitionForJoin`. */
import type { Serde } from '../serde/serde.ts';
import type { GraphNode } from '../topology/graph.ts';
import type { StreamPlace } from './build-context.ts';
import { describeRepartition } from './repartition-node.ts';

interface Repartition {
  readonly node: GraphNode;
  readonly source: string;
}

/** The latest repartition of a stream for a join: later joins without a name share it, named or not. */
const latest = new WeakMap<object, Repartition>();

/** `joinName` with its suffix if the user named the join: then its repartition topic is named. */
export function repartitionedForJoin<K, V>(
  place: StreamPlace<K, V>,
  joinName: string | undefined,
  key: Serde<K> | undefined,
  value: Serde<NonNullable<V>> | undefined,
): StreamPlace<K, V> {
  if (!place.repartitionRequired) return place;
  const { context, graphNode, name } = place;
  const keySerde = key ?? place.keySerde;
  // What serves the values serves the stream: serdes never see null.
  const valueSerde = (value as Serde<V> | undefined) ?? place.valueSerde;
  const names = context.names.repartition(joinName ?? name);
  let repartition = joinName === undefined ? latest.get(place) : undefined;
  if (repartition === undefined) {
    const description = describeRepartition({ names, keySerde, valueSerde, isOptimizable: true, isNameGenerated: joinName === undefined });
    repartition = { node: context.graph.add(description, graphNode), source: names.source };
    latest.set(place, repartition);
  }
  return {
    context,
    name: repartition.source,
    graphNode: repartition.node,
    keySerde,
    valueSerde,
    sources: new Set([repartition.source]),
    repartitionRequired: false,
  };
}
