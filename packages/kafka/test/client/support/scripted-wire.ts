/** A wire whose answers a test writes: each request goes to the script of its API. */
import { silentLogger } from '@millrace/core/kafka';
import type { ClientContext } from '../../../src/client/context.ts';
import { decodeRequest, encodeResponse } from '../../../src/protocol/message.ts';
import type { ApiDescription, RequestOf, ResponseInputOf } from '../../../src/protocol/schema.ts';
import { WireError } from '../../../src/wire/wire-error.ts';
import type { Channel, NodeAddress, NodeSelector, NodeVersions, VersionRange, WirePort } from '../../../src/wire/wire-port.ts';
import { ManualClock } from './manual-clock.ts';

export interface Request {
  readonly node: NodeSelector;
  readonly channel: Channel;
  readonly api: string;
  readonly version: number;
}

type Script = (request: unknown, meta: Request) => unknown;

export class ScriptedWire implements WirePort {
  readonly requests: Request[] = [];
  readonly learnt: (readonly NodeAddress[])[] = [];
  readonly #scripts = new Map<number, Script>();
  readonly #versions = new Map<number, VersionRange>();
  isClosed = false;

  /** What a broker answers; an error is thrown instead. Offers the versions that are described, unless told otherwise. */
  on<A extends ApiDescription>(
    api: A,
    answer: (request: RequestOf<A>, meta: Request) => ResponseInputOf<A> | Error | Promise<ResponseInputOf<A> | Error>,
    versions: readonly [min: number, max: number] = api.versions,
  ): this {
    // Called with requests of this API only.
    this.#scripts.set(api.key, answer as Script);
    this.#versions.set(api.key, { min: versions[0], max: versions[1] });
    return this;
  }

  offer(api: ApiDescription, min: number, max: number): this {
    this.#versions.set(api.key, { min, max });
    return this;
  }

  async request(node: NodeSelector, channel: Channel, api: ApiDescription, version: number, body: Uint8Array): Promise<Uint8Array> {
    const meta = { node, channel, api: api.name, version };
    this.requests.push(meta);
    const script = this.#scripts.get(api.key);
    if (script === undefined) throw new WireError('disconnected', `no script for ${api.name}`);
    const answer = await script(decodeRequest(api, version, body), meta);
    if (answer instanceof Error) throw answer;
    // The script of an API returns its responses.
    return encodeResponse(api, version, answer as ResponseInputOf<typeof api>);
  }

  versions(): Promise<NodeVersions> {
    return Promise.resolve({ apis: this.#versions, features: new Map(), featuresEpoch: -1 });
  }

  learnNodes(nodes: readonly NodeAddress[]): void {
    this.learnt.push(nodes);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

export function testContext(clock: ManualClock = new ManualClock()): ClientContext & { readonly clock: ManualClock } {
  return {
    clientId: 'test',
    clock,
    log: silentLogger,
    random: () => 0.5,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    requestTimeoutMs: 30_000,
    operationTimeoutMs: 60_000,
  };
}
