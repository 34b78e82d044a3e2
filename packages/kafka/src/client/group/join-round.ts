/** The requests of one join: JoinGroup, which waits for the other members, and SyncGroup, which waits for the leader. */
import type { GroupMetadata, MemberOptions } from '@millrace/core/kafka';
import * as spoken from '../spoken-versions.ts';
import type { CoordinatorCalls } from './coordinator-calls.ts';
import type { JoinedMember } from './frames.ts';

/** Brokers parse the subscription of this protocol type to know the topics of the group. */
const protocolType = 'consumer';
/** Both requests are answered at the latest when the rebalance times out; the answer may take some more time. */
const graceMs = 5_000;
/** As Java's clients cut it; it is for logs only. */
const maxReasonLength = 255;
const memberIdRequired = 79;

export interface Joined {
  readonly metadata: GroupMetadata;
  readonly isLeader: boolean;
  /** The leader of a stable group that was restarted under its instance id: the assignments stay. */
  readonly keepsAssignments: boolean;
  /** The other members, and us; only the leader is told. */
  readonly members: readonly JoinedMember[];
}

export interface JoinRequest {
  readonly memberId: string;
  readonly subscription: Uint8Array;
  readonly reason: string;
}

export class JoinRound {
  readonly #calls: CoordinatorCalls;
  readonly #options: MemberOptions;
  readonly #closing: AbortSignal;

  constructor(calls: CoordinatorCalls, options: MemberOptions, closing: AbortSignal) {
    this.#calls = calls;
    this.#options = options;
    this.#closing = closing;
  }

  /**
   * Joins; a member without an id is given one first (KIP-394).
   * @param onMemberId told of the id as soon as there is one, so that the next attempt is the same member
   * @throws ClientError
   */
  async join(request: JoinRequest, onMemberId: (memberId: string) => void): Promise<Joined> {
    const { groupId, instanceId, protocolName, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    let { memberId } = request;
    while (true) {
      const { node, response } = await this.#calls.call(
        'group',
        spoken.joinGroup,
        {
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          groupInstanceId: instanceId ?? null,
          protocolType,
          protocols: [{ name: protocolName, metadata: request.subscription }],
          reason: request.reason.slice(0, maxReasonLength),
        },
        { timeoutMs: rebalanceTimeoutMs + graceMs, signal: this.#closing },
      );
      if (response.errorCode === memberIdRequired && memberId === '' && response.memberId !== '') {
        memberId = response.memberId;
        onMemberId(memberId);
        continue;
      }
      if (response.errorCode !== 0) throw this.#calls.failure(response.errorCode, 'A join', node);
      onMemberId(response.memberId);
      return {
        metadata: { groupId, generation: response.generationId, memberId: response.memberId, instanceId: instanceId ?? null },
        isLeader: response.leader === response.memberId,
        keepsAssignments: response.skipAssignment,
        members: response.members,
      };
    }
  }

  /**
   * Hands out the assignments, if there are any, and returns our own.
   * @throws ClientError
   */
  async sync(metadata: GroupMetadata, assignments: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
    const { groupId, generation, memberId, instanceId } = metadata;
    const { node, response } = await this.#calls.call(
      'group',
      spoken.syncGroup,
      {
        groupId,
        generationId: generation,
        memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocolName: this.#options.protocolName,
        assignments: Array.from(assignments, ([id, assignment]) => ({ memberId: id, assignment })),
      },
      { timeoutMs: this.#options.rebalanceTimeoutMs + graceMs, signal: this.#closing },
    );
    if (response.errorCode !== 0) throw this.#calls.failure(response.errorCode, 'A sync', node);
    return response.assignment;
  }

  /** Tells the group that the member is gone. @throws ClientError */
  async leave(memberId: string, reason: string, timeoutMs: number): Promise<void> {
    const { groupId, instanceId } = this.#options;
    const { node, response } = await this.#calls.call(
      'control',
      spoken.leaveGroup,
      // With the instance id alone a static member is removed whatever its member id is by now.
      { groupId, members: [{ memberId: instanceId === undefined ? memberId : '', groupInstanceId: instanceId ?? null, reason }] },
      { timeoutMs },
    );
    const code = response.errorCode !== 0 ? response.errorCode : (response.members[0]?.errorCode ?? 0);
    if (code !== 0) throw this.#calls.failure(code, 'Leaving', node);
  }
}
