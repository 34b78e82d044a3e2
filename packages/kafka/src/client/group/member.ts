/**
 * A member of a consumer group under the classic protocol. One loop joins, syncs, waits for what happens next and calls the handler, one call at a time;
 * heartbeats run beside it. Rebalances are eager: the handler gives everything up at an awaited barrier before a join is sent.
 * Java: `AbstractCoordinator`, `ConsumerCoordinator`.
 */
import {
  ClientError,
  type CommittedOffset,
  type GroupHandler,
  type GroupMember,
  type GroupMetadata,
  type MemberOptions,
  type TopicPartition,
} from '@millrace/core/kafka';
import { pauseAfter } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { asClientError, closedError, textOf } from '../failure.ts';
import { CoordinatorCalls } from './coordinator-calls.ts';
import { assignmentFrame, memberView, readAssignment, subscriptionFrame } from './frames.ts';
import { GroupOffsets } from './group-offsets.ts';
import { explainLoss, Heartbeats } from './heartbeats.ts';
import { type Joined, JoinRound } from './join-round.ts';
import { Occurrences } from './occurrences.ts';

const illegalGeneration = 22;
const rebalanceInProgress = 27;
const fencedInstanceId = 82;
/** How long closing waits for the answer to a LeaveGroup. */
const leaveTimeoutMs = 5_000;
/** Left of the rebalance timeout for the join itself when the barrier should be done. */
const barrierMarginMs = 500;

export class Member implements GroupMember {
  readonly #cluster: Cluster;
  readonly #options: MemberOptions;
  readonly #handler: GroupHandler;
  readonly #onClose: () => void;
  readonly #closing = new AbortController();
  readonly #calls: CoordinatorCalls;
  readonly #round: JoinRound;
  readonly #offsets: GroupOffsets;
  readonly #heartbeats: Heartbeats;
  readonly #occurrences: Occurrences;
  #memberId = '';
  #metadata: GroupMetadata | undefined;
  /** The handler has what was assigned, or what it suspended at the last barrier. */
  #isHolding = false;
  /** In between an assignment and the next barrier. */
  #isStable = false;
  #barrier: AbortController | undefined;
  #progressAtMs = 0;
  #isStarted = false;
  #onFirstJoin: { readonly resolve: () => void; readonly reject: (error: ClientError) => void } | undefined;

