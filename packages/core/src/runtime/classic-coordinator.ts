/**
 * Task assignment over the classic group protocol: eager, with tasks suspended and stores open over a rebalance. Every member ensures the topics before it joins; the leader
 * checks them again, assigns, and watches them for new partitions and topics.
 */
import { StreamsError } from '../errors.ts';
import type {
  CommittedOffset,
  GroupHandler,
  GroupMember,
  GroupMetadata,
  MemberAssignment,
  MemberView,
  RevokeContext,
  StreamsClient,
} from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Timer } from '../time.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { type ResolvedTopics, resolveTopics, snapshotOf, sourceSnapshot } from './cluster-topics.ts';
import type { TaskCoordinator, TaskHost } from './coordinator.ts';
import { topologyFingerprint } from './fingerprint.ts';
import { allTasks, decideAssignment, refuseAll, tasksOfAssignment } from './group-assignment.ts';
import type { InternalTopicsContext } from './internal-topics.ts';
import type { RuntimeOptions } from './options.ts';
import { decodeAssignmentData, encodeSubscriptionData, type GroupCode, groupCodes } from './user-data.ts';

/** Name of the assignor in the join. */
const protocolName = 'millrace';

export interface ClassicCoordinatorInit {
  readonly client: StreamsClient;
  readonly topics: ApplicationTopics;
  readonly options: RuntimeOptions;
  readonly host: TaskHost;
  readonly processId: string;
}

export class ClassicCoordinator implements TaskCoordinator, GroupHandler {
  readonly #init: ClassicCoordinatorInit;
  readonly #member: GroupMember;
  readonly #fingerprint: Uint8Array;
  readonly #closing = new AbortController();
  #resolved: ResolvedTopics | undefined;
  #unique = 0;
  #shutdown = false;
  /** Generation of the last assignment that was taken; undefined after the membership was lost. */
  #generation: number | undefined;
  #watch: Timer | undefined;
  #watching = false;
  #followUp: Timer | undefined;

