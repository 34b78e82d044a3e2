// topology.ts
import { StreamsBuilder, serdes } from 'millrace';

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });

builder
  .stream('lines')
  .flatMapValues((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
  .groupBy((word) => word)
  .count({ store: 'word-counts' })
  .toStream()
  .to('counts', { value: serdes.long() });

export default builder.build();
