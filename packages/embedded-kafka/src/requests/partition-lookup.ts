/** Finding the partition that a request means, as the node that was asked sees it. */
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import type { Partition, Topic } from '../cluster/topic.ts';
import type { RequestContext } from './request-handler.ts';

/** Kafka's "no id". */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA';

export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** A topic by name or, in versions that name by id, by id. `unknownCode` is what a missing one is answered with. */
export function findTopic(
  cluster: Cluster,
  named: { readonly name: string } | { readonly topicId: string },
): { readonly topic: Topic | undefined; readonly unknownCode: number } {
  return 'name' in named
    ? { topic: cluster.topic(named.name), unknownCode: brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION }
    : { topic: cluster.topicById(named.topicId), unknownCode: brokerErrorCodes.UNKNOWN_TOPIC_ID };
}

/** The error of asking this node for this partition, 0 if it leads it in the epoch that the client knows (-1 = does not say). */
export function leaderError(context: RequestContext, partition: Partition, knownEpoch: number): number {
  if (partition.leader !== context.node || partition.servesFromMs > context.cluster.clock.now())
    return brokerErrorCodes.NOT_LEADER_OR_FOLLOWER;
  if (knownEpoch < 0 || knownEpoch === partition.leaderEpoch) return brokerErrorCodes.NONE;
  return knownEpoch < partition.leaderEpoch ? brokerErrorCodes.FENCED_LEADER_EPOCH : brokerErrorCodes.UNKNOWN_LEADER_EPOCH;
}

/** What newer versions add to an answer of NOT_LEADER or FENCED: who leads now. */
export function currentLeader(partition: Partition): { readonly leaderId: number; readonly leaderEpoch: number } {
  return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch };
}

export function tellsLeader(errorCode: number): boolean {
  return errorCode === brokerErrorCodes.NOT_LEADER_OR_FOLLOWER || errorCode === brokerErrorCodes.FENCED_LEADER_EPOCH;
}

/** Addresses of these nodes, those that are up. */
export function nodeEndpoints(cluster: Cluster, nodes: Iterable<number>): NodeEndpoint[] {
  const endpoints: NodeEndpoint[] = [];
  for (const id of new Set(nodes)) {
    const broker = cluster.brokers.get(id);
    if (broker?.isUp === true) endpoints.push({ nodeId: id, host: broker.host, port: broker.port });
  }
  return endpoints;
}
