/** The description of a stream's repartition. Kafka Streams: `KStreamImpl.createRepartitionedSource`. */
import { NullKeyFilter } from '../operators/null-key-filter.ts';
import type { StreamPartitioner } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { RepartitionDescription } from '../topology/graph.ts';
import type { RepartitionNames } from '../topology/names.ts';

export interface RepartitionInit<K, V> {
  readonly names: RepartitionNames;
  readonly keySerde: Serde<K> | undefined;
  readonly valueSerde: Serde<V> | undefined;
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
  readonly partitions?: number | undefined;
  readonly isOptimizable: boolean;
  readonly isNameGenerated: boolean;
}

export function describeRepartition<K, V>(init: RepartitionInit<K, V>): RepartitionDescription {
  const { names } = init;
  return {
    kind: 'repartition',
    name: names.source,
    topic: names.topic,
    sink: names.sink,
    filter: { name: names.filter, create: (dropNullKeys) => new NullKeyFilter<K, V>(dropNullKeys) },
    keySerde: init.keySerde,
    valueSerde: init.valueSerde,
    wrapValueSerde: undefined,
    partitioner: init.partitioner,
    partitions: init.partitions,
    isOptimizable: init.isOptimizable,
    isNameGenerated: init.isNameGenerated,
  };
}
