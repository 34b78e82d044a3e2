/**
 * OffsetFetch: committed offsets of one group, from 8 on of several; by topic id from 10 on. `requireStable` is met by itself, since there are no
 * transactions whose offsets could be pending.
 */
import { brokerErrorCodes, offsetFetchApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { CommittedOffset, CommittedOffsets } from '../groups/committed-offsets.ts';
import { coordinatorError } from './group-node.ts';
import { zeroUuid } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const offsetFetch: RequestHandler = requestHandler(offsetFetchApi, [1, 10], handle);

type Response = ResponseInputOf<typeof offsetFetchApi>;

interface PartitionAnswer {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: number;
}

interface TopicAnswer {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionAnswer[];
}

interface AskedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

function handle(request: RequestOf<typeof offsetFetchApi>, context: RequestContext): Response {
  const { version } = context;
  if (version >= 8) {
    return {
      groups: request.groups.map(({ groupId, topics }) => {
        const errorCode = coordinatorError(context, groupId);
        return { groupId, errorCode, topics: errorCode === brokerErrorCodes.NONE ? offsetsOf(context, groupId, topics) : [] };
      }),
    };
  }
  const errorCode = coordinatorError(context, request.groupId);
  const asked = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null;
  if (errorCode === brokerErrorCodes.NONE) return { errorCode, topics: offsetsOf(context, request.groupId, asked) };
  // Version 1 has an error for each partition only.
  const topics = (asked ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => answer(index, undefined, errorCode)),
  }));
  return { errorCode, topics };
}

/** @param asked null = everything that was committed */
function offsetsOf({ cluster, version }: RequestContext, groupId: string, asked: readonly AskedTopic[] | null): TopicAnswer[] {
  const offsets = cluster.groups.group(groupId)?.offsets;
  if (asked === null) return offsets === undefined ? [] : everything(offsets, (name) => cluster.topic(name)?.id ?? zeroUuid);
  return asked.map(({ name, topicId, partitionIndexes }) => {
    const topicName = version >= 10 ? cluster.topicById(topicId)?.name : name;
    const errorCode = topicName === undefined ? brokerErrorCodes.UNKNOWN_TOPIC_ID : brokerErrorCodes.NONE;
    const partitions = partitionIndexes.map((index) =>
      answer(index, topicName === undefined ? undefined : offsets?.get(topicName, index), errorCode),
    );
    return { name, topicId, partitions };
  });
}

function everything(offsets: CommittedOffsets, idOf: (name: string) => string): TopicAnswer[] {
  return Array.from(offsets.topics(), ([name, partitions]) => ({
    name,
    topicId: idOf(name),
    partitions: Array.from(partitions, ([index, committed]) => answer(index, committed, brokerErrorCodes.NONE)),
  }));
}

function answer(partitionIndex: number, committed: CommittedOffset | undefined, errorCode: number): PartitionAnswer {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode,
  };
}
