/**
 * What the serdes of a source topic fetch before its records are restored: as before processing, the rows are what the serdes make of the records. A partition whose records must wait is
 * held back alone, so that whoever is slow (a registry) does not hold up other tasks.
 */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Preparation } from './input-preparation.ts';
import type { RuntimeOptions } from './options.ts';
import type { RestoreRange } from './restore-task.ts';
import { retrying } from './retry.ts';

/** Records of a partition, and where the reader stands behind them. */
export interface HeldBack {
  readonly range: RestoreRange;
  readonly batches: FetchedRecords[];
  position: number;
}

interface Waiting extends HeldBack {
  readonly stop: AbortController;
}

export interface RestorePreparationInit {
  readonly options: Pick<RuntimeOptions, 'clock' | 'log' | 'taskTimeoutMs'>;
  readonly preparationsOf: (topic: string) => readonly Preparation[];
  /** {@link RestorePreparation.takeReady} has something new. */
  readonly onReady: () => void;
  readonly onFailure: (range: RestoreRange, error: unknown) => void;
}

export class RestorePreparation {
  readonly #init: RestorePreparationInit;
  readonly #waiting = new Map<TopicPartition, Waiting>();
  #ready: HeldBack[] = [];

  constructor(init: RestorePreparationInit) {
    this.#init = init;
  }

  /** Records of the partition are here and not restored. */
  holds(tp: TopicPartition): boolean {
    return this.#heldOf(tp) !== undefined;
  }

  /** True if the batch may be restored now; else it comes with `takeReady`, and with it whatever is held back of the same partition before. */
  passes(batch: FetchedRecords, range: RestoreRange): boolean {
    if (!range.isSource) return true;
    const { tp } = batch;
    const before = this.#waiting.get(tp);
    if (before !== undefined) {
      before.batches.push(batch);
      return false;
    }
    const preparations = this.#init.preparationsOf(tp.topic);
    for (let index = 0; index < preparations.length; index++) {
      const pending = begin(preparations[index] as Preparation, batch);
      if (pending === undefined) continue;
      const waiting: Waiting = { range, batches: [batch], position: range.position, stop: new AbortController() };
      this.#waiting.set(tp, waiting);
      void this.#prepare(waiting, preparations, () => rest(pending, preparations.slice(index + 1), batch));
      return false;
    }
    return true;
  }

  noteProgress(tp: TopicPartition, position: number): void {
    const held = this.#heldOf(tp);
    if (held !== undefined) held.position = Math.max(held.position, position);
  }

  /** Partitions that wait no longer, in the order in which they were ready. */
  takeReady(): readonly HeldBack[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** The partition is read no more, or from elsewhere. */
  drop(tp: TopicPartition): void {
    this.#waiting.get(tp)?.stop.abort();
    this.#waiting.delete(tp);
    this.#ready = this.#ready.filter(({ range }) => range.tp !== tp);
  }

  close(): void {
    for (const tp of this.#waiting.keys()) this.drop(tp);
  }

  #heldOf(tp: TopicPartition): HeldBack | undefined {
    return this.#waiting.get(tp) ?? this.#ready.find(({ range }) => range.tp === tp);
  }

  /** `first`: the first attempt at the first batch, which is under way. Never rejects. */
  async #prepare(waiting: Waiting, preparations: readonly Preparation[], first: () => Promise<void>): Promise<void> {
    const { clock, log, taskTimeoutMs } = this.#init.options;
    const { batches, range, stop } = waiting;
    const retry = { clock, log, timeoutMs: taskTimeoutMs, signal: stop.signal };
    let attempt: (() => Promise<void>) | undefined = first;
    try {
      for (let done = 0; done < batches.length; done++) {
        await retrying(`prepare records of ${formatTopicPartition(range.tp)} to restore them`, retry, () => {
          const run = attempt ?? ((): Promise<void> => rest(undefined, preparations, batches[done] as FetchedRecords));
          attempt = undefined;
          return run();
        });
        if (stop.signal.aborted) return;
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#waiting.delete(range.tp);
      this.#init.onFailure(range, error);
      return;
    }
    this.#waiting.delete(range.tp);
    this.#ready.push(waiting);
    this.#init.onReady();
  }
}

/** What has to be waited for; undefined if nothing. */
function begin(preparation: Preparation, batch: FetchedRecords): Promise<void> | undefined {
  try {
    const pending = preparation(batch);
    return pending instanceof Promise ? pending : undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

async function rest(pending: Promise<void> | undefined, preparations: readonly Preparation[], batch: FetchedRecords): Promise<void> {
  await pending;
  for (const preparation of preparations) await preparation(batch);
}
