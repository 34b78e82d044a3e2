/**
 * Produce. Versions 0 to 2 are told but close the connection, as with a real 4.3 broker: librdkafka looks for them.
 * 13 names topics by id.
 */
import { brokerErrorCodes, produceApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Partition } from '../cluster/topic.ts';
import { checkBatch } from '../log/batch-check.ts';
import { currentLeader, findTopic, leaderError, nodeEndpoints, tellsLeader } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

type PartitionAnswer = ResponseInputOf<typeof produceApi>['responses'][number]['partitionResponses'][number];

export const produce: RequestHandler = requestHandler(produceApi, [3, 13], handle, { advertisedMin: 0 });

function handle(
  request: RequestOf<typeof produceApi>,
  context: RequestContext,
): ResponseInputOf<typeof produceApi> | 'none' | 'disconnect' {
  const { cluster, version } = context;
  const leaders: number[] = [];
  let failed = false;
  const responses = request.topicData.map(({ name, topicId, partitionData }) => {
    const { topic, unknownCode } = findTopic(cluster, version >= 13 ? { topicId } : { name });
    const partitionResponses = partitionData.map(({ index, records }): PartitionAnswer => {
      const partition = topic?.partitions[index];
      const answer =
        partition === undefined
          ? refused(index, topic === undefined ? unknownCode : brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
          : append(request, context, partition, records);
      failed ||= answer.errorCode !== brokerErrorCodes.NONE;
      if (version < 10 || partition === undefined || !tellsLeader(answer.errorCode)) return answer;
      leaders.push(partition.leader);
      return { ...answer, currentLeader: currentLeader(partition) };
    });
    return { name, topicId, partitionResponses };
  });
  // Without an answer the client can only learn of a failure by the connection's end.
  if (request.acks === 0) return failed ? 'disconnect' : 'none';
  return version < 10 ? { responses } : { responses, nodeEndpoints: nodeEndpoints(cluster, leaders) };
}

function append(
  request: RequestOf<typeof produceApi>,
  context: RequestContext,
  partition: Partition,
  records: Uint8Array | null,
): PartitionAnswer {
  const { cluster, version } = context;
  const { index, log, topic } = partition;
  if (request.acks < -1 || request.acks > 1) return refused(index, brokerErrorCodes.INVALID_REQUIRED_ACKS);
  const notLeader = leaderError(context, partition, -1);
  if (notLeader !== brokerErrorCodes.NONE) return refused(index, notLeader);
  if (request.acks === -1 && cluster.inSyncReplicas(partition).length < topic.configs.minInSyncReplicas) {
    return refused(
      index,
      brokerErrorCodes.NOT_ENOUGH_REPLICAS,
      `fewer than ${topic.configs.minInSyncReplicas} replicas of ${topic.name}-${index} are in sync`,
    );
  }
  const nowMs = cluster.clock.now();
  const checked = checkBatch(records, { ...topic.batchRules, allowsZstd: version >= 7 }, nowMs);
  if (checked.fault !== undefined) {
    const { errorCode, message, records: faulty = [] } = checked.fault;
    return {
      ...refused(index, errorCode, message),
      recordErrors: faulty.map((record) => ({ batchIndex: record.index, batchIndexErrorMessage: record.message })),
    };
  }
  if (request.transactionalId !== null || checked.header.isTransactional) {
    return refused(index, brokerErrorCodes.INVALID_TXN_STATE, 'transactions are not emulated by this cluster');
  }
  const bytes = records ?? new Uint8Array(0);
  const full = cluster.storageFault(bytes.length);
  if (full !== undefined) return refused(index, full.errorCode, full.message);
  const result = log.append(bytes, checked.header, partition.leaderEpoch, nowMs);
  if (result.kind === 'gap') return refused(index, brokerErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, result.reason);
  if (result.kind === 'fenced') return refused(index, brokerErrorCodes.INVALID_PRODUCER_EPOCH, result.reason);
  partition.changed();
  return {
    index,
    errorCode: brokerErrorCodes.NONE,
    baseOffset: result.baseOffset,
    logAppendTimeMs: result.appendTimeMs,
    logStartOffset: log.startOffset,
  };
}

function refused(index: number, errorCode: number, errorMessage: string | null = null): PartitionAnswer {
  return { index, errorCode, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, errorMessage };
}
