/** One group of the classic protocol: its state, its members, its offsets. What happens to it is in `rebalance.ts` and `group-coordinator.ts`. */
import type { Timer } from '@millrace/core/kafka';
import { brokerErrorCodes, consumerSubscriptionStruct, decodeStruct, ProtocolError } from '@millrace/kafka/protocol';
import { CommittedOffsets } from './committed-offsets.ts';
import { GroupMember, type MemberProtocol } from './group-member.ts';

/** Bytes of the version in front of a subscription. */
const versionBytes = 2;

/** Kafka's names, as DescribeGroups tells them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** What survives a move of the coordinator: the last generation that everybody synced. */
interface Persisted {
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string | undefined;
  readonly members: readonly { readonly source: GroupMember; readonly assignment: Uint8Array }[];
}

export class Group {
  readonly groupId: string;
  readonly offsets: CommittedOffsets = new CommittedOffsets();
  /** Node that coordinates it now. */
  node: number;
  state: GroupState = 'Empty';
  previousState: GroupState = 'Empty';
  generation = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leader: string | undefined;
  /** In the order in which they joined. */
  readonly members: Map<string, GroupMember> = new Map();
  /** Member id by instance id. */
  readonly staticMembers: Map<string, string> = new Map();
  /** Ids that were handed out (79) and not used yet. */
  readonly pendingJoins: Map<string, Timer> = new Map();
  /** Members of the generation that have not synced. */
  readonly pendingSyncs: Set<string> = new Set();
  newMemberAdded = false;
  rebalanceTimer: Timer | undefined;
  syncTimer: Timer | undefined;
  #persisted: Persisted | undefined;

  constructor(groupId: string, node: number) {
    this.groupId = groupId;
    this.node = node;
  }

  is(...states: readonly GroupState[]): boolean {
    return states.includes(this.state);
  }

  moveTo(state: GroupState): void {
    this.previousState = this.state;
    this.state = state;
  }

  add(member: GroupMember): void {
    this.leader ??= member.memberId;
    this.members.set(member.memberId, member);
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId);
    this.pendingJoins.get(member.memberId)?.cancel();
    this.pendingJoins.delete(member.memberId);
    this.newMemberAdded = true;
  }

  remove(member: GroupMember): void {
    member.session?.cancel();
    this.members.delete(member.memberId);
    if (member.instanceId !== null && this.staticMembers.get(member.instanceId) === member.memberId)
      this.staticMembers.delete(member.instanceId);
    this.pendingSyncs.delete(member.memberId);
    if (this.leader === member.memberId) this.leader = this.members.keys().next().value;
  }

  /** Puts another process in the place of a static member; the old member id is fenced from here on. Keeps the place in the order of members. */
  replaceStatic(old: GroupMember, replacement: GroupMember): void {
    const members = [...this.members.values()].map((member) => (member === old ? replacement : member));
    this.members.clear();
    for (const member of members) this.members.set(member.memberId, member);
    old.session?.cancel();
    this.pendingSyncs.delete(old.memberId);
    if (replacement.instanceId !== null) this.staticMembers.set(replacement.instanceId, replacement.memberId);
    if (this.leader === old.memberId) this.leader = replacement.memberId;
  }

  /** Whether a member with these protocols could be in the group. */
  accepts(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0;
    if (protocolType !== this.protocolType) return false;
    const names = protocols.map(({ name }) => name);
    return (
      [...this.members.values()].every((member) => member.protocols.some(({ name }) => names.includes(name))) &&
      this.#candidates().some((name) => names.includes(name))
    );
  }

  /** Protocols that every member offers, in the order of the first member. */
  #candidates(): string[] {
    const members = [...this.members.values()];
    const [first] = members;
    if (first === undefined) return [];
    return first.protocols
      .map(({ name }) => name)
      .filter((name) => members.every((member) => member.protocols.some((protocol) => protocol.name === name)));
  }

  /** Each member votes for the first of its protocols that all offer. */
  selectProtocol(): string | null {
    const votes = new Map<string, number>(this.#candidates().map((name) => [name, 0]));
    for (const member of this.members.values()) {
      const choice = member.protocols.find(({ name }) => votes.has(name));
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    let winner: string | null = null;
    let most = 0;
    for (const [name, count] of votes) {
      if (count > most) [winner, most] = [name, count];
    }
    return winner;
  }

  /** The error that a request of this member meets, 0 if it is who it says it is. */
  validate(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.staticMembers.get(instanceId);
      if (known === undefined) return brokerErrorCodes.UNKNOWN_MEMBER_ID;
      if (known !== memberId) return brokerErrorCodes.FENCED_INSTANCE_ID;
    }
    return this.members.has(memberId) ? brokerErrorCodes.NONE : brokerErrorCodes.UNKNOWN_MEMBER_ID;
  }

  get allMembersJoined(): boolean {
    if (this.pendingJoins.size > 0) return false;
    for (const member of this.members.values()) if (member.parkedJoin === undefined) return false;
    return true;
  }

  /** The longest of all members. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  /** Topics that members of a consumer group read; undefined where that cannot be known. */
  subscribedTopics(): ReadonlySet<string> | undefined {
    if (this.protocolType !== 'consumer') return undefined;
    if (this.members.size === 0) return new Set();
    if (this.protocolName === null) return undefined;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      for (const topic of subscriptionTopics(member.metadataOf(this.protocolName)) ?? []) topics.add(topic);
    }
    return topics;
  }

  persist(): void {
    const { generation, protocolType, protocolName, leader } = this;
    const members = [...this.members.values()].map((source) => ({ source, assignment: source.assignment }));
    this.#persisted = { generation, protocolType, protocolName, leader, members };
  }

  /** Goes back to what was persisted, as another node that takes the group over. False if that is nothing. */
  reload(): boolean {
    for (const timer of [this.rebalanceTimer, this.syncTimer, ...this.pendingJoins.values()]) timer?.cancel();
    for (const member of this.members.values()) member.session?.cancel();
    this.members.clear();
    this.staticMembers.clear();
    this.pendingJoins.clear();
    this.pendingSyncs.clear();
    this.leader = undefined;
    const persisted = this.#persisted;
    this.generation = persisted?.generation ?? 0;
    this.protocolType = persisted?.protocolType ?? null;
    this.protocolName = persisted?.protocolName ?? null;
    for (const { source, assignment } of persisted?.members ?? []) {
      const member = new GroupMember(source, source, source.protocols);
      member.assignment = assignment;
      member.isNew = false;
      this.add(member);
    }
    this.leader = persisted?.leader;
    this.moveTo(this.members.size === 0 ? 'Empty' : 'Stable');
    return persisted !== undefined || this.offsets.size > 0;
  }
}

/**
 * Topics of a subscription frame, undefined if the bytes are none. Read as version 0 whatever the frame says, since the topics come first in all of them:
 * some clients announce a later version and leave its fields out, which a real coordinator does not notice.
 */
export function subscriptionTopics(metadata: Uint8Array): readonly string[] | undefined {
  if (metadata.length < versionBytes) return undefined;
  if (metadata.length === versionBytes) return [];
  try {
    return decodeStruct(consumerSubscriptionStruct, 0, metadata.subarray(versionBytes), { mayLeaveRest: true }).topics;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
