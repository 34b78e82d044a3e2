/** OffsetDelete: offsets of topics that no member reads. */
import { brokerErrorCodes, offsetDeleteApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { coordinatorError } from './group-node.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const offsetDelete: RequestHandler = requestHandler(offsetDeleteApi, [0, 0], handle);

function handle(request: RequestOf<typeof offsetDeleteApi>, context: RequestContext): ResponseInputOf<typeof offsetDeleteApi> {
  const refused = (errorCode: number): ResponseInputOf<typeof offsetDeleteApi> => ({ errorCode, throttleTimeMs: 0, topics: [] });
  const elsewhere = coordinatorError(context, request.groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return refused(elsewhere);
  const group = context.cluster.groups.group(request.groupId);
  if (group === undefined) return refused(brokerErrorCodes.GROUP_ID_NOT_FOUND);
  const read = group.subscribedTopics();
  if (!group.is('Empty') && group.protocolType !== 'consumer') return refused(brokerErrorCodes.NON_EMPTY_GROUP);
  const errorOf = (topic: string, partition: number): number => {
    if (context.cluster.topic(topic)?.partitions[partition] === undefined) return brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    // While it is not known who reads what, every topic counts as read.
    return !group.is('Empty') && read?.has(topic) !== false ? brokerErrorCodes.GROUP_SUBSCRIBED_TO_TOPIC : brokerErrorCodes.NONE;
  };
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const errorCode = errorOf(name, partitionIndex);
      if (errorCode === brokerErrorCodes.NONE) group.offsets.delete(name, partitionIndex);
      return { partitionIndex, errorCode };
    }),
  }));
  return { errorCode: brokerErrorCodes.NONE, throttleTimeMs: 0, topics };
}
