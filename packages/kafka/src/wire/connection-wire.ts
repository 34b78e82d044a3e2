/**
 * A wire over any library that can open connections: node table, one lane a node and channel, exact time-outs, cancelling, versions. The libraries' own
 * timers, retries and metadata are not used.
 */
import { apiVersionsApi } from '../protocol/messages/api-versions.ts';
import { encodeRequest } from '../protocol/message.ts';
import type { ApiDescription } from '../protocol/schema.ts';
import { Lane } from './lane.ts';
import type { Address, Connector, Link } from './link.ts';
import { readNodeVersions } from './versions.ts';
import { WireError, type WireErrorKind, type WireErrorOptions } from './wire-error.ts';
import type { Channel, NodeAddress, NodeSelector, NodeVersions, WireContext, WirePort, WireRequestOptions } from './wire-port.ts';

const unsupportedVersion = 35;
const askedVersion = 4;
const softwareVersion = '0.1.0';

export class ConnectionWire implements WirePort {
  readonly #context: WireContext;
  readonly #connector: Connector;
  readonly #lanes = new Map<string, Lane>();
  readonly #failers = new Set<(error: WireError) => void>();
  #nodes = new Map<number, NodeAddress>();
  /** Where the next search for any node starts, so that one dead node does not delay every search. */
  #rotation = 0;
  #isClosed = false;

  constructor(context: WireContext, connector: Connector) {
    this.#context = context;
    this.#connector = connector;
  }

  request(
    node: NodeSelector,
    channel: Channel,
    api: ApiDescription,
    version: number,
    body: Uint8Array,
    options: WireRequestOptions,
  ): Promise<Uint8Array> {
    const details = { node, channel, api: api.name, version };
    if (this.#isClosed) return Promise.reject(closedError(details));
    const lane = this.#lane(node, channel);
    if (lane === undefined) {
      const what = `no address of node ${node} is known: refresh the metadata`;
      return Promise.reject(new WireError('unknown-node', what, { details, maybeSent: false }));
    }
    return this.#within(lane, details, options, (link, sent) => {
      sent();
      return link.send(api, version, body, options.timeoutMs);
    });
  }

  versions(node: NodeSelector, options: WireRequestOptions): Promise<NodeVersions> {
    const details = { node, channel: 'control', api: apiVersionsApi.name };
    if (this.#isClosed) return Promise.reject(closedError(details));
    const lane = this.#lane(node, 'control');
    if (lane === undefined) {
      return Promise.reject(
        new WireError('unknown-node', `no address of node ${node} is known: refresh the metadata`, { details, maybeSent: false }),
      );
    }
    return this.#within(lane, details, options, (link, sent) => {
      sent();
      // Kept with the lane: whoever asks meanwhile waits for the same answer, and a new connection asks anew.
      lane.versions ??= askVersions(link, options.timeoutMs);
      return lane.versions;
    });
  }

  learnNodes(nodes: readonly NodeAddress[]): void {
    const previous = this.#nodes;
    this.#nodes = new Map(nodes.map((node) => [node.id, node]));
    for (const [id, before] of previous) {
      const now = this.#nodes.get(id);
      if (now !== undefined && now.host === before.host && now.port === before.port) continue;
      for (const [key, lane] of this.#lanes) if (key.startsWith(`${id}/`)) this.#retire(key, lane);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const fail of this.#failers) fail(closedError({}));
    for (const [key, lane] of this.#lanes) this.#retire(key, lane);
    await this.#connector.close();
  }

  /** Runs `work` on the lane's connection, within the time and until the signal says stop. */
  #within<T>(
    lane: Lane,
    details: Readonly<Record<string, string | number>>,
    options: WireRequestOptions,
    work: (link: Link, sent: () => void) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, signal } = options;
    return new Promise<T>((resolve, reject) => {
      let isSettled = false;
      let wasSent = false;
      const settle = (): boolean => {
        if (isSettled) return false;
        isSettled = true;
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#failers.delete(fail);
        return true;
      };
      const fail = (error: WireError): void => {
        if (!settle()) return;
        this.#retireLane(lane);
        lane.leave();
        reject(error);
      };
      const failAs = (kind: WireErrorKind, what: string, cause?: unknown): void => {
        const extra: WireErrorOptions = cause === undefined ? {} : { cause };
        fail(new WireError(kind, what, { ...extra, details: { ...details, timeoutMs }, maybeSent: wasSent }));
      };
      const onAbort = (): void => failAs('aborted', `${String(details['api'])} was given up by its caller`, signal?.reason);
      lane.enter();
      this.#failers.add(fail);
      const timer = this.#context.clock.setTimer(
        () => failAs('timeout', `${String(details['api'])} was not answered within ${timeoutMs} ms by ${nameOf(details['node'])}`),
        timeoutMs,
      );
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const run = async (): Promise<void> => {
        const link = lane.opened ?? (await lane.link);
        if (isSettled) return;
        const value = await work(link, () => (wasSent = true));
        if (!settle()) return;
        lane.leave();
        resolve(value);
      };
      run().catch((error: unknown) => {
        if (!(error instanceof WireError)) return failAs('disconnected', `the connection failed: ${String(error)}`, error);
        const own = { ...error.details, ...details };
        fail(new WireError(error.kind, textOf(error), { details: own, cause: error.cause, maybeSent: wasSent && error.maybeSent }));
      });
    });
  }

  #lane(node: NodeSelector, channel: Channel): Lane | undefined {
    const key = `${node}/${channel}`;
    const known = this.#lanes.get(key);
    if (known?.isUsable() === true) return known;
    if (known !== undefined) this.#retire(key, known);
    const lane = node === 'any' ? this.#openAny() : this.#openNode(node);
    if (lane === undefined) return undefined;
    this.#lanes.set(key, lane);
    return lane;
  }

  #openNode(id: number): Lane | undefined {
    const address = this.#nodes.get(id);
    if (address === undefined) return undefined;
    const opening = this.#connector.open(address);
    return new Lane(opening.link, opening.cancel);
  }

  /** Tries every known node, then every configured address, until one answers. */
  #openAny(): Lane {
    let isCancelled = false;
    let cancelCurrent = (): void => {};
    const search = async (): Promise<Link> => {
      const known = rotated([...this.#nodes.values()], this.#rotation);
      const configured = rotated(await this.#connector.bootstrap(), this.#rotation);
      this.#rotation++;
      let failure = new WireError('configuration', 'no broker address is configured: give at least one', { maybeSent: false });
      for (const address of distinct([...known, ...configured])) {
        if (isCancelled) break;
        const opening = this.#connector.open(address);
        cancelCurrent = opening.cancel;
        try {
          return await opening.link;
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          failure = error;
          this.#context.log.debug('no connection to a broker, trying the next', {
            host: address.host,
            port: address.port,
            reason: error.message,
          });
        }
      }
      throw failure;
    };
    return new Lane(search(), () => {
      isCancelled = true;
      cancelCurrent();
    });
  }

  #retireLane(lane: Lane): void {
    for (const [key, candidate] of this.#lanes) if (candidate === lane) return this.#retire(key, lane);
    lane.retire();
  }

  #retire(key: string, lane: Lane): void {
    this.#lanes.delete(key);
    lane.retire();
  }
}

