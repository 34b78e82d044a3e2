/** Requests to the coordinator of one group: finds it, and forgets it when it turns out to be another. */
import { ClientError } from '@millrace/core/kafka';
import { brokerErrorByCode } from '../../protocol/errors.ts';
import type { ApiDescription, RequestInputOf } from '../../protocol/schema.ts';
import type { Channel } from '../../wire/wire-port.ts';
import type { Cluster } from '../cluster.ts';
import { asClientError, brokerFailure } from '../failure.ts';
import type { Answer, CallOptions } from '../requester.ts';
import type { SpokenApi } from '../spoken-versions.ts';

export interface CoordinatorAnswer<A extends ApiDescription> extends Answer<A> {
  readonly node: number;
}

export class CoordinatorCalls {
  readonly groupId: string;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster, groupId: string) {
    this.#cluster = cluster;
    this.groupId = groupId;
  }

  /**
   * Node id of the coordinator.
   * @throws ClientError `retriable` while the cluster cannot say
   */
  coordinator(): Promise<number> {
    return this.#cluster.coordinators.ofGroup(this.groupId);
  }

  /** @throws ClientError */
  async call<A extends ApiDescription>(
    channel: Channel,
    wanted: SpokenApi<A>,
    request: RequestInputOf<A> | ((version: number) => RequestInputOf<A>),
    options: CallOptions,
  ): Promise<CoordinatorAnswer<A>> {
    const node = await this.coordinator();
    try {
      return { node, ...(await this.#cluster.requester.call(node, channel, wanted, request, options)) };
    } catch (error) {
      const failure = asClientError(error, `${wanted.api.name} for group "${this.groupId}"`);
      // It may have died, and its groups have moved.
      if (failure.kind === 'retriable') this.#cluster.coordinators.forget(this.groupId, node);
      throw failure;
    }
  }

  /** The error behind a code of an answer from `node`; forgets the coordinator where the code says so. */
  failure(code: number, doing: string, node: number): ClientError {
    if (brokerErrorByCode(code).stale === 'coordinator') this.#cluster.coordinators.forget(this.groupId, node);
    return brokerFailure(code, `${doing} of group "${this.groupId}"`, { groupId: this.groupId, node: String(node) });
  }
}
