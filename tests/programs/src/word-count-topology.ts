/** The word count of the process tests. Splits as the Java program of the hand-over test does: `\W+`, empty words counted. */
import { StreamsBuilder, type Topology, serdes } from 'millrace';

export function wordCount(input: string, output: string): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream(input)
    .flatMapValues((line) => line.toLowerCase().split(/\W+/))
    .groupBy((word) => word)
    .count()
    .toStream()
    .to(output, { value: serdes.long() });
  return builder.build();
}