/** ApiVersions in the version that tells features; in the highest one that the broker does speak if it refuses that. */
async function askVersions(link: Link, timeoutMs: number): Promise<NodeVersions> {
  const ask = async (version: number): Promise<ReturnType<typeof readNodeVersions>> => {
    const request = version >= 3 ? { clientSoftwareName: 'millrace', clientSoftwareVersion: softwareVersion } : {};
    const body = await link.send(apiVersionsApi, version, encodeRequest(apiVersionsApi, version, request), timeoutMs);
    return readNodeVersions(version, body);
  };
  let answer = await ask(askedVersion);
  if (answer.errorCode === unsupportedVersion) {
    const spoken = answer.versions.apis.get(apiVersionsApi.key);
    answer = await ask(Math.min(spoken?.max ?? 0, askedVersion - 1));
  }
  if (answer.errorCode === 0) return answer.versions;
  throw new WireError('unsupported', `the broker does not tell its versions (error ${answer.errorCode}): use Kafka 0.10 or newer`);
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

function distinct(addresses: readonly Address[]): Address[] {
  const seen = new Map<string, Address>();
  for (const address of addresses) {
    const key = `${address.host}:${address.port}`;
    if (!seen.has(key)) seen.set(key, address);
  }
  return [...seen.values()];
}

function closedError(details: Readonly<Record<string, string | number>>): WireError {
  return new WireError('closed', 'the wire was closed', { details });
}

function nameOf(node: string | number | undefined): string {
  return node === undefined || node === 'any' ? 'any node' : `node ${node}`;
}

/** The message without its code, which the new error adds again. */
function textOf(error: WireError): string {
  return error.message.slice(error.code.length + 2);
}
