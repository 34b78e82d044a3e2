/** What an application needs of a cluster's administration. Every operation is tried again until it succeeds, fails for good or times out. */
import {
  ClientError,
  type ClusterAdmin,
  type CommittedOffset,
  type Isolation,
  type TopicDescription,
  type TopicPartition,
  type TopicSpec,
} from '@millrace/core/kafka';
import { byTopic } from '../by-topic.ts';
import type { Cluster } from '../cluster.ts';
import { brokerFailure, partitionFailure } from '../failure.ts';
import { GroupOffsets } from '../group/group-offsets.ts';
import { retrying } from '../retrying.ts';
import * as spoken from '../spoken-versions.ts';
import { askLeaders } from './ask-leaders.ts';
import { listOffsets } from './list-offsets.ts';
import { createTopics, deleteTopics } from './topic-changes.ts';

const unknownTopic = 3;
const leaderNotAvailable = 5;
const topicResource = 2;

export class Admin implements ClusterAdmin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription | undefined>> {
    const described = new Map<string, TopicDescription | undefined>(names.map((name) => [name, undefined]));
    if (names.length === 0) return described;
    const topics = await this.#retrying('Describing topics', () => this.#cluster.fetchMetadata(names));
    for (const { name, id, errorCode, partitions } of topics) {
      if (errorCode === unknownTopic) continue;
      if (errorCode !== 0 && errorCode !== leaderNotAvailable) throw brokerFailure(errorCode, `Describing topic ${name}`, { topic: name });
      described.set(name, { name, id, partitions: partitions.length });
    }
    return described;
  }

  async listTopics(): Promise<readonly string[]> {
    const topics = await this.#retrying('Listing topics', () => this.#cluster.fetchMetadata(null));
    return topics.filter(({ errorCode }) => errorCode !== unknownTopic).map(({ name }) => name);
  }

  createTopics(topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, 'created' | 'exists' | ClientError>> {
    return createTopics(this.#cluster, topics);
  }

  /** @throws ClientError naming the topic that does not exist */
  async topicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const found = new Map<string, ReadonlyMap<string, string>>();
    await this.#retrying('Reading topic settings', async () => {
      const missing = names.filter((name) => !found.has(name));
      if (missing.length === 0) return;
      const resources = missing.map((resourceName) => ({ resourceType: topicResource, resourceName, configurationKeys: null }));
      const { response } = await this.#cluster.requester.call(
        'any',
        'admin',
        spoken.describeConfigs,
        { resources },
        { signal: this.#cluster.closing },
      );
      let failure: ClientError | undefined;
      for (const { resourceName, errorCode, configs } of response.results) {
        if (errorCode !== 0) {
          failure ??= brokerFailure(errorCode, `Reading the settings of topic ${resourceName}`, { topic: resourceName });
          continue;
        }
        // Settings that hold secrets come without a value.
        found.set(resourceName, new Map(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]))));
      }
      if (failure !== undefined) throw failure;
    });
    return found;
  }

  listOffsets(
    queries: ReadonlyMap<TopicPartition, 'earliest' | 'latest' | number>,
    options: { readonly isolation: Isolation },
  ): Promise<ReadonlyMap<TopicPartition, number>> {
    return listOffsets(this.#cluster, queries, options.isolation);
  }

  async deleteRecords(before: ReadonlyMap<TopicPartition, number>): Promise<void> {
    await askLeaders(this.#cluster, 'Deleting records', before.keys(), async (node, tps, settle) => {
      const { response } = await this.#cluster.requester.call(
        node,
        'admin',
        spoken.deleteRecords,
        {
          topics: byTopic(tps).map(({ topic, partitions }) => ({
            name: topic,
            partitions: partitions.map((tp) => ({ partitionIndex: tp.partition, offset: before.get(tp) ?? 0 })),
          })),
          timeoutMs: this.#cluster.context.requestTimeoutMs,
        },
        { signal: this.#cluster.closing },
      );
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          settle(name, partitionIndex, (tp) =>
            errorCode === 0 ? undefined : partitionFailure(errorCode, 'Deleting records of', tp, { offset: before.get(tp) }),
          );
        }
      }
    });
  }

  /** A topic that does not exist counts as deleted. */
  deleteTopics(names: readonly string[]): Promise<void> {
    return deleteTopics(this.#cluster, names);
  }

  groupOffsets(groupId: string, tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>> {
    return new GroupOffsets(this.#cluster, groupId, this.#cluster.closing).fetch(tps, { requireStable: false });
  }

  #retrying<T>(doing: string, once: () => Promise<T>): Promise<T> {
    return retrying(this.#cluster.context, doing, { closing: this.#cluster.closing }, once);
  }
}
