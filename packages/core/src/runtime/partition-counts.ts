/**
 * How many partitions every internal topic and how many tasks every sub-topology has. Pure: from the topology and the counts of the topics that users made.
 * Kafka Streams: `RepartitionTopics`, `CopartitionedTopicsEnforcer`, `PartitionGrouper`.
 */
import { StreamsError } from '../errors.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { compareText } from './task-id.ts';

export interface PartitionCounts {
  /** Repartition topics and changelogs by name on the cluster. */
  readonly internal: ReadonlyMap<string, number>;
  /** Number of tasks by sub-topology. */
  readonly tasks: ReadonlyMap<number, number>;
  /** The source topics of each sub-topology, patterns resolved, with their counts. */
  readonly sources: ReadonlyMap<number, ReadonlyMap<string, number>>;
}

/**
 * @param external partitions of every topic on the cluster that a source reads, by name
 * @throws MR_SOURCE_TOPIC_MISSING if a count depends on a topic that is not in `external`
 * @throws MR_COPARTITION_MISMATCH if topics that are joined differ in their counts (CP-02, CP-03, CP-04)
 */
export function computePartitionCounts(topics: ApplicationTopics, external: ReadonlyMap<string, number>): PartitionCounts {
  const clusterTopics = [...external.keys()];
  const sourcesOf = new Map(topics.subtopologies.map((subtopology) => [subtopology.id, topics.sourceTopics(subtopology, clusterTopics)]));
  const repartition = repartitionCounts(topics, external, sourcesOf);
  for (const subtopology of topics.subtopologies) {
    for (const group of subtopology.copartitionGroups) unify(topics, group, repartition, external);
  }

  const internal = new Map<string, number>(repartition);
  const tasks = new Map<number, number>();
  const sources = new Map<number, ReadonlyMap<string, number>>();
  for (const subtopology of topics.subtopologies) {
    const counts = new Map<string, number>();
    for (const topic of sourcesOf.get(subtopology.id) ?? []) {
      const count = repartition.get(topic) ?? external.get(topic);
      if (count === undefined) throw missing(topic, subtopology.id);
      counts.set(topic, count);
    }
    // No topic matches a pattern yet: no task, and none of its changelogs is needed.
    const taskCount = Math.max(0, ...counts.values());
    sources.set(subtopology.id, counts);
    tasks.set(subtopology.id, taskCount);
    for (const changelog of subtopology.changelogs) if (taskCount > 0) internal.set(changelog, taskCount);
  }
  return { internal, tasks, sources };
}

/**
 * A repartition topic gets the largest count among the sources of the sub-topologies that write it, through any chain of repartition topics (IT-03). Where such topics
 * stand in a circle, as the two of a foreign-key join do, what is known around it decides; co-partitioning has the last word there.
 */
function repartitionCounts(
  topics: ApplicationTopics,
  external: ReadonlyMap<string, number>,
  sourcesOf: ReadonlyMap<number, readonly string[]>,
): Map<string, number> {
  const counts = new Map<string, number>();
  const unknown = new Set<string>();
  for (const [name, plan] of topics.internal) {
    if (plan.kind !== 'repartition') continue;
    if (plan.partitions === undefined) unknown.add(name);
    else counts.set(name, plan.partitions);
  }
  while (unknown.size > 0) {
    let progress = false;
    for (const name of unknown) {
      const count = countFromUpstream(name, topics, external, sourcesOf, counts, 'all');
      if (count === undefined) continue;
      counts.set(name, count);
      unknown.delete(name);
      progress = true;
    }
    if (progress) continue;
    for (const name of unknown) {
      const count = countFromUpstream(name, topics, external, sourcesOf, counts, 'known');
      if (count === undefined) continue;
      counts.set(name, count);
      unknown.delete(name);
      progress = true;
      break;
    }
    if (progress) continue;
    const names = [...unknown].sort(compareText);
    throw new StreamsError(
      'MR_SOURCE_TOPIC_MISSING',
      `the number of partitions of ${names.join(', ')} cannot be computed: a topic upstream does not exist, or a pattern upstream matches no topic. Create the topic, or set ` +
        'the number with repartition({ partitions })',
      { details: { topic: names[0] } },
    );
  }
  return counts;
}

/** `all`: undefined while something upstream is not known. `known`: undefined if nothing upstream is. */
function countFromUpstream(
  name: string,
  topics: ApplicationTopics,
  external: ReadonlyMap<string, number>,
  sourcesOf: ReadonlyMap<number, readonly string[]>,
  known: ReadonlyMap<string, number>,
  upstream: 'all' | 'known',
): number | undefined {
  let largest: number | undefined;
  for (const writer of topics.subtopologies) {
    if (!writer.repartitionSinks.includes(name)) continue;
    for (const source of sourcesOf.get(writer.id) ?? []) {
      const isInternal = topics.isInternal(source);
      // A topic that feeds itself through its own sub-topology decides nothing.
      if (source === name) continue;
      const count = isInternal ? known.get(source) : external.get(source);
      if (count === undefined) {
        if (!isInternal) throw missing(source, writer.id);
        if (upstream === 'all') return undefined;
        continue;
      }
      largest = Math.max(largest ?? 0, count);
    }
  }
  return largest;
}

/** Gives the topics of a co-partition group one count, in place, or refuses. */
function unify(
  topics: ApplicationTopics,
  group: readonly string[],
  repartition: Map<string, number>,
  external: ReadonlyMap<string, number>,
): void {
  const internal = group.filter((topic) => repartition.has(topic));
  const outside = group.filter((topic) => !repartition.has(topic));
  const pinned = internal.filter((topic) => topics.internal.get(topic)?.partitions !== undefined);
  const countOf = (topic: string): number => {
    const count = repartition.get(topic) ?? external.get(topic);
    if (count === undefined) throw missing(topic, undefined);
    return count;
  };
  // Who decides: the topics that users made, else what users fixed, else the largest computed count.
  const deciding = outside.length > 0 ? outside : pinned;
  const first = deciding[0];
  const wanted = first === undefined ? Math.max(...internal.map(countOf)) : countOf(first);
  const differing = [...deciding, ...pinned].filter((topic) => countOf(topic) !== wanted);
  if (differing.length > 0) {
    const involved = [...new Set([...deciding, ...pinned])].sort(compareText);
    const listed = involved.map((topic) => `${topic} (${countOf(topic)})`).join(', ');
    throw new StreamsError(
      'MR_COPARTITION_MISMATCH',
      `topics that are joined must have the same number of partitions, but these differ: ${listed}. Create them with equal counts, or put repartition({ partitions: ` +
        `${wanted} }) before the join on the side that differs`,
      { details: { topic: differing[0], partitions: countOf(differing[0] as string), wanted } },
    );
  }
  for (const topic of internal) repartition.set(topic, wanted);
}

function missing(topic: string, subtopology: number | undefined): StreamsError {
  return new StreamsError(
    'MR_SOURCE_TOPIC_MISSING',
    `source topic ${topic} does not exist. Create it before the application starts: topics that it reads are never created by Millrace`,
    {
      details: { topic, subtopology },
    },
  );
}
