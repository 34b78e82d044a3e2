/** A member of a group as its coordinator sees it. */
import type { Timer } from '@millrace/core/kafka';

export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** What a join is answered with; the request handler puts it in the words of the version. */
export interface JoinAnswer {
  readonly errorCode: number;
  readonly memberId: string;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  /** Empty for everybody but the leader. */
  readonly members: readonly { readonly memberId: string; readonly instanceId: string | null; readonly metadata: Uint8Array }[];
}

export interface SyncAnswer {
  readonly errorCode: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Uint8Array;
}

export interface MemberIdentity {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
}

export const noBytes: Uint8Array = new Uint8Array(0);

export class GroupMember implements MemberIdentity {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Uint8Array = noBytes;
  /** Has not been in a generation yet: its session runs from the first answered join on. */
  isNew = true;
  parkedJoin: ((answer: JoinAnswer) => void) | undefined;
  parkedSync: ((answer: SyncAnswer) => void) | undefined;
  session: Timer | undefined;

  constructor(
    identity: MemberIdentity,
    timeouts: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number },
    protocols: readonly MemberProtocol[],
  ) {
    this.memberId = identity.memberId;
    this.instanceId = identity.instanceId;
    this.clientId = identity.clientId;
    this.clientHost = identity.clientHost;
    this.sessionTimeoutMs = timeouts.sessionTimeoutMs;
    this.rebalanceTimeoutMs = timeouts.rebalanceTimeoutMs;
    this.protocols = protocols;
  }

  /** Waits for an answer, so that it cannot send heartbeats on that connection. */
  get isParked(): boolean {
    return this.parkedJoin !== undefined || this.parkedSync !== undefined;
  }

  metadataOf(protocolName: string): Uint8Array {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes;
  }

  /** Whether it offered the same protocols with the same bytes in the same order. */
  offers(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, index) => {
        const own = this.protocols[index];
        return own !== undefined && own.name === name && Buffer.compare(own.metadata, metadata) === 0;
      })
    );
  }

  answerJoin(answer: JoinAnswer): void {
    const parked = this.parkedJoin;
    this.parkedJoin = undefined;
    parked?.(answer);
  }

  answerSync(answer: SyncAnswer): void {
    const parked = this.parkedSync;
    this.parkedSync = undefined;
    parked?.(answer);
  }
}

/** A refusal of a join. */
export function joinRefused(errorCode: number, memberId = ''): JoinAnswer {
  return { errorCode, memberId, generation: -1, protocolType: null, protocolName: null, leader: '', skipAssignment: false, members: [] };
}

/** A refusal of a sync. */
export function syncRefused(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: noBytes };
}
