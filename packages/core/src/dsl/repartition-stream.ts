/** A stream through a topic of its own, which the user asked for. Kafka Streams: `KStreamImpl.doRepartition`. */
import { StreamsError } from '../errors.ts';
import type { StreamPlace } from './build-context.ts';
import type { KStream } from './kstream.ts';
import type { Repartitioned } from './options.ts';
import { describeRepartition } from './repartition-node.ts';

export function repartitionStream<K, V>(place: StreamPlace<K, V>, options: Repartitioned<K, V>): KStream<K, V> {
  const { context, graphNode } = place;
  const { partitions } = options;
  if (partitions !== undefined && (!Number.isSafeInteger(partitions) || partitions < 0)) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `partitions must be a whole number, got ${partitions}`);
  }
  const names = context.names.repartition(options.name ?? context.names.processor('KSTREAM-REPARTITION-'));
  const valueSerde = options.value ?? place.valueSerde;
  const node = context.graph.add(
    describeRepartition({
      names,
      keySerde: options.key,
      valueSerde,
      partitioner: options.partitioner,
      partitions,
      isOptimizable: false,
      isNameGenerated: options.name === undefined,
    }),
    graphNode,
  );
  return context.stream({
    context,
    name: names.source,
    graphNode: node,
    keySerde: options.key ?? place.keySerde,
    valueSerde,
    sources: new Set([names.source]),
    repartitionRequired: false,
  });
}
