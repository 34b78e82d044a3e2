/**
 * What an application does to the cluster, watched at the client's port: how far every partition that it reads or writes goes, and whether it has worked through all of it. Nothing is
 * asked of the brokers for that, and no time passes by guess: topics are new and only the trial and its application write them.
 */
import { type OutputPartition, systemClock, type TopicPartition } from '@millrace/core/kafka';

/** A loop that reads, stopped where it waits for more. */
export interface WaitingReader {
  /** It has been given everything that is there, and has nothing else to do. */
  readonly idle: boolean;
}

export class Lock {
  readonly #inputs = new Map<TopicPartition, number>();
  readonly #outputs = new Map<TopicPartition, OutputPartition[]>();
  readonly #readers = new Set<WaitingReader>();
  #waiting: (() => void)[] = [];
  #isRunning = false;
  #failure: { readonly error: unknown } | undefined;

  /** A record of the trial's own was written. */
  noteInput(tp: TopicPartition): void {
    this.#inputs.set(tp, (this.#inputs.get(tp) ?? 0) + 1);
  }

  noteOutput(output: OutputPartition): void {
    const known = this.#outputs.get(output.tp);
    if (known === undefined) this.#outputs.set(output.tp, [output]);
    else if (!known.includes(output)) known.push(output);
  }

  addReader(reader: WaitingReader): void {
    this.#readers.add(reader);
  }

  removeReader(reader: WaitingReader): void {
    this.#readers.delete(reader);
  }

  /** Where the log ends once everything is acknowledged. */
  end(tp: TopicPartition): number {
    return (this.#inputs.get(tp) ?? 0) + this.written(tp);
  }

  /** Records that the application wrote to a partition. */
  written(tp: TopicPartition): number {
    return this.#outputs.get(tp)?.reduce((sum, { appended }) => sum + appended, 0) ?? 0;
  }

  /** Partitions that the application wrote. */
  get outputs(): readonly TopicPartition[] {
    return [...this.#outputs.keys()].filter((tp) => this.written(tp) > 0);
  }

  get totalWritten(): number {
    return this.outputs.reduce((sum, tp) => sum + this.written(tp), 0);
  }

  /** Every task of the application runs. Before that nothing that it does is waited for. */
  noteRunning(): void {
    this.#isRunning = true;
    this.noteWaiting();
  }

  /** What stopped the application. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  /** A reader waits for more. */
  noteWaiting(): void {
    if (this.#isIdle) this.#wake();
  }

  /** Resolves when every reader waits and none will find anything. @throws what stopped the application; and when it is not so after `limitMs` */
  async idle(limitMs: number): Promise<void> {
    const limit = systemClock.setTimer(() => this.fail(new Error(`the application is not through after ${limitMs} ms`)), limitMs);
    try {
      while (!this.#isIdle && this.#failure === undefined) {
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
        });
      }
    } finally {
      limit.cancel();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  get #isIdle(): boolean {
    return this.#isRunning && [...this.#readers].every(({ idle }) => idle);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
