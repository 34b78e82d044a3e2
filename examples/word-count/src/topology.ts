/** Lines in, a table of word counts out. In a module of its own, so that tests and tools can load it without running it. */
import { StreamsBuilder, type Topology, serdes } from 'millrace';

export const linesTopic = 'word-count-lines';
export const countsTopic = 'word-count-counts';

/** A word is a run of letters, whatever its case. */
export function wordsOf(line: string): readonly string[] {
  return line.toLowerCase().match(/\p{L}+/gu) ?? [];
}

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), requireNames: true });

builder
  .stream(linesTopic)
  .flatMapValues(wordsOf)
  .groupBy((word) => word, { name: 'words' })
  .count({ store: 'word-counts' })
  .toStream()
  .to(countsTopic, { value: serdes.long() });

export const topology: Topology = builder.build();
