/**
 * The bytes that members hand each other through the coordinator. The subscription is always Kafka's own frame with our data inside: the broker parses it,
 * and never answers a join that it cannot parse.
 */
import { type Logger, type MemberAssignment, type MemberView, type TopicPartition, topicPartition } from '@millrace/core/kafka';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../protocol/subscription.ts';
import { byTopic } from '../by-topic.ts';

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const noBytes = new Uint8Array(0);

/** Rebalances are eager: nothing is owned when a subscription is sent. */
export function subscriptionFrame(topics: readonly string[], userData: Uint8Array): Uint8Array {
  return encodeSubscription({ topics, userData, ownedPartitions: [] });
}

export function assignmentFrame(assignment: MemberAssignment): Uint8Array {
  return encodeAssignment({ assignedPartitions: fromPartitions(assignment.partitions), userData: assignment.userData });
}

/** @throws ProtocolError MR_PROTOCOL_MALFORMED */
export function readAssignment(bytes: Uint8Array): MemberAssignment {
  // Who is given nothing gets no frame either.
  if (bytes.length === 0) return { partitions: [], userData: noBytes };
  const { assignedPartitions, userData } = decodeAssignment(bytes);
  return { partitions: toPartitions(assignedPartitions), userData: userData ?? noBytes };
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Uint8Array;
}

/** What the leader sees of a member. A subscription that cannot be read counts as one without topics and data: the assignor has to decide about it. */
export function memberView({ memberId, groupInstanceId, metadata }: JoinedMember, log: Logger): MemberView {
  try {
    const { topics, userData, ownedPartitions } = decodeSubscription(metadata);
    return { memberId, instanceId: groupInstanceId, topics, owned: toPartitions(ownedPartitions), userData: userData ?? noBytes };
  } catch (error) {
    log.warn('The subscription of a member cannot be read', { memberId, error: String(error) });
    return { memberId, instanceId: groupInstanceId, topics: [], owned: [], userData: noBytes };
  }
}

function fromPartitions(tps: readonly TopicPartition[]): readonly TopicPartitions[] {
  return byTopic(tps).map(({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => partition) }));
}

function toPartitions(topics: readonly TopicPartitions[]): readonly TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => topicPartition(topic, partition)));
}
