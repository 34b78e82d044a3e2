/**
 * When a windowed aggregation says what it has: at every update, or once, when a window has closed. Kafka Streams: `EmitStrategy` (KIP-825).
 *
 * The time up to which windows were emitted goes into the offset's metadata under the store's name, as in Kafka Streams, so that a restart emits none twice (S-56).
 */
import type { OperatorContext } from '../processor/processor.ts';

export type EmitStrategy = 'onWindowUpdate' | 'onWindowClose';

/** Decides after a record whether to look for closed windows (S-51). */
export class CloseEmission {
  readonly #context: Pick<OperatorContext<never, never>, 'currentSystemTimeMs' | 'emitIntervalMs'>;
  #nextMs = 0;
  /** Close time of the last emission; -1 before the first. */
  lastClose: number;

  constructor(context: OperatorContext<never, never>, store: string) {
    this.#context = context;
    this.lastClose = context.keepTime(store, () => this.lastClose);
  }

  /** True if wall-clock time allows it and close time has moved on. */
  due(closeTime: number): boolean {
    const now = this.#context.currentSystemTimeMs;
    if (now < this.#nextMs) return false;
    this.#nextMs = now + this.#context.emitIntervalMs;
    return this.lastClose === -1 || this.lastClose < closeTime;
  }
}
