/** The topologies of the engine benchmark, all from `in` (and `in2`) to `out`: the work that Kafka Streams' engine is measured with. */
import { joinWindows, type Persistence, serdes, StreamsBuilder, type TimeWindows, timeWindows, type Topology } from '@millrace/core';

/** Makes a topology whose stores are of this kind. */
export type Build = (persistence: Persistence) => Topology;

function builderOf(persistence: Persistence): StreamsBuilder<string, string> {
  return new StreamsBuilder({ key: serdes.string(), value: serdes.string(), persistence });
}

export function passThrough(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder.stream('in').to('out');
  return builder.build();
}

export function mapFilter(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder
    .stream('in')
    .filter((value) => value !== '')
    .mapValues((value) => value.toUpperCase())
    .to('out');
  return builder.build();
}

export function count(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder.stream('in').groupByKey().count().toStream().to('out', { value: serdes.long() });
  return builder.build();
}

export function wordCount(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder
    .stream('in')
    .flatMapValues((line) => line.toLowerCase().split(/\W+/))
    .groupBy((word) => word)
    .count()
    .toStream()
    .to('out', { value: serdes.long() });
  return builder.build();
}

/** Counts in windows, written with their inner keys. */
function windowed(windows: TimeWindows): Build {
  return (persistence) => {
    const builder = builderOf(persistence);
    builder
      .stream('in')
      .groupByKey()
      .windowedBy(windows)
      .count()
      .toStream((_count, { key }) => key)
      .to('out', { value: serdes.long() });
    return builder.build();
  };
}

export const tumbling: Build = windowed(timeWindows({ size: '10s', grace: '5s' }));
export const hopping: Build = windowed(timeWindows({ size: '10s', advance: '2s', grace: '5s' }));

export function streamJoin(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder
    .stream('in')
    .join(builder.stream('in2'), (left, right) => left + right, { windows: joinWindows({ difference: '1s', grace: '1s' }) })
    .to('out');
  return builder.build();
}

export function tableJoin(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder
    .table('in')
    .join(builder.table('in2'), (left, right) => left + right)
    .toStream()
    .to('out');
  return builder.build();
}

export function foreignKeyJoin(persistence: Persistence): Topology {
  const builder = builderOf(persistence);
  builder
    .table('in')
    .join(
      builder.table('in2'),
      (left) => left.slice(0, 6),
      (left, right) => left + right,
    )
    .toStream()
    .to('out');
  return builder.build();
}
