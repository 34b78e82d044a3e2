/** How a request is served: one handler an API, which sees decoded messages and answers for one node. */
import { type ApiDescription, decodeRequest, encodeResponse, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';

/** Who asks whom, in which version. */
export interface RequestOrigin {
  /** The broker that was asked. */
  readonly node: number;
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
}

export interface RequestContext extends RequestOrigin {
  readonly cluster: Cluster;
}

/** `none`: nothing is answered (produce with acks 0). `disconnect`: the connection is closed instead. */
export type HandlerResult<Response> = Response | 'none' | 'disconnect';

export type MaybePromise<T> = T | Promise<T>;

/** A handler whose message types are forgotten, for tables of handlers. */
export interface RequestHandler {
  readonly api: ApiDescription;
  /** Versions that are served, bounds inclusive. */
  readonly versions: readonly [min: number, max: number];
  /** The lowest version that ApiVersions tells, where it differs. */
  readonly advertisedMin: number;
  decode(version: number, body: Uint8Array): unknown;
  handle(request: unknown, context: RequestContext): MaybePromise<HandlerResult<unknown>>;
  encode(version: number, response: unknown): Uint8Array;
}

/**
 * @param handle the answer, at once or later; nothing that it throws is the client's business: it closes the connection
 */
export function requestHandler<A extends ApiDescription>(
  api: A,
  versions: readonly [min: number, max: number],
  handle: (request: RequestOf<A>, context: RequestContext) => MaybePromise<HandlerResult<ResponseInputOf<A>>>,
  options: { readonly advertisedMin?: number | undefined } = {},
): RequestHandler {
  return {
    api,
    versions,
    advertisedMin: options.advertisedMin ?? versions[0],
    // librdkafka 2.16 sends three bytes too many when it asks for the metadata of all topics; real brokers do not mind.
    decode: (version, body) => decodeRequest(api, version, body, { mayLeaveRest: true }),
    // Requests come out of this handler's `decode`, responses out of its `handle` or of an interception that was typed by the same API.
    handle: (request, context) => handle(request as RequestOf<A>, context),
    encode: (version, response) => encodeResponse(api, version, response as ResponseInputOf<A>),
  };
}
