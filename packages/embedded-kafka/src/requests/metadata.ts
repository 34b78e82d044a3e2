/** Metadata: brokers that are up, topics with their leaders. By id from 10 on, lookup by id from 12 on. */
import { brokerErrorCodes, metadataApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import type { Topic } from '../cluster/topic.ts';
import { nameFault } from '../cluster/topic-rules.ts';
import { zeroUuid } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const metadata: RequestHandler = requestHandler(metadataApi, [0, 13], handle);

type TopicAnswer = ResponseInputOf<typeof metadataApi>['topics'][number];

function handle(request: RequestOf<typeof metadataApi>, context: RequestContext): ResponseInputOf<typeof metadataApi> {
  const { cluster, version } = context;
  const isAll = request.topics === null || (version === 0 && request.topics.length === 0);
  const mayCreate = cluster.settings.autoCreateTopics && request.allowAutoTopicCreation;
  const topics = isAll
    ? [...cluster.topics()].map((topic) => describeTopic(cluster, topic))
    : (request.topics ?? []).map((asked) => answerFor(cluster, asked, mayCreate));
  return {
    brokers: cluster.up.flatMap((id) => {
      const broker = cluster.brokers.get(id);
      return broker === undefined ? [] : [{ nodeId: id, host: broker.host, port: broker.port }];
    }),
    clusterId: cluster.clusterId,
    controllerId: cluster.controller,
    topics,
  };
}

function answerFor(cluster: Cluster, asked: { readonly topicId: string; readonly name: string | null }, mayCreate: boolean): TopicAnswer {
  if (asked.name === null || asked.topicId !== zeroUuid) {
    const topic = cluster.topicById(asked.topicId);
    return topic === undefined ? unknown(brokerErrorCodes.UNKNOWN_TOPIC_ID, asked.name, asked.topicId) : describeTopic(cluster, topic);
  }
  const topic = cluster.topic(asked.name);
  if (topic !== undefined) return describeTopic(cluster, topic);
  const fault = nameFault(asked.name);
  if (fault !== undefined) return unknown(fault.errorCode, asked.name, zeroUuid);
  if (!mayCreate) return unknown(brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, asked.name, zeroUuid);
  const made = cluster.createTopic({ name: asked.name, partitions: -1, replicationFactor: -1, configs: [] });
  return 'errorCode' in made ? unknown(made.errorCode, asked.name, zeroUuid) : describeTopic(cluster, made);
}

function unknown(errorCode: number, name: string | null, topicId: string): TopicAnswer {
  return { errorCode, name, topicId, partitions: [] };
}

function describeTopic(cluster: Cluster, topic: Topic): TopicAnswer {
  return {
    errorCode: brokerErrorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    partitions: topic.partitions.map((partition) => ({
      errorCode: partition.leader < 0 ? brokerErrorCodes.LEADER_NOT_AVAILABLE : brokerErrorCodes.NONE,
      partitionIndex: partition.index,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: cluster.inSyncReplicas(partition),
      offlineReplicas: cluster.offlineReplicas(partition),
    })),
  };
}
