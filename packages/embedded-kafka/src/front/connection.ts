/**
 * A connection to one broker, whatever carries it. Requests are served one after the other: while one is parked, those behind it wait, as on a real broker,
 * which does not read on before it has answered.
 */
import type { Broker } from '../cluster/broker.ts';
import type { Dispatcher, IncomingRequest, Outcome } from './dispatcher.ts';

interface Queued {
  readonly request: IncomingRequest;
  readonly done: (outcome: Outcome) => void;
}

export class Connection {
  readonly #broker: Broker;
  readonly #dispatcher: Dispatcher;
  readonly #clientHost: string;
  readonly #onClose: () => void;
  readonly #queue: Queued[] = [];
  #serving: Queued | undefined;
  #isClosed = false;

  /** @param options.onClose called once, when either side or a fault ends the connection */
  constructor(broker: Broker, dispatcher: Dispatcher, options: { readonly clientHost: string; readonly onClose: () => void }) {
    this.#broker = broker;
    this.#dispatcher = dispatcher;
    this.#clientHost = options.clientHost;
    this.#onClose = options.onClose;
    broker.connections.add(this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Requests that are not answered. */
  get pending(): number {
    return this.#queue.length + (this.#serving === undefined ? 0 : 1);
  }

  /** @param done called exactly once; with `disconnect` if the connection ends first */
  submit(request: IncomingRequest, done: (outcome: Outcome) => void): void {
    if (this.#isClosed) return done({ kind: 'disconnect' });
    this.#queue.push({ request, done });
    if (this.#serving === undefined) this.#serveNext();
  }

  #serveNext(): void {
    for (;;) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#serving = next;
      const outcome = this.#dispatcher.dispatch(this.#broker.id, this.#clientHost, next.request);
      if (outcome instanceof Promise) {
        void this.#finishLater(next, outcome);
        return;
      }
      if (!this.#finish(next, outcome)) return;
    }
  }

  async #finishLater(served: Queued, outcome: Promise<Outcome>): Promise<void> {
    if (this.#finish(served, await outcome)) this.#serveNext();
  }

  /** Whether the next request may be served. */
  #finish(served: Queued, outcome: Outcome): boolean {
    if (this.#isClosed || outcome.kind === 'never') return false;
    if (outcome.kind === 'disconnect') {
      this.close();
      return false;
    }
    this.#serving = undefined;
    served.done(outcome);
    return !this.#isClosed;
  }

  /** Ends it; whoever waits for an answer is told. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#broker.connections.delete(this);
    const waiting = this.#serving === undefined ? this.#queue : [this.#serving, ...this.#queue];
    this.#serving = undefined;
    for (const { done } of waiting) done({ kind: 'disconnect' });
    this.#queue.length = 0;
    this.#onClose();
  }
}