  constructor(init: ClassicCoordinatorInit) {
    this.#init = init;
    this.#fingerprint = topologyFingerprint(init.topics);
    const { options } = init;
    this.#member = init.client.member(
      {
        groupId: options.applicationId,
        instanceId: options.instanceId,
        protocolName,
        sessionTimeoutMs: options.sessionTimeoutMs,
        rebalanceTimeoutMs: options.rebalanceTimeoutMs,
        heartbeatIntervalMs: options.heartbeatIntervalMs,
        progressDeadlineMs: options.progressDeadlineMs,
      },
      this,
    );
  }

  async prepare(): Promise<void> {
    this.#takeTopics(await resolveTopics(this.#init.topics, this.#topicsContext(this.#init.options.topicTimeoutMs)));
  }

  start(): Promise<void> {
    return this.#member.start();
  }

  requestRejoin(reason: string): void {
    this.#member.requestRejoin(reason);
  }

  requestShutdown(): void {
    this.#shutdown = true;
    this.#member.requestRejoin('the application is to stop');
  }

  noteProgress(): void {
    this.#member.noteProgress();
  }

  metadata(): GroupMetadata | undefined {
    return this.#member.metadata();
  }

  committed(tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>> {
    // Stable even under at-least-once: an application that was exactly-once before may still have a transaction open.
    return this.#member.committed(tps, { requireStable: true });
  }

  commit(offsets: ReadonlyMap<TopicPartition, CommittedOffset>): Promise<void> {
    return this.#member.commit(offsets);
  }

  async close(options: { readonly leave: boolean }): Promise<void> {
    this.#closing.abort();
    this.#stopWatching();
    this.#followUp?.cancel();
    await this.#member.close(options);
  }

  // ---- what the group asks ----

  async onRevoke(context: RevokeContext): Promise<void> {
    this.#stopWatching();
    this.#followUp?.cancel();
    await this.#init.host.suspend(context.signal);
  }

  subscription(): Promise<{ readonly topics: readonly string[]; readonly userData: Uint8Array }> {
    this.#unique = (this.#unique + 1) & 0xff;
    const userData = encodeSubscriptionData({
      processId: this.#init.processId,
      fingerprint: this.#fingerprint,
      tasks: this.#init.host.localTasks(),
      unique: this.#unique,
      code: this.#shutdown ? groupCodes.shutdownRequested : groupCodes.none,
    });
    return Promise.resolve({ topics: this.#resolved?.sources ?? [], userData });
  }

  async assign(members: readonly MemberView[]): Promise<ReadonlyMap<string, MemberAssignment>> {
    const { topics, options } = this.#init;
    try {
      // The others wait for this answer within their rebalance time-out.
      this.#takeTopics(await resolveTopics(topics, this.#topicsContext(Math.min(options.topicTimeoutMs, options.rebalanceTimeoutMs / 2))));
    } catch (error) {
      if (!(error instanceof StreamsError)) throw error;
      options.log.error('the leader can assign no tasks', { error });
      return refuseAll(members, codeOf(error), error.message);
    }
    const decision = decideAssignment(members, this.#fingerprint, (this.#resolved as ResolvedTopics).counts, topics);
    for (const [memberId, reason] of decision.refused) options.log.error('a member of the group gets no tasks', { memberId, reason });
    return decision.assignments;
  }

  async onAssigned(assignment: MemberAssignment, context: { readonly metadata: GroupMetadata; readonly isLeader: boolean }): Promise<void> {
    const { host, topics } = this.#init;
    const generation = context.metadata.generation;
    const contiguous = this.#generation !== undefined && generation === this.#generation + 1;
    this.#generation = generation;
    try {
      const data = decodeAssignmentData(assignment.userData);
      if (data.code !== groupCodes.none) {
        host.fail(errorOf(data.code, data.message));
        return;
      }
      const tasks = tasksOfAssignment(data.active, assignment.partitions, topics);
      await host.assign({ tasks, generation, contiguous });
      if (data.followUpMs > 0) this.#scheduleRejoin(data.followUpMs);
    } catch (error) {
      host.fail(
        error instanceof StreamsError ? error : new StreamsError('MR_INVARIANT', 'an assignment could not be taken', { cause: error }),
      );
      return;
    }
    if (context.isLeader) this.#startWatching();
  }

  async onLost(error: StreamsError): Promise<void> {
    this.#stopWatching();
    this.#followUp?.cancel();
    this.#generation = undefined;
    await this.#init.host.lose(error);
  }

  onFatal(error: StreamsError): void {
    this.#init.host.fail(error);
  }

  // ---- topics ----

  #takeTopics(resolved: ResolvedTopics): void {
    this.#resolved = resolved;
    this.#init.host.noteTasks(allTasks(resolved.counts));
  }

  #topicsContext(timeoutMs: number): InternalTopicsContext {
    const { client, options } = this.#init;
    return {
      admin: client.admin(),
      clock: options.clock,
      log: options.log,
      timeoutMs,
      replicationFactor: options.replicationFactor,
      topicConfigs: options.topicConfigs,
      signal: this.#closing.signal,
    };
  }

  #startWatching(): void {
    this.#stopWatching();
    this.#watching = true;
    this.#scheduleWatch();
  }

  #stopWatching(): void {
    this.#watching = false;
    this.#watch?.cancel();
    this.#watch = undefined;
  }

  #scheduleWatch(): void {
    if (!this.#watching || this.#closing.signal.aborted) return;
    // A look that outlasted a rebalance meets the timer of the watch that began after it.
    this.#watch?.cancel();
    this.#watch = this.#init.options.clock.setTimer(() => void this.#look(), this.#init.options.topicRefreshMs, { unref: true });
  }

  #scheduleRejoin(delayMs: number): void {
    this.#followUp?.cancel();
    if (this.#closing.signal.aborted) return;
    this.#followUp = this.#init.options.clock.setTimer(() => this.#member.requestRejoin('the assignment asked for a follow-up'), delayMs, {
      unref: true,
    });
  }

  /** Leader only: other counts, or other topics that match a pattern, need another assignment. */
  async #look(): Promise<void> {
    const { topics, options } = this.#init;
    const known = this.#resolved;
    try {
      const now = await sourceSnapshot(topics, this.#topicsContext(options.topicTimeoutMs));
      const external = new Map([...(known?.descriptions ?? [])].filter(([name]) => !topics.isInternal(name)));
      if (this.#watching && now !== snapshotOf(external)) this.#member.requestRejoin('source topics changed');
    } catch (error) {
      // The next look may work; what is assigned goes on meanwhile.
      options.log.warn('source topics could not be looked at', { error });
    }
    this.#scheduleWatch();
  }
}

const errorCodesByGroupCode = {
  [groupCodes.sourceTopicMissing]: 'MR_SOURCE_TOPIC_MISSING',
  [groupCodes.topologyMismatch]: 'MR_TOPOLOGY_MISMATCH',
  [groupCodes.copartitionMismatch]: 'MR_COPARTITION_MISMATCH',
  [groupCodes.internalTopicInvalid]: 'MR_INTERNAL_TOPIC_INVALID',
  [groupCodes.shutdownRequested]: 'MR_SHUTDOWN_REQUESTED',
  [groupCodes.assignmentFailed]: 'MR_GROUP_DATA_INVALID',
} as const;

function errorOf(code: Exclude<GroupCode, 0>, message: string): StreamsError {
  return new StreamsError(errorCodesByGroupCode[code], `the leader of the group refused this instance: ${message}`);
}

function codeOf(error: StreamsError): GroupCode {
  for (const [group, code] of Object.entries(errorCodesByGroupCode)) {
    // The keys are the group codes themselves.
    if (code === error.code) return Number(group) as GroupCode;
  }
  return groupCodes.assignmentFailed;
}
