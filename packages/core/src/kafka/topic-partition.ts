/** Interned topic-partitions: one object per topic and partition in the process, so that identity works as a map key and no text key is built per record. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

const interned = new Map<string, TopicPartition[]>();

/** The one object for this topic and partition. */
export function topicPartition(topic: string, partition: number): TopicPartition {
  let partitions = interned.get(topic);
  if (partitions === undefined) interned.set(topic, (partitions = []));
  return (partitions[partition] ??= Object.freeze({ topic, partition }));
}

/** `topic-partition`, as Kafka prints it. */
export function formatTopicPartition(tp: TopicPartition): string {
  return `${tp.topic}-${tp.partition}`;
}
