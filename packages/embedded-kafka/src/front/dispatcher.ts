/** From the bytes of a request to the bytes of its answer: finds the handler, decodes, asks the interceptors, handles, encodes. */
import { sleep, type Logger } from '@millrace/core/kafka';
import { type ApiDescription, apiVersionsApi, encodeResponse, ProtocolError } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import { unknownApiVersionsAnswer } from '../requests/api-versions.ts';
import { requestHandlers } from '../requests/request-handlers.ts';
import type { MaybePromise, RequestContext, RequestHandler } from '../requests/request-handler.ts';
import type { Interceptors } from './interceptors.ts';

/** `version` is the one in which the answer is written. `never`: nothing comes, and the connection waits for it. */
export type Outcome =
  | { readonly kind: 'answer'; readonly api: ApiDescription; readonly version: number; readonly body: Uint8Array }
  | { readonly kind: 'none' | 'never' | 'disconnect' };

export interface IncomingRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly clientId: string;
  readonly body: Uint8Array;
}

const disconnect: Outcome = { kind: 'disconnect' };
const never: Outcome = { kind: 'never' };
const none: Outcome = { kind: 'none' };

const handlers: ReadonlyMap<number, RequestHandler> = new Map(requestHandlers.map((handler) => [handler.api.key, handler]));

export class Dispatcher {
  readonly #cluster: Cluster;
  readonly #interceptors: Interceptors;
  readonly #log: Logger;

  constructor(cluster: Cluster, interceptors: Interceptors, log: Logger) {
    this.#cluster = cluster;
    this.#interceptors = interceptors;
    this.#log = log;
  }

  /** Never throws and never rejects: what cannot be served ends the connection, as on a real broker, and is logged. */
  dispatch(node: number, clientHost: string, incoming: IncomingRequest): MaybePromise<Outcome> {
    const { apiKey, version, clientId } = incoming;
    const handler = handlers.get(apiKey);
    if (handler === undefined || version < handler.versions[0] || version > handler.versions[1]) {
      if (apiKey === apiVersionsApi.key) {
        return {
          kind: 'answer',
          api: apiVersionsApi,
          version: 0,
          body: encodeResponse(apiVersionsApi, 0, unknownApiVersionsAnswer(requestHandlers)),
        };
      }
      this.#log.warn('a request of an API or version that is not served: the connection is closed', { node, apiKey, version, clientId });
      return disconnect;
    }
    const context: RequestContext = { cluster: this.#cluster, node, version, clientId, clientHost };
    try {
      const outcome = this.#serve(handler, context, handler.decode(version, incoming.body));
      return outcome instanceof Promise ? outcome.catch((error: unknown) => this.#failed(handler, context, error)) : outcome;
    } catch (error) {
      return this.#failed(handler, context, error);
    }
  }

  #serve(handler: RequestHandler, context: RequestContext, request: unknown): MaybePromise<Outcome> {
    const interception = this.#interceptors.decide(handler.api, request, context);
    if (interception === 'pass') return this.#handle(handler, context, request);
    if (interception === 'drop') return never;
    if (interception === 'disconnect') return disconnect;
    if (interception === 'loseAnswer') return thenMaybe(this.#handle(handler, context, request), () => disconnect);
    if ('answer' in interception) return answered(handler, context, interception.answer);
    if ('delayMs' in interception)
      return sleep(this.#cluster.clock, interception.delayMs).then(() => this.#handle(handler, context, request));
    const { change } = interception;
    return this.#handle(handler, context, request, change);
  }

  #handle(
    handler: RequestHandler,
    context: RequestContext,
    request: unknown,
    change?: (answer: unknown) => unknown,
  ): MaybePromise<Outcome> {
    return thenMaybe(handler.handle(request, context), (result) => {
      if (result === 'none') return none;
      if (result === 'disconnect') return disconnect;
      return answered(handler, context, change === undefined ? result : change(result));
    });
  }

  #failed(handler: RequestHandler, context: RequestContext, error: unknown): Outcome {
    const { node, version, clientId } = context;
    const place = { node, api: handler.api.name, version, clientId, error: error instanceof Error ? error.message : String(error) };
    if (error instanceof ProtocolError && error.code === 'MR_PROTOCOL_MALFORMED')
      this.#log.warn('a request that cannot be read: the connection is closed', place);
    else this.#log.error('a request failed inside the cluster: the connection is closed', place);
    return disconnect;
  }
}

function answered(handler: RequestHandler, { version }: RequestContext, response: unknown): Outcome {
  return { kind: 'answer', api: handler.api, version, body: handler.encode(version, response) };
}

/** Without a promise where there is none. */
function thenMaybe<T, U>(value: MaybePromise<T>, convert: (value: T) => U): MaybePromise<U> {
  return value instanceof Promise ? convertLater(value, convert) : convert(value);
}

async function convertLater<T, U>(value: Promise<T>, convert: (value: T) => U): Promise<U> {
  return convert(await value);
}
