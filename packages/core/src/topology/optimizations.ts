/** Which rewritings of a topology the user asked for. Kafka Streams: `topology.optimization`. */
import { StreamsError } from '../errors.ts';
import { shown } from '../option-checks.ts';

const optimizations = ['reuse.ktable.source.topics', 'merge.repartition.topics', 'single.store.self.join'] as const;

/**
 * - `reuse.ktable.source.topics`: a table that is read from a topic has this topic as its changelog, and no other.
 * - `merge.repartition.topics`: what is regrouped several times behind one change of the key goes through one repartition topic.
 * - `single.store.self.join`: a stream that is joined with itself is kept in one store, not in two.
 */
export type Optimization = (typeof optimizations)[number];

/** All of them, none, or a list. */
export type Optimize = 'all' | 'none' | readonly Optimization[];

/** @throws MR_CONFIG_INVALID for an optimisation that does not exist */
export function optimizationsOf(optimize: Optimize | undefined): ReadonlySet<Optimization> {
  if (optimize === undefined || optimize === 'none') return new Set();
  if (optimize === 'all') return new Set(optimizations);
  const known: readonly string[] = optimizations;
  // JavaScript may pass anything, a text for one.
  const unknown = Array.isArray(optimize) ? optimize.find((name: string) => !known.includes(name)) : optimize;
  if (unknown === undefined) return new Set(optimize);
  throw new StreamsError(
    'MR_CONFIG_INVALID',
    `there is no optimisation ${shown(unknown)}: optimize is 'all', 'none' or a list of '${optimizations.join("', '")}'`,
  );
}
