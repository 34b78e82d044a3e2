/**
 * What clients may do with groups of the classic protocol. One object serves all nodes, since a group's coordinator moves between them; who asks the wrong
 * node is told so by the request handlers. The answers are those of a 4.3 broker.
 */
import type { Clock } from '@millrace/core/kafka';
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import { type Random, randomUuid } from '../random.ts';
import { Group, subscriptionTopics } from './group.ts';
import { GroupMember, type JoinAnswer, joinRefused, type MemberProtocol, type SyncAnswer, syncRefused } from './group-member.ts';
import { Rebalance } from './rebalance.ts';

export interface GroupSettings {
  readonly initialRebalanceDelayMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly maxSize: number;
}

export interface JoinRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  readonly clientId: string;
  readonly clientHost: string;
  /** From version 4 on a dynamic member is told its id first (79). */
  readonly mustKnowId: boolean;
  /** From version 9 on a restarted static leader is told that the assignment stands. */
  readonly maySkipAssignment: boolean;
}

export interface SyncRequest {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export interface MemberClaim {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
}

export class GroupCoordinator {
  readonly #groups = new Map<string, Group>();
  readonly #rebalance: Rebalance;
  readonly #settings: GroupSettings;
  readonly #random: Random;
  readonly #nodeOf: (groupId: string) => number;

  /** @param nodeOf the node that coordinates a group now */
  constructor(clock: Clock, settings: GroupSettings, random: Random, nodeOf: (groupId: string) => number) {
    this.#rebalance = new Rebalance(clock, settings.initialRebalanceDelayMs);
    this.#settings = settings;
    this.#random = random;
    this.#nodeOf = nodeOf;
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId);
  }

  groups(): Iterable<Group> {
    return this.#groups.values();
  }

