/**
 * How a group comes from one generation to the next: everybody is asked to join (PreparingRebalance), the leader's assignment is awaited (CompletingRebalance),
 * handed out (Stable). Facts of Java's GroupMetadataManager and ClassicGroup as a 4.3 broker shows them.
 */
import type { Clock } from '@millrace/core/kafka';
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import { Group } from './group.ts';
import { type GroupMember, type JoinAnswer, joinRefused, noBytes, syncRefused } from './group-member.ts';

/** A new member cannot heartbeat before its join is answered; one whose process died meanwhile is dropped after this. */
const newMemberJoinTimeoutMs = 300_000;

export class Rebalance {
  readonly #clock: Clock;
  readonly #initialDelayMs: number;

  constructor(clock: Clock, initialDelayMs: number) {
    this.#clock = clock;
    this.#initialDelayMs = initialDelayMs;
  }

  /** Parks the join of a member and takes the group a step on. */
  park(group: Group, member: GroupMember, answer: (answer: JoinAnswer) => void, reason: 'changed' | 'joined'): void {
    member.parkedJoin = answer;
    if (reason === 'joined') this.#startSession(group, member, newMemberJoinTimeoutMs);
    if (group.is('PreparingRebalance')) this.maybeCompleteJoin(group);
    else this.prepare(group);
  }

  /** Asks everybody to join. Parked syncs are told that what they wait for will not come. */
  prepare(group: Group): void {
    if (group.is('CompletingRebalance')) {
      for (const member of group.members.values()) {
        member.assignment = noBytes;
        if (member.parkedSync === undefined) continue;
        member.answerSync(syncRefused(brokerErrorCodes.REBALANCE_IN_PROGRESS));
        this.restartSession(group, member);
      }
    }
    group.syncTimer?.cancel();
    group.pendingSyncs.clear();
    const isFirst = group.is('Empty');
    group.moveTo('PreparingRebalance');
    if (isFirst) {
      this.#awaitFirstMembers(group, this.#initialDelayMs, Math.max(group.rebalanceTimeoutMs - this.#initialDelayMs, 0));
    } else if (!this.maybeCompleteJoin(group)) {
      this.#limitJoin(group);
    }
  }

