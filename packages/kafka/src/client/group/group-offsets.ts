/** Committed offsets of a group: fetched until they are stable, committed under the member's generation. */
import {
  ClientError,
  formatTopicPartition,
  type CommittedOffset,
  type GroupMetadata,
  topicPartition,
  type TopicPartition,
} from '@millrace/core/kafka';
import { byTopic } from '../by-topic.ts';
import type { Cluster } from '../cluster.ts';
import { partitionFailure } from '../failure.ts';
import { retrying } from '../retrying.ts';
import * as spoken from '../spoken-versions.ts';
import { CoordinatorCalls } from './coordinator-calls.ts';

const unstableOffsetCommit = 88;
const rebalanceInProgress = 27;
const firstVersionOfManyGroups = 8;

export class GroupOffsets {
  readonly #cluster: Cluster;
  readonly #calls: CoordinatorCalls;
  readonly #closing: AbortSignal;

  constructor(cluster: Cluster, groupId: string, closing: AbortSignal) {
    this.#cluster = cluster;
    this.#calls = new CoordinatorCalls(cluster, groupId);
    this.#closing = closing;
  }

  /**
   * Null where nothing is committed.
   * @param options.requireStable waits until no transaction is pending over an offset
   * @throws ClientError `retriable` if it takes longer than an operation may
   */
  async fetch(
    tps: readonly TopicPartition[],
    options: { readonly requireStable: boolean },
  ): Promise<Map<TopicPartition, CommittedOffset | null>> {
    const found = new Map<TopicPartition, CommittedOffset | null>();
    const { groupId } = this.#calls;
    await retrying(this.#cluster.context, `Fetching offsets of group "${groupId}"`, { closing: this.#closing }, async () => {
      const wanted = tps.filter((tp) => !found.has(tp));
      if (wanted.length > 0) await this.#fetchOnce(wanted, options.requireStable, found);
    });
    return found;
  }

  /** @throws ClientError `fenced` if the member is not in the group any more under this generation; `retriable` if the group rebalances */
  async commit(offsets: ReadonlyMap<TopicPartition, CommittedOffset>, metadata: GroupMetadata): Promise<void> {
    const rest = new Map(offsets);
    await retrying(
      this.#cluster.context,
      `Committing offsets of group "${metadata.groupId}"`,
      // In the middle of a rebalance nobody knows whether we will still own what we commit.
      { closing: this.#closing, passes: (failure) => failure.kind === 'retriable' && failure.kafkaCode !== rebalanceInProgress },
      async () => {
        if (rest.size > 0) await this.#commitOnce(rest, metadata);
      },
    );
  }

  /** Fills `found` as far as it gets. @throws ClientError why something is missing */
  async #fetchOnce(
    tps: readonly TopicPartition[],
    requireStable: boolean,
    found: Map<TopicPartition, CommittedOffset | null>,
  ): Promise<void> {
    const { groupId } = this.#calls;
    const topics = byTopic(tps).map(({ topic, partitions }) => ({
      name: topic,
      partitionIndexes: partitions.map(({ partition }) => partition),
    }));
    const { node, version, response } = await this.#calls.call(
      'control',
      spoken.offsetFetch,
      (v) => (v >= firstVersionOfManyGroups ? { groups: [{ groupId, topics }], requireStable } : { groupId, topics, requireStable }),
      { signal: this.#closing },
    );
    const answer = version >= firstVersionOfManyGroups ? response.groups.find((group) => group.groupId === groupId) : response;
    if (answer === undefined) throw new ClientError('retriable', `The answer to OffsetFetch does not name group "${groupId}"`);
    if (answer.errorCode !== 0) throw this.#calls.failure(answer.errorCode, 'Fetching offsets', node);
    let failure: ClientError | undefined;
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, committedOffset, committedLeaderEpoch, metadata } of partitions) {
        const tp = topicPartition(name, partitionIndex);
        if (errorCode === 0) {
          found.set(
            tp,
            committedOffset < 0
              ? null
              : {
                  offset: committedOffset,
                  leaderEpoch: committedLeaderEpoch < 0 ? undefined : committedLeaderEpoch,
                  metadata: metadata ?? undefined,
                },
          );
          continue;
        }
        const what = errorCode === unstableOffsetCommit ? 'A transaction is still open over the offset of' : 'Fetching the offset of';
        const partitionError = partitionFailure(errorCode, what, tp, { groupId });
        if (partitionError.kind !== 'retriable') throw partitionError;
        failure = partitionError;
      }
    }
    if (failure !== undefined) throw failure;
    const silent = tps.find((tp) => !found.has(tp));
    if (silent !== undefined) throw unnamed('OffsetFetch', silent, groupId);
  }

  /** Takes what is committed out of `rest`. @throws ClientError why something is left */
  async #commitOnce(rest: Map<TopicPartition, CommittedOffset>, metadata: GroupMetadata): Promise<void> {
    const { groupId, generation, memberId, instanceId } = metadata;
    const { node, response } = await this.#calls.call(
      'control',
      spoken.offsetCommit,
      {
        groupId,
        generationIdOrMemberEpoch: generation,
        memberId,
        groupInstanceId: instanceId,
        topics: byTopic(rest.keys()).map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map((tp) => ({
            partitionIndex: tp.partition,
            committedOffset: rest.get(tp)?.offset ?? -1,
            committedLeaderEpoch: rest.get(tp)?.leaderEpoch ?? -1,
            committedMetadata: rest.get(tp)?.metadata ?? '',
          })),
        })),
      },
      { signal: this.#closing },
    );
    let failure: ClientError | undefined;
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        const tp = topicPartition(name, partitionIndex);
        if (errorCode === 0) {
          rest.delete(tp);
          continue;
        }
        const next = this.#calls.failure(errorCode, `Committing the offset of ${formatTopicPartition(tp)}`, node);
        failure = failure === undefined || failure.kind === 'retriable' ? next : failure;
      }
    }
    if (failure !== undefined) throw failure;
    const [silent] = rest.keys();
    if (silent !== undefined) throw unnamed('OffsetCommit', silent, groupId);
  }
}

function unnamed(api: string, tp: TopicPartition, groupId: string): ClientError {
  return new ClientError('retriable', `The answer to ${api} does not name ${formatTopicPartition(tp)}`, { details: { ...tp, groupId } });
}
