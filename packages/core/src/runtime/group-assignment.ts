/** What the leader of a classic group answers: from the members' user data and the topics' counts to an assignment for each. Pure. */
import { StreamsError } from '../errors.ts';
import type { MemberAssignment, MemberView } from '../kafka/port.ts';
import { type TopicPartition, topicPartition } from '../kafka/topic-partition.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { type AssignableMember, type AssignableTask, assignTasks } from './assignor.ts';
import type { AssignedTask } from './coordinator.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { compareText, formatTaskId, parseTaskId } from './task-id.ts';
import {
  decodeSubscriptionData,
  encodeAssignmentData,
  type GroupCode,
  groupCodes,
  runningActive,
  type SubscriptionData,
} from './user-data.ts';

/** Every task of the application with the topics that it reads, sorted. Kafka Streams: `PartitionGrouper`. */
export function allTasks(counts: PartitionCounts): readonly AssignedTask[] {
  const tasks: AssignedTask[] = [];
  for (const [subtopology, sources] of counts.sources) {
    for (let partition = 0; partition < (counts.tasks.get(subtopology) ?? 0); partition++) {
      const sourceTopics = [...sources].filter(([, count]) => count > partition).map(([topic]) => topic);
      tasks.push({ id: formatTaskId(subtopology, partition), subtopology, partition, sourceTopics: sourceTopics.sort(compareText) });
    }
  }
  return tasks;
}

export interface GroupDecision {
  readonly assignments: ReadonlyMap<string, MemberAssignment>;
  /** Members that got no tasks, with the reason, for the log. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Hands out the tasks to every member whose topology is `fingerprint`; members of another topology, or that cannot be read, get a code that stops them. */
export function decideAssignment(
  members: readonly MemberView[],
  fingerprint: Uint8Array,
  counts: PartitionCounts,
  topics: ApplicationTopics,
): GroupDecision {
  const refused = new Map<string, string>();
  const assignments = new Map<string, MemberAssignment>();
  const refuse = (memberId: string, code: GroupCode, message: string): void => {
    refused.set(memberId, message);
    assignments.set(memberId, refusal(code, message));
  };
  const able: AssignableMember[] = [];
  for (const member of members) {
    let data: SubscriptionData;
    try {
      data = decodeSubscriptionData(member.userData);
    } catch (error) {
      refuse(
        member.memberId,
        groupCodes.assignmentFailed,
        `the leader cannot read what this member says of itself: ${error instanceof Error ? error.message : String(error)}`,
      );
      continue;
    }
    if (data.code === groupCodes.shutdownRequested) return shutdownAll(members);
    if (!equalBytes(data.fingerprint, fingerprint)) {
      refuse(
        member.memberId,
        groupCodes.topologyMismatch,
        'its sources, stores or internal topics differ from those of the instance that leads the group. Stop all instances of the old topology first, or give the new one another application id',
      );
      continue;
    }
    able.push(assignable(member, data));
  }

  const tasks = new Map(allTasks(counts).map((task) => [task.id, task]));
  const stateful = new Set(topics.subtopologies.filter((subtopology) => subtopology.stateful).map((subtopology) => subtopology.id));
  const assigned = assignTasks(
    [...tasks.values()].map((task): AssignableTask => ({ id: task.id, stateful: stateful.has(task.subtopology) })),
    able,
  );
  for (const [memberId, active] of assigned) {
    const partitions = active.flatMap((id) => partitionsOf(tasks.get(id) as AssignedTask));
    assignments.set(memberId, {
      partitions,
      userData: encodeAssignmentData({ active, followUpMs: 0, code: groupCodes.none, message: '' }),
    });
  }
  return { assignments, refused };
}

/** The same code for everybody: nothing can be assigned. */
export function refuseAll(members: readonly MemberView[], code: GroupCode, message: string): ReadonlyMap<string, MemberAssignment> {
  return new Map(members.map((member) => [member.memberId, refusal(code, message)]));
}

/**
 * The tasks of an assignment as this member's topology sees them: each reads the partitions it was given.
 *
 * @throws MR_GROUP_DATA_INVALID if the leader assigned what does not fit together
 */
export function tasksOfAssignment(
  active: readonly string[],
  partitions: readonly TopicPartition[],
  topics: ApplicationTopics,
): readonly AssignedTask[] {
  const topicsByPartition = new Map<number, Set<string>>();
  for (const { topic, partition } of partitions) {
    const there = topicsByPartition.get(partition) ?? new Set();
    there.add(topic);
    topicsByPartition.set(partition, there);
  }
  return active.map((id) => {
    const parsed = parseTaskId(id);
    const subtopology = parsed === undefined ? undefined : topics.subtopology(parsed.subtopology);
    const there = parsed === undefined ? undefined : topicsByPartition.get(parsed.partition);
    const sourceTopics =
      subtopology === undefined || there === undefined
        ? []
        : topics.sourceTopics(subtopology, [...there]).filter((topic) => there.has(topic));
    if (parsed === undefined || sourceTopics.length === 0) {
      throw new StreamsError('MR_GROUP_DATA_INVALID', `the leader assigned task ${id} without a partition that it reads`, {
        details: { taskId: id },
      });
    }
    return { id, subtopology: parsed.subtopology, partition: parsed.partition, sourceTopics };
  });
}

/** The inputs of a task. */
export function partitionsOf(task: AssignedTask): readonly TopicPartition[] {
  return task.sourceTopics.map((topic) => topicPartition(topic, task.partition));
}

function assignable(member: MemberView, data: SubscriptionData): AssignableMember {
  const previous = new Set<string>();
  const positions = new Map<string, number>();
  for (const [task, sum] of data.tasks) {
    if (sum === runningActive) {
      previous.add(task);
      positions.set(task, Number.MAX_SAFE_INTEGER);
    } else positions.set(task, sum);
  }
  return { memberId: member.memberId, processId: data.processId, previous, positions };
}

function shutdownAll(members: readonly MemberView[]): GroupDecision {
  const message = 'an instance of the application asked all of them to stop';
  return {
    assignments: refuseAll(members, groupCodes.shutdownRequested, message),
    refused: new Map(members.map((member) => [member.memberId, message])),
  };
}

function refusal(code: GroupCode, message: string): MemberAssignment {
  return { partitions: [], userData: encodeAssignmentData({ active: [], followUpMs: 0, code, message }) };
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
