/** OffsetForLeaderEpoch: where an epoch ends. */
import { brokerErrorCodes, offsetForLeaderEpochApi } from '@millrace/kafka/protocol';
import { leaderError } from './partition-lookup.ts';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const offsetForLeaderEpoch: RequestHandler = requestHandler(offsetForLeaderEpochApi, [2, 4], (request, context) => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
      const partition = context.cluster.topic(topic)?.partitions[index];
      const errorCode =
        partition === undefined ? brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION : leaderError(context, partition, currentLeaderEpoch);
      if (partition === undefined || errorCode !== brokerErrorCodes.NONE) return { partition: index, errorCode };
      const { epoch, endOffset } = partition.log.epochs.endOf(leaderEpoch, partition.leaderEpoch, partition.log.endOffset);
      return { partition: index, errorCode, leaderEpoch: epoch, endOffset };
    }),
  })),
}));