  join(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const refuse = (errorCode: number): void => answer(joinRefused(errorCode, memberId));
    if (groupId === '') return refuse(brokerErrorCodes.INVALID_GROUP_ID);
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs)
      return refuse(brokerErrorCodes.INVALID_SESSION_TIMEOUT);
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      if (memberId !== '') return refuse(brokerErrorCodes.UNKNOWN_MEMBER_ID);
      if (request.protocolType === '' || request.protocols.length === 0) return refuse(brokerErrorCodes.INCONSISTENT_GROUP_PROTOCOL);
      group = this.#create(groupId);
    }
    if (this.#isFull(group, request)) return refuse(brokerErrorCodes.GROUP_MAX_SIZE_REACHED);
    if (!group.accepts(request.protocolType, request.protocols)) return refuse(brokerErrorCodes.INCONSISTENT_GROUP_PROTOCOL);
    // A real coordinator throws inside on bytes that are no subscription, and the join is never answered; here it is refused.
    const hasForeignBytes =
      request.protocolType === 'consumer' && request.protocols.some(({ metadata }) => subscriptionTopics(metadata) === undefined);
    if (hasForeignBytes) return refuse(brokerErrorCodes.INVALID_REQUEST);
    if (group.members.size === 0) group.protocolType = request.protocolType;
    if (memberId === '') this.#joinUnknown(group, request, answer);
    else this.#joinKnown(group, request, answer);
  }

  #create(groupId: string): Group {
    const group = new Group(groupId, this.#nodeOf(groupId));
    this.#groups.set(groupId, group);
    return group;
  }

  #isFull(group: Group, { memberId, instanceId }: JoinRequest): boolean {
    if (group.members.has(memberId) || (instanceId !== null && group.staticMembers.has(instanceId))) return false;
    return group.members.size >= this.#settings.maxSize;
  }

  #joinUnknown(group: Group, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const { instanceId } = request;
    const newId = `${instanceId ?? request.clientId}-${randomUuid(this.#random)}`;
    if (instanceId !== null) {
      const known = group.members.get(group.staticMembers.get(instanceId) ?? '');
      if (known === undefined) this.#add(group, newId, request, answer);
      else this.#replace(group, known, newId, request, answer);
    } else if (request.mustKnowId) {
      this.#rebalance.expectJoin(group, newId, request.sessionTimeoutMs);
      answer(joinRefused(brokerErrorCodes.MEMBER_ID_REQUIRED, newId));
    } else {
      this.#add(group, newId, request, answer);
    }
  }

  #joinKnown(group: Group, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const { memberId, instanceId } = request;
    if (group.pendingJoins.has(memberId)) {
      // An id that was handed out belongs to a dynamic member.
      if (instanceId !== null) answer(joinRefused(brokerErrorCodes.UNKNOWN_MEMBER_ID, memberId));
      else this.#add(group, memberId, request, answer);
      return;
    }
    const errorCode = group.validate(memberId, instanceId);
    const member = group.members.get(memberId);
    if (errorCode !== brokerErrorCodes.NONE || member === undefined) return answer(joinRefused(errorCode, memberId));
    if (!this.#mustRejoin(group, member, request)) {
      answer(this.#rebalance.currentGeneration(group, memberId));
      return;
    }
    this.#update(member, request);
    this.#rebalance.park(group, member, answer, 'changed');
  }

  /** A member that joins the generation it is in, unchanged, has only lost the answer; but a leader that joins a stable group asks for a rebalance. */
  #mustRejoin(group: Group, member: GroupMember, request: JoinRequest): boolean {
    const isUnchanged = member.offers(request.protocols);
    if (group.is('CompletingRebalance')) return !isUnchanged;
    if (group.is('Stable')) return !isUnchanged || group.leader === member.memberId;
    return true;
  }

  #update(member: GroupMember, request: JoinRequest): void {
    member.protocols = copied(request.protocols);
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  }

  #add(group: Group, memberId: string, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const member = new GroupMember({ ...request, memberId }, request, copied(request.protocols));
    group.add(member);
    this.#rebalance.park(group, member, answer, 'joined');
  }

  /** A static member came back as another process. In a stable group nobody else needs to notice. */
  #replace(group: Group, old: GroupMember, newId: string, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const oldLeader = group.leader;
    const member = new GroupMember({ ...request, memberId: newId }, request, copied(request.protocols));
    member.assignment = old.assignment;
    member.isNew = false;
    old.answerJoin(joinRefused(brokerErrorCodes.FENCED_INSTANCE_ID, old.memberId));
    old.answerSync(syncRefused(brokerErrorCodes.FENCED_INSTANCE_ID));
    group.replaceStatic(old, member);
    if (!group.is('Stable') || group.selectProtocol() !== group.protocolName) {
      this.#rebalance.park(group, member, answer, 'changed');
      return;
    }
    group.persist();
    this.#rebalance.restartSession(group, member);
    const isLeader = group.leader === newId;
    const current = this.#rebalance.currentGeneration(group, newId, { skipAssignment: isLeader && request.maySkipAssignment });
    // Told the old leader's id, an older client that was the leader does not assign anew in a generation that stands.
    answer(isLeader && !request.maySkipAssignment ? { ...current, leader: oldLeader ?? '', members: [] } : current);
  }

  sync(request: SyncRequest, answer: (answer: SyncAnswer) => void): void {
    const group = this.#groups.get(request.groupId);
    const errorCode = group === undefined ? brokerErrorCodes.UNKNOWN_MEMBER_ID : this.#validateSync(group, request);
    const member = group?.members.get(request.memberId);
    if (group === undefined || member === undefined || errorCode !== brokerErrorCodes.NONE) return answer(syncRefused(errorCode));
    if (group.is('Stable')) {
      this.#rebalance.synced(group, member);
      this.#rebalance.restartSession(group, member);
      answer({ errorCode, protocolType: group.protocolType, protocolName: group.protocolName, assignment: member.assignment });
      return;
    }
    member.parkedSync = answer;
    this.#rebalance.synced(group, member);
    if (group.leader !== member.memberId) return;
    const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, new Uint8Array(assignment)]));
    this.#rebalance.handOut(group, assignments);
  }

  #validateSync(group: Group, request: SyncRequest): number {
    const errorCode = this.#validateClaim(group, request);
    if (errorCode !== brokerErrorCodes.NONE) return errorCode;
    const isOther = (asked: string | null, own: string | null): boolean => asked !== null && asked !== own;
    if (isOther(request.protocolType, group.protocolType) || isOther(request.protocolName, group.protocolName))
      return brokerErrorCodes.INCONSISTENT_GROUP_PROTOCOL;
    return group.is('PreparingRebalance') ? brokerErrorCodes.REBALANCE_IN_PROGRESS : brokerErrorCodes.NONE;
  }

  #validateClaim(group: Group, claim: MemberClaim): number {
    const errorCode = group.validate(claim.memberId, claim.instanceId);
    if (errorCode !== brokerErrorCodes.NONE) return errorCode;
    return claim.generation === group.generation ? brokerErrorCodes.NONE : brokerErrorCodes.ILLEGAL_GENERATION;
  }

  /** The error code of a heartbeat. */
  heartbeat(claim: MemberClaim): number {
    const group = this.#groups.get(claim.groupId);
    if (group === undefined || group.is('Empty')) return brokerErrorCodes.UNKNOWN_MEMBER_ID;
    const errorCode = this.#validateClaim(group, claim);
    const member = group.members.get(claim.memberId);
    if (errorCode !== brokerErrorCodes.NONE || member === undefined) return errorCode;
    this.#rebalance.restartSession(group, member);
    return group.is('PreparingRebalance') ? brokerErrorCodes.REBALANCE_IN_PROGRESS : brokerErrorCodes.NONE;
  }

  /** The error code of one member's leaving. */
  leave(groupId: string, memberId: string, instanceId: string | null): number {
    const group = this.#groups.get(groupId);
    if (group === undefined) return brokerErrorCodes.UNKNOWN_MEMBER_ID;
    if (instanceId === null && group.pendingJoins.has(memberId)) {
      group.pendingJoins.get(memberId)?.cancel();
      group.pendingJoins.delete(memberId);
      this.#rebalance.maybeCompleteJoin(group);
      return brokerErrorCodes.NONE;
    }
    const knownId = memberId === '' && instanceId !== null ? (group.staticMembers.get(instanceId) ?? '') : memberId;
    const errorCode = group.validate(knownId, instanceId);
    const member = group.members.get(knownId);
    if (errorCode !== brokerErrorCodes.NONE || member === undefined) return errorCode;
    this.#rebalance.removeMember(group, member);
    return brokerErrorCodes.NONE;
  }

  /**
   * Whether offsets may be committed; makes the group if somebody without membership commits. A member that commits is alive.
   * @param missingCode what a member of a group that there is not is answered with
   * @returns the group, or the error code for every partition
   */
  admitCommit(claim: MemberClaim, missingCode: number): Group | number {
    let group = this.#groups.get(claim.groupId);
    if (claim.groupId === '') return brokerErrorCodes.INVALID_GROUP_ID;
    if (group === undefined) {
      if (claim.generation >= 0) return missingCode;
      group = this.#create(claim.groupId);
      return group;
    }
    if (claim.generation < 0 && group.is('Empty')) return group;
    if (claim.generation < 0 && claim.memberId === '' && claim.instanceId === null) return brokerErrorCodes.UNKNOWN_MEMBER_ID;
    const errorCode = this.#validateClaim(group, claim);
    if (errorCode !== brokerErrorCodes.NONE) return errorCode;
    if (group.is('CompletingRebalance')) return brokerErrorCodes.REBALANCE_IN_PROGRESS;
    const member = group.members.get(claim.memberId);
    if (member !== undefined) this.#rebalance.restartSession(group, member);
    return group;
  }

  /** The error code of deleting a group. */
  delete(groupId: string): number {
    const group = this.#groups.get(groupId);
    if (group === undefined) return brokerErrorCodes.GROUP_ID_NOT_FOUND;
    if (!group.is('Empty')) return brokerErrorCodes.NON_EMPTY_GROUP;
    group.moveTo('Dead');
    for (const timer of group.pendingJoins.values()) timer.cancel();
    this.#groups.delete(groupId);
    return brokerErrorCodes.NONE;
  }

  /** Forgets the offsets of a topic that was deleted. */
  forgetTopic(topic: string): void {
    for (const group of this.#groups.values()) group.offsets.deleteTopic(topic);
  }

  /** Hands groups over whose coordinator is another node now: what was parked is sent to look for it, what was not persisted is gone. */
  followNodes(): void {
    for (const group of this.#groups.values()) {
      const node = this.#nodeOf(group.groupId);
      if (node === group.node) continue;
      group.node = node;
      for (const member of group.members.values()) {
        member.answerJoin(joinRefused(brokerErrorCodes.NOT_COORDINATOR, member.memberId));
        member.answerSync(syncRefused(brokerErrorCodes.NOT_COORDINATOR));
      }
      if (group.reload()) for (const member of group.members.values()) this.#rebalance.restartSession(group, member);
      else this.#groups.delete(group.groupId);
    }
  }
}

/** The request's bytes are the connection's. */
function copied(protocols: readonly MemberProtocol[]): MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) }));
}
