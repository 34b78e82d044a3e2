/**
 * The driver's cluster without a broker: which topics there are and how many partitions each has. The test says it of its own topics; what follows for repartition
 * topics, changelogs and tasks is the runtime's own computation, so that the driver cannot drift from it.
 */
import { type ApplicationTopics, computePartitionCounts } from '@millrace/core/runtime';
import type { TaskInit } from '@millrace/core/engine';

/** Partitions of the test's own topics: one figure for all of them, or by topic and 1 for the rest. */
export type PartitionOption = number | Readonly<Record<string, number>>;

/** A task to be made. */
export type TaskLayout = Pick<TaskInit, 'id' | 'partition' | 'subtopologies' | 'sourceTopics'>;

export interface PartitionModel {
  /** The topics that patterns were resolved against. */
  readonly existing: readonly string[];
  /** Every topic that is read, sorted. */
  readonly inputTopics: readonly string[];
  readonly tasks: readonly TaskLayout[];
  /** A topic that the topology does not name has what the test said of it. */
  partitionCount(topic: string): number;
}

/** Every topic has one partition, and one task `0_0` runs everything: Java's test driver. */
export function onePartition(topics: ApplicationTopics, existing: readonly string[]): PartitionModel {
  const inputTopics = topics.allSourceTopics(existing);
  const read = new Set(inputTopics);
  const sourceTopics = new Map(topics.subtopologies.flatMap((subtopology) => [...topics.topicsOfSources(subtopology, read)]));
  const task: TaskLayout = { id: '0_0', partition: 0, subtopologies: topics.plan.subtopologies, sourceTopics };
  return { existing, inputTopics, tasks: inputTopics.length === 0 ? [] : [task], partitionCount: () => 1 };
}

/**
 * A task per sub-topology and partition, as on a cluster.
 *
 * @throws MR_COPARTITION_MISMATCH if topics that are joined differ in their counts
 */
export function manyPartitions(topics: ApplicationTopics, existing: readonly string[], partitions: PartitionOption): PartitionModel {
  const external = (topic: string): number => (typeof partitions === 'number' ? partitions : (partitions[topic] ?? 1));
  const counts = computePartitionCounts(topics, new Map([...topics.external, ...existing].map((topic) => [topic, external(topic)])));
  const partitionCount = (topic: string): number => counts.internal.get(topic) ?? external(topic);
  const tasks: TaskLayout[] = [];
  for (const subtopology of topics.subtopologies) {
    for (let partition = 0; partition < (counts.tasks.get(subtopology.id) ?? 0); partition++) {
      const here = new Set(topics.sourceTopics(subtopology, existing).filter((topic) => partitionCount(topic) > partition));
      const sourceTopics = topics.topicsOfSources(subtopology, here);
      tasks.push({ id: `${subtopology.id}_${partition}`, partition, subtopologies: [subtopology.plan], sourceTopics });
    }
  }
  return { existing, inputTopics: topics.allSourceTopics(existing), tasks, partitionCount };
}
