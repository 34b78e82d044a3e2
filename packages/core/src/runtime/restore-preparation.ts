/**
 * What the serdes of a source topic fetch before its records are restored: as before processing, the rows are what the serdes make of the records. A partition whose records must wait is
 * held back alone, so that whoever is slow (a registry) does not hold up other tasks.
 */
import { StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Preparation } from './input-preparation.ts';
import type { RuntimeOptions } from './options.ts';
import type { RestoreRange } from './restore-task.ts';
import { retrying } from './retry.ts';

/** How long one attempt may take at least, whatever the limit of all: with a limit of 0 there is one attempt, and who is asked may still answer. */
const leastAttemptMs = 60_000;

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
    const attemptMs = Math.max(taskTimeoutMs, leastAttemptMs);
    let attempt: (() => Promise<void>) | undefined = first;
    try {
      for (let done = 0; done < batches.length; done++) {
        await retrying(`prepare records of ${formatTopicPartition(range.tp)} to restore them`, retry, () => {
          if (stop.signal.aborted) return Promise.resolve();
          const run = attempt ?? ((): Promise<void> => rest(undefined, preparations, batches[done] as FetchedRecords));
          attempt = undefined;
          return this.#inTime(run(), attemptMs, waiting);
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

  /** A promise that nobody settles would hold the task for ever: it is given up, and when the partition is dropped. */
  #inTime(run: Promise<void>, limitMs: number, { range: { tp }, stop: { signal } }: Waiting): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        end();
        resolve();
      };
      const timer = this.#init.options.clock.setTimer(() => {
        end();
        const message =
          `what the serdes need for records of ${formatTopicPartition(tp)} did not come within ${limitMs} ms, so the task cannot be restored; ` +
          'let prepare() of the serde settle in any case: with an error whose retriable is true where asking again may help';
        reject(new StreamsError('MR_PREPARATION_TIMEOUT', message, { details: { topic: tp.topic, partition: tp.partition, limitMs } }));
      }, limitMs);
      signal.addEventListener('abort', onAbort);
      run.finally(end).then(resolve, reject);
    });
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
