/** DescribeProducers: what partitions remember of their idempotent producers. */
import { brokerErrorCodes, describeProducersApi } from '@millrace/kafka/protocol';
import { leaderError } from './partition-lookup.ts';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const describeProducers: RequestHandler = requestHandler(describeProducersApi, [0, 0], (request, context) => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const partition = context.cluster.topic(name)?.partitions[partitionIndex];
      const errorCode = partition === undefined ? brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION : leaderError(context, partition, -1);
      if (partition === undefined || errorCode !== brokerErrorCodes.NONE) return { partitionIndex, errorCode, activeProducers: [] };
      const { producers, transactions } = partition.log;
      const activeProducers = Array.from(producers.values(), ({ producerId, epoch, batches, lastTimestamp }) => ({
        producerId,
        producerEpoch: epoch,
        lastSequence: batches.at(-1)?.lastSequence ?? -1,
        lastTimestamp,
        coordinatorEpoch: -1,
        currentTxnStartOffset: transactions.firstOffsetOf(producerId),
      }));
      return { partitionIndex, errorCode, activeProducers };
    }),
  })),
}));