  constructor(cluster: Cluster, options: MemberOptions, handler: GroupHandler, onClose: () => void = () => {}) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handler = handler;
    this.#onClose = onClose;
    const signal = this.#closing.signal;
    this.#calls = new CoordinatorCalls(cluster, options.groupId);
    this.#round = new JoinRound(this.#calls, options, signal);
    this.#offsets = new GroupOffsets(cluster, options.groupId, signal);
    this.#occurrences = new Occurrences(signal);
    this.#heartbeats = new Heartbeats(cluster, this.#calls, options, {
      rebalance: () => this.#occurrences.rebalance(cluster.clock.monotonic()),
      lost: (error) => this.#noteLoss(error),
      beforeBeat: (nowMs, lateMs) => this.#checkProgress(nowMs, lateMs),
    });
  }

  start(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError('The group member'));
    if (this.#isStarted) return Promise.reject(new ClientError('fatal', 'The group member was started before: make a new one'));
    this.#isStarted = true;
    return new Promise((resolve, reject) => {
      this.#onFirstJoin = { resolve, reject };
      void this.#run();
    });
  }

  requestRejoin(reason: string): void {
    this.#occurrences.rejoin(reason);
  }

  noteProgress(): void {
    this.#progressAtMs = this.#cluster.clock.monotonic();
    this.#occurrences.progress();
  }

  metadata(): GroupMetadata | undefined {
    return this.#metadata;
  }

  committed(
    tps: readonly TopicPartition[],
    options: { readonly requireStable: boolean },
  ): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>> {
    return this.#closing.signal.aborted ? Promise.reject(closedError('The group member')) : this.#offsets.fetch(tps, options);
  }

  async commit(offsets: ReadonlyMap<TopicPartition, CommittedOffset>): Promise<void> {
    if (this.#closing.signal.aborted) throw closedError('The group member');
    const metadata = this.#metadata;
    if (metadata === undefined) {
      throw new ClientError(
        'fenced',
        `Offsets of group "${this.#options.groupId}" cannot be committed: the membership is lost, or there is none yet`,
      );
    }
    try {
      await this.#offsets.commit(offsets, metadata);
    } catch (error) {
      const failure = asClientError(error, 'Committing offsets');
      if (failure.kind === 'fenced' && this.#metadata === metadata) this.#noteLoss(failure);
      throw failure;
    }
  }

  async close({ leave }: { readonly leave: boolean }): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const memberId = this.#memberId;
    this.#stop(closedError('The group member'));
    if (leave && (memberId !== '' || (this.#isStarted && this.#options.instanceId !== undefined)))
      await this.#leave(memberId, 'the member is closed');
    this.#onClose();
  }

  // ---- the loop ----

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      while (!this.#closing.signal.aborted) {
        await this.#join();
        await this.#nextBarrier();
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#end(asClientError(error, `The membership of group "${this.#options.groupId}"`));
    }
  }

  /** Joins again and again until an assignment is delivered. @throws ClientError that ends the membership */
  async #join(): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        if (await this.#joinOnce()) return;
        failures = 0;
        continue;
      } catch (error) {
        this.#checkOpen();
        const failure = asClientError(error, 'Joining');
        if (isEnd(failure)) throw failure;
        this.#cluster.context.log.info('The group has to be joined again', { groupId: this.#options.groupId, error: failure.message });
        if (failure.kind === 'fenced') await this.#lose(failure);
        // The others are joining already.
        if (failure.kafkaCode === rebalanceInProgress && failures === 1) continue;
      }
      await pauseAfter(this.#cluster.context, failures, this.#closing.signal);
      this.#checkOpen();
    }
  }

  /** Returns false if the next join has to follow at once. */
  async #joinOnce(): Promise<boolean> {
    const reason = this.#occurrences.takeRejoin() ?? 'the member starts or lost its membership';
    const { topics, userData, mustReachLeader = true } = await this.#handler.subscription();
    this.#checkOpen();
    await this.#calls.coordinator();
    this.#checkOpen();
    // While the join is parked the coordinator waits for us without heartbeats.
    this.#heartbeats.stop();
    const isNew = this.#memberId === '';
    this.#onFirstJoin?.resolve();
    this.#onFirstJoin = undefined;
    const joined = await this.#round.join(
      { memberId: this.#memberId, subscription: subscriptionFrame(topics, userData), reason },
      (memberId) => {
        this.#memberId = memberId;
      },
    );
    this.#checkOpen();
    this.#metadata = joined.metadata;
    this.#occurrences.generationBegins();
    this.#heartbeats.start(joined.metadata);
    const { generation, memberId, instanceId } = joined.metadata;
    this.#cluster.context.log.info('Joined the group', { groupId: this.#options.groupId, generation, memberId, isLeader: joined.isLeader });
    // A static member that comes back into a stable group gets its old place, and nobody sees its new user data (KIP-345).
    const isSeen = joined.isLeader && !joined.keepsAssignments;
    if (isNew && instanceId !== null && mustReachLeader && !isSeen) {
      this.#occurrences.rejoin('the subscription of a restarted static member must reach the leader');
      return false;
    }
    const assignments = joined.isLeader && !joined.keepsAssignments ? await this.#assign(joined) : new Map<string, Uint8Array>();
    this.#checkOpen();
    await this.#syncAndDeliver(joined, assignments);
    return true;
  }

  async #assign(joined: Joined): Promise<ReadonlyMap<string, Uint8Array>> {
    const views = joined.members.map((member) => memberView(member, this.#cluster.context.log));
    const assignments = await this.#handler.assign(views, joined.metadata);
    return new Map(Array.from(assignments, ([memberId, assignment]) => [memberId, assignmentFrame(assignment)]));
  }

  async #syncAndDeliver(joined: Joined, assignments: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const assignment = readAssignment(await this.#syncPatiently(joined.metadata, assignments));
    this.#checkOpen();
    this.#isHolding = true;
    await handled('onAssigned', this.#handler.onAssigned(assignment, { metadata: joined.metadata, isLeader: joined.isLeader }));
    this.#checkOpen();
    this.#progressAtMs = this.#cluster.clock.monotonic();
    this.#isStable = true;
  }

  /** A coordinator that moves keeps generation and assignments: only the request is sent again. */
  async #syncPatiently(metadata: GroupMetadata, assignments: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#round.sync(metadata, assignments);
      } catch (error) {
        const failure = asClientError(error, 'A sync');
        const isCoordinatorLost = failure.kind === 'retriable' && failure.kafkaCode !== rebalanceInProgress;
        if (!isCoordinatorLost || this.#occurrences.isInterrupted) throw failure;
        this.#cluster.context.log.debug('A sync has to be sent again', { groupId: metadata.groupId, error: failure.message });
      }
      await pauseAfter(this.#cluster.context, failures, this.#closing.signal);
      this.#checkOpen();
    }
  }

  /** Waits until the group has to be joined again, and has the handler give up what it holds. */
  async #nextBarrier(): Promise<void> {
    const occurrence = await this.#occurrences.next();
    this.#checkOpen();
    this.#isStable = false;
    if (occurrence.kind === 'lost') {
      if (isEnd(occurrence.error)) throw occurrence.error;
      await this.#lose(occurrence.error);
    } else if (occurrence.kind === 'stuck') {
      await this.#leaveStuck(occurrence.error);
    } else {
      await this.#revoke(occurrence.sinceMs ?? this.#cluster.clock.monotonic());
    }
  }

  async #revoke(sinceMs: number): Promise<void> {
    const metadata = this.#metadata;
    if (metadata === undefined) return;
    const { rebalanceTimeoutMs, heartbeatIntervalMs, groupId } = this.#options;
    const limitMs = sinceMs + rebalanceTimeoutMs;
    const deadlineMs = Math.max(limitMs - heartbeatIntervalMs - barrierMarginMs, sinceMs + rebalanceTimeoutMs / 2);
    const barrier = new AbortController();
    this.#barrier = barrier;
    const timer = this.#cluster.clock.setTimer(
      () => {
        this.#cluster.context.log.warn(
          'The barrier of a rebalance took longer than the rebalance timeout: the group goes on without this member',
          {
            groupId,
            rebalanceTimeoutMs,
          },
        );
        barrier.abort();
      },
      Math.max(0, limitMs - this.#cluster.clock.monotonic()),
    );
    let loss: ClientError | undefined;
    try {
      await handled('onRevoke', this.#handler.onRevoke({ metadata, deadlineMs, signal: barrier.signal }));
    } catch (error) {
      loss = asClientError(error, 'The barrier');
    } finally {
      timer.cancel();
      this.#barrier = undefined;
    }
    this.#checkOpen();
    loss = this.#occurrences.takeLoss() ?? loss;
    if (loss === undefined) return;
    if (isEnd(loss)) throw loss;
    await this.#lose(loss);
  }

  /** The membership is gone; the next join begins from nothing. */
  async #lose(error: ClientError): Promise<void> {
    this.#heartbeats.stop();
    const explained = explainLoss(error, this.#heartbeats.blockedMs, this.#options.sessionTimeoutMs);
    // The member id outlives a generation; under any other loss it means nothing any more.
    if (error.kafkaCode !== illegalGeneration) this.#memberId = '';
    this.#metadata = undefined;
    this.#occurrences.takeLoss();
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#isStable = false;
    this.#cluster.context.log.warn('The membership of the group is lost', { groupId: this.#options.groupId, error: explained.message });
    await handled('onLost', this.#handler.onLost(explained));
    this.#checkOpen();
  }

  /** The processing loop stands still: others take over, and the member comes back when the loop does. */
  async #leaveStuck(stuck: ClientError): Promise<void> {
    const memberId = this.#memberId;
    this.#heartbeats.stop();
    this.#occurrences.awaitProgress();
    await Promise.all([this.#leave(memberId, 'the processing loop made no progress'), this.#lose(stuck)]);
    this.#checkOpen();
    await this.#occurrences.progressed();
    this.#checkOpen();
  }

  // ---- what happens beside the loop ----

  #noteLoss(error: ClientError): void {
    this.#heartbeats.stop();
    this.#metadata = undefined;
    this.#barrier?.abort();
    this.#occurrences.lost(error);
  }

  /** What held up the beat held up the processing loop too: that is a matter of the session, and the loop has yet to have its turn. */
  #checkProgress(nowMs: number, lateMs: number): boolean {
    const idleMs = nowMs - lateMs - this.#progressAtMs;
    const { progressDeadlineMs, groupId } = this.#options;
    if (!this.#isStable || idleMs <= progressDeadlineMs) return true;
    const message = `The processing loop of group "${groupId}" made no progress for ${Math.round(idleMs)} ms, the limit is ${progressDeadlineMs}: the member leaves so that others can take over. Make single steps shorter or the limit longer`;
    this.#occurrences.stuck(new ClientError('retriable', message, { details: { groupId, idleMs, progressDeadlineMs } }));
    return false;
  }

  /** Best effort: without it the group waits for the session timeout. Never rejects. */
  async #leave(memberId: string, reason: string): Promise<void> {
    try {
      await this.#round.leave(memberId, reason, Math.min(leaveTimeoutMs, this.#cluster.context.requestTimeoutMs));
    } catch (error) {
      this.#cluster.context.log.warn('The group could not be told that the member leaves', {
        groupId: this.#options.groupId,
        error: String(error),
      });
    }
  }

  /** The membership ended for good. */
  #end(error: ClientError): void {
    const first = this.#onFirstJoin;
    const memberId = this.#memberId;
    const explained = error.kafkaCode === fencedInstanceId ? this.#explainFencing(error) : error;
    this.#stop(explained);
    this.#onClose();
    // Not when another process has our place now.
    if (memberId !== '' && error.kafkaCode !== fencedInstanceId) void this.#leave(memberId, 'the member failed');
    if (first === undefined) this.#handler.onFatal(explained);
  }

  #explainFencing(error: ClientError): ClientError {
    const { groupId, instanceId } = this.#options;
    return new ClientError(
      'fatal',
      `${textOf(error)}: another process joined group "${groupId}" with the instance id "${instanceId ?? ''}". Give every process an id of its own`,
      { details: { groupId, instanceId }, kafkaCode: error.kafkaCode, cause: error },
    );
  }

  #stop(error: ClientError): void {
    this.#closing.abort();
    this.#heartbeats.stop();
    this.#barrier?.abort();
    this.#metadata = undefined;
    this.#isStable = false;
    this.#onFirstJoin?.reject(error);
    this.#onFirstJoin = undefined;
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closedError('The group member');
  }
}

/** A handler that fails ends the membership: nobody knows what it holds. Unless it was told that it is fenced, which is a loss like any other. */
async function handled(name: keyof GroupHandler, call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'fenced') throw error;
    throw new ClientError('fatal', `${name} failed: ${textOf(error)}`, { cause: error });
  }
}

/** Whether joining again can not help: fenced by another process with our instance id, or anything fatal. */
function isEnd(error: ClientError): boolean {
  return error.kafkaCode === fencedInstanceId || (error.kind !== 'retriable' && error.kind !== 'fenced');
}
