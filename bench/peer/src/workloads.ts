/** The topologies of the peer benchmark: the same work as the other systems' programs. */
import { StreamsBuilder, type Topology, serdes } from 'millrace';

export const workloads = ['passthrough', 'mapfilter', 'count', 'wordcount', 'restore'] as const;
export type Workload = (typeof workloads)[number];

export interface WorkloadOptions {
  readonly input: string;
  readonly output: string;
  readonly cacheBytes: number;
  readonly inMemory: boolean;
}

/** Builds the topology of a workload: text keys and values, counts as eight bytes. */
export function topologyOf(workload: Workload, options: WorkloadOptions): Topology {
  const builder = new StreamsBuilder({
    key: serdes.string(),
    value: serdes.string(),
    cacheBytes: options.cacheBytes,
    persistence: options.inMemory ? 'inMemory' : 'persistent',
  });
  const input = builder.stream(options.input);
  switch (workload) {
    case 'passthrough':
      input.to(options.output);
      break;
    case 'mapfilter':
      input
        .filter((value) => value[10] !== 'x')
        .mapValues((value) => value.toUpperCase())
        .to(options.output);
      break;
    case 'count':
    case 'restore':
      input.groupByKey().count().toStream().to(options.output, { value: serdes.long() });
      break;
    case 'wordcount':
      input
        .flatMapValues((line) => line.toLowerCase().split(/\W+/))
        .groupBy((word) => word)
        .count()
        .toStream()
        .to(options.output, { value: serdes.long() });
      break;
  }
  return builder.build();
}
