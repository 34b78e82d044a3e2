/** OffsetCommit: of members with their generation, and of tools while the group is empty. By topic id from 10 on. */
import { brokerErrorCodes, offsetCommitApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Group } from '../groups/group.ts';
import { coordinatorError } from './group-node.ts';
import { findTopic } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const offsetCommit: RequestHandler = requestHandler(offsetCommitApi, [2, 10], handle);

type Request = RequestOf<typeof offsetCommitApi>;

function handle(request: Request, context: RequestContext): ResponseInputOf<typeof offsetCommitApi> {
  const { cluster, version } = context;
  const group = admit(request, context);
  const topics = request.topics.map(({ name, topicId, partitions }) => {
    const { topic, unknownCode } = findTopic(cluster, version >= 10 ? { topicId } : { name });
    return {
      name,
      topicId,
      partitions: partitions.map((asked) => {
        const { partitionIndex, committedOffset, committedLeaderEpoch } = asked;
        const refused = (errorCode: number): { partitionIndex: number; errorCode: number } => ({ partitionIndex, errorCode });
        if (typeof group === 'number') return refused(group);
        if (topic === undefined) return refused(unknownCode);
        if (topic.partitions[partitionIndex] === undefined) return refused(brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION);
        const metadata = asked.committedMetadata ?? '';
        if (Buffer.byteLength(metadata) > cluster.settings.offsetMetadataMaxBytes)
          return refused(brokerErrorCodes.OFFSET_METADATA_TOO_LARGE);
        group.offsets.set(topic.name, partitionIndex, { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata });
        return refused(brokerErrorCodes.NONE);
      }),
    };
  });
  return { topics };
}

/** The group, or the error of every partition. */
function admit(request: Request, context: RequestContext): Group | number {
  const { groupId, memberId } = request;
  const elsewhere = coordinatorError(context, groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return elsewhere;
  const claim = { groupId, generation: request.generationIdOrMemberEpoch, memberId, instanceId: request.groupInstanceId };
  // From 9 on the code of KIP-848.
  const missingCode = context.version >= 9 ? brokerErrorCodes.GROUP_ID_NOT_FOUND : brokerErrorCodes.ILLEGAL_GENERATION;
  return context.cluster.groups.admitCommit(claim, missingCode);
}
