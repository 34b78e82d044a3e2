/** DeleteRecords: moves the beginning of partitions forward. Offset -1 is the high watermark. */
import { brokerErrorCodes, deleteRecordsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Partition } from '../cluster/topic.ts';
import { leaderError } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const deleteRecords: RequestHandler = requestHandler(deleteRecordsApi, [0, 2], handle);

type PartitionAnswer = ResponseInputOf<typeof deleteRecordsApi>['topics'][number]['partitions'][number];

function handle(request: RequestOf<typeof deleteRecordsApi>, context: RequestContext): ResponseInputOf<typeof deleteRecordsApi> {
  const topics = request.topics.map(({ name, partitions }) => {
    const topic = context.cluster.topic(name);
    return {
      name,
      partitions: partitions.map(({ partitionIndex, offset }) =>
        remove(context, topic?.partitions[partitionIndex], partitionIndex, offset),
      ),
    };
  });
  return { throttleTimeMs: 0, topics };
}

function remove(context: RequestContext, partition: Partition | undefined, partitionIndex: number, offset: number): PartitionAnswer {
  const refused = (errorCode: number): PartitionAnswer => ({ partitionIndex, lowWatermark: -1, errorCode });
  if (partition === undefined) return refused(brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  const notLeader = leaderError(context, partition, -1);
  if (notLeader !== brokerErrorCodes.NONE) return refused(notLeader);
  const { log } = partition;
  if (!log.settings.isDeleted) return refused(brokerErrorCodes.POLICY_VIOLATION);
  const before = offset === -1 ? log.highWatermark : offset;
  if (before < 0 || before > log.highWatermark) return refused(brokerErrorCodes.OFFSET_OUT_OF_RANGE);
  const lowWatermark = log.deleteBefore(before, context.cluster.clock.now());
  partition.changed();
  return { partitionIndex, lowWatermark, errorCode: brokerErrorCodes.NONE };
}
