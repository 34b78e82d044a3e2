/**
 * What a partition remembers of its idempotent producers: epoch and the last five batches, so that a resent batch is recognised and a gap refused.
 * The answers are those of a 4.3 broker (Java: ProducerStateManager, ProducerAppendInfo): a resent batch succeeds with its first offset, an unknown
 * producer id may begin anywhere.
 */
import type { BatchHeader } from '@millrace/kafka/protocol';

const rememberedBatches = 5;
const maxSequence = 2147483647;

interface AppendedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly appendTimeMs: number;
}

export interface ProducerState {
  readonly producerId: number;
  epoch: number;
  /** Oldest first, all of the current epoch. */
  batches: AppendedBatch[];
  /** Highest timestamp of the last batch, as it stands in the log; -1 if its records have none. */
  lastTimestamp: number;
}

export type SequenceVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly appendTimeMs: number }
  | { readonly kind: 'gap'; readonly reason: string }
  | { readonly kind: 'fenced'; readonly reason: string };

const next: SequenceVerdict = { kind: 'next' };

export class ProducerStates {
  readonly #states = new Map<number, ProducerState>();

  /** In the order in which they appeared. */
  values(): Iterable<ProducerState> {
    return this.#states.values();
  }

  check(batch: BatchHeader): SequenceVerdict {
    const state = this.#states.get(batch.producerId);
    if (state === undefined) return next;
    const { baseSequence } = batch;
    const last = lastSequence(batch);
    if (batch.producerEpoch === state.epoch) {
      const known = state.batches.find((each) => each.baseSequence === baseSequence && each.lastSequence === last);
      if (known !== undefined) return { kind: 'duplicate', baseOffset: known.baseOffset, appendTimeMs: known.appendTimeMs };
    }
    if (batch.producerEpoch < state.epoch) {
      return { kind: 'fenced', reason: `producer ${batch.producerId} has epoch ${state.epoch}, the batch ${batch.producerEpoch}` };
    }
    if (batch.producerEpoch > state.epoch) {
      if (baseSequence === 0) return next;
      return {
        kind: 'gap',
        reason: `producer ${batch.producerId} begins epoch ${batch.producerEpoch} at sequence ${baseSequence} and not at 0`,
      };
    }
    const previous = state.batches.at(-1);
    if (previous === undefined) return next;
    const expected = previous.lastSequence === maxSequence ? 0 : previous.lastSequence + 1;
    if (baseSequence === expected) return next;
    return { kind: 'gap', reason: `producer ${batch.producerId} sent sequence ${baseSequence} where ${expected} comes next` };
  }

  /** Notes a batch that was appended at `baseOffset`. `maxTimestamp` as it stands in the log. */
  update(batch: BatchHeader, baseOffset: number, appendTimeMs: number, maxTimestamp: number): void {
    let state = this.#states.get(batch.producerId);
    if (state === undefined) {
      state = {
        producerId: batch.producerId,
        epoch: batch.producerEpoch,
        batches: [],
        lastTimestamp: maxTimestamp,
      };
      this.#states.set(batch.producerId, state);
    }
    if (batch.producerEpoch !== state.epoch) {
      state.epoch = batch.producerEpoch;
      state.batches = [];
    }
    state.lastTimestamp = maxTimestamp;
    if (batch.isControl) return;
    const lastOffset = baseOffset + batch.lastOffsetDelta;
    state.batches.push({ baseSequence: batch.baseSequence, lastSequence: lastSequence(batch), baseOffset, lastOffset, appendTimeMs });
    if (state.batches.length > rememberedBatches) state.batches.shift();
  }

  /** Whether the producer's last batch ends at `lastOffset`: its sequence must outlive compaction. */
  isLastBatch(producerId: number, lastOffset: number): boolean {
    return this.#states.get(producerId)?.batches.at(-1)?.lastOffset === lastOffset;
  }

  /**
   * Forgets producers whose last batch is as old as `expirationMs` by its timestamp, not by when it came: who writes old records is forgotten while it does, and
   * a batch that it sends again is then appended again. Java: ProducerStateManager.isProducerExpired.
   */
  expire(nowMs: number, expirationMs: number, isInTransaction: (producerId: number) => boolean): void {
    for (const [producerId, { lastTimestamp }] of this.#states) {
      if (nowMs - lastTimestamp >= expirationMs && !isInTransaction(producerId)) this.#states.delete(producerId);
    }
  }
}

function lastSequence(batch: BatchHeader): number {
  const last = batch.baseSequence + batch.lastOffsetDelta;
  return last > maxSequence ? last - maxSequence - 1 : last;
}
