/** Compares the topic of a partition with what the cluster says of it: made again, gone, or not ours to read. */
import { ClientError, formatTopicPartition, type ReadIssue } from '@millrace/core/kafka';
import type { Cluster } from '../cluster.ts';
import { partitionFailure } from '../failure.ts';
import { missingTopicGraceMs } from '../topic-table.ts';
import type { FetchPartition } from './fetch-partition.ts';

const unknownTopic = 3;
const topicAuthorizationFailed = 29;

export class TopicWatch {
  readonly #cluster: Cluster;
  readonly #report: (partition: FetchPartition, issue: ReadIssue) => void;

  constructor(cluster: Cluster, report: (partition: FetchPartition, issue: ReadIssue) => void) {
    this.#cluster = cluster;
    this.#report = report;
  }

  /** Looks at the view as it is. Learns the topic's id where the partition has none yet. */
  look(partition: FetchPartition): void {
    if (partition.issue !== undefined) return;
    const { tp } = partition;
    const topic = this.#cluster.topic(tp.topic);
    if (topic === undefined) return;
    if (topic.errorCode === topicAuthorizationFailed) {
      this.#report(partition, { kind: 'unauthorised', tp, error: partitionFailure(topic.errorCode, 'Reading', tp) });
      return;
    }
    if (topic.errorCode === unknownTopic || (topic.errorCode === 0 && topic.partitions[tp.partition] === undefined)) {
      this.#missing(partition);
      return;
    }
    if (topic.errorCode !== 0) return;
    partition.missingSinceMs = undefined;
    if (partition.topicId === undefined) partition.topicId = topic.id;
    else if (topic.id !== undefined && topic.id !== partition.topicId) this.#recreated(partition, topic.id);
  }

  #missing(partition: FetchPartition): void {
    const nowMs = this.#cluster.clock.monotonic();
    partition.missingSinceMs ??= nowMs;
    if (nowMs - partition.missingSinceMs < missingTopicGraceMs) return;
    this.#report(partition, {
      kind: 'missingTopic',
      tp: partition.tp,
      error: partitionFailure(unknownTopic, 'Reading', partition.tp, {}, 'fatal'),
    });
  }

  #recreated(partition: FetchPartition, newId: string): void {
    const { tp, topicId } = partition;
    const error = new ClientError(
      'fatal',
      `The topic of ${formatTopicPartition(tp)} was deleted and made again (id ${topicId} became ${newId}): offsets and state that belong to the old one must be reset`,
      { details: { topic: tp.topic, partition: tp.partition, topicId, newTopicId: newId } },
    );
    this.#report(partition, { kind: 'recreated', tp, error });
  }
}