  /** A group that was empty waits a little, so that members that start together need one rebalance. */
  #awaitFirstMembers(group: Group, delayMs: number, remainingMs: number): void {
    group.newMemberAdded = false;
    group.rebalanceTimer?.cancel();
    group.rebalanceTimer = this.#clock.setTimer(() => {
      if (!group.newMemberAdded || remainingMs === 0 || this.#initialDelayMs === 0) return this.completeJoin(group);
      const nextDelayMs = Math.min(this.#initialDelayMs, remainingMs);
      this.#awaitFirstMembers(group, nextDelayMs, Math.max(remainingMs - nextDelayMs, 0));
    }, delayMs);
  }

  #limitJoin(group: Group): void {
    group.rebalanceTimer?.cancel();
    // At least a moment: static members that do not come are waited for again and again.
    group.rebalanceTimer = this.#clock.setTimer(() => this.completeJoin(group), Math.max(1, group.rebalanceTimeoutMs));
  }

  /** True if nobody had to be waited for any more. */
  maybeCompleteJoin(group: Group): boolean {
    if (!group.is('PreparingRebalance') || group.previousState === 'Empty' || !group.allMembersJoined) return false;
    this.completeJoin(group);
    return true;
  }

  /** Ends the wait for members: dynamic ones that did not join again are out. */
  completeJoin(group: Group): void {
    group.rebalanceTimer?.cancel();
    if (!group.is('PreparingRebalance')) return;
    for (const member of group.members.values()) {
      if (member.parkedJoin === undefined && member.instanceId === null) group.remove(member);
    }
    const joined = [...group.members.values()].filter((member) => member.parkedJoin !== undefined);
    if (group.members.size > 0 && joined.length === 0) {
      // Static members only, and none has come back yet: they keep their place until their session ends.
      return this.#limitJoin(group);
    }
    if (group.leader === undefined || group.members.get(group.leader)?.parkedJoin === undefined) group.leader = joined[0]?.memberId;
    this.#nextGeneration(group);
  }

  #nextGeneration(group: Group): void {
    group.generation++;
    if (group.members.size === 0) {
      group.protocolName = null;
      group.leader = undefined;
      group.moveTo('Empty');
      group.persist();
      return;
    }
    group.protocolName = group.selectProtocol();
    group.moveTo('CompletingRebalance');
    for (const member of group.members.values()) {
      member.isNew = false;
      group.pendingSyncs.add(member.memberId);
      this.restartSession(group, member);
      member.answerJoin(this.currentGeneration(group, member.memberId));
    }
    this.#limitSync(group);
  }

  #limitSync(group: Group): void {
    const { generation } = group;
    group.syncTimer?.cancel();
    group.syncTimer = this.#clock.setTimer(() => {
      if (group.generation !== generation || group.pendingSyncs.size === 0 || !group.is('CompletingRebalance', 'Stable')) return;
      for (const memberId of group.pendingSyncs) {
        const member = group.members.get(memberId);
        if (member !== undefined) group.remove(member);
      }
      this.prepare(group);
    }, group.rebalanceTimeoutMs);
  }

  /** What a member is told that joins the generation as it is. */
  currentGeneration(group: Group, memberId: string, options: { readonly skipAssignment?: boolean | undefined } = {}): JoinAnswer {
    const { protocolName } = group;
    const isLeader = group.leader === memberId;
    return {
      errorCode: brokerErrorCodes.NONE,
      memberId,
      generation: group.generation,
      protocolType: group.protocolType,
      protocolName,
      leader: group.leader ?? '',
      skipAssignment: options.skipAssignment ?? false,
      members:
        isLeader && protocolName !== null
          ? [...group.members.values()].map((member) => ({
              memberId: member.memberId,
              instanceId: member.instanceId,
              metadata: member.metadataOf(protocolName),
            }))
          : [],
    };
  }

  /** Everybody gets its part of the leader's assignment; who is not in it gets nothing. */
  handOut(group: Group, assignments: ReadonlyMap<string, Uint8Array>): void {
    for (const member of group.members.values()) member.assignment = assignments.get(member.memberId) ?? noBytes;
    group.moveTo('Stable');
    group.persist();
    for (const member of group.members.values()) {
      if (member.parkedSync === undefined) continue;
      this.synced(group, member);
      member.answerSync({
        errorCode: brokerErrorCodes.NONE,
        protocolType: group.protocolType,
        protocolName: group.protocolName,
        assignment: member.assignment,
      });
      this.restartSession(group, member);
    }
  }

  synced(group: Group, member: GroupMember): void {
    group.pendingSyncs.delete(member.memberId);
    if (group.pendingSyncs.size === 0) group.syncTimer?.cancel();
  }

  /** Takes a member out, and lets the others go on without it. */
  removeMember(group: Group, member: GroupMember): void {
    member.answerJoin(joinRefused(brokerErrorCodes.UNKNOWN_MEMBER_ID));
    member.answerSync(syncRefused(brokerErrorCodes.UNKNOWN_MEMBER_ID));
    group.remove(member);
    if (group.is('Stable', 'CompletingRebalance')) this.prepare(group);
    else this.maybeCompleteJoin(group);
  }

  restartSession(group: Group, member: GroupMember): void {
    this.#startSession(group, member, member.sessionTimeoutMs);
  }

  #startSession(group: Group, member: GroupMember, timeoutMs: number): void {
    member.session?.cancel();
    member.session = this.#clock.setTimer(() => {
      // A parked member cannot heartbeat; its session starts again when it is answered.
      if (group.members.get(member.memberId) !== member || (member.isParked && !member.isNew)) return;
      this.removeMember(group, member);
    }, timeoutMs);
  }

  /** Hands out an id that must be used within the session timeout. */
  expectJoin(group: Group, memberId: string, sessionTimeoutMs: number): void {
    const timer = this.#clock.setTimer(() => {
      group.pendingJoins.delete(memberId);
      this.maybeCompleteJoin(group);
    }, sessionTimeoutMs);
    group.pendingJoins.set(memberId, timer);
  }
}
