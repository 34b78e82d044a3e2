/** Which node coordinates a group: asked once, kept until somebody finds it wrong. */
import { ClientError } from '@millrace/core/kafka';
import type { NodeEndpoint } from './cluster.ts';
import type { ClientContext } from './context.ts';
import { brokerFailure } from './failure.ts';
import type { Requester } from './requester.ts';
import * as spoken from './spoken-versions.ts';

const groupKeyType = 0;

export class Coordinators {
  readonly #requester: Requester;
  readonly #context: ClientContext;
  readonly #noteNode: (endpoint: NodeEndpoint) => void;
  readonly #known = new Map<string, number>();
  readonly #asking = new Map<string, Promise<number>>();

  /** @param noteNode told of the address of every coordinator that is found */
  constructor(requester: Requester, context: ClientContext, noteNode: (endpoint: NodeEndpoint) => void) {
    this.#requester = requester;
    this.#context = context;
    this.#noteNode = noteNode;
  }

  /**
   * Node id of the group's coordinator. Asks once, without retry.
   * @throws ClientError `retriable` while the cluster cannot say
   */
  async ofGroup(groupId: string): Promise<number> {
    const known = this.#known.get(groupId);
    if (known !== undefined) return known;
    let asking = this.#asking.get(groupId);
    if (asking === undefined) {
      asking = this.#ask(groupId).finally(() => this.#asking.delete(groupId));
      this.#asking.set(groupId, asking);
    }
    return asking;
  }

  /** The node answered that it is not the coordinator, or did not answer. Only forgets if it is still the known one. */
  forget(groupId: string, nodeId: number): void {
    if (this.#known.get(groupId) === nodeId) this.#known.delete(groupId);
  }

  async #ask(groupId: string): Promise<number> {
    const { version, response } = await this.#requester.call('any', 'control', spoken.findCoordinator, (v) =>
      v >= 4 ? { keyType: groupKeyType, coordinatorKeys: [groupId] } : { key: groupId, keyType: groupKeyType },
    );
    const found = version >= 4 ? response.coordinators.find(({ key }) => key === groupId) : response;
    if (found === undefined) {
      throw new ClientError('retriable', `The answer to FindCoordinator does not name group "${groupId}"`, { details: { groupId } });
    }
    if (found.errorCode !== 0) throw brokerFailure(found.errorCode, `Finding the coordinator of group "${groupId}"`, { groupId });
    this.#noteNode({ nodeId: found.nodeId, host: found.host, port: found.port, rack: null });
    this.#context.log.debug('Found the coordinator', { groupId, node: found.nodeId });
    this.#known.set(groupId, found.nodeId);
    return found.nodeId;
  }
}
