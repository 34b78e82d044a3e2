/** Faults on demand: what happens to single requests instead of, before or after their usual course. */
import type { ApiDescription, RequestOf, ResponseInputOf } from '@millrace/kafka/protocol';
import type { RequestOrigin } from '../requests/request-handler.ts';

export type Interception<Response> =
  /** The usual course. */
  | 'pass'
  /** The request is lost: it has no effect and no answer, and the connection waits for one. */
  | 'drop'
  /** The connection is cut before the request has an effect. */
  | 'disconnect'
  /** The request has its effect; the connection is cut instead of the answer. */
  | 'loseAnswer'
  /** This is answered; the request has no effect. */
  | { readonly answer: Response }
  /** The request has its effect; what would be answered is changed. */
  | { readonly change: (answer: Response) => Response }
  /** The usual course, so much later. */
  | { readonly delayMs: number };

export type Interceptor<A extends ApiDescription> = (
  request: RequestOf<A>,
  origin: RequestOrigin,
) => Interception<ResponseInputOf<A>> | undefined;

type AnyInterceptor = (request: unknown, origin: RequestOrigin) => Interception<unknown> | undefined;

export class Interceptors {
  readonly #byApi = new Map<number, Set<AnyInterceptor>>();

  /** Returns what ends the interception. */
  add<A extends ApiDescription>(api: A, interceptor: Interceptor<A>): () => void {
    let interceptors = this.#byApi.get(api.key);
    if (interceptors === undefined) this.#byApi.set(api.key, (interceptors = new Set()));
    // Called with requests of this API only; what it returns is encoded as a response of this API.
    const any = interceptor as unknown as AnyInterceptor;
    interceptors.add(any);
    return () => {
      interceptors.delete(any);
    };
  }

  /** What the first interceptor says that does not let the request pass. */
  decide(api: ApiDescription, request: unknown, origin: RequestOrigin): Interception<unknown> {
    for (const interceptor of this.#byApi.get(api.key) ?? []) {
      const interception = interceptor(request, origin) ?? 'pass';
      if (interception !== 'pass') return interception;
    }
    return 'pass';
  }
}
