/** DescribeTopicPartitions: topics in the order of their names, page by page. */
import { brokerErrorCodes, describeTopicPartitionsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import type { Partition } from '../cluster/topic.ts';
import { nameFault } from '../cluster/topic-rules.ts';
import { zeroUuid } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const describeTopicPartitions: RequestHandler = requestHandler(describeTopicPartitionsApi, [0, 0], handle);

type Response = ResponseInputOf<typeof describeTopicPartitionsApi>;
type TopicAnswer = Response['topics'][number];

/** `max.request.partition.size.limit` of a broker. */
const maxPartitions = 2000;

function handle(request: RequestOf<typeof describeTopicPartitionsApi>, { cluster }: RequestContext): Response {
  const { cursor } = request;
  const asked = request.topics.length === 0 ? Array.from(cluster.topics(), ({ name }) => name) : request.topics.map(({ name }) => name);
  // By UTF-16 unit, as Java orders strings: topic names are ASCII.
  const names = [...new Set(asked)].sort().filter((name) => cursor === null || name >= cursor.topicName);
  let room = Math.min(maxPartitions, request.responsePartitionLimit);
  const topics: TopicAnswer[] = [];
  for (const name of names) {
    const topic = cluster.topic(name);
    if (topic === undefined) {
      topics.push(unknown(name));
      continue;
    }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const page = topic.partitions.slice(first, first + room);
    if (page.length > 0)
      topics.push({
        errorCode: brokerErrorCodes.NONE,
        name,
        topicId: topic.id,
        partitions: page.map((partition) => describePartition(cluster, partition)),
      });
    room -= page.length;
    const next = first + page.length;
    if (next < topic.partitions.length) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: next } };
  }
  return { throttleTimeMs: 0, topics };
}

function unknown(name: string): TopicAnswer {
  const errorCode = nameFault(name)?.errorCode ?? brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  return { errorCode, name, topicId: zeroUuid, partitions: [] };
}

function describePartition(cluster: Cluster, partition: Partition): TopicAnswer['partitions'][number] {
  return {
    errorCode: partition.leader < 0 ? brokerErrorCodes.LEADER_NOT_AVAILABLE : brokerErrorCodes.NONE,
    partitionIndex: partition.index,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: cluster.inSyncReplicas(partition),
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: cluster.offlineReplicas(partition),
  };
}
