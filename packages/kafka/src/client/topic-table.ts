/** What Metadata answers said of topics, merged so that an answer of a broker that lags behind does not bring back an old leader. */
import type { Decoded } from '../protocol/schema.ts';
import type { metadataApi } from '../protocol/messages/metadata.ts';

export interface PartitionMetadata {
  /** -1 while there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly errorCode: number;
}

export interface TopicMetadata {
  readonly name: string;
  /** Undefined where the broker does not tell ids. */
  readonly id: string | undefined;
  /** 0, or why the topic cannot be used, e.g. 3 for unknown. */
  readonly errorCode: number;
  /** By partition number. */
  readonly partitions: readonly PartitionMetadata[];
}

/** A topic that is unknown for this long is gone; brokers learn of a new topic, or a new leader, one after the other. */
export const missingTopicGraceMs = 3_000;

/** The id that stands for none. */
export const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA';

type AnsweredTopic = Decoded<typeof metadataApi.response.topics.array>;

const noPartition: PartitionMetadata = { leader: -1, leaderEpoch: -1, errorCode: 5 };

export function toTopicMetadata(answer: AnsweredTopic): TopicMetadata {
  const partitions: PartitionMetadata[] = [];
  for (const { partitionIndex, leaderId, leaderEpoch, errorCode } of answer.partitions) {
    while (partitions.length < partitionIndex) partitions.push(noPartition);
    partitions[partitionIndex] = { leader: leaderId, leaderEpoch, errorCode };
  }
  return {
    name: answer.name ?? '',
    id: answer.topicId === noTopicId ? undefined : answer.topicId,
    errorCode: answer.errorCode,
    partitions,
  };
}

export class TopicTable {
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #watched = new Set<string>();

  /** Grows with every topic that is watched for the first time. */
  get interest(): number {
    return this.#watched.size;
  }

  watch(topic: string): void {
    this.#watched.add(topic);
  }

  watched(): readonly string[] {
    return [...this.#watched];
  }

  get(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic);
  }

  /** Takes over an answer. Of a topic with the same id, partitions keep a leader of a later epoch. Returns whether anything is news. */
  update(answer: TopicMetadata): boolean {
    const known = this.#topics.get(answer.name);
    const merged = known === undefined ? answer : merge(known, answer);
    this.#topics.set(answer.name, merged);
    return known === undefined || !isSame(known, merged);
  }

  /** A leader that came with an error. Returns whether it is later than the known one. */
  noteLeader(topic: string, partition: number, leader: number, leaderEpoch: number): boolean {
    const known = this.#topics.get(topic);
    const before = known?.partitions[partition];
    if (known === undefined || before === undefined || before.leaderEpoch >= leaderEpoch) return false;
    const partitions = [...known.partitions];
    partitions[partition] = { leader, leaderEpoch, errorCode: 0 };
    this.#topics.set(topic, { ...known, partitions });
    return true;
  }
}

function merge(known: TopicMetadata, answer: TopicMetadata): TopicMetadata {
  if (known.id !== answer.id || answer.errorCode !== 0) return answer;
  const partitions = answer.partitions.map((partition, index) => {
    const before = known.partitions[index];
    return before !== undefined && before.leaderEpoch > partition.leaderEpoch ? before : partition;
  });
  return { ...answer, partitions };
}

function isSame(one: TopicMetadata, other: TopicMetadata): boolean {
  return (
    one.id === other.id &&
    one.errorCode === other.errorCode &&
    one.partitions.length === other.partitions.length &&
    one.partitions.every(({ errorCode, leader, leaderEpoch }, index) => {
      const there = other.partitions[index];
      return there?.leader === leader && there.leaderEpoch === leaderEpoch && there.errorCode === errorCode;
    })
  );
}
