/** What happened to a membership while its loop was elsewhere, kept until the loop looks: the worst first. */
import type { ClientError } from '@millrace/core/kafka';

export type Occurrence =
  | { readonly kind: 'lost'; readonly error: ClientError }
  | { readonly kind: 'stuck'; readonly error: ClientError }
  /** `sinceMs`: when the coordinator first told of the rebalance, on the monotonic clock; undefined if we ask for it. */
  | { readonly kind: 'rejoin'; readonly sinceMs: number | undefined };

export class Occurrences {
  readonly #closing: AbortSignal;
  #loss: ClientError | undefined;
  #stuck: ClientError | undefined;
  #rebalanceSinceMs: number | undefined;
  #rejoinReason: string | undefined;
  #hasProgress = true;
  #wake: (() => void) | undefined;

  constructor(closing: AbortSignal) {
    this.#closing = closing;
    closing.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  /** The generation that we joined is over, or about to be. */
  get isInterrupted(): boolean {
    return this.#loss !== undefined || this.#rebalanceSinceMs !== undefined;
  }

  lost(error: ClientError): void {
    this.#loss ??= error;
    this.#wake?.();
  }

  stuck(error: ClientError): void {
    this.#stuck ??= error;
    this.#wake?.();
  }

  rebalance(nowMs: number): void {
    this.#rebalanceSinceMs ??= nowMs;
    this.#wake?.();
  }

  rejoin(reason: string): void {
    this.#rejoinReason ??= reason;
    this.#wake?.();
  }

  progress(): void {
    if (this.#hasProgress) return;
    this.#hasProgress = true;
    this.#wake?.();
  }

  /** From here on `progressed` waits for the next progress. */
  awaitProgress(): void {
    this.#hasProgress = false;
  }

  /** A join was answered: what was said of the generation before is void. */
  generationBegins(): void {
    this.#loss = undefined;
    this.#stuck = undefined;
    this.#rebalanceSinceMs = undefined;
  }

  takeLoss(): ClientError | undefined {
    const loss = this.#loss;
    this.#loss = undefined;
    return loss;
  }

  /** The reason of the next join. Requests from here on ask for one more. */
  takeRejoin(): string | undefined {
    const reason = this.#rejoinReason;
    this.#rejoinReason = undefined;
    return reason;
  }

  /** The next thing to act on. When the member closes it settles with a rejoin that nobody acts on. */
  async next(): Promise<Occurrence> {
    while (!this.#closing.aborted) {
      if (this.#loss !== undefined) return { kind: 'lost', error: this.#loss };
      if (this.#stuck !== undefined) return { kind: 'stuck', error: this.#stuck };
      if (this.#rebalanceSinceMs !== undefined || this.#rejoinReason !== undefined)
        return { kind: 'rejoin', sinceMs: this.#rebalanceSinceMs };
      await this.#change();
    }
    return { kind: 'rejoin', sinceMs: undefined };
  }

  async progressed(): Promise<void> {
    while (!this.#hasProgress && !this.#closing.aborted) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
