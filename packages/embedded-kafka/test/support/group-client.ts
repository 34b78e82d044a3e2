/** A member of a group, request by request: what a client sends, and nothing on its own. It asks node 1. */
import {
  encodeSubscription,
  heartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  offsetCommitApi,
  type ResponseOf,
  syncGroupApi,
} from '@millrace/kafka/protocol';
import type { WirePort } from '@millrace/kafka/wire';
import type { TestCluster } from './ask.ts';

export interface GroupClientOptions {
  readonly groupId?: string;
  readonly instanceId?: string | null;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly protocolType?: string;
  /** Name and metadata; default one subscription to topic `t`. */
  readonly protocols?: readonly { readonly name: string; readonly metadata: Uint8Array }[];
  readonly userData?: string;
}

export function subscription(userData = ''): Uint8Array {
  return encodeSubscription({ topics: ['t'], userData: Buffer.from(userData) });
}

export class GroupClient {
  readonly #cluster: TestCluster;
  readonly #options: GroupClientOptions;
  readonly #wire: WirePort;
  readonly groupId: string;
  readonly instanceId: string | null;
  /** As the coordinator told them; change them to pretend. */
  memberId = '';
  generation = -1;
  userData: string;

  constructor(cluster: TestCluster, options: GroupClientOptions = {}) {
    this.#cluster = cluster;
    this.#options = options;
    this.#wire = cluster.connect('member');
    this.groupId = options.groupId ?? 'g';
    this.instanceId = options.instanceId ?? null;
    this.userData = options.userData ?? '';
  }

  /** One JoinGroup; the answer comes when the group has come together. */
  async joinOnce(version = 9): Promise<ResponseOf<typeof joinGroupApi>> {
    const { sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 30_000, protocolType = 'consumer', protocols } = this.#options;
    const answer = await this.#cluster.send(
      joinGroupApi,
      version,
      {
        groupId: this.groupId,
        memberId: this.memberId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        protocolType,
        protocols: protocols ?? [{ name: 'range', metadata: subscription(this.userData) }],
        ...(version >= 5 ? { groupInstanceId: this.instanceId } : {}),
      },
      { wire: this.#wire, node: 1, channel: 'group', timeoutMs: 1_000_000 },
    );
    if (answer.memberId !== '') this.memberId = answer.memberId;
    if (answer.errorCode === 0) this.generation = answer.generationId;
    return answer;
  }

  /** Joins, with the id that is asked for first where one is. */
  async join(version = 9): Promise<ResponseOf<typeof joinGroupApi>> {
    const answer = await this.joinOnce(version);
    return answer.errorCode === 79 ? this.joinOnce(version) : answer;
  }

  /** @param assignments by member id, of the leader */
  sync(assignments: Readonly<Record<string, string>> = {}, generation: number = this.generation): Promise<ResponseOf<typeof syncGroupApi>> {
    return this.#cluster.send(
      syncGroupApi,
      5,
      {
        groupId: this.groupId,
        generationId: generation,
        memberId: this.memberId,
        groupInstanceId: this.instanceId,
        protocolType: this.#options.protocolType ?? 'consumer',
        protocolName: this.#options.protocols?.[0]?.name ?? 'range',
        assignments: Object.entries(assignments).map(([memberId, assignment]) => ({ memberId, assignment: Buffer.from(assignment) })),
      },
      { wire: this.#wire, node: 1, channel: 'group', timeoutMs: 1_000_000 },
    );
  }

  async heartbeat(
    claim: { readonly generation?: number; readonly memberId?: string; readonly instanceId?: string | null } = {},
  ): Promise<number> {
    const { errorCode } = await this.#cluster.send(
      heartbeatApi,
      4,
      {
        groupId: this.groupId,
        generationId: claim.generation ?? this.generation,
        memberId: claim.memberId ?? this.memberId,
        groupInstanceId: claim.instanceId === undefined ? this.instanceId : claim.instanceId,
      },
      { wire: this.#wire, node: 1, channel: 'control' },
    );
    return errorCode;
  }

  async commit(offset: number, claim: { readonly generation?: number; readonly memberId?: string } = {}): Promise<number | undefined> {
    const answer = await this.#cluster.send(
      offsetCommitApi,
      9,
      {
        groupId: this.groupId,
        generationIdOrMemberEpoch: claim.generation ?? this.generation,
        memberId: claim.memberId ?? this.memberId,
        groupInstanceId: this.instanceId,
        topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }] }],
      },
      { wire: this.#wire, node: 1, channel: 'control' },
    );
    return answer.topics[0]?.partitions[0]?.errorCode;
  }

  async leave(
    member: { readonly memberId: string; readonly groupInstanceId: string | null } = {
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
    },
  ): Promise<number | undefined> {
    const answer = await this.#cluster.send(
      leaveGroupApi,
      5,
      { groupId: this.groupId, members: [member] },
      { wire: this.#wire, node: 1, channel: 'control' },
    );
    return answer.members[0]?.errorCode;
  }

  disconnect(): Promise<void> {
    return this.#wire.close();
  }
}

/** A group of these clients in its first generation, everybody synced; the first one leads. Each is assigned the name of its place: `p0`, `p1`, … */
export async function formGroup(cluster: TestCluster, clients: readonly GroupClient[]): Promise<void> {
  const answers = await cluster.clock.run(Promise.all(clients.map((client) => client.join())));
  const leader = clients.find((client, index) => answers[index]?.leader === client.memberId);
  const assignments = Object.fromEntries(clients.map((client, index) => [client.memberId, `p${index}`]));
  await cluster.clock.run(Promise.all(clients.map((client) => client.sync(client === leader ? assignments : {}))));
}
