/** The main job as a topology, and what its result must be. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { EmbeddedKafka } from '@millrace/embedded-kafka';

export function wordCount(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('lines')
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word)
    .count({ store: 'counts' })
    .toStream()
    .to('words');
  return builder.build();
}

/** Lines of words from a small vocabulary, the same for the same numbers. */
export function lines(count: number, from = 0): { readonly value: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const at = from + index;
    return { value: `w${at % 7} w${at % 11} w${at % 3}` };
  });
}

export function countWords(given: readonly { readonly value: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of given) for (const word of value.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('utf8');

/** Fold of a topic of counts: the last of each key. */
export function lastCounts(cluster: EmbeddedKafka, topic = 'words'): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of cluster.records(topic))
    counts.set(text(record.key), Number(Buffer.from(record.value ?? new Uint8Array(8)).readBigInt64BE(0)));
  return counts;
}

/** Fold of the store's changelog: 8 bytes of timestamp stand before the count. */
export function changelogCounts(cluster: EmbeddedKafka, applicationId = 'app'): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of cluster.records(`${applicationId}-counts-changelog`)) {
    const key = text(record.key);
    if (record.value === null) counts.delete(key);
    else counts.set(key, Number(Buffer.from(record.value).readBigInt64BE(record.value.length - 8)));
  }
  return counts;
}

export function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Words whose count is below the truth: what at-least-once must never have. */
export function belowTruth(counts: ReadonlyMap<string, number>, truth: ReadonlyMap<string, number>): readonly string[] {
  return [...truth].filter(([word, count]) => (counts.get(word) ?? 0) < count).map(([word]) => word);
}
