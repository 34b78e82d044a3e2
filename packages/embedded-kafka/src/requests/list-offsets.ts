/** ListOffsets: ends of partitions and offsets by timestamp. Special times: -1 end, -2 beginning, -3 greatest timestamp, -4 and -5 of tiered storage. */
import { brokerErrorCodes, listOffsetsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Partition } from '../cluster/topic.ts';
import { offsetForTime, offsetOfMaxTimestamp, type TimedOffset } from '../log/offset-for-time.ts';
import { leaderError } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const listOffsets: RequestHandler = requestHandler(listOffsetsApi, [1, 11], handle);

const latest = -1;
const earliest = -2;
const maxTimestamp = -3;
const earliestLocal = -4;
const notFound: TimedOffset = { offset: -1, timestamp: -1 };

function handle(request: RequestOf<typeof listOffsetsApi>, context: RequestContext): ResponseInputOf<typeof listOffsetsApi> {
  const isCommitted = request.isolationLevel === 1;
  const topics = request.topics.map(({ name, partitions }) => {
    const topic = context.cluster.topic(name);
    return {
      name,
      partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        const partition = topic?.partitions[partitionIndex];
        const errorCode =
          partition === undefined ? brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION : leaderError(context, partition, currentLeaderEpoch);
        if (partition === undefined || errorCode !== brokerErrorCodes.NONE) return { partitionIndex, errorCode };
        const found = find(partition, timestamp, isCommitted);
        const answer = { partitionIndex, errorCode, offset: found.offset, timestamp: found.timestamp };
        return context.version < 4 ? answer : { ...answer, leaderEpoch: epochOf(partition, found.offset) };
      }),
    };
  });
  return { topics };
}

function epochOf({ log, leaderEpoch }: Partition, offset: number): number {
  if (offset < 0) return -1;
  return offset >= log.endOffset ? leaderEpoch : log.epochs.epochAt(offset);
}

function find({ log }: Partition, timestamp: number, isCommitted: boolean): TimedOffset {
  const end = isCommitted ? log.lastStableOffset : log.highWatermark;
  if (timestamp === latest) return { offset: end, timestamp: -1 };
  if (timestamp === earliest || timestamp === earliestLocal) return { offset: log.startOffset, timestamp: -1 };
  if (timestamp < maxTimestamp) return notFound;
  const found = timestamp === maxTimestamp ? offsetOfMaxTimestamp(log) : offsetForTime(log, timestamp);
  return found !== undefined && found.offset < end ? found : notFound;
}
